/* SPDX-License-Identifier: GPL-2.0-or-later */
/* object_types.h: of what type the objects of a heap are, as far as a frozen kernel tells.
 *
 * A slab cache made by KMEM_CACHE() is named like its struct, others by tradition ("filp"). When the struct is as large
 * as the cache's objects, its words say which of them may be pointers. In caches that several users share (merged ones
 * and kmalloc's) who allocated an object may tell its struct (object_types_calls.h). Objects of unknown structs, or of
 * a cache whose struct has another size, have no type: all of their words count. Source: mm/slab_common.c,
 * include/linux/slab.h, 5.17 .. 7.3.
 */
#ifndef KL_KERNEL_FACTS_OBJECT_TYPES_H
#define KL_KERNEL_FACTS_OBJECT_TYPES_H

#include "heap/heap.h"
#include "heap/facts.h"
#include "kernel/facts/type_files.h"

/** kl_object_types_read() - fill types, type_of, type_counts, named and names of @ret, and add masks for
 * static data.
 * @heap: with its index.
 * To be called before kl_facts_sort_masks(). What cannot be found out leaves objects without a type.
 * Errors: KL_ERROR_NOMEM, KL_ERROR_INTERRUPTED.
 */
struct kl_error *kl_object_types_read(struct kl_kernel *k, const struct kl_heap *heap,
				      const struct kl_type_files *files, struct kl_facts *ret);

#endif
