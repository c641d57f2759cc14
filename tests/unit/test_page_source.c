/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Large kmalloc()s on a little machine of 256 pages: by their page type, and before there was one by the kernel's own
 * count of the pages that slabs and large kmalloc()s take.
 */
#include "test.h"
#include "test_kernel_fake.h"

#include "kernel/sources/pages.h"

#define MEMMAP 0x10000u /* 256 struct pages of 64 bytes */
#define NODE 0x2400u    /* contig_page_data */
#define COUNTS 0x3000u  /* vm_node_stat */
#define RESTS 0x3100u   /* struct per_cpu_nodestat, one per CPU */
#define CPU_DISTANCE 0x40u

enum { PGTY_BUDDY = 0xf0, PGTY_SLAB = 0xf5, PGTY_LARGE_KMALLOC = 0xf8 };
enum { P_FLAGS = 0, P_HEAD = 8, P_MAPPING = 24, P_PRIVATE = 40, P_TYPE = 48, P_COUNT = 52 };
enum { RECLAIMABLE = 5, UNRECLAIMABLE = 6, ITEMS = 47, FLAG_RESERVED = 12 };

static struct kl_kernel *k;
static struct kl_heap heap;

static void describe_pages(void)
{
	struct kl_layouts *l = &k->layouts;

	l->page.type = (struct kl_type){true, 64};
	l->page.flags = member(P_FLAGS, 8);
	l->page.compound_head = member(P_HEAD, 8);
	l->page.mapping = member(P_MAPPING, 8);
	l->page.private_ = member(P_PRIVATE, 8);
	l->page.page_type = member(P_TYPE, 4);
	l->page._refcount = member(P_COUNT, 4);
	l->zone.type = (struct kl_type){true, 24};
	l->zone.zone_start_pfn = member(0, 8);
	l->zone.spanned_pages = member(8, 8);
	l->zone.present_pages = member(16, 8);
	l->enumerators.PG_reserved = (struct kl_enumerator){true, FLAG_RESERVED};
	l->enumerators.PGTY_buddy = (struct kl_enumerator){true, PGTY_BUDDY};
	l->enumerators.PGTY_slab = (struct kl_enumerator){true, PGTY_SLAB};
}

static void describe_node(void)
{
	struct kl_layouts *l = &k->layouts;

	l->pglist_data.node_zones = member(0, 24);
	l->pglist_data.nr_zones = member(24, 4);
	l->pglist_data.node_start_pfn = member(32, 8);
	l->pglist_data.node_mem_map = member(40, 8);
	l->pglist_data.per_cpu_nodestats = member(48, 8);
	l->symbols.contig_page_data = variable(NODE, 64);
	l->symbols.page_offset_base = variable(NODE + 64, 8);
	put_u64(k, NODE + 8, 256);
	put_u64(k, NODE + 16, 256);
	put_u32(k, NODE + 24, 1);
	put_u64(k, NODE + 40, at(MEMMAP));
	put_u64(k, NODE + 48, at(RESTS));
	put_u64(k, NODE + 64, FAKE_BASE);
}

static void describe_counts(void)
{
	struct kl_layouts *l = &k->layouts;

	l->symbols.vm_node_stat = variable(COUNTS, 8 * ITEMS);
	l->per_cpu_nodestat.type = (struct kl_type){true, 1 + ITEMS};
	l->per_cpu_nodestat.vm_node_stat_diff = member(1, ITEMS);
	l->enumerators.NR_SLAB_RECLAIMABLE = (struct kl_enumerator){true, RECLAIMABLE};
	l->enumerators.NR_SLAB_UNRECLAIMABLE = (struct kl_enumerator){true, UNRECLAIMABLE};
}

static void begin(void)
{
	unsigned cpu;

	k = fake_kernel();
	k->percpu.smp = true;
	for (cpu = 0; cpu < 2; cpu++)
		CHECK(kl_vec_push(&k->percpu.cpus, cpu) &&
		      kl_vec_push(&k->percpu.offsets, (uint64_t)cpu * CPU_DISTANCE));
	describe_pages();
	describe_node();
	describe_counts();
	CHECK_OK(kl_heap_init(&heap));
}

static void end(void)
{
	kl_heap_deinit(&heap);
	fake_destroy(k);
}

static size_t page_of(unsigned frame)
{
	return MEMMAP + frame * 64;
}

/* Page frames [@frame, @frame + @pages) become a compound page with one reference. */
static void add_block(unsigned frame, unsigned pages)
{
	unsigned i;

	for (i = 0; i < pages; i++) {
		put_u64(k, page_of(frame + i) + P_HEAD, i ? at(page_of(frame)) + 1 : 0);
		put_u32(k, page_of(frame + i) + P_TYPE, UINT32_MAX);
	}
	put_u32(k, page_of(frame) + P_COUNT, 1);
}

static void add_typed(unsigned frame, unsigned pages, uint32_t type)
{
	add_block(frame, pages);
	put_u32(k, page_of(frame) + P_TYPE, type << 24);
}

static void set_counts(uint64_t reclaimable, uint64_t unreclaimable)
{
	put_u64(k, COUNTS + 8 * RECLAIMABLE, reclaimable);
	put_u64(k, COUNTS + 8 * UNRECLAIMABLE, unreclaimable);
}

/* Two slabs of six pages, and large kmalloc()s of 4, 8 and 16. */
static void add_usual_blocks(void)
{
	add_typed(0x20, 4, PGTY_SLAB);
	add_typed(0x28, 2, PGTY_SLAB);
	add_block(0x30, 4);
	add_block(0x38, 8);
	add_block(0x40, 16);
}

