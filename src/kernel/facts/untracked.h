/* SPDX-License-Identifier: GPL-2.0-or-later */
/* untracked.h: memory in use that kmemleak neither tracks nor scans: pages taken straight from the page allocator.
 *
 * A live object may be referenced from nowhere else; kmemleak then reports a leak that is none. Looking there explains
 * such objects. Only pages that the kernel owns and whose contents nobody else accounts for are offered: in use, not
 * reserved, no slab, no page of a file or of user space, not the memory of a tracked object, no stack, no per-CPU
 * chunk, no pool of the stack depot. What is left over in other memory would explain real leaks away.
 */
#ifndef KL_KERNEL_FACTS_UNTRACKED_H
#define KL_KERNEL_FACTS_UNTRACKED_H

#include "heap/heap.h"
#include "heap/root.h"
#include "kernel/kernel.h"

/** kl_untracked_read() - append such pages to @ret, by their addresses in the direct map, neighbours merged.
 * @scanned: roots; pages of those inside the direct map (stacks without VMAP_STACK) are left out.
 * Nothing is offered where slabs cannot be told from other pages. Errors: out of memory. Cost: one pass over all struct
 * pages, one translation per page of tracked vmalloc memory.
 */
struct kl_error *kl_untracked_read(struct kl_kernel *k, const struct kl_heap *heap, const struct kl_roots *scanned,
				   struct kl_roots *ret);

#endif
