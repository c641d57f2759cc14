/* SPDX-License-Identifier: GPL-2.0-or-later */
/* object_types_calls.h: the types of objects in slab caches that several users share, by who allocated them. Private to
 * object_types.
 *
 * kmemleak knows who allocated an object. Three things follow from its stack (alloc_stacks.h):
 *
 *   - a call of kmalloc() that allocates one struct, as DWARF tells, made an object of that struct; the bytes of the
 *     bucket behind it are nobody's;
 *   - SLUB merges caches of like size: without usercopy checks dentries live in kmalloc-192. But some functions
 *     allocate from one cache only: a stack whose allocator is kmem_cache_alloc*() and whose next frame is __d_alloc()
 *     means a dentry. The long name of a dentry comes from kmalloc() in the same function: a struct, and a text;
 *   - what kstrdup() and its like allocate are strings: no word of them is a pointer, but behind their end stands what
 *     had the memory before.
 */
#ifndef KL_KERNEL_FACTS_OBJECT_TYPES_CALLS_H
#define KL_KERNEL_FACTS_OBJECT_TYPES_CALLS_H

#include "kernel/facts/alloc_stacks.h"

/* What one or more places of the code allocate. */
struct kl_type_site {
	const char *type;         /* the struct; NULL = a string */
	uint64_t size;            /* bytes; 0 = whatever DWARF says */
	struct kl_module *module; /* whose struct it is; NULL = the kernel's */
	bool kmalloc; /* from the bucket that its size asks for, not from a cache of its own that was merged */
	bool text;    /* behind the struct, as far as the object goes */
};

struct kl_type_sites {
	struct kl_alloc_stacks *stacks;
	KL_VEC(struct kl_type_site) list;
	struct kl_map by_stack; /* stack -> one more than the index in list; 0 = none */
};

/** kl_type_sites_init() - @stacks must outlive @ret. Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_type_sites_init(struct kl_alloc_stacks *stacks, struct kl_type_sites *ret);
void kl_type_sites_deinit(struct kl_type_sites *sites);

/** kl_type_sites_find() - what objects with @stack are, as an index into the list; SIZE_MAX when nothing tells.
 * Errors: as kl_alloc_stacks_find(). */
struct kl_error *kl_type_sites_find(struct kl_type_sites *sites, uint32_t stack, size_t *ret);

#endif
