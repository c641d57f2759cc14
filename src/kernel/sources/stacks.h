/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stacks.h: stacks of the stack depot as stacks of a heap, each fetched once. */
#ifndef KL_KERNEL_SOURCES_STACKS_H
#define KL_KERNEL_SOURCES_STACKS_H

#include "heap/heap.h"
#include "kernel/kernel.h"
#include "util/map.h"

struct kl_source_stacks {
	struct kl_kernel *k;
	struct kl_heap *heap;
	struct kl_map by_handle; /* handle -> identifier of a stack of the heap */
};

/** kl_source_stacks_find() - the identifier in s->heap of the stack that the depot keeps under @handle; 0 for handle 0,
 * and for what cannot be fetched, which leaves an anomaly of its own. Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_source_stacks_find(struct kl_source_stacks *s, uint32_t handle, uint32_t *ret);

static inline void kl_source_stacks_deinit(struct kl_source_stacks *s)
{
	kl_map_deinit(&s->by_handle);
}

#endif
