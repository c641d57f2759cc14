/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slab.h: slabs of SLUB, and of SLAB (3.19 .. 6.7): which pages are one, of which cache, and where the allocation tags
 * of their objects are.
 *
 * What describes a slab is a struct slab since 5.17, and the members of struct page that it took the place of before.
 * Source: mm/slab.h, mm/slub.c, 2.6.31 .. 7.3; docs/kernel-layouts.md 5.5, 6.1, 6.2. Shapes of the extension vector:
 *
 *	6.10 .. 6.19	an array of {objcg, ref}
 *	7.0 .. 7.2	the same, `stride` bytes apart, perhaps inside the slab or its objects
 *	7.3		one word for objcg, if the slab needs it, and one for the tag; in the objects, `size`
 *			bytes apart
 */
#ifndef KL_KERNEL_MACHINE_SLAB_H
#define KL_KERNEL_MACHINE_SLAB_H

#include "kernel/kernel.h"
#include "kernel/machine/kfence.h"
#include "kernel/machine/memmap.h"
#include "kernel/machine/page_type.h"
#include "util/map.h"

#define KL_CACHE_NAME_MAX 64

struct kl_slab_cache {
	uint64_t address;             /* of the struct kmem_cache */
	char name[KL_CACHE_NAME_MAX]; /* bytes of the dump */
	uint64_t flags;               /* SLAB_*, whose values differ between kernels */
	uint32_t size;                /* bytes from one object to the next, which is also what a tag is charged with */
	uint32_t object_size;
	uint32_t max_objects;  /* per slab; 0 = unknown */
	uint32_t left_pad;     /* of each object: its left red zone */
	uint32_t free_offset;  /* of the pointer to the next free object in a free one */
	uint64_t random;       /* that such pointers are hidden with */
	uint64_t cpu_slab;     /* cookie of what each CPU has taken; 0 = CPUs take nothing */
	uint64_t kind;         /* the cache that this is one cgroup's copy of (.. 5.8), or its own address */
	uint32_t track_offset; /* of the struct track of who allocated it; 0 = none is kept */
	uint32_t kasan_offset; /* of the struct kasan_track that says the same; 0 = none is kept */
	uint32_t
		index_size; /* SLAB: bytes of an index in a slab's array of free objects; 0 = SLUB, which chains them */
	bool shared;        /* by several users, as those of kmalloc() and merged ones are; or nobody knows */
	bool no_leak_trace; /* SLAB_NOLEAKTRACE: of those who look for leaks, or debug */
};

struct kl_slab_caches {
	struct kl_kernel *k;
	const struct kl_memmap *memory;
	const struct kl_kfence *kfence;
	KL_VEC(struct kl_slab_cache) list;
	struct kl_map by_address; /* address -> index in list */
	uint64_t direct_map;      /* virtual address of physical address 0 */
	bool has_direct_map;
	bool damaged;        /* an anomaly says what is not in here */
	bool has_tag_slots;  /* extension vectors have a place for tags */
	uint32_t ref_offset; /* of the tag inside a struct slabobj_ext */
	uint32_t ext_size;   /* of a struct slabobj_ext */
	bool one_word;       /* 7.3: each struct slabobj_ext is one word */
	struct kl_page_types types;
	uint8_t *page; /* scratch of kl_slab_at(): a struct page */
};

/* One slab. */
struct kl_slab {
	const struct kl_slab_cache *cache;
	uint64_t page;  /* of its head's struct page */
	uint64_t start; /* virtual address of its first byte */
	uint64_t end;   /* and of the first one past its last object */
	uint32_t objects;
	uint32_t inuse;
	bool frozen;       /* a CPU has it to itself (.. 6.19), or it failed a check of its consistency (7.0) */
	uint64_t freelist; /* the first free object, 0 = none; SLAB: the array of indices, free ones from `inuse` on */
	/* Tags: the reference of object i is the word at tags + i * stride; 0 = this slab has no extension vector. */
	uint64_t tags;
	uint32_t stride;
	bool failed; /* the vector could not be allocated */
};

/** kl_slab_caches_read() - the caches of the kernel.
 * @memory, @kfence: must outlive @ret.
 * Empty with other allocators (older SLAB, SLOB). Damage leaves anomalies.
 * Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_slab_caches_read(struct kl_kernel *k, const struct kl_memmap *memory,
				     const struct kl_kfence *kfence, struct kl_slab_caches *ret);
void kl_slab_caches_deinit(struct kl_slab_caches *caches);
#define _cleanup_slab_caches_ _cleanup_(kl_slab_caches_deinit)

/** kl_slab_has_arrays() - whether the allocator of @k is SLAB, as far as its slabs can be read (3.19 .. 6.7). */
static inline bool kl_slab_has_arrays(const struct kl_kernel *k)
{
	const struct kl_layouts *l = &k->layouts;

	return l->kmem_cache.cpu_cache.present && l->kmem_cache.num.present && l->kmem_cache.freelist_size.present &&
	       l->slab.s_mem.present && l->slab.active.present && l->array_cache.type.present;
}

/** kl_slab_is() - whether the struct page @raw is the head of a slab that can be decoded. */
static inline bool kl_slab_is(const struct kl_slab_caches *caches, const uint8_t *raw)
{
	return caches->list.count && kl_page_is_slab(&caches->types, raw);
}

/** kl_slab_decode() - the slab whose head is page frame @pfn, its struct page being @raw at @page.
 * False, with an anomaly, when its numbers cannot be. A page of KFENCE's pool is a slab of the one object in it: false
 * when there is none. */
bool kl_slab_decode(const struct kl_slab_caches *caches, uint64_t pfn, uint64_t page, const uint8_t *raw,
		    struct kl_slab *ret);

/** kl_slab_at() - the slab that holds the virtual address @address.
 * False when there is none, and ret->cache is NULL then. Who asks for many addresses asks in their order, and
 * kl_slab_holds() before: each slab is decoded once then. */
bool kl_slab_at(const struct kl_slab_caches *caches, uint64_t address, struct kl_slab *ret);

/** kl_slab_holds() - whether @address lies among the objects of @slab, which may be what kl_slab_at() did not find. */
static inline bool kl_slab_holds(const struct kl_slab *slab, uint64_t address)
{
	return slab->cache && address >= slab->start && address < slab->end;
}

/** kl_slab_object() - the virtual address of object @index of @slab. */
static inline uint64_t kl_slab_object(const struct kl_slab *slab, uint32_t index)
{
	return slab->start + slab->cache->left_pad + (uint64_t)index * slab->cache->size;
}

/** kl_slab_index() - which of the slab's objects holds the virtual address @address; false when none does. */
static inline bool kl_slab_index(const struct kl_slab *slab, uint64_t address, uint32_t *ret)
{
	uint64_t index = (address - slab->start) / slab->cache->size;

	/* An object of KFENCE's may be larger than what its user asked for, and smaller than what its cache has. */
	*ret = slab->objects == 1 ? 0 : (uint32_t)index;
	return index < slab->objects || slab->objects == 1;
}

#endif
