/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "heap/address_space.h"

static void find_span(const struct kl_index *index, uint64_t *start, uint64_t *end)
{
	*start = index->count ? index->spans[0].start : 0;
	*end = index->count ? index->spans[index->count - 1].end : 0;
}

void kl_address_space_bound(struct kl_address_space *space, const struct kl_heap *heap)
{
	uint64_t min_copy, max_copy;

	find_span(&heap->index[KLEAK_CLASS_VIRTUAL], &space->min_address, &space->max_address);
	find_span(&heap->copies, &min_copy, &max_copy);
	if (max_copy && (min_copy < space->min_address || !space->max_address))
		space->min_address = min_copy;
	if (max_copy > space->max_address)
		space->max_address = max_copy;
	find_span(&heap->index[KLEAK_CLASS_PERCPU], &space->min_percpu, &space->max_percpu);
	space->percpu_references = heap->index[KLEAK_CLASS_PERCPU].count != 0;
}
