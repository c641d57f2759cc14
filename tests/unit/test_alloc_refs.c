/* SPDX-License-Identifier: GPL-2.0-or-later */
/* References to allocation tags: of slab objects, pages and per-CPU memory; the census of them. */
#include "test.h"

#include "test_alloc_run.h"

/* ---- slabs --------------------------------------------------------------------------------------------------------
 */

/* Objects 1 and 5 of the slab belong to kernel tags 1 and 2; what the census of this kernel says of them. */
static void check_two_objects(struct kl_kernel *k)
{
	struct done d;

	run(k, &d);
	CHECK_INT(d.census.slabs, 1);
	CHECK_INT(d.census.tags.data[1].slab_objects, 1);
	CHECK_INT(d.census.tags.data[1].slab_bytes, SLAB_SIZE);
	CHECK_INT(d.census.tags.data[2].slab_objects, 1);
	CHECK_INT(d.census.tags.data[0].slab_objects, 0);
	CHECK_INT(k->anomaly_count, 0);
	finish(k, &d);
}

/* 6.10 .. 6.12 without CONFIG_MEMCG: an array of references. */
static void test_vectors_of_references(void)
{
	struct kl_kernel *k = world();

	put_u64(k, VECTOR + 1 * 8, kernel_tag(1));
	put_u64(k, VECTOR + 5 * 8, kernel_tag(2));
	check_two_objects(k);
}

/* With CONFIG_MEMCG: {objcg, ref}. */
static void test_vectors_with_control_groups(void)
{
	struct kl_kernel *k = world();

	k->layouts.slabobj_ext.type.size = 16;
	k->layouts.slabobj_ext.ref = member(8, 8);
	put_u64(k, VECTOR + 1 * 16, at(0x9000));
	put_u64(k, VECTOR + 1 * 16 + 8, kernel_tag(1));
	put_u64(k, VECTOR + 5 * 16 + 8, kernel_tag(2));
	check_two_objects(k);
}

/* 7.0 .. 7.2: a stride of the slab's own, here into the objects. */
static void test_vectors_with_a_stride(void)
{
	struct kl_kernel *k = world();

	k->layouts.slab.stride = member(P_COUNTERS + 4, 2);
	put_slab_word(k, P_COUNTERS, 4 | 8 << 16 | (uint64_t)SLAB_SIZE << 32);
	put_slab_word(k, P_EXTS, at(SLAB + 56) | 1);
	put_u64(k, SLAB + 1 * SLAB_SIZE + 56, kernel_tag(1));
	put_u64(k, SLAB + 5 * SLAB_SIZE + 56, kernel_tag(2));
	check_two_objects(k);
}

static struct kl_kernel *world_of_words(void)
{
	struct kl_kernel *k = world();

	k->layouts.slabobj_ext.ref.present = false;
	k->layouts.slabobj_ext.ctref = member(0, 8);
	k->layouts.slab.obj_exts_in_object = bits(P_COUNTERS + 4, 1, 0, 1);
	k->layouts.slab.obj_exts_needs_objcg = bits(P_COUNTERS + 4, 1, 1, 1);
	return k;
}

/* 7.3: one word per object, which is the tag's. */
static void test_words_of_tags(void)
{
	struct kl_kernel *k = world_of_words();

	put_u64(k, VECTOR + 1 * 8, kernel_tag(1));
	put_u64(k, VECTOR + 5 * 8, kernel_tag(2));
	check_two_objects(k);
}

/* 7.3: a word for the control group in front of each, in slabs that need it. */
static void test_words_of_control_groups_and_tags(void)
{
	struct kl_kernel *k = world_of_words();

	put_slab_word(k, P_COUNTERS, 4 | 8 << 16 | UINT64_C(2) << 32);
	put_u64(k, VECTOR + 1 * 16, at(0x9000));
	put_u64(k, VECTOR + 1 * 16 + 8, kernel_tag(1));
	put_u64(k, VECTOR + 5 * 16 + 8, kernel_tag(2));
	check_two_objects(k);
}

/* 7.3: the words lie in the padding of the objects. */
static void test_words_in_objects(void)
{
	struct kl_kernel *k = world_of_words();

	put_slab_word(k, P_COUNTERS, 4 | 8 << 16 | UINT64_C(1) << 32);
	put_slab_word(k, P_EXTS, at(SLAB + 48));
	put_u64(k, SLAB + 1 * SLAB_SIZE + 48, kernel_tag(1));
	put_u64(k, SLAB + 5 * SLAB_SIZE + 48, kernel_tag(2));
	check_two_objects(k);

	k = world_of_words();
	put_slab_word(k, P_COUNTERS, 4 | 8 << 16 | UINT64_C(3) << 32);
	put_slab_word(k, P_EXTS, at(SLAB + 48) | 1);
	put_u64(k, SLAB + 1 * SLAB_SIZE + 48, at(0x9000));
	put_u64(k, SLAB + 1 * SLAB_SIZE + 56, kernel_tag(1));
	put_u64(k, SLAB + 5 * SLAB_SIZE + 56, kernel_tag(2));
	check_two_objects(k);
}

