/* SPDX-License-Identifier: GPL-2.0-or-later */
/* edges.h: which objects point to which: arrows between rows of the heap, found while marking. */
#ifndef KL_MARK_EDGES_H
#define KL_MARK_EDGES_H

#include <stdint.h>

#include "util/error.h"
#include "util/vec.h"

struct kl_edge {
	uint32_t from;
	uint32_t to;
};

struct kl_edges {
	KL_VEC(struct kl_edge) list; /* ascending by (from, to), without duplicates and self references */
};

void kl_edges_deinit(struct kl_edges *edges);

/** kl_edges_sort() - bring what was pushed into the order of the list, and drop duplicates. */
void kl_edges_sort(struct kl_edges *edges);

/** kl_edges_reach() - set a 1 in @reached for every row that arrows lead to from those that have one, over rows that
 * have one in @open only. Both have a byte for each of @rows. Errors: out of memory. */
struct kl_error *kl_edges_reach(const struct kl_edges *edges, size_t rows, const uint8_t *open, uint8_t *reached);

#endif
