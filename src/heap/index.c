/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "heap/index.h"

#include <stdlib.h>

#define WORTH_IT 512 /* spans; fewer are in the processor's cache anyway */
#define PAGES_MAX 8  /* of an object that the hash knows */

static uint64_t page_of_address(uint64_t address)
{
	return address >> KL_INDEX_PAGE_SHIFT;
}

static uint64_t last_page(const struct kl_span *span)
{
	return page_of_address(span->end - 1);
}

static bool is_large(const struct kl_span *span)
{
	return last_page(span) - page_of_address(span->start) >= PAGES_MAX;
}

/* Of small objects: an upper bound, a page that two share may count twice. */
static size_t count_hashed_pages(const struct kl_index *index, size_t *large)
{
	uint64_t before = UINT64_MAX;
	size_t pages = 0, i;

	*large = 0;
	for (i = 0; i < index->count; i++) {
		const struct kl_span *span = &index->spans[i];

		if (is_large(span)) {
			++*large;
			continue;
		}
		pages += last_page(span) - page_of_address(span->start) + (page_of_address(span->start) != before);
		before = last_page(span);
	}
	return pages;
}

static void add_page_slot(struct kl_index *index, uint64_t page, size_t first, size_t spans)
{
	uint64_t hash = kl_index_hash(page);
	size_t i = hash >> index->shift, mask = ((size_t)1 << (64 - index->shift)) - 1;

	while (index->slots[i])
		i = (i + 1) & mask;
	index->slots[i] = kl_index_tag(hash) | (uint64_t)(spans - 1) << 32 | (uint32_t)(first + 1);
}

/* Small spans that overlap one page follow each other, but for a large one in between, which is not looked for here. */
static void fill_slots(struct kl_index *index)
{
	size_t first = 0, spans = 0, i;
	uint64_t page = UINT64_MAX, at;

	for (i = 0; i < index->count; i++) {
		const struct kl_span *span = &index->spans[i];

		if (is_large(span)) {
			index->large[index->n_large++] = *span;
			continue;
		}
		for (at = page_of_address(span->start); at <= last_page(span); at++) {
			if (at != page && spans)
				add_page_slot(index, page, first, spans);
			if (at != page)
				first = i;
			page = at;
			spans = i - first + 1;
		}
	}
	if (spans)
		add_page_slot(index, page, first, spans);
}

void kl_index_build(struct kl_index *index)
{
	size_t large, pages;

	free(index->slots);
	free(index->large);
	index->slots = NULL;
	index->large = NULL;
	index->n_large = 0;
	if (index->count < WORTH_IT || index->count > UINT32_MAX - 1)
		return;
	pages = count_hashed_pages(index, &large);
	/* at most half full */
	for (index->shift = 63; index->shift > 16 && (size_t)1 << (64 - index->shift) < 2 * pages + 2; index->shift--)
		;
	index->slots = calloc((size_t)1 << (64 - index->shift), sizeof(*index->slots));
	index->large = calloc(large + 1, sizeof(*index->large));
	if (index->slots && index->large) {
		fill_slots(index);
		return;
	}
	free(index->slots);
	index->slots = NULL;
}

void kl_index_deinit(struct kl_index *index)
{
	free(index->spans);
	free(index->slots);
	free(index->large);
	*index = (struct kl_index){};
}
