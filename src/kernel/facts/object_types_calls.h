/* SPDX-License-Identifier: GPL-2.0-or-later */
/* object_types_calls.h: the types of objects in slab caches that several users share, by who allocated them. Private to
 * object_types.
 *
 * kmemleak knows who allocated an object. Three things follow from its stack:
 *
 *   - a call of kmalloc() that allocates one struct, as DWARF tells (debug/alloc_calls.h), made an object of that
 * struct; the bytes of the bucket behind it are nobody's;
 *   - SLUB merges caches of like size: without usercopy checks dentries live in kmalloc-192. But some functions
 *     allocate from one cache only: a stack whose allocator is kmem_cache_alloc*() and whose next frame is __d_alloc()
 *     means a dentry. (The long name of a dentry comes from kmalloc() in the same function.)
 *   - what kstrdup() and its like allocate are strings: no word of them is a pointer, but behind their end stands what
 *     had the memory before.
 *
 * Between kmemleak's record of the object and that allocator there may be only the slab's common path: what an
 * allocator allocates for itself on the way, such as alloc_slab_obj_exts() for a new slab, is not what its caller asked
 * for.
 */
#ifndef KL_KERNEL_FACTS_OBJECT_TYPES_CALLS_H
#define KL_KERNEL_FACTS_OBJECT_TYPES_CALLS_H

#include "debug/alloc_calls.h"
#include "heap/heap.h"
#include "kernel/facts/type_files.h"
#include "util/map.h"

/* What one or more places of the code allocate. */
struct kl_type_site {
	const char *type;         /* the struct; NULL = a string */
	uint64_t size;            /* bytes; 0 = whatever DWARF says */
	struct kl_module *module; /* whose struct it is; NULL = the kernel's */
	bool kmalloc; /* from the bucket that its size asks for, not from a cache of its own that was merged */
};

/* The calls in one file that tell a struct. */
struct kl_site_source {
	struct kl_module *module; /* NULL = the kernel itself */
	struct kl_alloc_calls calls;
};

struct kl_type_sites {
	struct kl_kernel *k;
	const struct kl_heap *heap; /* whose stacks tell */
	const struct kl_type_files *files;
	KL_VEC(struct kl_type_site) list;
	KL_VEC(struct kl_site_source) sources; /* the files that were asked */
	struct kl_map by_stack;                /* stack -> one more than the index in list; 0 = none */
};

/** kl_type_sites_init() - @k, @heap and @files must outlive @ret. Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_type_sites_init(struct kl_kernel *k, const struct kl_heap *heap, const struct kl_type_files *files,
				    struct kl_type_sites *ret);
void kl_type_sites_deinit(struct kl_type_sites *sites);

/** kl_type_sites_find() - what objects with @stack are, as an index into the list; SIZE_MAX when nothing tells.
 * Calls are read from the cache or DWARF when the first stack asks for that file. Errors: KL_ERROR_NOMEM; anything else
 * that is wrong with a file leaves an anomaly. */
struct kl_error *kl_type_sites_find(struct kl_type_sites *sites, uint32_t stack, size_t *ret);

#endif
