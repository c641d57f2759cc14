/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SLUB's living objects, from a little machine of 256 pages that a test fills: where free objects hide, what is said
 * of slabs that contradict themselves, and what objects tell of who allocated them.
 */
#include "test.h"
#include "test_kernel_fake.h"

#include "kernel/facts/own_caches.h"
#include "kernel/machine/machine.h"
#include "kernel/sources/sources.h"

#define MEMMAP 0x10000u /* 256 struct pages of 64 bytes */
#define CACHES 0x1000u  /* struct kmem_cache, 256 bytes each */
#define LIST 0x2000u    /* slab_caches */
#define NAMES 0x2100u
#define NODE 0x2400u /* contig_page_data */
#define CPU_SLAB 0x3000u
#define KRC 0x3100u
#define BLOCK 0x4000u
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

static void describe_memory(void)
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

static void describe_slub(void)
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

static size_t cache_at(unsigned index)
{
	return CACHES + index * 256;
}

/* One more cache at the end of the list. */
static unsigned add_cache(const char *name)
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

static void begin(void)
{
	k = fake_kernel();
	k->percpu.smp = true;
	CHECK(kl_vec_push(&k->percpu.cpus, 0U) && kl_vec_push(&k->percpu.offsets, (uint64_t)0));
	n_caches = 0;
	describe_memory();
	describe_slub();
	CHECK_OK(kl_heap_init(&heap));
}

static void end(void)
{
	kl_heap_deinit(&heap);
	fake_destroy(k);
}

static size_t page_of(unsigned slab)
{
	return MEMMAP + (SLABS + slab) * 64;
}

static uint64_t object(unsigned slab, unsigned index)
{
	return at((SLABS + slab) * FAKE_PAGE + index * SIZE);
}

/* Page frame SLABS + @slab becomes a slab of @cache with eight objects. */
static void add_slab(unsigned slab, unsigned cache, unsigned inuse)
{
	put_u64(k, page_of(slab) + 8, at(cache_at(cache)));
	put_u32(k, page_of(slab) + 40, inuse | 8 << 16);
	put_u32(k, page_of(slab) + 48, (uint32_t)PGTY_SLAB << 24);
	put_u32(k, page_of(slab) + 52, 1);
}

/* How this machine hides its free pointers. */
static uint64_t encode(uint64_t address, uint64_t next)
{
	if (k->layouts.kmem_cache.random.present)
		next ^= RANDOM ^ __builtin_bswap64(address + 256);
	return next;
}

static void set_next(uint64_t address, uint64_t next)
{
	put_u64(k, address - FAKE_BASE + 256, encode(address, next));
}

/* The objects @first, @first + 1 .. of @slab form a chain of @length; returns where it begins. */
static uint64_t chain(unsigned slab, unsigned first, unsigned length)
{
	unsigned i;

	for (i = 0; i < length; i++)
		set_next(object(slab, first + i), i + 1 < length ? object(slab, first + i + 1) : 0);
	return object(slab, first);
}

static void set_freelist(unsigned slab, uint64_t first)
{
	put_u64(k, page_of(slab) + 32, first);
}

static void read_all(void)
{
	CHECK_OK(kl_sources_read(k, NULL, NULL, KL_SOURCE_ALLOCATORS, &heap, &kmemleak));
}

static uint32_t row_of(uint64_t address)
{
	uint32_t row = kl_index_find(&heap.index[KLEAK_CLASS_VIRTUAL], address);

	return row != KL_NO_OBJECT && heap.address[row] == address ? row : KL_NO_OBJECT;
}

static bool is_there(unsigned slab, unsigned index)
{
	return row_of(object(slab, index)) != KL_NO_OBJECT;
}

static bool is_grey(unsigned slab, unsigned index)
{
	uint32_t row = row_of(object(slab, index));

	return row != KL_NO_OBJECT && heap.min_count[row] == 0;
}

static bool has_anomaly(const char *text)
{
	const struct kl_anomaly *a;

	kl_vec_for_each (a, &k->anomalies) {
		if (strstr(a->message, text))
			return true;
	}
	return false;
}

/* ---- what is allocated ---- */

