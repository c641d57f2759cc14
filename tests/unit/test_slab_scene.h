/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_slab_scene.h: a little machine of 256 pages with slabs, which a test fills. */
#ifndef KL_TESTS_TEST_SLAB_SCENE_H
#define KL_TESTS_TEST_SLAB_SCENE_H

#include "test.h"
#include "test_kernel_fake.h"

#include "kernel/machine/machine.h"
#include "kernel/sources/sources.h"

#define MEMMAP 0x10000u /* 256 struct pages of 64 bytes */
#define CACHES 0x1000u  /* struct kmem_cache, 256 bytes each */
#define LIST 0x2000u    /* slab_caches */
#define NAMES 0x2100u
#define NODE 0x2400u /* contig_page_data */
#define CPU_SLAB 0x3000u
#define SHEAF 0x5000u
#define CPU_SHEAVES 0x5800u
#define SLABS 0x20u /* page frame of the first slab */

#define SIZE 512u /* of an object: eight in a slab of one page */
#define RANDOM UINT64_C(0x1234567890abcdef)
#define PGTY_SLAB 0xf5

static struct kl_kernel *k;
static struct kl_heap heap;
static struct kl_kmemleak kmemleak;
static unsigned n_caches;

static inline void describe_memory(void)
{
	struct kl_layouts *l = &k->layouts;

	l->page.type = (struct kl_type){true, 64};
	l->page.flags = member(0, 8);
	l->page.compound_head = member(8, 8);
	l->page.page_type = member(48, 4);
	l->page._refcount = member(52, 4);
	l->zone.type = (struct kl_type){true, 24};
	l->zone.zone_start_pfn = member(0, 8);
	l->zone.spanned_pages = member(8, 8);
	l->zone.present_pages = member(16, 8);
	l->pglist_data.node_zones = member(0, 24);
	l->pglist_data.nr_zones = member(24, 4);
	l->pglist_data.node_start_pfn = member(32, 8);
	l->pglist_data.node_mem_map = member(40, 8);
	l->symbols.contig_page_data = variable(NODE, 64);
	l->symbols.page_offset_base = variable(NODE + 64, 8);
	l->enumerators.PGTY_slab = (struct kl_enumerator){true, PGTY_SLAB};
	l->enumerators.PGTY_buddy = (struct kl_enumerator){true, 0xf0};
	put_u64(k, NODE + 8, 256);
	put_u64(k, NODE + 16, 256);
	put_u32(k, NODE + 24, 1);
	put_u64(k, NODE + 40, at(MEMMAP));
	put_u64(k, NODE + 64, FAKE_BASE);
}

static inline void describe_slub(void)
{
	struct kl_layouts *l = &k->layouts;

	l->slab.type = (struct kl_type){true, 64};
	l->slab.slab_cache = member(8, 8);
	l->slab.freelist = member(32, 8);
	l->slab.inuse = bits(40, 4, 0, 16);
	l->slab.objects = bits(40, 4, 16, 15);
	l->kmem_cache.type = (struct kl_type){true, 256};
	l->kmem_cache.flags = member(0, 4);
	l->kmem_cache.size = member(4, 4);
	l->kmem_cache.object_size = member(8, 4);
	l->kmem_cache.offset = member(12, 4);
	l->kmem_cache.red_left_pad = member(16, 4);
	l->kmem_cache.oo = member(20, 4);
	l->kmem_cache.name = member(24, 8);
	l->kmem_cache.list = member(32, 16);
	l->kmem_cache.cpu_slab = member(56, 8);
	l->kmem_cache_cpu.freelist = member(0, 8);
	l->kmem_cache_cpu.slab = member(16, 8);
	l->variables.slab_caches = variable(LIST, 16);
	l->list_head.type = (struct kl_type){true, 16};
	put_u64(k, LIST, at(LIST));
	put_u64(k, LIST + 8, at(LIST));
}

static inline size_t cache_at(unsigned index)
{
	return CACHES + index * 256;
}

