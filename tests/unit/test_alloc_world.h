/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_alloc_world.h: a fake kernel with allocation profiling in all its parts: tags of the kernel and of modules,
 * counters on two CPUs, one slab cache, page extensions, one chunk of per-CPU memory. Memory is flat: page frame n is
 * page n of the fake memory.
 */
#ifndef KL_TESTS_TEST_ALLOC_WORLD_H
#define KL_TESTS_TEST_ALLOC_WORLD_H

#include "profiling/audit.h"
#include "profiling/profiling.h"
#include "test_kernel_fake.h"

enum {
	VARIABLES = 0x100, /* one every 0x20 */
	STRINGS = 0x1000,
	KERNEL_TAGS = 0x2000,
	MODULE_TAGS = 0x4000, /* the area that modules share */
	CTTYPE = 0x5000,
	CODETAG_MODULES = 0x5100,
	IDR_NODE = 0x5400,
	MAPLE_NODE = 0x6000,
	CACHE = 0x8000,
	CHUNK = 0x8800,
	MAPS = 0x9000, /* alloc_map, bound_map, extensions of the chunk */
	VECTOR = 0xa000,
	LISTS = 0xb000,
	PAGES = 0x10000,
	PAGE_EXT = 0x18000,
	SLAB = 0x20000,
	PERCPU = 0x80000, /* CPU 0; CPU 1 is 0x10000 further */
	PERCPU_STATIC = 0x1000,
	TAG_SIZE = 40,
	SLAB_SIZE = 64, /* bytes from object to object */
	PAGE_STRUCT = 64,
	FRAMES = FAKE_SIZE / FAKE_PAGE,
};

/* Members of struct page and struct slab, where 7.3 has them. */
enum { P_FLAGS = 0, P_HEAD = 8, P_LRU = 16, P_FREELIST = 32, P_COUNTERS = 40, P_TYPE = 48, P_COUNT = 52, P_EXTS = 56 };
enum { TYPE_BUDDY = 0xf0, TYPE_SLAB = 0xf5, FLAG_HEAD = 6, FLAG_RESERVED = 12 };

#define COOKIE_START UINT64_C(0x5000) /* __per_cpu_start */

static struct kl_variable at_variable(unsigned n, uint64_t size)
{
	return variable(VARIABLES + (size_t)n * 0x20, size);
}

static inline void put_variable(struct kl_kernel *k, const struct kl_variable *v, uint64_t value)
{
	put(k, (size_t)(v->address - FAKE_BASE), &value, v->size);
}

static void tag_layouts(struct kl_layouts *l)
{
	l->codetag.type = (struct kl_type){true, 32};
	l->codetag.flags = member(0, 4);
	l->codetag.lineno = member(4, 4);
	l->codetag.modname = member(8, 8);
	l->codetag.function = member(16, 8);
	l->codetag.filename = member(24, 8);
	l->alloc_tag.type = (struct kl_type){true, TAG_SIZE};
	l->alloc_tag.ct = member(0, 32);
	l->alloc_tag.counters = member(32, 8);
	l->alloc_tag_counters.type = (struct kl_type){true, 16};
	l->alloc_tag_counters.bytes = member(0, 8);
	l->alloc_tag_counters.calls = member(8, 8);
	l->codetag_type.type = (struct kl_type){true, 128};
	l->codetag_type.mod_idr = member(16, 32);
	l->codetag_module.type = (struct kl_type){true, 24};
	l->codetag_module.start = member(8, 8);
	l->codetag_module.stop = member(16, 8);
	l->ctl_table.type = (struct kl_type){true, 8};
	l->ctl_table.mode = member(4, 2);
	l->idr.idr_rt = member(0, 16);
	l->xarray.xa_head = member(8, 8);
	l->xa_node.shift = member(0, 1);
	l->xa_node.slots = member(8, 64);
	l->xa_node.slots.count = 8;
	l->xa_node.slots.element_size = 8;
	l->alloc_tag_module_section.type = (struct kl_type){true, 24};
	l->alloc_tag_module_section.start_addr = member(0, 8);
	l->alloc_tag_module_section.size = member(16, 8);
	l->maple_tree.type = (struct kl_type){true, 16};
	l->maple_tree.ma_root = member(8, 8);
	l->maple_range_64.pivot = member(8, 120);
	l->maple_range_64.pivot.count = 15;
	l->maple_range_64.pivot.element_size = 8;
	l->maple_range_64.slot = member(128, 128);
	l->maple_range_64.slot.count = 16;
	l->maple_range_64.slot.element_size = 8;
}

