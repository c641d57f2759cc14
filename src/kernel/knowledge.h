/* SPDX-License-Identifier: GPL-2.0-or-later */
/* knowledge.h: everything that a frozen machine knows beyond its heap (heap/knowledge.h), gathered. */
#ifndef KL_KERNEL_KNOWLEDGE_H
#define KL_KERNEL_KNOWLEDGE_H

#include "heap/heap.h"
#include "heap/knowledge.h"
#include "kernel/kernel.h"
#include "kernel/object_types.h"

/** kl_knowledge_read() - roots (data, per-CPU, struct pages, stacks, @extra), registers, masks.
 * @heap:  with its index.
 * @extra: further roots, given by the user; may be NULL.
 * @files: where types come from; NULL: none are wanted.
 * @ret:   freed with kl_knowledge_deinit().
 */
struct kl_error *kl_knowledge_read(struct kl_kernel *k, const struct kl_heap *heap, const struct kl_roots *extra,
				   const struct kl_type_files *files, struct kl_knowledge *ret);

#endif
