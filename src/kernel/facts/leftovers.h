/* SPDX-License-Identifier: GPL-2.0-or-later */
/* leftovers.h: memory that is scanned, but only remembers: kmemleak's own records and structures that are freed, though
 * their bytes are still part of a live object. */
#ifndef KL_KERNEL_FACTS_LEFTOVERS_H
#define KL_KERNEL_FACTS_LEFTOVERS_H

#include "heap/heap.h"
#include "heap/facts.h"
#include "kernel/kernel.h"

/** kl_leftovers_read() - append masks to @ret:
 *
 *   METADATA  mem_pool[], records of early objects inside .bss: each would keep its own object referenced for ever;
 *             and the bounds that it keeps of all objects. KFENCE's records, which do the same
 *   VMAP      `vm` of vmap areas that are not in use: they still name a vm_struct whose slab slot may be another's by
 *             now; their borders, which are the addresses of their neighbours
 *   PERCPU_FREE  per-CPU objects (6.8 and later) that the allocator's own map says are free
 *
 * @heap: with its index.
 * Damaged lists leave an anomaly and mask less. Errors: out of memory.
 */
struct kl_error *kl_leftovers_read(struct kl_kernel *k, const struct kl_heap *heap, struct kl_facts *ret);

#endif
