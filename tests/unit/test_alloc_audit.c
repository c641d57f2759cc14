/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The audit of the counters, and call sites of the objects of a heap, on a fake kernel. */
#include "test.h"

#include "test_alloc_run.h"

/* ---- the audit ------------------------------------------------------------------------------------------------------
 */

static const struct kl_audit_row *row_of(const struct done *d, uint32_t tag)
{
	return &d->audit.rows.data[tag];
}

static void test_counters_that_agree(void)
{
	struct kl_kernel *k = world();
	struct done d;

	put_u64(k, VECTOR + 8, kernel_tag(1));
	put_page(k, 0x40, 0, 0, 1);
	put_page_ref(k, 0x40, kernel_tag(1));
	put_counters(k, static_counters(1), 0, FAKE_PAGE + SLAB_SIZE, 2);
	run(k, &d);
	CHECK_INT(d.audit.differences, 0);
	CHECK_INT(d.audit.claimed, FAKE_PAGE + SLAB_SIZE);
	CHECK_INT(d.audit.accounted, FAKE_PAGE + SLAB_SIZE);
	CHECK_INT(d.audit.slab_pages_bytes, FAKE_PAGE);
	finish(k, &d);
}

/* Counters of a damaged dump: their sum has no room in 64 bits. */
static void test_absurd_counters_are_summed(void)
{
	struct kl_kernel *k = world();
	struct done d;

	put_counters(k, static_counters(1), 0, INT64_MAX - 1, 1);
	put_counters(k, static_counters(2), 0, INT64_MAX - 1, 1);
	run(k, &d);
	CHECK_INT(d.audit.claimed, INT64_MAX);
	finish(k, &d);
}

static enum kl_audit_cause cause_of(struct kl_kernel *k, uint32_t tag)
{
	enum kl_audit_cause cause;
	struct done d;

	run(k, &d);
	cause = row_of(&d, tag)->cause;
	finish(k, &d);
	return cause;
}

static void test_causes_of_differences(void)
{
	struct kl_kernel *k = world();

	put_counters(k, static_counters(1), 0, 4096, 1);
	CHECK_INT(cause_of(k, 1), KL_AUDIT_UNEXPLAINED);

	k = world(); /* right bytes, wrong calls */
	put_u64(k, VECTOR + 8, kernel_tag(1));
	put_counters(k, static_counters(1), 0, SLAB_SIZE, 2);
	CHECK_INT(cause_of(k, 1), KL_AUDIT_UNEXPLAINED);

	k = world();
	put_counters(k, static_counters(1), 0, 4096, 1);
	put_variable(k, &k->layouts.variables.mem_alloc_profiling_key, 0);
	CHECK_INT(cause_of(k, 1), KL_AUDIT_TOGGLED);

	k = world();
	put_u32(k, KERNEL_TAGS + TAG_SIZE, 1);
	put_u64(k, VECTOR + 8, kernel_tag(1));
	CHECK_INT(cause_of(k, 1), KL_AUDIT_INACCURATE);

	k = world();
	put_counters(k, static_counters(1), 0, 4096, 1);
	put_page(k, 0x48, 0, TYPE_BUDDY, 0);
	put_page_ref(k, 0x48, kernel_tag(1));
	CHECK_INT(cause_of(k, 1), KL_AUDIT_STALE);

	k = world();
	put_u64(k, VECTOR + 8, module_tag(2));
	put_u64(k, MODULE_TAGS + 2 * TAG_SIZE + 32, 0);
	CHECK_INT(cause_of(k, 6), KL_AUDIT_NO_COUNTERS);

	k = world();
	put_counters(k, static_counters(1), 0, 4096, 1);
	fake_of(k)->gone[PAGE_EXT / FAKE_PAGE] = true;
	CHECK_INT(cause_of(k, 1), KL_AUDIT_LOST);

	k = world(); /* no slab can be counted */
	put_counters(k, static_counters(1), 0, 4096, 1);
	put_u64(k, LISTS, 0x4141414141414141);
	CHECK_INT(cause_of(k, 1), KL_AUDIT_LOST);

	k = world(); /* no chunk of per-CPU memory */
	put_counters(k, static_counters(1), 0, 4096, 1);
	put_u64(k, LISTS + 0x40, 0x4141414141414141);
	CHECK_INT(cause_of(k, 1), KL_AUDIT_LOST);

	k = world(); /* a slab of nobody, found while counting */
	put_counters(k, static_counters(1), 0, 4096, 1);
	put_slab_word(k, P_HEAD, 0xffff888041414140);
	CHECK_INT(cause_of(k, 1), KL_AUDIT_LOST);
}

