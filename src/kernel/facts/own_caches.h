/* SPDX-License-Identifier: GPL-2.0-or-later */
/* own_caches.h: which objects have a slab cache of their own: all objects of that cache are of one kind then, whoever
 * says that they are there, kmemleak or SLUB itself. Caches of kmalloc() and merged ones are nobody's own.
 */
#ifndef KL_KERNEL_FACTS_OWN_CACHES_H
#define KL_KERNEL_FACTS_OWN_CACHES_H

#include "heap/heap.h"
#include "kernel/kernel.h"

/** kl_own_caches_find() - @ret: per row the number of its kind, from 1; 0 for objects of shared caches, and of none.
 * Freed by the caller. Errors: KL_ERROR_NOMEM. Cost: a struct page is read per slab. */
struct kl_error *kl_own_caches_find(struct kl_kernel *k, const struct kl_heap *heap, uint32_t **ret);

/** kl_own_cache_name() - the name of the cache of kind @kind: bytes of the dump. NULL when there is none. */
const char *kl_own_cache_name(struct kl_kernel *k, uint32_t kind);

#endif