/* 7.3: decided once while booting. What the words hold then are control groups. */
static void test_words_without_tags(void)
{
	struct kl_kernel *k = world_of_words();
	struct done d;

	put_variable(k, &k->layouts.variables.slab_obj_ext_has_codetag_key, 0);
	put_u64(k, VECTOR + 8, at(0x9000));
	run(k, &d);
	CHECK_INT(d.census.slabs_without_vector, 1);
	CHECK_INT(d.census.objects_without_vector, 4);
	CHECK_INT(k->anomaly_count, 0);
	finish(k, &d);
}

/* 6.10, 6.11: the type of a page is a bit that is clear. */
static void test_slabs_are_known_by_a_clear_bit(void)
{
	struct kl_kernel *k = fake_kernel();
	struct kl_page_types types = {.k = k, .slab = 0xffffefff, .buddy = 0xffffff7f};
	uint8_t raw[PAGE_STRUCT] = {0};

	page_layouts(&k->layouts);
	k->layouts.enumerators.PGTY_slab.present = k->layouts.enumerators.PGTY_buddy.present = false;
	memcpy(raw + P_TYPE, &(uint32_t){0xffffefff}, 4);
	CHECK(kl_page_is_slab(&types, raw));
	CHECK(kl_page_has_type(&types, raw));
	CHECK(!kl_page_is_buddy(&types, raw));
	memcpy(raw + P_TYPE, &(uint32_t){0xffffffff}, 4);
	CHECK(!kl_page_is_slab(&types, raw));
	CHECK(!kl_page_has_type(&types, raw));
	memcpy(raw + P_TYPE, &(uint32_t){0xffffff7f}, 4);
	CHECK(kl_page_is_buddy(&types, raw));
	memcpy(raw + P_TYPE, &(uint32_t){3}, 4); /* mapped four times */
	CHECK(!kl_page_has_type(&types, raw));
	fake_destroy(k);
}

static void test_objects_without_a_call_site(void)
{
	struct kl_kernel *k = world();
	struct done d;

	put_u64(k, VECTOR + 8, KL_TAG_REFERENCE_EMPTY);
	put_u64(k, VECTOR + 16, at(0x9000)); /* no tag */
	run(k, &d);
	CHECK_INT(d.census.objects_empty, 1);
	CHECK_INT(d.census.references_invalid, 1);
	CHECK_INT(k->anomaly_count, 1);
	finish(k, &d);

	k = world();
	put_slab_word(k, P_EXTS, 4); /* OBJEXTS_ALLOC_FAIL */
	run(k, &d);
	CHECK_INT(d.census.slabs_failed, 1);
	CHECK_INT(d.census.objects_without_vector, 4);
	CHECK_INT(k->anomaly_count, 0);
	finish(k, &d);
}

static void test_a_vector_on_a_missing_page(void)
{
	struct kl_kernel *k = world();
	struct done d;

	put_slab_word(k, P_EXTS, at(VECTOR + FAKE_PAGE - 16) | 1); /* two references are there, six are not */
	put_u64(k, VECTOR + FAKE_PAGE - 8, kernel_tag(1));
	fake_of(k)->gone[VECTOR / FAKE_PAGE + 1] = true;
	put_u64(k, LISTS, 0); /* that page held the list of caches */
	k->layouts.variables.slab_caches = variable(0xc00, 16);
	list_of_one(k, 0xc00, CACHE + 24);
	k->layouts.variables.pcpu_chunk_lists.present = false;
	run(k, &d);
	CHECK_INT(d.census.references_lost, 6);
	CHECK_INT(d.census.tags.data[1].slab_objects, 1);
	CHECK(k->anomaly_count > 0);
	finish(k, &d);
}