static void test_what_percpu_memory_is_charged_with(void)
{
	static const struct {
		int64_t bytes;
		enum kl_percpu_charge charge;
	} cases[] = {
		{48, KL_PERCPU_CHARGE_ONE},
		{96, KL_PERCPU_CHARGE_ALL},
		{96 + 48 / 4 * 8, KL_PERCPU_CHARGE_ALL_MEMCG},
		{50, KL_PERCPU_CHARGE_UNKNOWN},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct kl_kernel *k = world();
		struct done d;

		put_percpu(k, 512, 48, kernel_tag(2));
		put_counters(k, static_counters(2), 0, cases[i].bytes, 1);
		run(k, &d);
		CHECK_INT(d.census.tags.data[2].percpu_calls, 1);
		CHECK_INT(d.census.tags.data[2].percpu_bytes, 48);
		CHECK_INT(d.audit.charge, cases[i].charge);
		CHECK_INT(d.audit.differences, cases[i].charge == KL_PERCPU_CHARGE_UNKNOWN);
		finish(k, &d);
	}
}

static void test_shared_counters_are_held_against_all_their_tags(void)
{
	struct kl_kernel *k = world();
	struct done d;

	for (unsigned i = 0; i < 2; i++)
		put_u64(k, MODULE_TAGS + i * TAG_SIZE + 32, static_counters(50));
	put_counters(k, static_counters(50), 0, 2 * SLAB_SIZE, 2);
	put_u64(k, VECTOR + 8, module_tag(0));
	put_u64(k, VECTOR + 16, module_tag(1));
	run(k, &d);
	CHECK_INT(d.audit.differences, 0);
	CHECK_INT(d.audit.claimed, 2 * SLAB_SIZE);
	CHECK_INT(d.audit.rows.data[0].counters_of, 0);
	CHECK_INT(d.audit.rows.data[4].counters_of, 4);
	CHECK_INT(d.audit.rows.data[5].counters_of, 4);
	finish(k, &d);
}

/* More references than objects in use: freed while profiling was off. */
static void test_stale_references_of_objects(void)
{
	struct kl_kernel *k = world();
	struct done d;

	for (unsigned i = 0; i < 6; i++)
		put_u64(k, VECTOR + i * 8, kernel_tag(1));
	run(k, &d);
	CHECK_INT(d.census.objects_stale, 2);
	finish(k, &d);
}

/* ---- objects of a heap ----------------------------------------------------------------------------------------------
 */

static void add(struct kl_heap *heap, enum kleak_class class_, uint64_t address, uint64_t size)
{
	struct kl_object object = {.address = address, .size = size, .class_ = (uint8_t)class_, .min_count = 1};

	CHECK_OK(kl_heap_add(heap, &object));
}

