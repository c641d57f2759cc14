/* SPDX-License-Identifier: GPL-2.0-or-later */
/* index.h: which object an address belongs to.
 *
 * The marker asks for every word of a dump that may be a pointer. A binary search in 3.5 million spans takes 22 steps
 * over 85 MB, most of which miss the processor's caches. So small objects are also found by the page they lie in: a
 * hash of pages says which spans lie there, and where among them an address stands is guessed from its offset, which is
 * right at once where a page holds objects of one size. Objects of many pages stay with the binary search, over none
 * but themselves. Without memory for the hash everything does.
 */
#ifndef KL_HEAP_INDEX_H
#define KL_HEAP_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/search.h"

#define KL_NO_OBJECT UINT32_MAX

/* One entry of a sorted index: [start, end) belongs to row @object. */
struct kl_span {
	uint64_t start;
	uint64_t end;
	uint32_t object;
};

struct kl_index {
	struct kl_span *spans; /* ascending, never overlapping */
	size_t count;
	uint64_t *slots;       /* hash of pages; NULL = search in spans */
	unsigned shift;        /* of a hash value, to the number of its slot */
	struct kl_span *large; /* copies of the spans that the hash leaves out, ascending */
	size_t n_large;
};

/* A slot: 0 = empty; else from the top 20 bits of the page's hash value that did not choose the slot, 12 bits for how
 * many spans, less one, and 32 for the number of the first, plus one. Two pages may look the same; their spans tell. */
#define KL_INDEX_PAGE_SHIFT 12
#define KL_INDEX_FIRST(slot) ((uint32_t)(slot)-1)
#define KL_INDEX_SPANS(slot) ((uint32_t)((slot) >> 32 & 0xfff) + 1)
#define KL_INDEX_TAG_MASK 0xfffff00000000000ULL

static inline uint64_t kl_index_hash(uint64_t page)
{
	return page * 0x9e3779b97f4a7c15ULL; /* 2^64 divided by the golden ratio */
}

static inline uint64_t kl_index_tag(uint64_t hash)
{
	return hash << 24 & KL_INDEX_TAG_MASK;
}

/** kl_index_build() - prepare @index, whose spans are complete. No memory makes it slow, not wrong. */
void kl_index_build(struct kl_index *index);

void kl_index_deinit(struct kl_index *index);

/* The one of @n spans of a page that holds @value, NULL without. */
static inline const struct kl_span *kl_index_find_in_page(const struct kl_span *spans, uint32_t n, uint64_t value)
{
	const struct kl_span *last = spans + n - 1;
	const struct kl_span *span = spans + ((value & ((1 << KL_INDEX_PAGE_SHIFT) - 1)) * n >> KL_INDEX_PAGE_SHIFT);

	while (span > spans && value < span->start)
		span--;
	while (span < last && value >= span->end)
		span++;
	return value >= span->start && value < span->end ? span : NULL;
}

/** kl_index_find_span() - the span that holds @value, NULL when none does. */
static inline const struct kl_span *kl_index_find_span(const struct kl_index *index, uint64_t value)
{
	uint64_t hash = kl_index_hash(value >> KL_INDEX_PAGE_SHIFT), slot;
	size_t i, mask;

	if (!index->slots)
		return kl_search_range(index->spans, index->count, value);
	mask = ((size_t)1 << (64 - index->shift)) - 1;
	for (i = hash >> index->shift; (slot = index->slots[i]); i = (i + 1) & mask) {
		const struct kl_span *span;

		if ((slot & KL_INDEX_TAG_MASK) != kl_index_tag(hash))
			continue;
		span = kl_index_find_in_page(index->spans + KL_INDEX_FIRST(slot), KL_INDEX_SPANS(slot), value);
		if (span)
			return span;
	}
	return kl_search_range(index->large, index->n_large, value);
}

/** kl_index_find() - the row whose [address, address + size) holds @value, or KL_NO_OBJECT. */
static inline uint32_t kl_index_find(const struct kl_index *index, uint64_t value)
{
	const struct kl_span *span = kl_index_find_span(index, value);

	return span ? span->object : KL_NO_OBJECT;
}

/** kl_index_prefetch() - @value will be asked for soon: bring its slot, and with @twice the span that it leads to. */
static inline void kl_index_prefetch(const struct kl_index *index, uint64_t value, bool twice)
{
	uint64_t hash = kl_index_hash(value >> KL_INDEX_PAGE_SHIFT), slot;

	if (!index->slots)
		return;
	if (!twice) {
		__builtin_prefetch(&index->slots[hash >> index->shift]);
		return;
	}
	slot = index->slots[hash >> index->shift];
	if (slot)
		__builtin_prefetch(
			index->spans + KL_INDEX_FIRST(slot) +
			((value & ((1 << KL_INDEX_PAGE_SHIFT) - 1)) * KL_INDEX_SPANS(slot) >> KL_INDEX_PAGE_SHIFT));
}

#endif
