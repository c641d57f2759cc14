/* SPDX-License-Identifier: GPL-2.0-or-later */
/* contents.h: what the memory of an object held before its owner wrote to it, and how much of it he asked for. Private
 * to kernel/facts.
 *
 * Most of the memory that the kernel hands out still holds what the last owner wrote. It was erased when the flags of
 * the call say __GFP_ZERO, when the function that was called does it always (vzalloc(), per-CPU memory), or when the
 * machine runs with init_on_alloc or init_on_free; caches with a constructor, and those whose objects RCU readers may
 * still see, are exempt from the last two. Source: mm/slab.h, mm/page_alloc.c, mm/vmalloc.c, 5.3 .. 7.3.
 */
#ifndef KL_KERNEL_FACTS_CONTENTS_H
#define KL_KERNEL_FACTS_CONTENTS_H

#include "heap/facts.h"
#include "kernel/facts/alloc_stacks.h"
#include "kernel/machine/slab.h"

/** kl_contents_read() - fill zeroed, requested and erasure of @ret, and append SLACK masks: what lies behind the bytes
 * that a call of kmalloc() asked for.
 * @cache_of: per row, one more than the index of its cache in @slabs; 0 = no object of a slab.
 *
 * Slack of erased objects is not masked: nobody left anything there, so what there is was written since, by one who
 * knows that it is his. Nor is that of objects whose file enlarges objects in place.
 * Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_contents_read(struct kl_alloc_stacks *stacks, const struct kl_slab_caches *slabs,
				  const uint32_t *cache_of, struct kl_facts *ret);

#endif