static size_t read_rows(void)
{
	struct kl_source_reading r = {.k = k, .heap = &heap};

	heap.rows = 0;
	CHECK_OK(kl_pages_source_read(&r));
	CHECK_INT(k->anomaly_count, 0);
	return heap.rows;
}

/* Objects that nobody can tell from other pages. */
static size_t read_doubtful(void)
{
	size_t n = 0, row;

	read_rows();
	for (row = 0; row < heap.rows; row++)
		n += (heap.flags[row] & KL_OBJECT_PAGES) != 0;
	CHECK_INT(n, heap.rows);
	return n;
}

static void test_the_page_type_tells(void)
{
	begin();
	k->layouts.enumerators.PGTY_large_kmalloc = (struct kl_enumerator){true, PGTY_LARGE_KMALLOC};
	add_usual_blocks();
	add_typed(0x60, 4, PGTY_LARGE_KMALLOC);
	CHECK_INT(read_rows(), 1);
	CHECK_INT(heap.address[0], at(0x60000));
	CHECK_INT(heap.size[0], 4 * FAKE_PAGE);
	end();
}

static void test_the_kernels_count_proves_it(void)
{
	begin();
	add_usual_blocks();
	set_counts(2, 32);
	CHECK_INT(read_rows(), 3);
	CHECK_INT(heap.address[0], at(0x30000));
	CHECK_INT(heap.size[0], 4 * FAKE_PAGE);
	CHECK_INT(heap.size[2], 16 * FAKE_PAGE);
	CHECK_INT(heap.min_count[2], 1);
	CHECK_INT(heap.metadata[2], at(page_of(0x40)));
	CHECK(!(heap.flags[2] & KL_OBJECT_PAGES));
	end();
}

/* What a CPU has counted is added to the node's sum only now and then. */
static void test_counts_of_cpus_are_added(void)
{
	uint8_t less = (uint8_t)-3, more = 5;

	begin();
	add_usual_blocks();
	set_counts(2, 30);
	put(k, RESTS + 1 + UNRECLAIMABLE, &less, 1);
	put(k, RESTS + CPU_DISTANCE + 1 + RECLAIMABLE, &more, 1);
	CHECK_INT(read_rows(), 3);
	end();
}

/* A driver's pages look the same, and may be held by struct page: nobody knows which ones they are. */
static void test_one_block_more_than_counted(void)
{
	begin();
	add_usual_blocks();
	add_block(0x60, 4);
	set_counts(2, 32);
	CHECK_INT(read_doubtful(), 4);
	end();
}

static void test_one_block_less_than_counted(void)
{
	begin();
	add_usual_blocks();
	set_counts(2, 36);
	CHECK_INT(read_doubtful(), 3);
	end();
}

/* Blocks that somebody has written to in a way that kmalloc() and its callers never do. */
static void test_what_is_no_kmalloc(void)
{
	begin();
	add_usual_blocks();
	set_counts(2, 32);
	add_block(0x60, 4);
	put_u64(k, page_of(0x60) + P_MAPPING, at(0x5000) | 1); /* of user space */
	add_block(0x68, 4);
	put_u32(k, page_of(0x68) + P_COUNT, 2);
	add_block(0x70, 4);
	put_u64(k, page_of(0x72) + P_PRIVATE, at(0x5000));
	add_block(0x78, 4);
	put_u64(k, page_of(0x78) + P_PRIVATE, 1);
	add_block(0x80, 4);
	put_u64(k, page_of(0x80) + P_FLAGS, UINT64_C(1) << FLAG_RESERVED);
	add_typed(0x88, 4, 0xf2); /* a page table */
	add_block(0x90, 2);       /* that small ones come from slabs */
	add_block(0x98, 3);       /* cut off */
	CHECK_INT(read_rows(), 3);
	end();
}

/* KFENCE makes the pages of its pool slabs, and does not count them. */
static void test_slabs_in_reserved_memory_are_not_counted(void)
{
	begin();
	add_usual_blocks();
	set_counts(2, 32);
	add_typed(0x60, 1, PGTY_SLAB);
	put_u64(k, page_of(0x60) + P_FLAGS, UINT64_C(1) << FLAG_RESERVED);
	CHECK_INT(read_rows(), 3);
	end();
}

static void test_without_the_count_nothing_is_certain(void)
{
	begin();
	add_usual_blocks();
	set_counts(2, 32);
	k->layouts.enumerators.NR_SLAB_UNRECLAIMABLE.value = ITEMS; /* outside of the CPUs' counts */
	CHECK_INT(read_doubtful(), 3);
	k->layouts.enumerators.NR_SLAB_UNRECLAIMABLE.present = false;
	CHECK_INT(read_doubtful(), 3);
	end();
	begin();
	add_usual_blocks();
	set_counts(2, 32);
	fake_of(k)->gone[COUNTS / FAKE_PAGE] = true;
	CHECK_INT(read_doubtful(), 3);
	end();
}

static void test_a_count_that_cannot_be(void)
{
	uint8_t less = (uint8_t)-1;

	begin();
	add_usual_blocks();
	set_counts(0, 0);
	put(k, RESTS + 1 + UNRECLAIMABLE, &less, 1);
	CHECK_INT(read_doubtful(), 3);
	set_counts(UINT64_MAX, UINT64_MAX);
	CHECK_INT(read_doubtful(), 3);
	end();
}

int main(void)
{
	RUN(test_the_page_type_tells);
	RUN(test_the_kernels_count_proves_it);
	RUN(test_counts_of_cpus_are_added);
	RUN(test_one_block_more_than_counted);
	RUN(test_one_block_less_than_counted);
	RUN(test_what_is_no_kmalloc);
	RUN(test_slabs_in_reserved_memory_are_not_counted);
	RUN(test_without_the_count_nothing_is_certain);
	RUN(test_a_count_that_cannot_be);
	return DONE();
}
