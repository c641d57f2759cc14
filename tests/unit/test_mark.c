/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every rule of the kernel's marking, on a little world of our own: 1 MiB of memory at BASE, a root block at its start.
 */
#include "mark/replay.h"
#include "world.h"

static void run(void)
{
	CHECK_OK(kl_heap_build_index(&heap, NULL, NULL));
	kl_mark_deinit(&mark);
	CHECK_OK(kl_replay_run(&input, roots, n_roots, &mark));
}

static void test_unreferenced_is_white(void)
{
	uint32_t a;

	begin();
	a = add(0x2000, 64);
	run();
	CHECK_COLOUR(a, KL_WHITE);
	CHECK_INT(mark.count[a], 0);
	CHECK(mark.confirmed[a]);
}

static void test_reference_from_root(void)
{
	uint32_t a;

	begin();
	a = add(0x2000, 64);
	poke(ROOT + 8, BASE + 0x2000);
	run();
	CHECK_COLOUR(a, KL_GREY);
	CHECK(!mark.confirmed[a]);
}

static void test_interior_pointer_counts_and_end_does_not(void)
{
	uint32_t inside, end;

	begin();
	inside = add(0x2000, 64);
	end = add(0x3000, 64);
	poke(ROOT, BASE + 0x2000 + 63);
	poke(ROOT + 8, BASE + 0x3000 + 64);
	run();
	CHECK_COLOUR(inside, KL_GREY);
	CHECK_COLOUR(end, KL_WHITE);
}

static void test_grey_objects_are_scanned_white_ones_not(void)
{
	uint32_t chain[3], lost, child;

	begin();
	chain[0] = add(0x2000, 64);
	chain[1] = add(0x3000, 64);
	chain[2] = add(0x4000, 64);
	lost = add(0x5000, 64);
	child = add(0x6000, 64);
	poke(ROOT, BASE + 0x2000);
	poke(0x2000, BASE + 0x3000);
	poke(0x3000 + 56, BASE + 0x4000);
	poke(0x5000, BASE + 0x6000);
	run();
	CHECK_COLOUR(chain[2], KL_GREY);
	CHECK_COLOUR(lost, KL_WHITE);
	CHECK_COLOUR(child, KL_WHITE);
}

static void test_unreachable_cycle_stays_white(void)
{
	uint32_t a, b;

	begin();
	a = add(0x2000, 64);
	b = add(0x3000, 64);
	poke(0x2000, BASE + 0x3000);
	poke(0x3000, BASE + 0x2000);
	run();
	CHECK_COLOUR(a, KL_WHITE);
	CHECK_COLOUR(b, KL_WHITE);
}

static void test_self_reference_is_ignored(void)
{
	uint32_t grey, needy;

	begin();
	needy = add(0x2000, 64);
	heap.min_count[needy] = 2;
	grey = add(0x3000, 64);
	heap.min_count[grey] = 0;
	poke(0x3000, BASE + 0x2000);
	poke(0x2000, BASE + 0x2000); /* never scanned: white */
	run();
	CHECK_COLOUR(needy, KL_WHITE);
	CHECK_INT(mark.count[needy], 1);

	/* A grey object that points to itself gives itself nothing. */
	begin();
	grey = add(0x3000, 64);
	heap.min_count[grey] = 0;
	poke(0x3000, BASE + 0x3000);
	run();
	CHECK_INT(mark.count[grey], 0);
	CHECK_INT(mark.stats.self_references, 1);
}

static void test_min_count_two_needs_two(void)
{
	uint32_t once, twice;

	begin();
	once = add(0x2000, 64);
	twice = add(0x3000, 64);
	heap.min_count[once] = heap.min_count[twice] = 2;
	poke(ROOT, BASE + 0x2000);
	poke(ROOT + 8, BASE + 0x3000);
	poke(ROOT + 16, BASE + 0x3000);
	run();
	CHECK_COLOUR(once, KL_WHITE);
	CHECK_INT(mark.count[once], 1);
	CHECK_COLOUR(twice, KL_GREY);
}

