/* SPDX-License-Identifier: GPL-2.0-or-later */
/* References found in place, by address and through the index by pages are those that a plain search finds, on random
 * heaps with holes in the dump. */
#include "world.h"

#include <stdlib.h>

#include "mark/references.h"

#define OBJECTS 3000
#define PAGE 4096

static struct kl_facts facts;

static const uint8_t *peek_world(void *context, uint64_t address, size_t *length)
{
	static uint8_t page[2 * PAGE + 1];
	uint64_t start = address & ~(uint64_t)(PAGE - 1);

	*length = PAGE - (address - start);
	/* not aligned, as in a mapped file */
	return read_world(context, start, page + 1, PAGE) == PAGE ? page + 1 + (address - start) : NULL;
}

/* Rows in no order of their addresses; words that lead to starts, insides and nowhere; masks; two per-CPU objects. */
static void fill_world(unsigned seed)
{
	uint64_t at[OBJECTS], offset = 0x20000;
	size_t i;

	srand(seed);
	begin();
	kl_facts_deinit(&facts);
	facts = (struct kl_facts){};
	for (i = 0; i < OBJECTS; i++) {
		at[i] = offset;
		offset += 24 + 8 * (uint64_t)(rand() % 30);
	}
	for (i = 0; i < OBJECTS; i++) {
		size_t other = i + (size_t)rand() % (OBJECTS - i);
		uint64_t chosen = at[other];

		at[other] = at[i];
		at[i] = chosen;
		add(chosen, 16 + 8 * (uint64_t)(rand() % 2));
	}
	add_percpu(0x100, 64);
	add_percpu(0x200, 64);
	for (i = 0; i < WORLD_SIZE / 8; i += 1 + (size_t)rand() % 4)
		poke(i * 8, rand() % 9 ? BASE + at[rand() % OBJECTS] + (uint64_t)(rand() % 24)
				       : 0x100 + (uint64_t)(rand() % 0x180));
	hole_start = 0x40000;
	hole_end = 0x43000;
	for (i = 0; i < 50; i++) {
		struct kl_mask mask = {.start = BASE + (uint64_t)(rand() % WORLD_SIZE), .traits = KL_TRAIT_SLACK};

		mask.end = mask.start + 1 + (uint64_t)(rand() % 2000);
		mask.in_objects = rand() % 2 ? KL_TRAIT_SLACK : 0;
		CHECK(kl_vec_push(&facts.masks, mask));
	}
	CHECK(kl_vec_push(&facts.roots.list, roots[0]) && kl_vec_push(&facts.live, (uint64_t)0));
	CHECK(kl_facts_sort_masks(&facts));
	CHECK_OK(kl_heap_build_index(&heap, NULL, NULL));
	CHECK_OK(kl_heap_index_copies(&heap, percpu_offsets, 2));
}

static void forget_pages_of_index(struct kl_index *index)
{
	free(index->slots);
	index->slots = NULL;
}

static void compare_references(const struct kl_references *a, const struct kl_references *b)
{
	size_t node, i;

	CHECK_INT(a->list.count, b->list.count);
	CHECK_INT(a->words, b->words);
	CHECK_INT(a->candidates, b->candidates);
	CHECK_INT(a->self_references, b->self_references);
	CHECK_INT(a->missing_bytes, b->missing_bytes);
	CHECK_INT(a->object_bytes, b->object_bytes);
	for (node = 0; node < a->nodes; node++) {
		CHECK_INT(a->missing[node], b->missing[node]);
		CHECK_INT(a->end[node] - a->begin[node], b->end[node] - b->begin[node]);
		for (i = 0; i < a->end[node] - a->begin[node]; i++) {
			const struct kl_reference *x = &a->list.data[a->begin[node] + i];
			const struct kl_reference *y = &b->list.data[b->begin[node] + i];

			CHECK(x->to == y->to && x->at == y->at && x->traits == y->traits && x->grade == y->grade);
		}
	}
}

static const struct kl_mask *mask_by_hand(uint64_t address)
{
	const struct kl_mask *mask;

	kl_vec_for_each (mask, &facts.masks) {
		if (address >= mask->start && address < mask->end)
			return mask;
	}
	return NULL;
}

/* The virtual references of @row, word by word and object by object. */
static void check_by_hand(const struct kl_references *refs, uint32_t row)
{
	const struct kl_reference *ref = &refs->list.data[refs->begin[row]];
	uint64_t offset, word;
	uint32_t to;

	for (offset = 0; offset + 8 <= heap.size[row]; offset += 8) {
		const struct kl_mask *mask = mask_by_hand(heap.address[row] + offset);

		read_world(NULL, heap.address[row] + offset, &word, 8);
		for (to = 0; to < heap.rows && !(word >= heap.address[to] && word < heap.address[to] + heap.size[to]);
		     to++)
			;
		if (to == heap.rows || to == row || heap.class_[to] == KLEAK_CLASS_PERCPU)
			continue;
		while (heap.class_[ref->to] == KLEAK_CLASS_PERCPU)
			ref++;
		CHECK(ref < refs->list.data + refs->end[row]);
		CHECK_INT(ref->to, to);
		CHECK_INT(ref->at, heap.address[row] + offset);
		CHECK_INT(ref->traits & KL_TRAIT_INTERIOR, word == heap.address[to] ? 0 : KL_TRAIT_INTERIOR);
		CHECK_INT(ref->traits & KL_TRAIT_SLACK, mask ? KL_TRAIT_SLACK : 0);
		ref++;
	}
}

static void test_ways_agree(void)
{
	unsigned seed;
	uint32_t row;

	for (seed = 1; seed <= 20; seed++) {
		struct kl_references fast = {}, slow = {};

		fill_world(seed);
		input.memory.peek = peek_world;
		CHECK(heap.index[KLEAK_CLASS_VIRTUAL].slots != NULL);
		CHECK_OK(kl_references_collect(&input, &facts, &fast));
		input.memory.peek = NULL;
		forget_pages_of_index(&heap.index[KLEAK_CLASS_VIRTUAL]);
		CHECK_OK(kl_references_collect(&input, &facts, &slow));
		compare_references(&fast, &slow);
		for (row = 0; seed == 1 && row < heap.rows; row += 7) {
			if (heap.class_[row] == KLEAK_CLASS_VIRTUAL)
				check_by_hand(&fast, row);
		}
		kl_references_deinit(&fast);
		kl_references_deinit(&slow);
	}
}

int main(void)
{
	RUN(test_ways_agree);
	kl_facts_deinit(&facts);
	kl_mark_deinit(&mark);
	kl_heap_deinit(&heap);
	return DONE();
}