static void page_layouts(struct kl_layouts *l)
{
	l->list_head.type = (struct kl_type){true, 16};
	l->page.type = (struct kl_type){true, PAGE_STRUCT};
	l->page.flags = member(P_FLAGS, 8);
	l->page.compound_head = member(P_HEAD, 8);
	l->page.lru = member(P_LRU, 16);
	l->page.private_ = member(P_COUNTERS, 8);
	l->page.page_type = member(P_TYPE, 4);
	l->page._refcount = member(P_COUNT, 4);
	l->enumerators.PG_head = (struct kl_enumerator){true, FLAG_HEAD};
	l->enumerators.PG_reserved = (struct kl_enumerator){true, FLAG_RESERVED};
	l->enumerators.PGTY_slab = (struct kl_enumerator){true, TYPE_SLAB};
	l->enumerators.PGTY_buddy = (struct kl_enumerator){true, TYPE_BUDDY};
	l->zone.type = (struct kl_type){true, 64};
	l->zone.zone_start_pfn = member(0, 8);
	l->zone.spanned_pages = member(8, 8);
	l->zone.present_pages = member(16, 8);
	l->pglist_data.type = (struct kl_type){true, 128};
	l->pglist_data.node_zones = member(0, 64);
	l->pglist_data.nr_zones = member(64, 4);
	l->pglist_data.node_mem_map = member(72, 8);
	l->pglist_data.node_page_ext = member(80, 8);
	l->pglist_data.node_start_pfn = member(88, 8);
	l->page_ext_operations.type = (struct kl_type){true, 32};
	l->page_ext_operations.offset = member(0, 8);
}

static void slab_layouts(struct kl_layouts *l)
{
	l->slab.type = (struct kl_type){true, PAGE_STRUCT};
	l->slab.slab_cache = member(P_HEAD, 8);
	l->slab.inuse = bits(P_COUNTERS, 2, 0, 16);
	l->slab.objects = bits(P_COUNTERS + 2, 2, 0, 15);
	l->slab.obj_exts = member(P_EXTS, 8);
	l->slabobj_ext.type = (struct kl_type){true, 8};
	l->slabobj_ext.ref = member(0, 8);
	l->kmem_cache.type = (struct kl_type){true, 128};
	l->kmem_cache.flags = member(0, 4);
	l->kmem_cache.size = member(4, 4);
	l->kmem_cache.object_size = member(8, 4);
	l->kmem_cache.oo = member(12, 4);
	l->kmem_cache.name = member(16, 8);
	l->kmem_cache.list = member(24, 16);
	l->pcpu_chunk.type = (struct kl_type){true, 96};
	l->pcpu_chunk.list = member(0, 16);
	l->pcpu_chunk.base_addr = member(16, 8);
	l->pcpu_chunk.alloc_map = member(24, 8);
	l->pcpu_chunk.bound_map = member(32, 8);
	l->pcpu_chunk.start_offset = member(40, 4);
	l->pcpu_chunk.end_offset = member(44, 4);
	l->pcpu_chunk.nr_pages = member(48, 4);
	l->pcpu_chunk.obj_exts = member(56, 8);
	l->pcpuobj_ext.type = (struct kl_type){true, 16}; /* with a control group in front, as CONFIG_MEMCG has it */
	l->pcpuobj_ext.tag = member(8, 8);
}

static void variables(struct kl_layouts *l)
{
	unsigned n = 0;

	l->variables.alloc_tag_cttype = at_variable(n++, 8);
	l->variables.mem_alloc_profiling_key = at_variable(n++, 4);
	l->variables.mem_profiling_support = at_variable(n++, 1);
	l->variables.mem_profiling_compressed = at_variable(n++, 4);
	l->variables.alloc_tag_ref_mask = at_variable(n++, 8);
	l->variables.alloc_tag_ref_offs = at_variable(n++, 4);
	l->variables.page_ext_size = at_variable(n++, 8);
	l->variables.page_alloc_tagging_ops = at_variable(n++, 32);
	l->variables.module_tags = at_variable(n++, 24);
	l->variables.mod_area_mt = at_variable(n++, 16);
	l->variables.unloaded_mod = at_variable(n++, 8);
	l->variables.prepend_mod = at_variable(n++, 8);
	l->variables.slab_obj_ext_has_codetag_key = at_variable(n++, 4);
	l->variables.memory_allocation_profiling_sysctls = at_variable(n++, 8);
	l->variables.slab_caches = variable(LISTS, 16);
	l->variables.pcpu_chunk_lists = at_variable(n++, 8);
	l->variables.pcpu_nr_slots = at_variable(n++, 4);
	l->symbols.page_offset_base = at_variable(n++, 8);
	l->symbols.contig_page_data = variable(0x800, 128);
	l->symbols.__start_alloc_tags = variable(KERNEL_TAGS, 0);
	l->symbols.__stop_alloc_tags = variable(KERNEL_TAGS + 4 * TAG_SIZE, 0);
}