static void test_root_scanned_twice_counts_twice(void)
{
	uint32_t a, stack;

	begin();
	a = add(0x2000, 64);
	heap.min_count[a] = 2;
	stack = add(0x8000, 0x4000); /* a VMAP_STACK: root and vmalloc object */
	heap.min_count[stack] = 0;
	roots[n_roots++] = (struct kl_root){.start = BASE + 0x8000, .length = 0x4000, .kind = KL_ROOT_STACK};
	poke(0x9000, BASE + 0x2000);
	run();
	CHECK_COLOUR(a, KL_GREY);
	CHECK_INT(mark.stats.bytes[KL_ROOT_STACK], 0x4000);
}

static void test_min_count_zero_is_grey_and_scanned(void)
{
	uint32_t grey, child;

	begin();
	grey = add(0x2000, 64);
	heap.min_count[grey] = 0;
	child = add(0x3000, 64);
	poke(0x2000, BASE + 0x3000);
	run();
	CHECK_COLOUR(grey, KL_GREY);
	CHECK_COLOUR(child, KL_GREY);
}

static void test_black_is_neither_reported_nor_scanned(void)
{
	uint32_t black, child;

	begin();
	black = add(0x2000, 64);
	heap.min_count[black] = -1;
	child = add(0x3000, 64);
	poke(ROOT, BASE + 0x2000);
	poke(0x2000, BASE + 0x3000);
	run();
	CHECK_COLOUR(black, KL_BLACK);
	CHECK_COLOUR(child, KL_WHITE);
}

static void test_no_scan_is_not_scanned(void)
{
	uint32_t a, child;

	begin();
	a = add(0x2000, 64);
	heap.flags[a] |= KL_OBJECT_NO_SCAN;
	child = add(0x3000, 64);
	poke(ROOT, BASE + 0x2000);
	poke(0x2000, BASE + 0x3000);
	run();
	CHECK_COLOUR(a, KL_GREY);
	CHECK_COLOUR(child, KL_WHITE);
}

static void test_freed_object_is_not_scanned_nor_reported(void)
{
	uint32_t a, child, freed;

	begin();
	a = add(0x2000, 64);
	heap.flags[a] = 0;
	child = add(0x3000, 64);
	freed = add(0x4000, 64);
	heap.flags[freed] = 0;
	poke(ROOT, BASE + 0x2000);
	poke(0x2000, BASE + 0x3000);
	run();
	CHECK_COLOUR(child, KL_WHITE);
	CHECK(!mark.confirmed[freed]);
}

static void test_scan_areas_limit_the_scan(void)
{
	uint32_t a, inside, outside;

	begin();
	a = add(0x2000, 256);
	CHECK(kl_heap_add_area(&heap, BASE + 0x2000 + 64, 16));
	inside = add(0x3000, 64);
	outside = add(0x4000, 64);
	poke(ROOT, BASE + 0x2000);
	poke(0x2000 + 72, BASE + 0x3000);
	poke(0x2000 + 80, BASE + 0x4000);
	run();
	CHECK_COLOUR(inside, KL_GREY);
	CHECK_COLOUR(outside, KL_WHITE);
	heap.flags[a] |= KL_OBJECT_FULL_SCAN;
	run();
	CHECK_COLOUR(outside, KL_GREY);
}

static void test_words_are_aligned_and_whole(void)
{
	uint32_t unaligned, cut, whole;

	begin();
	unaligned = add(0x2000, 64);
	cut = add(0x3000, 64);
	whole = add(0x4000, 64);
	poke(ROOT + 100, BASE + 0x2000);
	roots[n_roots++] = (struct kl_root){.start = BASE + 0x1804, .length = 0x1a, .kind = KL_ROOT_USER};
	poke(0x1818, BASE + 0x3000); /* its last two bytes lie behind the block */
	poke(0x1808, BASE + 0x4000);
	run();
	CHECK_COLOUR(unaligned, KL_WHITE);
	CHECK_COLOUR(cut, KL_WHITE);
	CHECK_COLOUR(whole, KL_GREY);
}

