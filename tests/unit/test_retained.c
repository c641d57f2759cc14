/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test.h"

#include "verdict/retained.h"

#define RING 20000

static struct kl_heap heap;
static struct kl_edges edges;
static struct kl_retained retained;
static uint32_t heads[RING];

static void end(void)
{
	kl_heap_deinit(&heap);
	kl_vec_deinit(&edges.list);
	kl_retained_deinit(&retained);
}

/* @rows objects of 10, 11, 12 ... bytes, all below the first one. */
static void begin(uint32_t rows)
{
	uint32_t i;

	end();
	CHECK_OK(kl_heap_init(&heap));
	for (i = 0; i < rows; i++) {
		struct kl_object object = {.address = 0xffff888000000000 + i * 64, .size = 10 + i};

		CHECK_OK(kl_heap_add(&heap, &object));
		heads[i] = 0;
	}
}

static void arrow(uint32_t from, uint32_t to)
{
	CHECK(kl_vec_push(&edges.list, ((struct kl_edge){.from = from, .to = to})));
}

static void make(void)
{
	kl_edges_sort(&edges);
	kl_retained_deinit(&retained);
	CHECK_OK(kl_retained_compute(&heap, &edges, heads, &retained));
}

static void test_chain_and_diamond(void)
{
	begin(5);
	arrow(0, 1);
	arrow(0, 2);
	arrow(1, 3);
	arrow(2, 3);
	arrow(3, 4);
	make();
	CHECK_INT(retained.parent[0], KL_NO_OBJECT);
	CHECK_INT(retained.bytes[0], 10 + 11 + 12 + 13 + 14);
	CHECK_INT(retained.objects[0], 5);
	/* two ways lead to 3: neither 1 nor 2 keeps it alone */
	CHECK_INT(retained.parent[3], 0);
	CHECK_INT(retained.bytes[1], 11);
	CHECK_INT(retained.parent[4], 3);
	CHECK_INT(retained.bytes[3], 13 + 14);
}

static void test_heads_do_not_share(void)
{
	begin(4);
	heads[3] = 3;
	arrow(0, 1);
	arrow(1, 2);
	arrow(3, 2);
	make();
	CHECK_INT(retained.bytes[0], 10 + 11 + 12);
	CHECK_INT(retained.bytes[3], 13);
	heads[2] = KL_NO_OBJECT;
	make();
	CHECK_INT(retained.bytes[0], 10 + 11);
	CHECK_INT(retained.objects[2], 0);
}

/* A list linked in a circle, both ways, as leaked lists are: quick, and everything hangs on the head directly. */
static void test_long_ring(void)
{
	uint32_t i;

	begin(RING);
	for (i = 0; i < RING; i++) {
		arrow(i, (i + 1) % RING);
		arrow((i + 1) % RING, i);
	}
	make();
	CHECK_INT(retained.objects[0], RING);
	for (i = 1; i < RING; i++)
		CHECK_INT(retained.parent[i], 0);
}

/* ---- against the definition ---- */

#define SMALL 12

static bool reaches_without(uint32_t without, uint32_t to)
{
	bool seen[SMALL] = {false};
	bool grown = true;
	const struct kl_edge *edge;

	if (without == 0)
		return false;
	seen[0] = true;
	while (grown) {
		grown = false;
		kl_vec_for_each (edge, &edges.list) {
			if (!seen[edge->from] || seen[edge->to] || edge->to == without)
				continue;
			seen[edge->to] = grown = true;
		}
	}
	return seen[to];
}

static void test_random_graphs_against_definition(void)
{
	uint32_t seed = 1, round, i, v, w;

	for (round = 0; round < 300; round++) {
		begin(SMALL);
		for (i = 1; i < SMALL; i++) { /* everything is reached */
			seed = seed * 1664525 + 1013904223;
			arrow((seed >> 8) % i, i);
		}
		for (i = 0; i < round % 20; i++) {
			uint32_t from;

			seed = seed * 1664525 + 1013904223;
			from = (seed >> 8) % SMALL;
			seed = seed * 1664525 + 1013904223;
			arrow(from, (seed >> 8) % SMALL);
		}
		make();
		for (v = 0; v < SMALL; v++) {
			uint64_t bytes = 0;

			for (w = 0; w < SMALL; w++)
				bytes += w == v || !reaches_without(v, w) ? heap.size[w] : 0;
			CHECK_INT(retained.bytes[v], bytes);
		}
	}
}

int main(void)
{
	RUN(test_chain_and_diamond);
	RUN(test_heads_do_not_share);
	RUN(test_long_ring);
	RUN(test_random_graphs_against_definition);
	end();
	return DONE();
}