static void test_damaged_slabs_are_left_out(void)
{
	struct kl_kernel *k = world();
	struct done d;

	put_slab_word(k, P_HEAD, at(0x9000)); /* of no cache */
	put_u64(k, VECTOR + 8, kernel_tag(1));
	run(k, &d);
	CHECK_INT(d.census.tags.data[1].slab_objects, 0);
	CHECK_INT(k->anomaly_count, 1);
	finish(k, &d);

	k = world();
	put_slab_word(k, P_COUNTERS, 4 | 30000 << 16); /* more objects than its cache has in a slab */
	run(k, &d);
	CHECK_INT(k->anomaly_count, 1);
	finish(k, &d);
}

/* ---- pages ---------------------------------------------------------------------------------------------------------
 */

static void test_pages_of_every_use(void)
{
	struct kl_kernel *k = world();
	struct done d;

	put_page(k, 0x40, 0, 0, 1); /* one page */
	put_page_ref(k, 0x40, kernel_tag(3));
	put_page(k, 0x41, 0, 0, 1); /* from before there were extensions */
	put_page(k, 0x42, 0, 0, 1); /* the same, in a debug kernel */
	put_page_ref(k, 0x42, KL_TAG_REFERENCE_EMPTY);
	put_page(k, 0x43, 0, 0, 1);              /* split off that */
	put_page(k, 0x44, 1 << FLAG_HEAD, 0, 1); /* four pages, compound */
	put_page_ref(k, 0x44, kernel_tag(3));
	put_page(k, 0x45, 2, 0, 0); /* their order */
	put_page(k, 0x46, 0, 0, 0);
	put_page(k, 0x47, 0, 0, 0);
	put_page(k, 0x48, 0, TYPE_BUDDY, 0); /* a free block of four pages */
	put_u64(k, PAGES + 0x48 * PAGE_STRUCT + P_COUNTERS, 2);
	put_page(k, 0x49, 0, 0, 0);
	put_page(k, 0x4a, 0, 0, 0);
	put_page(k, 0x4b, 0, 0, 0);
	put_page_ref(k, 0x4a, kernel_tag(2)); /* freed while profiling was off */
	put_page(k, 0x4c, 0, 0, 0);           /* nobody's */
	put_page(k, 0x4d, 0, 0, 1);
	put_page_ref(k, 0x4d, at(0x9000)); /* no tag */
	run(k, &d);
	CHECK_INT(d.census.pages[KL_PAGE_TAGGED], 5);
	CHECK_INT(d.census.tags.data[3].page_calls, 2);
	CHECK_INT(d.census.tags.data[3].pages, 5);
	CHECK_INT(d.census.pages[KL_PAGE_EARLY], 1 + 1); /* and the slab's */
	CHECK_INT(d.census.pages[KL_PAGE_EMPTY], 1);
	CHECK_INT(d.census.pages[KL_PAGE_SPLIT_TAIL], 1);
	CHECK_INT(d.census.pages[KL_PAGE_FREE], 3);
	CHECK_INT(d.census.pages[KL_PAGE_STALE], 1);
	CHECK_INT(d.census.tags.data[2].stale_pages, 1);
	CHECK_INT(d.census.pages[KL_PAGE_UNUSED], 1);
	CHECK_INT(d.census.pages[KL_PAGE_INVALID], 1);
	CHECK_INT(d.census.pages[KL_PAGE_RESERVED], FRAMES - 15);
	finish(k, &d);
}

/* Without __GFP_COMP nothing marks the length of an allocation. */
static void test_allocations_without_a_mark_of_their_length(void)
{
	struct kl_kernel *k = world();
	struct done d;

	put_page(k, 0x40, 0, 0, 1); /* four pages: as far as nobody has what follows */
	put_page_ref(k, 0x40, kernel_tag(3));
	for (unsigned pfn = 0x41; pfn < 0x44; pfn++)
		put_page(k, pfn, 0, 0, 0);
	put_page(k, 0x44, 0, 0, 1); /* two pages: a power of two; the third one is nobody's */
	put_page_ref(k, 0x44, kernel_tag(3));
	put_page(k, 0x45, 0, 0, 0);
	put_page(k, 0x46, 0, 0, 0);
	put_page(k, 0x52, 0, 0, 1); /* two pages: as far as the alignment goes */
	put_page_ref(k, 0x52, kernel_tag(2));
	for (unsigned pfn = 0x53; pfn < 0x56; pfn++)
		put_page(k, pfn, 0, 0, 0);
	run(k, &d);
	CHECK_INT(d.census.tags.data[3].page_calls, 2);
	CHECK_INT(d.census.tags.data[3].pages, 6);
	CHECK_INT(d.census.tags.data[2].pages, 2);
	CHECK_INT(d.census.pages[KL_PAGE_UNUSED], 3);
	finish(k, &d);
}

