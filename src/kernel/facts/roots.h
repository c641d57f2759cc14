/* SPDX-License-Identifier: GPL-2.0-or-later */
/* roots.h: everything a kmemleak scan starts from, in its order. */
#ifndef KL_KERNEL_FACTS_ROOTS_H
#define KL_KERNEL_FACTS_ROOTS_H

#include "heap/heap.h"
#include "heap/root.h"
#include "kernel/kernel.h"

/** kl_kernel_roots() - fill @ret: data sections, per-CPU areas, struct pages, task stacks.
 * @heap:   with its index. Since 5.1 (298a32b13208) the data sections are objects themselves; they are roots only
 *          where no object stands for them.
 * @stacks: scan task stacks (kmemleak_stack_scan).
 * @ret:    freed by the caller with kl_vec_deinit(&ret->list).
 */
struct kl_error *kl_kernel_roots(struct kl_kernel *k, const struct kl_heap *heap, bool stacks, struct kl_roots *ret);

#endif
