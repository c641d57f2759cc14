/* SPDX-License-Identifier: GPL-2.0-or-later */
/* edges.h: which objects point to which: arrows between rows of the heap, found while marking. */
#ifndef KL_MARK_EDGES_H
#define KL_MARK_EDGES_H

#include <stdint.h>

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

#endif