/* ---- contents ---- */

static uint64_t string(struct kl_kernel *k, unsigned n, const char *text)
{
	put(k, STRINGS + (size_t)n * 0x40, text, strlen(text) + 1);
	return at(STRINGS + (size_t)n * 0x40);
}

/* String 0 is the file, 1 the module, 2 the function. */
static void put_tag(struct kl_kernel *k, size_t offset, uint32_t line, bool module, uint64_t counters)
{
	put_u32(k, offset, 0);
	put_u32(k, offset + 4, line);
	put_u64(k, offset + 8, module ? at(STRINGS + 0x40) : 0);
	put_u64(k, offset + 16, at(STRINGS + 0x80));
	put_u64(k, offset + 24, at(STRINGS));
	put_u64(k, offset + 32, counters);
}

static uint64_t static_counters(unsigned n)
{
	return COOKIE_START + 16 * n;
}

static inline void put_counters(struct kl_kernel *k, uint64_t cookie, unsigned cpu, int64_t bytes, int64_t calls)
{
	size_t offset = PERCPU + cpu * 0x10000 + (size_t)(cookie - COOKIE_START);

	put_u64(k, offset, (uint64_t)bytes);
	put_u64(k, offset + 8, (uint64_t)calls);
}

static void put_page(struct kl_kernel *k, uint64_t pfn, uint64_t flags, uint32_t type, uint32_t refcount)
{
	size_t page = PAGES + (size_t)pfn * PAGE_STRUCT;

	put_u64(k, page + P_FLAGS, flags);
	put_u32(k, page + P_TYPE, type ? type << 24 : UINT32_MAX);
	put_u32(k, page + P_COUNT, refcount);
}

static inline void put_page_ref(struct kl_kernel *k, uint64_t pfn, uint64_t reference)
{
	put_u64(k, PAGE_EXT + (size_t)pfn * 8, reference);
}

static void list_of_one(struct kl_kernel *k, size_t head, size_t node)
{
	put_u64(k, head, at(node));
	put_u64(k, head + 8, at(node));
	put_u64(k, node, at(head));
	put_u64(k, node + 8, at(head));
}

/* The slab: page frame SLAB / FAKE_PAGE, eight objects, an extension vector of one word each. */
static void put_slab(struct kl_kernel *k)
{
	uint64_t pfn = SLAB / FAKE_PAGE;
	size_t page = PAGES + (size_t)pfn * PAGE_STRUCT;

	put_page(k, pfn, 0, TYPE_SLAB, 0);
	put_u64(k, page + P_HEAD, at(CACHE));
	put_u32(k, page + P_COUNTERS, 4 | 8 << 16);
	put_u64(k, page + P_EXTS, at(VECTOR) | 1);
	put_u32(k, CACHE + 4, SLAB_SIZE);
	put_u32(k, CACHE + 8, SLAB_SIZE - 8);
	put_u32(k, CACHE + 12, 8);
	put_u64(k, CACHE + 16, string(k, 10, "kmalloc-64"));
	list_of_one(k, LISTS, CACHE + 24);
}

/* The chunk: one page behind the static section, of which the first 64 bytes are not its own. */
static void put_chunk(struct kl_kernel *k)
{
	put_u64(k, CHUNK + 16, at(PERCPU + PERCPU_STATIC));
	put_u64(k, CHUNK + 24, at(MAPS));
	put_u64(k, CHUNK + 32, at(MAPS + 0x100));
	put_u32(k, CHUNK + 40, 64);
	put_u32(k, CHUNK + 48, 1);
	put_u64(k, CHUNK + 56, at(MAPS + 0x200));
	list_of_one(k, LISTS + 0x40, CHUNK);
}

static uint64_t chunk_cookie(unsigned offset)
{
	return COOKIE_START + PERCPU_STATIC + offset;
}

static void set_bit_at(struct kl_kernel *k, size_t map, unsigned bit)
{
	fake_of(k)->bytes[map + bit / 8] |= (uint8_t)(1 << bit % 8);
}

/* A live allocation of @size bytes at @offset of the chunk, with a reference to @tag. */
static void put_percpu(struct kl_kernel *k, unsigned offset, unsigned size, uint64_t tag)
{
	for (unsigned bit = offset / 4; bit < (offset + size) / 4; bit++)
		set_bit_at(k, MAPS, bit);
	set_bit_at(k, MAPS + 0x100, offset / 4);
	set_bit_at(k, MAPS + 0x100, (offset + size) / 4);
	put_u64(k, MAPS + 0x200 + (size_t)offset / 4 * 16 + 8, tag);
}