static void test_a_full_slab_and_one_with_free_objects(void)
{
	begin();
	add_cache("full");
	add_cache("half");
	add_slab(0, 0, 8);
	add_slab(1, 1, 5);
	set_freelist(1, chain(1, 2, 3));
	read_all();
	CHECK_INT(heap.rows, 13);
	CHECK(is_there(0, 0) && is_there(0, 7) && is_there(1, 1) && is_there(1, 5));
	CHECK(!is_there(1, 2) && !is_there(1, 3) && !is_there(1, 4));
	CHECK_INT(heap.size[row_of(object(0, 3))], SIZE - 8);
	CHECK_INT(heap.min_count[row_of(object(0, 3))], 1);
	CHECK_INT(heap.jiffies[0], KL_UNKNOWN_JIFFIES);
	CHECK_INT(k->anomaly_count, 0);
	end();
}

static void test_hidden_free_pointers(void)
{
	begin();
	k->layouts.kmem_cache.random = member(64, 8);
	add_cache("hardened");
	put_u64(k, cache_at(0) + 64, RANDOM);
	add_slab(0, 0, 5);
	set_freelist(0, chain(0, 2, 3));
	read_all();
	CHECK_INT(heap.rows, 5);
	CHECK_INT(k->anomaly_count, 0);
	end();
}

/* Before 5.7 the address was not swapped: what the slabs say decides. */
static void test_a_vote_tells_how_they_are_hidden(void)
{
	unsigned i;

	begin();
	k->layouts.kmem_cache.random = member(64, 8);
	add_cache("hardened");
	put_u64(k, cache_at(0) + 64, RANDOM);
	add_slab(0, 0, 5);
	set_freelist(0, object(0, 2));
	for (i = 2; i < 5; i++) {
		uint64_t where = object(0, i) + 256, next = i < 4 ? object(0, i + 1) : 0;

		put_u64(k, where - FAKE_BASE, next ^ RANDOM ^ where);
	}
	read_all();
	CHECK_INT(heap.rows, 5);
	CHECK(!is_there(0, 4));
	CHECK_INT(k->anomaly_count, 0);
	end();
}

static void test_red_zones_move_the_objects(void)
{
	begin();
	add_cache("zoned");
	k->layouts.enumerators._SLAB_RED_ZONE = (struct kl_enumerator){true, 3};
	put_u32(k, cache_at(0), 1 << 3);
	put_u32(k, cache_at(0) + 16, 64);
	add_slab(0, 0, 7);
	set_freelist(0, object(0, 1) + 64);
	put_u64(k, object(0, 1) + 64 + 256 - FAKE_BASE, 0);
	read_all();
	CHECK_INT(heap.rows, 7);
	CHECK_INT(heap.address[0], object(0, 0) + 64);
	CHECK_INT(k->anomaly_count, 0);
	end();
}

/* ---- SLAB ---- */

#define ARRAY_OFFSET 3584u /* of the slab's own array, behind its seven objects */
#define SHARED 0x3400u     /* an array_cache, as that at CPU_SLAB */
#define CACHE_NODE 0x3600u

/* A machine whose allocator is SLAB, with one cache. */
static void begin_with_arrays(void)
{
	struct kl_layouts *l;

	begin();
	l = &k->layouts;
	l->slab.inuse.present = l->slab.objects.present = l->kmem_cache.offset.present = false;
	l->kmem_cache.oo.present = l->kmem_cache.cpu_slab.present = false;
	l->slab.s_mem = member(16, 8);
	l->slab.active = member(40, 4);
	l->kmem_cache.cpu_cache = member(56, 8);
	l->kmem_cache.num = member(88, 4);
	l->kmem_cache.freelist_size = member(92, 4);
	l->slab_arrays.node = member(96, 8);
	l->slab_arrays.node.count = 1;
	l->slab_arrays_node.shared = member(8, 8);
	l->array_cache.type = (struct kl_type){true, 16};
	l->array_cache.avail = member(0, 4);
	l->array_cache.limit = member(4, 4);
	l->array_cache.entry = member(16, 0);
	add_cache("old");
	put_u64(k, cache_at(0) + 56, at(CPU_SLAB));
	put_u32(k, cache_at(0) + 88, 7);
	put_u32(k, cache_at(0) + 92, 7);
	put_u64(k, cache_at(0) + 96, at(CACHE_NODE));
	put_u32(k, CPU_SLAB + 4, 8);
}

