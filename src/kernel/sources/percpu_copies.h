/* SPDX-License-Identifier: GPL-2.0-or-later */
/* percpu_copies.h: per-CPU memory as kmemleak of 6.12 would track it, whatever the dead kernel's own did.
 *
 * Before 6.8 kmemleak has one record for the copy of each CPU, at that copy's address, and until 6.12 one for the
 * cookie. It scans them, but never looks for references to them: they are grey, and no lost one is ever reported. The
 * per-CPU allocator knows which allocations there are, so the copies of one can be found and joined: the cookie is what
 * everybody else knows the memory by. Then it needs what any object needs, one reference, to the cookie or to a copy.
 *
 * Only for the policy precise: a replay needs the kernel's own records.
 * Source: mm/kmemleak.c, kmemleak_alloc_percpu(): 3.3, 39042079a0c24 (6.8), 6c99d4eb7c5e (6.12).
 */
#ifndef KL_KERNEL_SOURCES_PERCPU_COPIES_H
#define KL_KERNEL_SOURCES_PERCPU_COPIES_H

#include "heap/heap.h"
#include "kernel/kernel.h"
#include "kernel/sources/kmemleak_info.h"

/** kl_percpu_copies_join() - make one per-CPU object (KL_OBJECT_UNCOUNTED) of the records of its copies, and index
 * where the copies of all per-CPU objects lie.
 *
 * @heap: from kl_kmemleak_read(); rows move.
 *
 * Records are joined only if there is one for each possible CPU, all of one size and stack, and if the allocator says
 * that just this memory is in use: whatever does not fit stays what it was, grey and never reported. So does what
 * modules keep their static per-CPU variables in, and everything where the allocator's maps are not known (before 5.14)
 * or damaged.
 * Errors: out of memory.
 */
struct kl_error *kl_percpu_copies_join(struct kl_kernel *k, const struct kl_kmemleak_info *info, struct kl_heap *heap);

#endif
