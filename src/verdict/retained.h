/* SPDX-License-Identifier: GPL-2.0-or-later */
/* retained.h: what each leaked object keeps from being freed: dominators of the leaked graph.
 *
 * Below each head (heads.h) an object's parent is the nearest object that every way from the head to it passes, and an
 * object retains itself and all that has it as parent, however far down: what nobody but it leads to. An object that
 * several heads reach belongs to the oldest alone, as in the verdicts, so that the sizes that heads retain add up to
 * all that is leaked.
 */
#ifndef KL_VERDICT_RETAINED_H
#define KL_VERDICT_RETAINED_H

#include "heap/heap.h"
#include "mark/edges.h"

/* Columns parallel to the heap's rows; they say nothing where `heads` has KL_NO_OBJECT. */
struct kl_retained {
	uint32_t *parent; /* row; KL_NO_OBJECT of a head */
	uint64_t *bytes, *objects;
};

/** kl_retained_compute() - by Lengauer and Tarjan's algorithm with path compression; no recursion.
 * @edges: sorted, as from kl_precise_white_edges(). @heads: of every row, as from kl_heads_find().
 * @ret: destroyed by the caller with kl_retained_deinit(). Errors: KL_ERROR_NOMEM.
 * Cost: proportional to (rows + edges) times their logarithm: also for long lists that are linked in a circle. */
struct kl_error *kl_retained_compute(const struct kl_heap *heap, const struct kl_edges *edges, const uint32_t *heads,
				     struct kl_retained *ret);
void kl_retained_deinit(struct kl_retained *retained);

#endif
