/* SPDX-License-Identifier: GPL-2.0-or-later */
/* knowledge.h: everything that a frozen machine knows beyond its heap (heap/knowledge.h), gathered. */
#ifndef KL_KERNEL_KNOWLEDGE_H
#define KL_KERNEL_KNOWLEDGE_H

#include "heap/heap.h"
#include "heap/knowledge.h"
#include "kernel/kernel.h"

/** kl_knowledge_read() - roots (data, per-CPU, struct pages, stacks, @extra), registers, masks.
 * @heap:  with its index.
 * @extra: further roots, given by the user; may be NULL.
 * @ret:   freed with kl_knowledge_deinit(). Its types are left empty.
 */
struct kl_error *kl_knowledge_read(struct kl_kernel *k, const struct kl_heap *heap, const struct kl_roots *extra,
				   struct kl_knowledge *ret);

#endif
