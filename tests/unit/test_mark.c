/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every rule of the kernel's marking, on a little world of our own: 1 MiB of memory at BASE, a root block at its start.
 */
#include "world.h"

#include "mark/checksum.h"

static void run(void)
{
	CHECK_OK(kl_heap_build_index(&heap, NULL, NULL));
	kl_mark_deinit(&mark);
	CHECK_OK(kl_mark_run(&heap, roots, n_roots, &memory, &params, NULL, &mark));
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
	params.min_address = BASE + 0x2001;
	poke(ROOT, BASE + 0x2000);
	poke(ROOT + 8, BASE + 0x3000);
	run();
	CHECK_COLOUR(below, KL_WHITE);
	CHECK_COLOUR(at, KL_GREY);
	params.max_address = BASE + 0x3000;
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

static void test_percpu_reference(void)
{
	uint32_t interior, leaked;

	begin();
	interior = add_percpu(0x4000, 64);
	leaked = add_percpu(0x5000, 64);
	poke(ROOT, 0x4020);
	run();
	CHECK_COLOUR(interior, KL_GREY);
	CHECK_COLOUR(leaked, KL_WHITE);
	params.percpu_references = false;
	run();
	CHECK_COLOUR(interior, KL_WHITE);
}

static void test_percpu_object_is_scanned_on_every_cpu(void)
{
	uint32_t percpu, on_cpu0, on_cpu1;

	begin();
	percpu = add_percpu(0x4000, 64);
	heap.min_count[percpu] = 0;
	on_cpu0 = add(0x20000, 64);
	on_cpu1 = add(0x30000, 64);
	poke(0x4000 + 8, BASE + 0x20000);
	poke(0x4000 + CPU1 + 56, BASE + 0x30000);
	run();
	CHECK_COLOUR(on_cpu0, KL_GREY);
	CHECK_COLOUR(on_cpu1, KL_GREY);
}

static void test_classes_do_not_mix(void)
{
	uint32_t percpu, virtual_;

	begin();
	percpu = add_percpu(0x4000, 64);
	virtual_ = add(0x4000, 64); /* its address minus BASE looks like the cookie */
	poke(ROOT, BASE + 0x4000);
	run();
	CHECK_COLOUR(virtual_, KL_GREY);
	CHECK_COLOUR(percpu, KL_WHITE);
}

static void test_one_word_may_credit_two_objects(void)
{
	uint32_t percpu, virtual_;

	begin();
	params.min_percpu = BASE;
	params.max_percpu = BASE + WORLD_SIZE;
	percpu = add_percpu(BASE + 0x4000, 64);
	virtual_ = add(0x4000, 64);
	poke(ROOT, BASE + 0x4000);
	run();
	CHECK_COLOUR(virtual_, KL_GREY);
	CHECK_COLOUR(percpu, KL_GREY);
}

static void test_physical_objects(void)
{
	uint32_t low, high, unscanned, child, child_of_high;

	begin();
	params.lowmem_filter = true;
	low = add(0, 64);
	high = add(0, 64);
	unscanned = add(0, 64);
	heap.class_[low] = heap.class_[high] = heap.class_[unscanned] = KLEAK_CLASS_PHYSICAL;
	heap.min_count[low] = heap.min_count[high] = heap.min_count[unscanned] = 0;
	heap.address[low] = 0x2000;
	heap.address[high] = 1001ULL << 12;
	heap.address[unscanned] = 1002ULL << 12;
	heap.flags[unscanned] |= KL_OBJECT_NO_SCAN;
	child = add(0x3000, 64);
	child_of_high = add(0x4000, 64);
	poke(0x2000, BASE + 0x3000); /* read through the direct map */
	params.max_low_pfn = 1001;
	heap.size[high] = 0x1000; /* its end lies beyond */
	run();
	CHECK_COLOUR(low, KL_GREY);
	CHECK_COLOUR(child, KL_GREY);
	CHECK_COLOUR(high, KL_BLACK);
	CHECK_COLOUR(unscanned, KL_GREY);
	CHECK_COLOUR(child_of_high, KL_WHITE);
	params.lowmem_filter = false;
	run();
	CHECK_COLOUR(high, KL_GREY);
}

static void test_nothing_refers_to_physical_objects(void)
{
	uint32_t phys;

	begin();
	phys = add(0, 64);
	heap.class_[phys] = KLEAK_CLASS_PHYSICAL;
	heap.address[phys] = BASE + 0x5000;
	poke(ROOT, BASE + 0x5000);
	run();
	CHECK_COLOUR(phys, KL_WHITE);
}

static void test_tags_are_reset(void)
{
	uint32_t a;

	begin();
	a = add(0x2000, 64);
	poke(ROOT, (BASE + 0x2000) & 0xf7ffffffffffffffULL); /* KASAN tag 0xf7 */
	run();
	CHECK_COLOUR(a, KL_WHITE);
	params.reset_tags = true;
	run();
	CHECK_COLOUR(a, KL_GREY);
	CHECK_INT(kl_reset_tag(0x00007fffdeadbeefULL), 0x00007fffdeadbeefULL);
}

static void test_young_is_white_but_not_confirmed(void)
{
	uint32_t young, old;

	begin();
	young = add(0x2000, 64);
	heap.jiffies[young] = params.now - params.min_age + 1;
	old = add(0x3000, 64);
	heap.jiffies[old] = params.now - params.min_age;
	run();
	CHECK_COLOUR(young, KL_WHITE);
	CHECK(!mark.confirmed[young]);
	CHECK(mark.confirmed[old]);
}

static void test_age_survives_wrap_around(void)
{
	uint32_t old;

	begin();
	params.now = 1000;
	old = add(0x2000, 64);
	heap.jiffies[old] = (uint64_t)-5000;
	run();
	CHECK(mark.confirmed[old]);
}

static void test_modified_is_grey_for_this_scan(void)
{
	uint32_t modified, same, child;

	begin();
	params.checksums = true;
	modified = add(0x2000, 64);
	heap.checksum[modified] = 0x12345678;
	same = add(0x3000, 64); /* zero bytes: CRC 0, as stored */
	child = add(0x4000, 64);
	poke(0x2000, BASE + 0x4000);
	run();
	CHECK_COLOUR(modified, KL_GREY);
	CHECK_INT(mark.checksum_state[modified], KL_CHECKSUM_MODIFIED);
	CHECK_COLOUR(child, KL_GREY); /* found by the second drain */
	CHECK_COLOUR(same, KL_WHITE);
	CHECK_INT(mark.checksum_state[same], KL_CHECKSUM_UNMODIFIED);
	params.checksums = false;
	run();
	CHECK_COLOUR(modified, KL_WHITE);
}

static void test_checksum_has_no_inversion(void)
{
	/* crc32_le of "123456789" with seed 0 and no inversion, from the definition bit by bit. */
	const char *text = "123456789";
	uint32_t crc = 0;
	size_t i;
	int bit;

	for (i = 0; i < 9; i++) {
		crc ^= (uint8_t)text[i];
		for (bit = 0; bit < 8; bit++)
			crc = crc & 1 ? (crc >> 1) ^ 0xedb88320 : crc >> 1;
	}
	CHECK_INT(kl_kernel_crc32(0, text, 9), crc);
	CHECK_INT(kl_kernel_crc32(0, "\0\0\0\0", 4), 0);
	CHECK_INT(kl_kernel_crc32(kl_kernel_crc32(7, text, 4), text + 4, 5), kl_kernel_crc32(7, text, 9));
}

static void test_percpu_checksum_schemes(void)
{
	uint32_t percpu, crc;

	begin();
	percpu = add_percpu(0x4000, 64);
	poke(0x4000, 0x1111);
	poke(0x4000 + CPU1, 0x1111);
	params.percpu_crc = KL_PERCPU_CRC_XOR;
	CHECK(kl_checksum_object(&heap, &memory, &params, percpu, &crc));
	CHECK_INT(crc, 0); /* identical copies cancel */
	params.percpu_crc = KL_PERCPU_CRC_CHAINED;
	CHECK(kl_checksum_object(&heap, &memory, &params, percpu, &crc));
	CHECK_INT(crc, kl_kernel_crc32(kl_kernel_crc32(0, world + 0x4000, 64), world + 0x4000 + CPU1, 64));
	CHECK(crc != 0);
}

static void test_unreadable_checksum_is_not_modified(void)
{
	uint32_t a;

	begin();
	params.checksums = true;
	a = add(0x2000, 64);
	heap.checksum[a] = 0x12345678;
	hole_start = 0x2020;
	hole_end = 0x2028;
	run();
	CHECK_COLOUR(a, KL_WHITE);
	CHECK_INT(mark.checksum_state[a], KL_CHECKSUM_UNREADABLE);
	CHECK(mark.incomplete[a]);
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

/* 7.3: suspects of the first pass are confirmed by a second one, which forgets the "modified" grey. */
static void test_confirmation_pass(void)
{
	uint32_t suspect, modified_and_reported;

	begin();
	params.confirm = params.checksums = true;
	modified_and_reported = add(0x3000, 64);
	heap.checksum[modified_and_reported] = 1;
	heap.flags[modified_and_reported] |= KL_OBJECT_REPORTED;
	run();
	CHECK_INT(mark.stats.passes, 1); /* nothing new: no second pass, the modified one stays grey */
	CHECK_COLOUR(modified_and_reported, KL_GREY);
	CHECK(!mark.confirmed[modified_and_reported]);

	suspect = add(0x2000, 64);
	run();
	CHECK_INT(mark.stats.passes, 2);
	CHECK_INT(mark.stats.suspects, 1);
	CHECK(mark.confirmed[suspect]);
	CHECK_COLOUR(modified_and_reported, KL_WHITE);
	CHECK(mark.confirmed[modified_and_reported]);
}

static void test_suspect_found_by_a_modified_object_is_none(void)
{
	uint32_t modified, child;

	begin();
	params.confirm = params.checksums = true;
	child = add(0x2000, 64);
	modified = add(0x3000, 64);
	heap.checksum[modified] = 1;
	poke(0x3000, BASE + 0x2000);
	run();
	CHECK_INT(mark.stats.passes, 1); /* flagged first, cleared by the second drain */
	CHECK_COLOUR(child, KL_GREY);
}

static void test_min_unref_scans(void)
{
	uint32_t first_time, second_time;

	begin();
	params.confirm = true;
	params.min_unref_scans = 2;
	first_time = add(0x2000, 64);
	second_time = add(0x3000, 64);
	heap.unref_scans[second_time] = 1;
	run();
	CHECK(!mark.confirmed[first_time]);
	CHECK_INT(mark.unref_scans[first_time], 1);
	CHECK(mark.confirmed[second_time]);
}

static void test_unref_scans_restart_when_referenced(void)
{
	uint32_t a;

	begin();
	params.confirm = true;
	params.min_unref_scans = 2;
	a = add(0x2000, 64);
	heap.unref_scans[a] = 5;
	heap.count[a] = 1; /* grey after the kernel's last scan */
	run();
	CHECK(!mark.confirmed[a]);
	CHECK_INT(mark.unref_scans[a], 1);
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
	CHECK_ERROR(kl_mark_run(&heap, roots, n_roots, &memory, &params, &progress, &mark), KL_ERROR_INTERRUPTED);
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
	CHECK_OK(kl_mark_white_edges(&heap, &mark, &memory, &params, &edges));
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
	RUN(test_percpu_reference);
	RUN(test_percpu_object_is_scanned_on_every_cpu);
	RUN(test_classes_do_not_mix);
	RUN(test_one_word_may_credit_two_objects);
	RUN(test_physical_objects);
	RUN(test_nothing_refers_to_physical_objects);
	RUN(test_tags_are_reset);
	RUN(test_young_is_white_but_not_confirmed);
	RUN(test_age_survives_wrap_around);
	RUN(test_modified_is_grey_for_this_scan);
	RUN(test_checksum_has_no_inversion);
	RUN(test_percpu_checksum_schemes);
	RUN(test_unreadable_checksum_is_not_modified);
	RUN(test_missing_memory_is_counted);
	RUN(test_confirmation_pass);
	RUN(test_suspect_found_by_a_modified_object_is_none);
	RUN(test_min_unref_scans);
	RUN(test_unref_scans_restart_when_referenced);
	RUN(test_overlapping_objects);
	RUN(test_wild_sizes_are_left_out);
	RUN(test_interrupt_stops);
	RUN(test_edges_between_white_objects);
	kl_heap_deinit(&heap);
	kl_mark_deinit(&mark);
	return DONE();
}
