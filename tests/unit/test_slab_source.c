/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SLUB's living objects, from a little machine of 256 pages that a test fills: where free objects hide, what is said
 * of slabs that contradict themselves, and what objects tell of who allocated them.
 */
#include "test_slab_scene.h"

#include "kernel/facts/own_caches.h"

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

static void test_what_waits_to_be_freed_is_nobodys(void)
{
	struct kl_waiting *waiting;

	begin();
	add_cache("waiting");
	add_slab(0, 0, 8);
	CHECK_OK(kl_machine_waiting(k, &waiting));
	CHECK(kl_vec_push(&waiting->freed, object(0, 2) + 128)); /* an rcu_head inside of the object */
	CHECK(kl_vec_push(&waiting->freed, object(0, 5)));
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
	RUN(test_what_is_in_a_sheaf_is_free);
	RUN(test_what_waits_to_be_freed_is_nobodys);
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
