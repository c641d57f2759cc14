/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mark/population.h"

#include <stdlib.h>

/* The objects of one kind: what stands for their stack is the same. */
struct kind {
	uint64_t objects, lost;
};

static bool counts_in_population(const struct kl_heap *heap, const struct kl_mark *mark, size_t row)
{
	return (heap->flags[row] & KL_OBJECT_OWN_CACHE) && mark->min_count[row] > 0;
}

static bool is_lost_in_population(const struct kl_mark *mark, size_t row)
{
	return mark->colour[row] == KL_WHITE && !mark->explained[row] && !mark->weak[row];
}

struct kl_error *kl_population_find(const struct kl_heap *heap, const struct kl_mark *mark, uint64_t *ret)
{
	_cleanup_free_ struct kind *kinds = calloc(kl_intern_count(heap->stacks) + 1, sizeof(*kinds));
	size_t row;

	if (!kinds)
		return kl_error_nomem();
	for (row = 0; row < heap->rows; row++) {
		if (!counts_in_population(heap, mark, row))
			continue;
		kinds[heap->stack[row]].objects++;
		kinds[heap->stack[row]].lost += is_lost_in_population(mark, row);
	}
	for (row = 0; row < heap->rows; row++) {
		const struct kind *kind = &kinds[heap->stack[row]];

		if (counts_in_population(heap, mark, row) && is_lost_in_population(mark, row) &&
		    kind->objects >= KL_POPULATION_MIN &&
		    (kind->objects - kind->lost) * KL_POPULATION_SHARE <= kind->objects)
			ret[row] = kind->lost;
	}
	return NULL;
}