/* One more cache at the end of the list. */
static inline unsigned add_cache(const char *name)
{
	size_t cache = cache_at(n_caches), last = n_caches ? cache_at(n_caches - 1) + 32 : LIST;

	put_u32(k, cache + 4, SIZE);
	put_u32(k, cache + 8, SIZE - 8);
	put_u32(k, cache + 12, 256);
	put_u32(k, cache + 20, 8);
	put_u64(k, cache + 24, at(NAMES + n_caches * 16));
	put(k, NAMES + n_caches * 16, name, strlen(name) + 1);
	put_u64(k, cache + 32, at(LIST));
	put_u64(k, cache + 40, at(last));
	put_u64(k, last, at(cache + 32));
	put_u64(k, LIST + 8, at(cache + 32));
	return n_caches++;
}

static inline void begin(void)
{
	k = fake_kernel();
	k->percpu.smp = true;
	CHECK(kl_vec_push(&k->percpu.cpus, 0U) && kl_vec_push(&k->percpu.offsets, (uint64_t)0));
	n_caches = 0;
	describe_memory();
	describe_slub();
	CHECK_OK(kl_heap_init(&heap));
}

static inline void end(void)
{
	kl_heap_deinit(&heap);
	fake_destroy(k);
}

static inline size_t page_of(unsigned slab)
{
	return MEMMAP + (SLABS + slab) * 64;
}

static inline uint64_t object(unsigned slab, unsigned index)
{
	return at((SLABS + slab) * FAKE_PAGE + index * SIZE);
}

/* Page frame SLABS + @slab becomes a slab of @cache with eight objects. */
static inline void add_slab(unsigned slab, unsigned cache, unsigned inuse)
{
	put_u64(k, page_of(slab) + 8, at(cache_at(cache)));
	put_u32(k, page_of(slab) + 40, inuse | 8 << 16);
	put_u32(k, page_of(slab) + 48, (uint32_t)PGTY_SLAB << 24);
	put_u32(k, page_of(slab) + 52, 1);
}

/* How this machine hides its free pointers. */
static inline uint64_t encode(uint64_t address, uint64_t next)
{
	if (k->layouts.kmem_cache.random.present)
		next ^= RANDOM ^ __builtin_bswap64(address + 256);
	return next;
}

static inline void set_next(uint64_t address, uint64_t next)
{
	put_u64(k, address - FAKE_BASE + 256, encode(address, next));
}

/* The objects @first, @first + 1 .. of @slab form a chain of @length; returns where it begins. */
static inline uint64_t chain(unsigned slab, unsigned first, unsigned length)
{
	unsigned i;

	for (i = 0; i < length; i++)
		set_next(object(slab, first + i), i + 1 < length ? object(slab, first + i + 1) : 0);
	return object(slab, first);
}

static inline void set_freelist(unsigned slab, uint64_t first)
{
	put_u64(k, page_of(slab) + 32, first);
}

static inline void read_all(void)
{
	CHECK_OK(kl_sources_read(k, NULL, NULL, KL_SOURCE_ALLOCATORS, &heap, &kmemleak));
}

static inline uint32_t row_of(uint64_t address)
{
	uint32_t row = kl_index_find(&heap.index[KLEAK_CLASS_VIRTUAL], address);

	return row != KL_NO_OBJECT && heap.address[row] == address ? row : KL_NO_OBJECT;
}

static inline bool is_there(unsigned slab, unsigned index)
{
	return row_of(object(slab, index)) != KL_NO_OBJECT;
}

static inline bool is_grey(unsigned slab, unsigned index)
{
	uint32_t row = row_of(object(slab, index));

	return row != KL_NO_OBJECT && heap.min_count[row] == 0;
}

static inline bool has_anomaly(const char *text)
{
	const struct kl_anomaly *a;

	kl_vec_for_each (a, &k->anomalies) {
		if (strstr(a->message, text))
			return true;
	}
	return false;
}

#endif
