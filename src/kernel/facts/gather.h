/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gather.h: everything that a frozen machine knows beyond its heap (heap/facts.h), gathered. */
#ifndef KL_KERNEL_FACTS_GATHER_H
#define KL_KERNEL_FACTS_GATHER_H

#include "heap/heap.h"
#include "heap/facts.h"
#include "kernel/kernel.h"
#include "kernel/facts/object_types.h"

/** kl_facts_gather() - roots (data, per-CPU, struct pages, stacks, @extra), registers, masks.
 * @heap:  with its index.
 * @extra: further roots, given by the user; may be NULL.
 * @files: where types come from; NULL: none are wanted.
 * @ret:   freed with kl_facts_deinit().
 */
struct kl_error *kl_facts_gather(struct kl_kernel *k, const struct kl_heap *heap, const struct kl_roots *extra,
				 const struct kl_type_files *files, struct kl_facts *ret);

#endif
