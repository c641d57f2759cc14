/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's marking beyond plain references: address classes, checksums, the confirmation pass of 7.3. */
#include "mark/replay.h"
#include "world.h"

#include "mark/checksum.h"

static void run(void)
{
	CHECK_OK(kl_heap_build_index(&heap, NULL, NULL));
	kl_mark_deinit(&mark);
	CHECK_OK(kl_replay_run(&input, roots, n_roots, &mark));
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
	space.percpu_references = false;
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
	space.min_percpu = BASE;
	space.max_percpu = BASE + WORLD_SIZE;
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
	rules.lowmem_filter = true;
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
	rules.max_low_pfn = 1001;
	heap.size[high] = 0x1000; /* its end lies beyond */
	run();
	CHECK_COLOUR(low, KL_GREY);
	CHECK_COLOUR(child, KL_GREY);
	CHECK_COLOUR(high, KL_BLACK);
	CHECK_COLOUR(unscanned, KL_GREY);
	CHECK_COLOUR(child_of_high, KL_WHITE);
	rules.lowmem_filter = false;
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
	space.reset_tags = true;
	run();
	CHECK_COLOUR(a, KL_GREY);
	CHECK_INT(kl_reset_tag(0x00007fffdeadbeefULL), 0x00007fffdeadbeefULL);
}

static void test_percpu_checksum_schemes(void)
{
	uint32_t percpu, crc;

	begin();
	percpu = add_percpu(0x4000, 64);
	poke(0x4000, 0x1111);
	poke(0x4000 + CPU1, 0x1111);
	rules.percpu_crc = KL_PERCPU_CRC_XOR;
	CHECK(kl_checksum_object(&input, percpu, &crc));
	CHECK_INT(crc, 0); /* identical copies cancel */
	rules.percpu_crc = KL_PERCPU_CRC_CHAINED;
	CHECK(kl_checksum_object(&input, percpu, &crc));
	CHECK_INT(crc, kl_kernel_crc32(kl_kernel_crc32(0, world + 0x4000, 64), world + 0x4000 + CPU1, 64));
	CHECK(crc != 0);
}

/* 7.3: suspects of the first pass are confirmed by a second one, which forgets the "modified" grey. */
static void test_confirmation_pass(void)
{
	uint32_t suspect, modified_and_reported;

	begin();
	rules.confirm = rules.checksums = true;
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
	rules.confirm = rules.checksums = true;
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
	rules.confirm = true;
	rules.min_unref_scans = 2;
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
	rules.confirm = true;
	rules.min_unref_scans = 2;
	a = add(0x2000, 64);
	heap.unref_scans[a] = 5;
	heap.count[a] = 1; /* grey after the kernel's last scan */
	run();
	CHECK(!mark.confirmed[a]);
	CHECK_INT(mark.unref_scans[a], 1);
}

static void test_modified_is_grey_for_this_scan(void)
{
	uint32_t modified, same, child;

	begin();
	rules.checksums = true;
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
	rules.checksums = false;
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

static void test_unreadable_checksum_is_not_modified(void)
{
	uint32_t a;

	begin();
	rules.checksums = true;
	a = add(0x2000, 64);
	heap.checksum[a] = 0x12345678;
	hole_start = 0x2020;
	hole_end = 0x2028;
	run();
	CHECK_COLOUR(a, KL_WHITE);
	CHECK_INT(mark.checksum_state[a], KL_CHECKSUM_UNREADABLE);
	CHECK(mark.incomplete[a]);
}

int main(void)
{
	RUN(test_percpu_reference);
	RUN(test_percpu_object_is_scanned_on_every_cpu);
	RUN(test_classes_do_not_mix);
	RUN(test_one_word_may_credit_two_objects);
	RUN(test_physical_objects);
	RUN(test_nothing_refers_to_physical_objects);
	RUN(test_tags_are_reset);
	RUN(test_percpu_checksum_schemes);
	RUN(test_confirmation_pass);
	RUN(test_suspect_found_by_a_modified_object_is_none);
	RUN(test_min_unref_scans);
	RUN(test_unref_scans_restart_when_referenced);
	RUN(test_modified_is_grey_for_this_scan);
	RUN(test_checksum_has_no_inversion);
	RUN(test_unreadable_checksum_is_not_modified);
	kl_heap_deinit(&heap);
	kl_mark_deinit(&mark);
	return DONE();
}