/* Page frame SLABS + @slab becomes one of SLAB's, whose objects @indices are free. */
static void add_slab_with_array(unsigned slab, const char *indices)
{
	unsigned active = 7 - (unsigned)strlen(indices), i;

	add_slab(slab, 0, 0);
	put_u64(k, page_of(slab) + 16, object(slab, 0));
	put_u32(k, page_of(slab) + 40, active);
	set_freelist(slab, object(slab, 0) + ARRAY_OFFSET);
	for (i = 0; indices[i]; i++) {
		uint8_t index = (uint8_t)(indices[i] - '0');

		put(k, object(slab, 0) + ARRAY_OFFSET - FAKE_BASE + active + i, &index, 1);
	}
}

static void test_slab_has_arrays_of_free_objects(void)
{
	begin_with_arrays();
	add_slab_with_array(0, "256");
	put_u32(k, CPU_SLAB, 1);
	put_u64(k, CPU_SLAB + 16, object(0, 0));
	put_u64(k, CPU_SLAB + 24, object(0, 3)); /* was taken out */
	put_u64(k, CACHE_NODE + 8, at(SHARED));
	put_u32(k, SHARED, 1);
	put_u32(k, SHARED + 4, 4);
	put_u64(k, SHARED + 16, object(0, 1));
	read_all();
	CHECK_INT(heap.rows, 2);
	CHECK(is_there(0, 3) && is_there(0, 4));
	CHECK_INT(heap.size[0], SIZE - 8);
	CHECK_INT(k->anomaly_count, 0);
	end();
}

/* A slab of many small objects has its array elsewhere: that is an object that the slab itself holds. */
static void test_an_array_that_is_an_object_is_held(void)
{
	uint8_t index = 6;

	begin_with_arrays();
	add_slab_with_array(0, "6");
	add_slab_with_array(1, "");
	set_freelist(0, object(1, 2));
	put(k, object(1, 2) - FAKE_BASE + 6, &index, 1);
	read_all();
	CHECK_INT(heap.rows, 13);
	CHECK(is_grey(1, 2) && !is_grey(1, 3) && !is_there(0, 6));
	end();
}

static void test_arrays_that_cannot_be(void)
{
	static const struct {
		const char *indices, *anomaly;
	} wrong[] = {{"29", "leaves its slab"}, {"22", "free twice"}};
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		begin_with_arrays();
		add_slab_with_array(0, wrong[i].indices);
		read_all();
		CHECK(is_grey(0, 0) && is_grey(0, 3) && has_anomaly(wrong[i].anomaly));
		end();
	}
	begin_with_arrays();
	add_slab_with_array(0, "256");
	put_u32(k, CPU_SLAB, 9);
	read_all();
	CHECK(is_grey(0, 0) && has_anomaly("claims 9 free objects"));
	end();
}

/* All of the slab counts as in use, and what the CPU took of it is chained elsewhere. */
static void test_what_a_cpu_took_is_free(void)
{
	begin();
	add_cache("taken");
	put_u64(k, cache_at(0) + 56, at(CPU_SLAB));
	add_slab(0, 0, 7);
	set_freelist(0, chain(0, 0, 1)); /* freed by another CPU since */
	put_u64(k, CPU_SLAB, chain(0, 4, 4));
	put_u64(k, CPU_SLAB + 16, at(page_of(0)));
	read_all();
	CHECK_INT(heap.rows, 3);
	CHECK(is_there(0, 1) && is_there(0, 3) && !is_there(0, 0) && !is_there(0, 4) && !is_there(0, 7));
	CHECK_INT(k->anomaly_count, 0);
	end();
}

static void describe_sheaves(void)
{
	struct kl_layouts *l = &k->layouts;

	l->sheaf_cache.cpu_sheaves = member(72, 8);
	l->sheaf_cache.sheaf_capacity = member(80, 4);
	l->slub_percpu_sheaves.main = member(8, 8);
	l->slab_sheaf.size = member(24, 4);
	l->slab_sheaf.objects = member(32, 0);
	put_u64(k, cache_at(0) + 72, at(CPU_SHEAVES));
	put_u32(k, cache_at(0) + 80, 4);
	put_u64(k, CPU_SHEAVES + 8, at(SHEAF));
}

static void test_what_is_in_a_sheaf_is_free(void)
{
	begin();
	add_cache("sheaves");
	describe_sheaves();
	add_slab(0, 0, 8);
	put_u32(k, SHEAF + 24, 2);
	put_u64(k, SHEAF + 32, object(0, 1));
	put_u64(k, SHEAF + 40, object(0, 6));
	put_u64(k, SHEAF + 48, object(0, 3)); /* behind the end: taken out again */
	read_all();
	CHECK_INT(heap.rows, 6);
	CHECK(!is_there(0, 1) && !is_there(0, 6) && is_there(0, 3));
	CHECK_INT(k->anomaly_count, 0);
	end();
}

