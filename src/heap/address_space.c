/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "heap/address_space.h"

static void find_span(const struct kl_index *index, uint64_t *start, uint64_t *end)
{
	*start = index->count ? index->spans[0].start : 0;
	*end = index->count ? index->spans[index->count - 1].end : 0;
}

void kl_address_space_bound(struct kl_address_space *space, const struct kl_heap *heap)
{
	find_span(&heap->index[KLEAK_CLASS_VIRTUAL], &space->min_address, &space->max_address);
	find_span(&heap->index[KLEAK_CLASS_PERCPU], &space->min_percpu, &space->max_percpu);
	space->percpu_references = heap->index[KLEAK_CLASS_PERCPU].count != 0;
}
