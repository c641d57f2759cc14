/* SPDX-License-Identifier: GPL-2.0-or-later */
/* object_types_sites.h: the types of objects in slab caches that several users share, by who allocated them. Private to
 * object_types.
 *
 * SLUB merges caches of like size: without usercopy checks dentries live in kmalloc-192. But some functions allocate
 * from one cache only, and kmemleak knows who allocated: a stack whose allocator is kmem_cache_alloc*() and whose next
 * frame is __d_alloc() means a dentry. (The long name of a dentry comes from kmalloc() in the same function.)
 */
#ifndef KL_KERNEL_OBJECT_TYPES_SITES_H
#define KL_KERNEL_OBJECT_TYPES_SITES_H

#include "kernel/kernel.h"
#include "kernel/object_types.h"
#include "util/map.h"

struct kl_type_sites {
	struct kl_kernel *k;
	const struct kl_type_files *files;
	struct kl_map by_stack; /* stack -> one more than the index of its struct; 0 = none */
};

/** kl_type_sites_names() - the structs that can be told; returns how many. */
size_t kl_type_sites_names(const char *const **ret);

/** kl_type_sites_find() - which of them an object with @stack is, as an index; SIZE_MAX when none.
 * Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_type_sites_find(struct kl_type_sites *sites, uint32_t stack, size_t *ret);

#endif