static void test_tiny_objects_hold_nothing(void)
{
	uint32_t tiny, child;

	begin();
	tiny = add(0x2000, 7);
	child = add(0x3000, 64);
	poke(ROOT, BASE + 0x2000);
	poke(0x2000, BASE + 0x3000);
	run();
	CHECK_COLOUR(tiny, KL_GREY);
	CHECK_COLOUR(child, KL_WHITE);
}

static void test_chunks_are_aligned_anew(void)
{
	uint32_t big, straddling, next;

	begin();
	big = add(0x2004, 0x2000); /* chunk border at 0x3004, inside the word at 0x3000 */
	straddling = add(0x6000, 64);
	next = add(0x7000, 64);
	poke(ROOT, BASE + 0x2004);
	poke(0x3000, BASE + 0x6000);
	poke(0x3008, BASE + 0x7000);
	run();
	CHECK_COLOUR(big, KL_GREY);
	CHECK_COLOUR(straddling, KL_WHITE);
	CHECK_COLOUR(next, KL_GREY);
}

static void test_address_filter(void)
{
	uint32_t below, at;

	begin();
	below = add(0x2000, 64);
	at = add(0x3000, 64);
	space.min_address = BASE + 0x2001;
	poke(ROOT, BASE + 0x2000);
	poke(ROOT + 8, BASE + 0x3000);
	run();
	CHECK_COLOUR(below, KL_WHITE);
	CHECK_COLOUR(at, KL_GREY);
	space.max_address = BASE + 0x3000;
	run();
	CHECK_COLOUR(at, KL_WHITE);
}

static void test_excess_reference_is_passed_on(void)
{
	uint32_t vm_struct, area;

	begin();
	vm_struct = add(0x2000, 64);
	area = add(0x10000, 0x1000);
	heap.min_count[area] = 2;
	heap.excess_ref[vm_struct] = BASE + 0x10000;
	poke(ROOT, BASE + 0x2000); /* greys the vm_struct */
	run();
	CHECK_COLOUR(vm_struct, KL_GREY);
	CHECK_COLOUR(area, KL_WHITE);
	poke(ROOT + 8, BASE + 0x2000);  /* surplus */
	poke(ROOT + 16, BASE + 0x2008); /* surplus */
	run();
	CHECK_COLOUR(area, KL_GREY);
	CHECK_INT(mark.stats.excess_references, 2);
	heap.excess_ref[vm_struct] = BASE + 0x10008; /* no interior match for surplus */
	run();
	CHECK_COLOUR(area, KL_WHITE);
}

static void test_excess_reference_from_the_area_itself(void)
{
	uint32_t vm_struct, area;

	begin();
	vm_struct = add(0x2000, 64);
	area = add(0x10000, 0x1000);
	heap.min_count[area] = 1;
	heap.excess_ref[vm_struct] = BASE + 0x10000;
	/* The area is grey already, so that it is scanned: its pointer to its vm_struct must not count for itself. */
	poke(ROOT, BASE + 0x2000);
	poke(ROOT + 8, BASE + 0x10000);
	poke(0x10000, BASE + 0x2000);
	run();
	CHECK_COLOUR(area, KL_GREY);
	CHECK_INT(mark.stats.excess_references, 0);
}

static void test_young_is_white_but_not_confirmed(void)
{
	uint32_t young, old;

	begin();
	young = add(0x2000, 64);
	heap.jiffies[young] = input.now - rules.min_age + 1;
	old = add(0x3000, 64);
	heap.jiffies[old] = input.now - rules.min_age;
	run();
	CHECK_COLOUR(young, KL_WHITE);
	CHECK(!mark.confirmed[young]);
	CHECK(mark.confirmed[old]);
}

static void test_age_survives_wrap_around(void)
{
	uint32_t old;

	begin();
	input.now = 1000;
	old = add(0x2000, 64);
	heap.jiffies[old] = (uint64_t)-5000;
	run();
	CHECK(mark.confirmed[old]);
}