/* The free pages of a CPU look as the rest of an allocation does, but are on a list. */
static void test_free_pages_of_a_cpu(void)
{
	struct kl_kernel *k = world();
	size_t lru = PAGES + 0x41 * PAGE_STRUCT + P_LRU;
	struct done d;

	put_page(k, 0x40, 0, 0, 1);
	put_page_ref(k, 0x40, kernel_tag(3));
	put_page(k, 0x41, 0, 0, 0);
	list_of_one(k, 0xc00, lru);
	put_page(k, 0x42, 0, 0, 0); /* never was on a list: points to itself */
	put_u64(k, lru + PAGE_STRUCT, at(lru + PAGE_STRUCT));
	put_u64(k, lru + PAGE_STRUCT + 8, at(lru + PAGE_STRUCT));
	run(k, &d);
	CHECK_INT(d.census.tags.data[3].pages, 1);
	CHECK_INT(d.census.pages[KL_PAGE_FREE], 1);
	CHECK_INT(d.census.pages[KL_PAGE_UNUSED], 1);
	finish(k, &d);
}

static void test_a_compound_page_without_its_order(void)
{
	struct kl_kernel *k = world();
	struct done d;

	put_page(k, 0x41, 1 << FLAG_HEAD, 0, 1);
	put_page_ref(k, 0x41, kernel_tag(3));
	put_page(k, 0x42, 3, 0, 0); /* eight pages cannot begin at an odd page frame */
	run(k, &d);
	CHECK_INT(d.census.tags.data[3].page_calls, 1);
	CHECK_INT(k->anomaly_count, 1);
	finish(k, &d);
}

static void test_pages_of_a_kernel_that_does_not_profile(void)
{
	struct kl_kernel *k = world();
	struct done d;

	put_variable(k, &k->layouts.variables.mem_alloc_profiling_key, 0);
	put_page(k, 0x40, 0, 0, 1);
	run(k, &d);
	CHECK_INT(d.census.pages[KL_PAGE_OFF], 2);
	finish(k, &d);

	k = world();
	put_variable(k, &k->layouts.variables.page_ext_size, 0); /* "never": nobody wanted extensions */
	put_variable(k, &k->layouts.variables.mem_alloc_profiling_key, 0);
	put_variable(k, &k->layouts.variables.mem_profiling_support, 0);
	put_page(k, 0x40, 0, 0, 1);
	run(k, &d);
	CHECK_INT(d.census.pages[KL_PAGE_OFF], 2);
	CHECK_INT(k->anomaly_count, 0);
	finish(k, &d);
}

static void test_extensions_of_several_clients(void)
{
	struct kl_kernel *k = world();
	struct done d;

	put_variable(k, &k->layouts.variables.page_ext_size, 24);
	put_u64(k, k->layouts.variables.page_alloc_tagging_ops.address - FAKE_BASE, 16);
	put_page(k, 0x40, 0, 0, 1);
	put_u64(k, PAGE_EXT + 0x40 * 24 + 16, kernel_tag(1));
	run(k, &d);
	CHECK_INT(d.census.tags.data[1].pages, 1);
	finish(k, &d);

	k = world();
	put_u64(k, k->layouts.variables.page_alloc_tagging_ops.address - FAKE_BASE, 16); /* outside of the extension */
	run(k, &d);
	CHECK_INT(k->anomaly_count, 1);
	CHECK_INT(d.census.pages[KL_PAGE_OFF], 1); /* the slab: there are no extensions to be had */
	finish(k, &d);
}

/* SPARSEMEM: per section, and bit 0 means that the section is going offline. */
static void test_extensions_of_sections(void)
{
	struct kl_kernel *k = world();
	struct kl_page_range ranges[] = {
		{.start = 0, .end = 0x40, .section = at(0xd00)},
		{.start = 0x40, .end = 0x80, .section = at(0xd10)},
	};
	struct kl_memmap memory = {.page_size = PAGE_STRUCT, .by_frame.data = ranges, .by_frame.count = 2};
	uint8_t raw[PAGE_STRUCT] = {0};
	struct kl_page_tags pages;
	enum kl_page_ref what;
	uint32_t tag;
	struct done d;

	run(k, &d);
	k->layouts.mem_section.page_ext = member(8, 8);
	put_u64(k, 0xd08, at(PAGE_EXT) | 1);
	put_u64(k, 0xd18, at(PAGE_EXT) - 8 * 0x40); /* as if page frame 0 had an entry, too */
	put_u64(k, PAGE_EXT + 8 * 2, kernel_tag(1));
	CHECK_OK(kl_page_tags_init(k, &memory, &d.profiling.tags, &pages));
	CHECK_OK(kl_page_tag(&pages, 0x42, raw, &what, &tag));
	CHECK_INT(what, KL_PAGE_REF_TAG);
	CHECK_INT(tag, 1);
	CHECK_OK(kl_page_tag(&pages, 0x2, raw, &what, &tag));
	CHECK_INT(what, KL_PAGE_REF_LOST);
	CHECK_OK(kl_page_tag(&pages, 0x80, raw, &what, &tag));
	CHECK_INT(what, KL_PAGE_REF_LOST);
	kl_page_tags_deinit(&pages);
	finish(k, &d);
}

