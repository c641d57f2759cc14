/* SPDX-License-Identifier: GPL-2.0-or-later */
/* heads.h: which of the leaked objects leads to which. */
#ifndef KL_VERDICT_HEADS_H
#define KL_VERDICT_HEADS_H

#include "heap/heap.h"
#include "mark/edges.h"

/** kl_heads_find() - the head of every leaked object.
 * @leaked: one byte per row of the heap, non-zero for the objects to consider; arrows from or to others are ignored.
 * @now:    jiffies, to tell the oldest member of a cycle.
 * @ret:    one entry per row, malloc'ed: the row's head (itself for a head), KL_NO_OBJECT where not leaked.
 *
 * Heads are the oldest members of those strongly connected components that nothing leaked points to; the others belong
 * to the oldest head that reaches them. No recursion: memory is proportional to rows and arrows.
 */
struct kl_error *kl_heads_find(const struct kl_heap *heap, const struct kl_edges *edges, const uint8_t *leaked,
			       uint64_t now, uint32_t **ret);

#endif