static void test_missing_memory_is_counted(void)
{
	uint32_t a, child;

	begin();
	a = add(0x2000, 0x2000);
	child = add(0x5000, 64);
	poke(ROOT, BASE + 0x2000);
	poke(0x3000, BASE + 0x5000);
	hole_start = 0x3000;
	hole_end = 0x4000;
	run();
	CHECK(mark.incomplete[a]);
	CHECK_INT(mark.stats.missing_bytes, 0x1000);
	CHECK_COLOUR(child, KL_WHITE);
}

static void test_overlapping_objects(void)
{
	uint32_t stale, kept;

	begin();
	stale = add(0x2000, 128);
	kept = add(0x2040, 128);
	poke(ROOT, BASE + 0x2050);
	run();
	CHECK_COLOUR(stale, KL_WHITE);
	CHECK_COLOUR(kept, KL_GREY);
	CHECK_INT(heap.index[KLEAK_CLASS_VIRTUAL].count, 1);
}

static void test_wild_sizes_are_left_out(void)
{
	uint32_t empty, wild;

	begin();
	empty = add(0x2000, 0);
	wild = add(0x3000, UINT64_MAX);
	poke(ROOT, BASE + 0x3000);
	run();
	CHECK_COLOUR(empty, KL_WHITE);
	CHECK_COLOUR(wild, KL_WHITE);
}

static volatile sig_atomic_t stop = 1;

static void test_interrupt_stops(void)
{
	struct kl_progress progress = {.stop = &stop};

	begin();
	CHECK_OK(kl_heap_build_index(&heap, NULL, NULL));
	input.progress = &progress;
	CHECK_ERROR(kl_replay_run(&input, roots, n_roots, &mark), KL_ERROR_INTERRUPTED);
}

static void test_edges_between_white_objects(void)
{
	struct kl_edges edges = {};
	uint32_t a, b, grey, silent;

	begin();
	a = add(0x2000, 64);
	b = add(0x3000, 64);
	grey = add(0x4000, 64);
	silent = add(0x5000, 64);
	heap.flags[silent] |= KL_OBJECT_NO_SCAN;
	poke(ROOT, BASE + 0x4000);
	poke(0x2000, BASE + 0x3000);
	poke(0x2008, BASE + 0x3010); /* the same arrow again */
	poke(0x2010, BASE + 0x2000); /* to itself */
	poke(0x2018, BASE + 0x4000); /* to a grey one */
	poke(0x5000, BASE + 0x3000); /* from unscanned memory */
	run();
	CHECK_COLOUR(grey, KL_GREY);
	CHECK_OK(kl_replay_white_edges(&input, &mark, &edges));
	CHECK_INT(edges.list.count, 1);
	CHECK(edges.list.count == 1 && edges.list.data[0].from == a && edges.list.data[0].to == b);
	kl_vec_deinit(&edges.list);
}

int main(void)
{
	RUN(test_unreferenced_is_white);
	RUN(test_reference_from_root);
	RUN(test_interior_pointer_counts_and_end_does_not);
	RUN(test_grey_objects_are_scanned_white_ones_not);
	RUN(test_unreachable_cycle_stays_white);
	RUN(test_self_reference_is_ignored);
	RUN(test_min_count_two_needs_two);
	RUN(test_root_scanned_twice_counts_twice);
	RUN(test_min_count_zero_is_grey_and_scanned);
	RUN(test_black_is_neither_reported_nor_scanned);
	RUN(test_no_scan_is_not_scanned);
	RUN(test_freed_object_is_not_scanned_nor_reported);
	RUN(test_scan_areas_limit_the_scan);
	RUN(test_words_are_aligned_and_whole);
	RUN(test_tiny_objects_hold_nothing);
	RUN(test_chunks_are_aligned_anew);
	RUN(test_address_filter);
	RUN(test_excess_reference_is_passed_on);
	RUN(test_excess_reference_from_the_area_itself);
	RUN(test_young_is_white_but_not_confirmed);
	RUN(test_age_survives_wrap_around);
	RUN(test_missing_memory_is_counted);
	RUN(test_overlapping_objects);
	RUN(test_wild_sizes_are_left_out);
	RUN(test_interrupt_stops);
	RUN(test_edges_between_white_objects);
	kl_heap_deinit(&heap);
	kl_mark_deinit(&mark);
	return DONE();
}