static void put_area(struct kl_kernel *k, unsigned slot, uint64_t last, uint64_t entry)
{
	put_u64(k, MAPLE_NODE + 8 + 8 * slot, last);
	put_u64(k, MAPLE_NODE + 128 + 8 * slot, entry);
}

static void percpu_memory(struct kl_kernel *k)
{
	k->percpu.smp = true;
	k->percpu.start = COOKIE_START;
	k->percpu.end = COOKIE_START + PERCPU_STATIC;
	k->percpu.base_address = at(PERCPU);
	for (unsigned cpu = 0; cpu < 2; cpu++) {
		(void)!kl_vec_push(&k->percpu.cpus, cpu);
		(void)!kl_vec_push(&k->percpu.offsets, at(PERCPU + cpu * 0x10000) - COOKIE_START);
	}
}

/* Tags of the kernel are lines 10 .. 13; module "mod" is loaded with lines 20, 21; a module that is gone left line 30
 * behind it. Profiling is on. Every page is reserved until a test says otherwise. */
static struct kl_kernel *world(void)
{
	struct kl_kernel *k = fake_kernel();
	struct kl_layouts *l = &k->layouts;
	uint64_t i;

	tag_layouts(l);
	page_layouts(l);
	slab_layouts(l);
	variables(l);
	percpu_memory(k);
	string(k, 0, "mm/file.c");
	string(k, 1, "mod");
	string(k, 2, "function");
	for (i = 0; i < 4; i++)
		put_tag(k, KERNEL_TAGS + i * TAG_SIZE, 10 + (uint32_t)i, false, static_counters((unsigned)i));
	for (i = 0; i < 3; i++)
		put_tag(k, MODULE_TAGS + i * TAG_SIZE, i < 2 ? 20 + (uint32_t)i : 30, true,
			chunk_cookie(64 + 16 * (unsigned)i));
	for (i = 0; i < 3; i++)
		put_percpu(k, 64 + 16 * (unsigned)i, 16, 0);
	for (i = 0; i < FRAMES; i++)
		put_page(k, i, 1 << FLAG_RESERVED, 0, 1);

	put_variable(k, &l->variables.alloc_tag_cttype, at(CTTYPE));
	put_variable(k, &l->variables.mem_alloc_profiling_key, 1);
	put_variable(k, &l->variables.mem_profiling_support, 1);
	put_variable(k, &l->variables.slab_obj_ext_has_codetag_key, 1);
	put_variable(k, &l->variables.page_ext_size, 8);
	put_variable(k, &l->variables.pcpu_chunk_lists, at(LISTS + 0x40));
	put_variable(k, &l->variables.pcpu_nr_slots, 1);
	put_variable(k, &l->symbols.page_offset_base, FAKE_BASE);

	put_u64(k, CTTYPE + 16 + 8, at(IDR_NODE) | 2);
	put_u64(k, CTTYPE + 64, TAG_SIZE);
	put_u64(k, IDR_NODE + 8, at(CODETAG_MODULES));
	put_u64(k, IDR_NODE + 16, at(CODETAG_MODULES + 24));
	put_u64(k, CODETAG_MODULES + 8, at(KERNEL_TAGS));
	put_u64(k, CODETAG_MODULES + 16, at(KERNEL_TAGS + 4 * TAG_SIZE));
	put_u64(k, CODETAG_MODULES + 24, at(0x7000));
	put_u64(k, CODETAG_MODULES + 24 + 8, at(MODULE_TAGS));
	put_u64(k, CODETAG_MODULES + 24 + 16, at(MODULE_TAGS + 2 * TAG_SIZE));

	i = l->variables.module_tags.address - FAKE_BASE;
	put_u64(k, i, at(MODULE_TAGS));
	put_u64(k, i + 16, 3 * TAG_SIZE);
	put_u64(k, l->variables.mod_area_mt.address - FAKE_BASE + 8, at(MAPLE_NODE) | 1 << 3 | 2);
	put_area(k, 0, 2 * TAG_SIZE - 1, at(0x7000));
	put_area(k, 1, 3 * TAG_SIZE - 1, l->variables.unloaded_mod.address);

	put_u64(k, 0x800 + 8, FRAMES);
	put_u64(k, 0x800 + 16, FRAMES);
	put_u32(k, 0x800 + 64, 1);
	put_u64(k, 0x800 + 72, at(PAGES));
	put_u64(k, 0x800 + 80, at(PAGE_EXT));
	put_slab(k);
	put_chunk(k);
	return k;
}

static inline uint64_t kernel_tag(unsigned n)
{
	return at(KERNEL_TAGS + (size_t)n * TAG_SIZE);
}

static inline uint64_t module_tag(unsigned n)
{
	return at(MODULE_TAGS + (size_t)n * TAG_SIZE);
}

#endif
