/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mark/population.h"

#include <stdlib.h>

/* The objects of one kind. */
struct kind {
	uint64_t objects, lost;
};

static bool counts_in_population(const struct kl_mark *mark, const uint32_t *kind_of, size_t row)
{
	return kind_of[row] && mark->min_count[row] > 0;
}

static bool is_lost_in_population(const struct kl_mark *mark, size_t row)
{
	return mark->colour[row] == KL_WHITE && !mark->explained[row] && !mark->weak[row];
}

static uint32_t last_kind(const struct kl_heap *heap, const uint32_t *kind_of)
{
	uint32_t last = 0;
	size_t row;

	for (row = 0; row < heap->rows; row++)
		last = kind_of[row] > last ? kind_of[row] : last;
	return last;
}

struct kl_error *kl_population_find(const struct kl_heap *heap, const struct kl_mark *mark, const uint32_t *kind_of,
				    uint64_t *ret)
{
	_cleanup_free_ struct kind *kinds = calloc((size_t)last_kind(heap, kind_of) + 1, sizeof(*kinds));
	size_t row;

	if (!kinds)
		return kl_error_nomem();
	for (row = 0; row < heap->rows; row++) {
		if (!counts_in_population(mark, kind_of, row))
			continue;
		kinds[kind_of[row]].objects++;
		kinds[kind_of[row]].lost += is_lost_in_population(mark, row);
	}
	for (row = 0; row < heap->rows; row++) {
		const struct kind *kind = &kinds[kind_of[row]];

		if (counts_in_population(mark, kind_of, row) && is_lost_in_population(mark, row) &&
		    kind->objects >= KL_POPULATION_MIN &&
		    (kind->objects - kind->lost) * KL_POPULATION_SHARE <= kind->objects)
			ret[row] = kind->lost;
	}
	return NULL;
}
