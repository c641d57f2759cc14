/* SPDX-License-Identifier: GPL-2.0-or-later */
/* annotations.h: what the kernel would have told kmemleak: kmemleak_not_leak(), kmemleak_ignore() and their like, as a
 * catalogue of the calls in Linux 6.12 and 7.3 that a dump shows without kmemleak.
 *
 * An annotated object is known by a function of its stack, where somebody kept it, by its slab cache, or by what it
 * holds. Annotations that need no entry: of memory that no source enumerates (page tables, boot memory, code), of what
 * the marking finds by itself (vectors of slab extensions, what waits in kvfree_rcu()), of allocators that are gone.
 */
#ifndef KL_KERNEL_FACTS_ANNOTATIONS_H
#define KL_KERNEL_FACTS_ANNOTATIONS_H

#include "heap/heap.h"
#include "kernel/kernel.h"

/** kl_annotations_find() - set @ret[row] of each object that @wanted[row] names (not 0) to one more than the number of
 * the annotation that excuses it; others stay 0. Both have one element per row of @heap.
 * What cannot be read excuses nothing. Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_annotations_find(struct kl_kernel *k, const struct kl_heap *heap, const uint8_t *wanted,
				     uint64_t *ret);

/** kl_annotation_text() - annotation number @number in words; static. */
const char *kl_annotation_text(uint64_t number);

#endif