static void test_what_waits_for_a_grace_period_is_nobodys(void)
{
	struct kl_layouts *l = &k->layouts;

	begin();
	l = &k->layouts;
	add_cache("waiting");
	add_slab(0, 0, 8);
	l->variables.krc = variable(KRC, 64);
	l->kfree_rcu_cpu.head = member(0, 8);
	l->kfree_rcu_cpu.bulk_head = member(8, 16);
	l->kfree_rcu_cpu.bulk_head.count = 1;
	l->kfree_rcu_cpu.bulk_head.element_size = 16;
	l->kvfree_rcu_bulk_data.list = member(0, 16);
	l->kvfree_rcu_bulk_data.nr_records = member(16, 8);
	l->kvfree_rcu_bulk_data.records = member(24, 0);
	put_u64(k, KRC, object(0, 2) + 128); /* an rcu_head inside of the object */
	put_u64(k, object(0, 2) + 128 - FAKE_BASE, 0);
	put_u64(k, KRC + 8, at(BLOCK));
	put_u64(k, KRC + 16, at(BLOCK));
	put_u64(k, BLOCK, at(KRC + 8));
	put_u64(k, BLOCK + 8, at(KRC + 8));
	put_u64(k, BLOCK + 16, 1);
	put_u64(k, BLOCK + 24, object(0, 5));
	put_u64(k, BLOCK + 32, object(0, 6)); /* left over */
	read_all();
	CHECK_INT(heap.rows, 6);
	CHECK(!is_there(0, 2) && !is_there(0, 5) && is_there(0, 6));
	CHECK_INT(k->anomaly_count, 0);
	end();
}

static void test_caches_of_leak_detectors_are_left_out(void)
{
	begin();
	add_cache("records");
	k->layouts.enumerators.SLAB_NOLEAKTRACE = (struct kl_enumerator){true, 5};
	put_u32(k, cache_at(0), 1 << 5);
	add_slab(0, 0, 8);
	read_all();
	CHECK_INT(heap.rows, 0);
	CHECK_INT(k->anomaly_count, 0);
	end();
}

/* ---- who allocated it ---- */

static void describe_tracks(void)
{
	struct kl_layouts *l = &k->layouts;

	l->kmem_cache.inuse = member(84, 4);
	l->enumerators._SLAB_STORE_USER = (struct kl_enumerator){true, 4};
	l->track.type = (struct kl_type){true, 48};
	l->track.addr = member(0, 8);
	l->track.addrs = member(8, 16);
	l->track.addrs.count = 2;
	l->track.pid = member(24, 4);
	l->track.when = member(32, 8);
	put_u32(k, cache_at(0), 1 << 4);
	put_u32(k, cache_at(0) + 8, 128); /* object_size */
	put_u32(k, cache_at(0) + 84, 128);
}

/* The free pointer at 256 lies behind the object, and the tracks behind a word for it. */
#define TRACK (128 + 8)

static void test_tracks_tell_stack_task_and_time(void)
{
	uint64_t frames[KL_STACK_MAX];
	size_t where;
	uint32_t row;

	begin();
	add_cache("tracked");
	describe_tracks();
	add_slab(0, 0, 8);
	where = object(0, 3) - FAKE_BASE + TRACK;
	put_u64(k, where, 0x1111);
	put_u64(k, where + 8, 0x2222);
	put_u64(k, where + 16, 0x3333);
	put_u32(k, where + 24, 42);
	put_u64(k, where + 32, 777);
	put_u64(k, object(0, 4) - FAKE_BASE + TRACK, 0x1111); /* only the caller */
	read_all();
	row = row_of(object(0, 3));
	CHECK_INT(heap.pid[row], 42);
	CHECK_INT(heap.jiffies[row], 777);
	CHECK_INT(kl_heap_frames(&heap, heap.stack[row], frames), 2);
	CHECK(frames[0] == 0x2222 && frames[1] == 0x3333);
	CHECK(!(heap.flags[row] & KL_OBJECT_NO_STACK));
	row = row_of(object(0, 4));
	CHECK_INT(kl_heap_frames(&heap, heap.stack[row], frames), 1);
	CHECK_INT(frames[0], 0x1111);
	CHECK(heap.source.knows & KL_KNOWS_AGE);
	/* whose track was never written */
	row = row_of(object(0, 5));
	CHECK_INT(heap.jiffies[row], KL_UNKNOWN_JIFFIES);
	CHECK(heap.flags[row] & KL_OBJECT_NO_STACK);
	end();
}