static void test_objects_get_their_tags(void)
{
	struct kl_kernel *k = world();
	struct kl_object_places places;
	struct kl_heap heap;
	struct done d;

	put_u64(k, VECTOR + 5 * 8, kernel_tag(2));
	put_page(k, 0x44, 1 << FLAG_HEAD, 0, 1);
	put_page(k, 0x45, 1, 0, 0);
	put_u64(k, PAGES + 0x45 * PAGE_STRUCT + P_HEAD, at(PAGES + 0x44 * PAGE_STRUCT) | 1);
	put_page_ref(k, 0x44, kernel_tag(3));
	put_percpu(k, 512, 48, kernel_tag(1));
	CHECK_OK(kl_heap_init(&heap));
	add(&heap, KLEAK_CLASS_VIRTUAL, at(0x44000), 8192);                 /* a large kmalloc */
	add(&heap, KLEAK_CLASS_VIRTUAL, at(SLAB + 5 * SLAB_SIZE + 16), 32); /* behind a red zone */
	add(&heap, KLEAK_CLASS_VIRTUAL, at(SLAB + 2 * SLAB_SIZE), 32);      /* without one */
	add(&heap, KLEAK_CLASS_PERCPU, chunk_cookie(512), 48);
	add(&heap, KLEAK_CLASS_PERCPU, COOKIE_START + 8, 8); /* static */
	add(&heap, KLEAK_CLASS_VIRTUAL, at(0), 64);          /* a section of the kernel */
	add(&heap, KLEAK_CLASS_PHYSICAL, 0x44000, 64);
	CHECK_OK(kl_heap_build_index(&heap, NULL, NULL));
	run(k, &d);
	CHECK_OK(kl_profiling_tag_objects(&d.profiling, NULL, &heap, &places));
	CHECK_INT(heap.tag[0], 4);
	CHECK_INT(heap.tag[1], 3);
	CHECK_INT(heap.tag[2], 0);
	CHECK_INT(heap.tag[3], 2);
	CHECK_INT(heap.tag[4], 0);
	CHECK_INT(heap.tag[5], 0);
	CHECK_INT(heap.tag[6], 0);
	CHECK_INT(places.slab, 2);
	CHECK_INT(places.slab_tagged, 1);
	CHECK_INT(places.page_tagged, 1);
	CHECK_INT(places.percpu_tagged, 1);
	CHECK_INT(places.other, 1);
	kl_heap_deinit(&heap);
	finish(k, &d);
}

/* The second page of a slab leads to its head. */
static void test_objects_in_later_pages_of_a_slab(void)
{
	struct kl_kernel *k = world();
	uint64_t head = at(PAGES + SLAB_FRAME * PAGE_STRUCT);
	struct kl_heap heap;
	struct done d;

	put_page(k, SLAB_FRAME, 1 << FLAG_HEAD, TYPE_SLAB, 0);
	put_slab_word(k, P_HEAD, at(CACHE));
	put_slab_word(k, P_COUNTERS, 4 | 128 << 16);
	put_u32(k, CACHE + 12, 128);
	put_page(k, SLAB_FRAME + 1, 1, 0, 0);
	put_u64(k, PAGES + (SLAB_FRAME + 1) * PAGE_STRUCT + P_HEAD, head | 1);
	put_u64(k, VECTOR + 70 * 8, kernel_tag(1));
	CHECK_OK(kl_heap_init(&heap));
	add(&heap, KLEAK_CLASS_VIRTUAL, at(SLAB + 70 * SLAB_SIZE), 64);
	CHECK_OK(kl_heap_build_index(&heap, NULL, NULL));
	run(k, &d);
	CHECK_OK(kl_profiling_tag_objects(&d.profiling, NULL, &heap, NULL));
	CHECK_INT(heap.tag[0], 2);
	kl_heap_deinit(&heap);
	finish(k, &d);
}

/* A KFENCE page is a slab of one object, anywhere in it. */
static void test_an_object_of_kfence(void)
{
	struct kl_kernel *k = world();
	struct kl_heap heap;
	struct done d;

	put_slab_word(k, P_COUNTERS, 1 | 1 << 16);
	put_u64(k, VECTOR, kernel_tag(1));
	CHECK_OK(kl_heap_init(&heap));
	add(&heap, KLEAK_CLASS_VIRTUAL, at(SLAB + 4000), 32);
	CHECK_OK(kl_heap_build_index(&heap, NULL, NULL));
	run(k, &d);
	CHECK_OK(kl_profiling_tag_objects(&d.profiling, NULL, &heap, NULL));
	CHECK_INT(heap.tag[0], 2);
	kl_heap_deinit(&heap);
	finish(k, &d);
}

int main(void)
{
	RUN(test_counters_that_agree);
	RUN(test_absurd_counters_are_summed);
	RUN(test_causes_of_differences);
	RUN(test_what_percpu_memory_is_charged_with);
	RUN(test_shared_counters_are_held_against_all_their_tags);
	RUN(test_stale_references_of_objects);
	RUN(test_objects_get_their_tags);
	RUN(test_objects_in_later_pages_of_a_slab);
	RUN(test_an_object_of_kfence);
	return DONE();
}
