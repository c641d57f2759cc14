/* SPDX-License-Identifier: GPL-2.0-or-later */
/* alloc_stacks.h: what the stack of an allocation tells of it: which allocator made the object, who called that, and
 * what the call asked for (debug/alloc_calls.h). Private to kernel/facts.
 *
 * Between kmemleak's record of the object and the allocator there may be only the slab's common path: what an allocator
 * allocates for itself on the way, such as alloc_slab_obj_exts() for a new slab, is not what its caller asked for.
 * Source: mm/slub.c, mm/vmalloc.c, mm/util.c, mm/percpu.c, 5.17 .. 7.3.
 */
#ifndef KL_KERNEL_FACTS_ALLOC_STACKS_H
#define KL_KERNEL_FACTS_ALLOC_STACKS_H

#include "debug/alloc_calls.h"
#include "heap/heap.h"
#include "kernel/facts/type_files.h"
#include "util/map.h"

enum kl_allocator {
	KL_ALLOCATOR_UNKNOWN, /* its frame is missing: left out until 6.4, or jumped from */
	KL_ALLOCATOR_CACHE,   /* kmem_cache_alloc() */
	KL_ALLOCATOR_SIZE,    /* kmalloc() */
	KL_ALLOCATOR_AREA,    /* vmalloc() */
	KL_ALLOCATOR_PERCPU,
};

/* Where an object comes from. */
struct kl_alloc_origin {
	enum kl_allocator allocator;
	uint32_t caller;                  /* of the allocator: identifier in kl_alloc_stacks.names, without what the
					   * compiler appends (".isra.0"); 0 = unknown, or a module's function */
	struct kl_module *module;         /* whose function that is; NULL = the kernel's */
	const struct kl_alloc_call *call; /* that call; NULL = nothing is known of it */
	const struct kl_intern *names;    /* of `call` */
	uint64_t flags;                   /* gfp_t of this call or one further out that is handed on; 0 = unknown */
	bool zeroes;                      /* one of these functions zeroes what it returns */
};

/* The calls that one file makes. */
struct kl_alloc_calls_source {
	struct kl_module *module; /* NULL = the kernel itself */
	struct kl_alloc_calls calls;
};

struct kl_alloc_stacks {
	struct kl_kernel *k;
	const struct kl_heap *heap; /* whose stacks tell */
	const struct kl_type_files *files;
	KL_VEC(struct kl_alloc_calls_source) sources; /* the files that were asked */
	KL_VEC(struct kl_alloc_origin) origins;
	struct kl_map by_stack; /* stack -> index in origins */
	struct kl_intern *names;
};

/** kl_alloc_stacks_init() - @k, @heap and @files must outlive @ret. Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_alloc_stacks_init(struct kl_kernel *k, const struct kl_heap *heap,
				      const struct kl_type_files *files, struct kl_alloc_stacks *ret);
void kl_alloc_stacks_deinit(struct kl_alloc_stacks *stacks);

/** kl_alloc_stacks_find() - where objects with @stack come from; all zero when nothing tells.
 * Calls are read from the cache or DWARF when the first stack asks for that file. Errors: KL_ERROR_NOMEM; anything else
 * that is wrong with a file leaves an anomaly. */
struct kl_error *kl_alloc_stacks_find(struct kl_alloc_stacks *stacks, uint32_t stack, struct kl_alloc_origin *ret);

#endif