static void test_the_cache_stands_for_a_stack(void)
{
	uint64_t frames[KL_STACK_MAX];
	uint32_t *kinds = NULL;

	begin();
	k->layouts.kmem_cache.refcount = member(88, 4);
	add_cache("own");
	add_cache("merged");
	put_u32(k, cache_at(0) + 88, 1);
	put_u32(k, cache_at(1) + 88, 2);
	add_slab(0, 0, 8);
	add_slab(1, 1, 8);
	read_all();
	CHECK_INT(kl_heap_frames(&heap, heap.stack[row_of(object(0, 0))], frames), 1);
	CHECK_INT(frames[0], at(cache_at(0)));
	CHECK(heap.flags[row_of(object(0, 0))] & KL_OBJECT_NO_STACK);
	CHECK_OK(kl_own_caches_find(k, &heap, &kinds));
	CHECK_INT(kinds[row_of(object(0, 0))], kinds[row_of(object(0, 7))]);
	CHECK_STR(kl_own_cache_name(k, kinds[row_of(object(0, 0))]), "own");
	CHECK_INT(kinds[row_of(object(1, 0))], 0);
	CHECK(!kl_own_cache_name(k, 0));
	free(kinds);
	end();
}

/* ---- what cannot be ---- */

/* A slab whose freelist is wrong is searched and never reported, and the others of its cache are as they were. */
static void check_one_damaged(const char *anomaly)
{
	read_all();
	CHECK_INT(heap.rows, 16);
	CHECK(is_grey(0, 0) && is_grey(0, 7) && is_there(1, 0) && !is_grey(1, 0));
	CHECK(has_anomaly(anomaly));
	CHECK(has_anomaly("cache damaged"));
	end();
}

static void one_cache_two_slabs(unsigned inuse)
{
	begin();
	add_cache("damaged");
	add_slab(0, 0, inuse);
	add_slab(1, 0, 8);
}

static void test_a_freelist_that_runs_in_a_circle(void)
{
	one_cache_two_slabs(5);
	set_freelist(0, chain(0, 0, 3));
	set_next(object(0, 2), object(0, 1));
	check_one_damaged("an object that is free twice");
}

static void test_a_freelist_that_leaves_its_slab(void)
{
	one_cache_two_slabs(5);
	set_freelist(0, chain(0, 0, 3));
	set_next(object(0, 1), object(1, 2));
	check_one_damaged("a freelist that leaves its slab");
}

static void test_a_freelist_into_the_middle_of_an_object(void)
{
	one_cache_two_slabs(5);
	set_freelist(0, object(0, 1) + 16);
	check_one_damaged("a freelist that leaves its slab");
}

static void test_a_freelist_of_another_length(void)
{
	one_cache_two_slabs(4);
	set_freelist(0, chain(0, 0, 3));
	check_one_damaged("a freelist of another length than its slab says");
}

static void test_an_object_in_a_freelist_and_a_sheaf(void)
{
	one_cache_two_slabs(7);
	describe_sheaves();
	set_freelist(0, chain(0, 3, 1));
	put_u32(k, SHEAF + 24, 1);
	put_u64(k, SHEAF + 32, object(0, 3));
	check_one_damaged("an object that is free twice");
}

/* More slabs than CPUs could have torn: nothing of the cache is certain, but other caches are. */
static void test_a_cache_with_many_damaged_slabs(void)
{
	unsigned slab;

	begin();
	add_cache("damaged");
	add_cache("sound");
	for (slab = 0; slab < 2; slab++) {
		add_slab(slab, 0, 4);
		set_freelist(slab, chain(slab, 0, 3));
	}
	add_slab(2, 0, 8);
	add_slab(3, 1, 8);
	read_all();
	CHECK_INT(heap.rows, 32);
	CHECK(is_grey(0, 0) && is_grey(2, 0) && is_grey(2, 7) && is_there(3, 0) && !is_grey(3, 0));
	CHECK(has_anomaly("cache damaged: which of its objects are free is not certain"));
	end();
}