static void test_extensions_on_a_missing_page(void)
{
	struct kl_kernel *k = world();
	struct done d;

	put_page(k, 0x40, 0, 0, 1);
	fake_of(k)->gone[PAGE_EXT / FAKE_PAGE] = true;
	run(k, &d);
	CHECK_INT(d.census.pages[KL_PAGE_LOST], 2);
	finish(k, &d);
}

/* ---- compressed references -----------------------------------------------------------------------------------------
 */

enum { SHIFT = 40 };

static struct kl_kernel *compressed_world(void)
{
	struct kl_kernel *k = world();

	put_variable(k, &k->layouts.variables.mem_profiling_compressed, 1);
	put_variable(k, &k->layouts.variables.alloc_tag_ref_mask, 0xff);
	put_variable(k, &k->layouts.variables.alloc_tag_ref_offs, SHIFT);
	return k;
}

static void test_references_in_the_flags_of_pages(void)
{
	struct kl_kernel *k = compressed_world();
	struct done d;

	put_page(k, 0x40, UINT64_C(2) << SHIFT | 1, 0, 1); /* the first built-in tag */
	put_page(k, 0x41, UINT64_C(5) << SHIFT | 1, 0, 1); /* the last one */
	put_page(k, 0x42, UINT64_C(6) << SHIFT, 0, 1);     /* the first of the modules' */
	put_page(k, 0x43, UINT64_C(8) << SHIFT, 0, 1);     /* that of the module that is gone */
	put_page(k, 0x44, UINT64_C(1) << SHIFT, 0, 1);     /* EMPTY */
	put_page(k, 0x45, UINT64_C(0x100) << SHIFT, 0, 1); /* the mask ends before this bit */
	run(k, &d);
	CHECK_INT(d.census.tags.data[0].pages, 1);
	CHECK_INT(d.census.tags.data[3].pages, 1);
	CHECK_INT(d.census.tags.data[4].pages, 1);
	CHECK_INT(d.census.tags.data[6].pages, 1);
	CHECK_INT(d.census.pages[KL_PAGE_EMPTY], 1);
	CHECK_INT(k->anomaly_count, 0);
	finish(k, &d);
}

static void test_compressed_references_behind_the_last_tag(void)
{
	struct kl_kernel *k = compressed_world();
	struct done d;

	put_page(k, 0x40, UINT64_C(9) << SHIFT, 0, 1);
	run(k, &d);
	CHECK_INT(d.census.pages[KL_PAGE_INVALID], 1);
	CHECK_INT(k->anomaly_count, 1);
	finish(k, &d);

	k = compressed_world();
	put_variable(k, &k->layouts.variables.alloc_tag_ref_offs, 64);
	put_page(k, 0x40, 0, 0, 1);
	run(k, &d);
	CHECK_INT(k->anomaly_count, 1);
	finish(k, &d);
}

int main(void)
{
	RUN(test_vectors_of_references);
	RUN(test_vectors_with_control_groups);
	RUN(test_vectors_with_a_stride);
	RUN(test_words_of_tags);
	RUN(test_words_of_control_groups_and_tags);
	RUN(test_words_in_objects);
	RUN(test_words_without_tags);
	RUN(test_slabs_are_known_by_a_clear_bit);
	RUN(test_objects_without_a_call_site);
	RUN(test_a_vector_on_a_missing_page);
	RUN(test_damaged_slabs_are_left_out);
	RUN(test_pages_of_every_use);
	RUN(test_allocations_without_a_mark_of_their_length);
	RUN(test_free_pages_of_a_cpu);
	RUN(test_a_compound_page_without_its_order);
	RUN(test_pages_of_a_kernel_that_does_not_profile);
	RUN(test_extensions_of_several_clients);
	RUN(test_extensions_of_sections);
	RUN(test_extensions_on_a_missing_page);
	RUN(test_references_in_the_flags_of_pages);
	RUN(test_compressed_references_behind_the_last_tag);
	return DONE();
}
