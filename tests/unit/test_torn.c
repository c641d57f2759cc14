/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pages on which no object is like others of its kind. */
#include "world.h"

#include "mark/references.h"
#include "mark/torn.h"

#define PAGES 8
#define PAGE(i) (0x10000 + 0x1000 * (i))
#define SIZE 128
#define OBJECTS (4096 / SIZE)

static struct kl_references refs;
static struct kl_torn torn;
static bool any_lost;

/* Pages full of objects, each with the addresses of the next one and of the first of all. */
static void full_pages(void)
{
	uint32_t row;
	int i, page;

	begin();
	kl_references_deinit(&refs);
	refs = (struct kl_references){};
	kl_vec_deinit(&torn.places);
	any_lost = true;
	for (page = 0; page < PAGES; page++) {
		for (i = 0; i < OBJECTS; i++) {
			row = add((uint64_t)(PAGE(page) + i * SIZE), SIZE);
			heap.stack[row] = 1;
			poke((uint64_t)(PAGE(page) + i * SIZE), BASE + PAGE(page) + (i + 1) % OBJECTS * SIZE);
			poke((uint64_t)(PAGE(page) + i * SIZE + 64), BASE + PAGE(0) + (page || i ? 0 : SIZE));
		}
	}
}

/* The first object is lost, and others hold such. */
static size_t find(void)
{
	struct kl_facts facts = {};

	CHECK_OK(kl_heap_build_index(&heap, NULL, NULL));
	CHECK_OK(kl_references_collect(&input, &facts, &refs));
	mark.colour = calloc(heap.rows, sizeof(*mark.colour));
	mark.explained = calloc(heap.rows, sizeof(*mark.explained));
	mark.weak = calloc(heap.rows, sizeof(*mark.weak));
	memset(mark.colour, KL_GREY, heap.rows);
	if (any_lost)
		mark.colour[0] = KL_WHITE;
	CHECK_OK(kl_torn_find(&heap, &refs, &mark, &torn));
	kl_mark_deinit(&mark);
	kl_facts_deinit(&facts);
	return torn.places.count;
}

static void test_nothing_is_torn(void)
{
	full_pages();
	CHECK_INT(find(), 0);
}

static void test_a_page_of_zeroes(void)
{
	full_pages();
	memset(world + PAGE(3), 0, 4096);
	CHECK_INT(find(), 2); /* halves */
	CHECK_INT(torn.places.data[0], BASE + PAGE(3));
	CHECK_INT(torn.places.data[1], BASE + PAGE(3) + 2048);
}

static void test_half_a_page(void)
{
	full_pages();
	memset(world + PAGE(3) + 2048, 0, 2048);
	CHECK_INT(find(), 1);
	CHECK_INT(torn.places.data[0], BASE + PAGE(3) + 2048);
}

/* Of another page that holds addresses elsewhere, and one by chance where one should be. */
static void test_another_page(void)
{
	full_pages();
	memset(world + PAGE(3), 0, 4096);
	poke(PAGE(3) + 8, BASE + PAGE(1));
	poke(PAGE(3) + 2 * SIZE, BASE + PAGE(1));
	CHECK_INT(find(), 2);
}

/* Objects that were just allocated, and a small kind that the page itself has most of. */
static void test_what_proves_nothing(void)
{
	int i;

	full_pages();
	for (i = 0; i < 3; i++)
		memset(world + PAGE(3) + (size_t)i * SIZE, 0, SIZE);
	CHECK_INT(find(), 0);
	full_pages();
	for (i = 0; i < (int)heap.rows; i++)
		heap.stack[i] = i / OBJECTS == 3 ? 2 : 1;
	memset(world + PAGE(3), 0, 4096);
	CHECK_INT(find(), 0);
}

/* Its objects are left out when its kind is judged: an eighth of all would say that zeroes are usual. */
static void test_a_page_is_no_witness_of_itself(void)
{
	uint32_t row;

	full_pages();
	for (row = 2 * OBJECTS; row < heap.rows; row++)
		heap.stack[row] = 2;
	memset(world + PAGE(1), 0, 4096);
	CHECK_INT(find(), 2);
}

static void test_missing_pages_are_not_torn(void)
{
	full_pages();
	hole_start = PAGE(3);
	hole_end = PAGE(4);
	CHECK_INT(find(), 0);
}

static void test_what_is_never_reported(void)
{
	uint32_t row;

	full_pages();
	memset(world + PAGE(3), 0, 4096);
	for (row = 0; row < heap.rows; row++)
		heap.min_count[row] = 0;
	CHECK_INT(find(), 0);
}

/* What its owner keeps in stock looks torn, too: it must not spoil a dump in which it holds nothing of interest. */
static void test_nothing_is_lost(void)
{
	full_pages();
	memset(world + PAGE(3), 0, 4096);
	any_lost = false;
	CHECK_INT(find(), 0);
}

static void test_others_are_lost(void)
{
	full_pages();
	memset(world + PAGE(3), 0, 4096);
	heap.stack[0] = 2;
	for (uint32_t row = 1; row < heap.rows; row++)
		poke(heap.address[row] + 64 - BASE, BASE + PAGE(1));
	CHECK_INT(find(), 0);
}

int main(void)
{
	RUN(test_nothing_is_torn);
	RUN(test_a_page_of_zeroes);
	RUN(test_half_a_page);
	RUN(test_another_page);
	RUN(test_what_proves_nothing);
	RUN(test_a_page_is_no_witness_of_itself);
	RUN(test_missing_pages_are_not_torn);
	RUN(test_what_is_never_reported);
	RUN(test_nothing_is_lost);
	RUN(test_others_are_lost);
	kl_references_deinit(&refs);
	kl_vec_deinit(&torn.places);
	kl_heap_deinit(&heap);
	kl_mark_deinit(&mark);
	return DONE();
}