static void test_a_cpu_whose_list_cannot_be_read(void)
{
	begin();
	add_cache("damaged");
	put_u64(k, cache_at(0) + 56, at(FAKE_SIZE));
	add_slab(0, 0, 8);
	read_all();
	CHECK_INT(heap.rows, 8);
	CHECK(is_grey(0, 0));
	CHECK(has_anomaly("cache damaged"));
	end();
}

/* All of such a page is searched. */
static void test_a_slab_of_a_cache_that_is_not_in_the_list(void)
{
	begin();
	add_cache("known");
	add_slab(0, 7, 8);
	add_slab(1, 0, 8);
	read_all();
	CHECK_INT(heap.rows, 9);
	CHECK(is_grey(0, 0));
	CHECK_INT(heap.size[row_of(object(0, 0))], FAKE_PAGE);
	CHECK(has_anomaly("no known cache"));
	end();
}

static void test_a_slab_with_more_objects_in_use_than_it_has(void)
{
	begin();
	add_cache("damaged");
	add_slab(0, 0, 9);
	read_all();
	CHECK_INT(heap.rows, 1);
	CHECK(is_grey(0, 0));
	CHECK(has_anomaly("9 of 8 objects in use"));
	end();
}

/* A memory map has holes. */
static void test_struct_pages_that_the_dump_lacks(void)
{
	begin();
	add_cache("known");
	add_slab(0, 0, 8);
	add_slab(100, 0, 8);
	fake_of(k)->gone[page_of(100) / FAKE_PAGE] = true;
	read_all();
	CHECK_INT(heap.rows, 8);
	CHECK_INT(k->anomaly_count, 0);
	end();
}

static void test_other_allocators_are_refused(void)
{
	struct kl_error *err;

	begin();
	k->layouts.kmem_cache.offset.present = false; /* SLAB */
	err = kl_sources_read(k, NULL, NULL, KL_SOURCE_ALLOCATORS, &heap, &kmemleak);
	CHECK(err && kl_error_code(err) == KL_ERROR_UNSUPPORTED);
	kl_error_destroy(err);
	CHECK_OK(kl_sources_read(k, NULL, NULL, KL_SOURCE_AUTO, &heap, &kmemleak));
	CHECK_STR(heap.source.name, "kmemleak");
	end();
}

static void test_auto_takes_what_is_there(void)
{
	begin();
	add_cache("known");
	add_slab(0, 0, 8);
	CHECK_OK(kl_sources_read(k, NULL, NULL, KL_SOURCE_AUTO, &heap, &kmemleak));
	CHECK_STR(heap.source.name, "allocators");
	CHECK_INT(kmemleak.info.state, KL_KMEMLEAK_ABSENT);
	CHECK_INT(heap.rows, 8);
	end();
}

int main(void)
{
	RUN(test_a_full_slab_and_one_with_free_objects);
	RUN(test_hidden_free_pointers);
	RUN(test_a_vote_tells_how_they_are_hidden);
	RUN(test_red_zones_move_the_objects);
	RUN(test_what_a_cpu_took_is_free);
	RUN(test_slab_has_arrays_of_free_objects);
	RUN(test_an_array_that_is_an_object_is_held);
	RUN(test_arrays_that_cannot_be);
	RUN(test_what_is_in_a_sheaf_is_free);
	RUN(test_what_waits_for_a_grace_period_is_nobodys);
	RUN(test_caches_of_leak_detectors_are_left_out);
	RUN(test_tracks_tell_stack_task_and_time);
	RUN(test_the_cache_stands_for_a_stack);
	RUN(test_a_freelist_that_runs_in_a_circle);
	RUN(test_a_freelist_that_leaves_its_slab);
	RUN(test_a_freelist_into_the_middle_of_an_object);
	RUN(test_a_freelist_of_another_length);
	RUN(test_an_object_in_a_freelist_and_a_sheaf);
	RUN(test_a_cache_with_many_damaged_slabs);
	RUN(test_a_cpu_whose_list_cannot_be_read);
	RUN(test_a_slab_of_a_cache_that_is_not_in_the_list);
	RUN(test_a_slab_with_more_objects_in_use_than_it_has);
	RUN(test_struct_pages_that_the_dump_lacks);
	RUN(test_other_allocators_are_refused);
	RUN(test_auto_takes_what_is_there);
	return DONE();
}
