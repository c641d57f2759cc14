/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The allocators' objects on real dumps, held against kmemleak's own list of the same moment.
 *
 * Both were told of every allocation, by different code of the same kernel. So where both can know an object, both
 * have it, and every difference is of a class that is named here.
 */
#include "corpus.h"
#include "test.h"

#include <stdlib.h>

#include "debug/debug.h"
#include "kernel/machine/machine.h"
#include "kernel/machine/open.h"
#include "kernel/sources/sources.h"

static struct kl_image *image;
static struct kl_debug *debug;
static struct kl_kernel *kernel;
static struct kl_heap tracked, allocated;
static const struct kl_slab_caches *caches;

static bool open_dump(const char *name)
{
	struct kl_kmemleak kmemleak;
	char folder[4096], vmcore[4200], vmlinux[4200];
	const char *paths = vmcore;
	struct kl_image_options options = {.paths = &paths, .n_paths = 1};

	if (!find_folder(name, folder, sizeof(folder)))
		return false;
	snprintf(vmcore, sizeof(vmcore), "%s/B.vmcore", folder);
	snprintf(vmlinux, sizeof(vmlinux), "%s/vmlinux", folder);
	CHECK_OK(kl_image_open(&options, &image));
	CHECK_OK(kl_debug_open(vmlinux, &debug));
	CHECK_OK(kl_kernel_open(image, debug, NULL, false, &kernel));
	CHECK_OK(kl_heap_init(&tracked));
	CHECK_OK(kl_heap_init(&allocated));
	if (!kernel)
		return true;
	CHECK_OK(kl_sources_read(kernel, NULL, NULL, KL_SOURCE_KMEMLEAK, &tracked, &kmemleak));
	CHECK_OK(kl_sources_read(kernel, NULL, NULL, KL_SOURCE_ALLOCATORS, &allocated, &kmemleak));
	CHECK_OK(kl_machine_slab_caches(kernel, &caches));
	CHECK_STR(tracked.source.name, "kmemleak");
	CHECK_STR(allocated.source.name, "allocators");
	return true;
}

static void close_dump(void)
{
	kl_heap_deinit(&tracked);
	kl_heap_deinit(&allocated);
	kl_kernel_destroy(kernel);
	if (debug)
		kl_debug_close(debug);
	if (image)
		kl_image_destroy(image);
	kernel = NULL;
	debug = NULL;
	image = NULL;
}

/* The row of @heap that begins at @address in @class_. */
static uint32_t find_row(const struct kl_heap *heap, enum kleak_class class_, uint64_t address)
{
	uint32_t row = kl_index_find(&heap->index[class_], address);

	return row != KL_NO_OBJECT && heap->address[row] == address ? row : KL_NO_OBJECT;
}

/* An object of both lists has one size. A cache that was merged with one of larger objects is the exception: kmemleak
 * keeps what was true when the object was allocated. */
static void check_slab_size(uint64_t address, uint64_t ours, uint64_t theirs, const struct kl_slab_cache *cache)
{
	uint64_t users = 0;

	if (ours == theirs)
		return;
	CHECK_OK(kl_kernel_read_member(kernel, cache->address, &kernel->layouts.kmem_cache.refcount, &users));
	if (users < 2 || theirs > ours)
		FAIL_("%#" PRIx64 " of %s: %" PRIu64 " bytes, and %" PRIu64 " by kmemleak", address, cache->name, ours,
		      theirs);
}

/* Every slab object of kmemleak's is one of ours: nothing waited for a grace period here. Returns how many. */
static size_t check_tracked_are_allocated(void)
{
	const struct kl_index *index = &tracked.index[KLEAK_CLASS_VIRTUAL];
	struct kl_slab slab = {};
	size_t i, n = 0;

	for (i = 0; i < index->count; i++) {
		uint64_t address = index->spans[i].start;
		uint32_t row = find_row(&allocated, KLEAK_CLASS_VIRTUAL, address);

		if (!kl_slab_holds(&slab, address) && !kl_slab_at(caches, address, &slab))
			continue;
		n++;
		if (row == KL_NO_OBJECT)
			FAIL_("%#" PRIx64 " of %s is not allocated", address, slab.cache->name);
		else
			check_slab_size(address, allocated.size[row], tracked.size[index->spans[i].object], slab.cache);
	}
	return n;
}

/* The other way round only the first kmem_cache_node of each node is missing: it is made before kmemleak can be told.
 */
static void check_allocated_are_tracked(void)
{
	const struct kl_index *index = &allocated.index[KLEAK_CLASS_VIRTUAL];
	struct kl_slab slab = {};
	size_t i, early = 0;

	for (i = 0; i < index->count; i++) {
		uint64_t address = index->spans[i].start;

		if ((!kl_slab_holds(&slab, address) && !kl_slab_at(caches, address, &slab)) ||
		    find_row(&tracked, KLEAK_CLASS_VIRTUAL, address) != KL_NO_OBJECT)
			continue;
		if (strcmp(slab.cache->name, "kmem_cache_node") != 0)
			FAIL_("%#" PRIx64 " of %s is not tracked", address, slab.cache->name);
		early++;
	}
	CHECK_INT(early, 1);
}

/* Where kmemleak tracks per-CPU memory (6.8), both lists are the same. */
static void check_percpu(void)
{
	const struct kl_index *ours = &allocated.index[KLEAK_CLASS_PERCPU];
	const struct kl_index *theirs = &tracked.index[KLEAK_CLASS_PERCPU];
	size_t i;

	CHECK(ours->count > 100);
	if (!theirs->count)
		return;
	CHECK_INT(ours->count, theirs->count);
	for (i = 0; i < ours->count && i < theirs->count; i++) {
		CHECK_INT(ours->spans[i].start, theirs->spans[i].start);
		CHECK_INT(ours->spans[i].end, theirs->spans[i].end);
	}
}

/* kmemleak's areas of vmalloc() are ours, but for those that code is loaded into. */
static void check_areas(void)
{
	uint64_t start = 0, end = 0;
	size_t row, n = 0;

	CHECK(kl_modules_space(kernel, &start, &end));
	for (row = 0; row < tracked.rows; row++) {
		uint64_t area = tracked.excess_ref[row];
		uint32_t ours = find_row(&allocated, KLEAK_CLASS_VIRTUAL, area);

		if (!area || (area >= start && area < end))
			continue;
		n++;
		if (ours == KL_NO_OBJECT)
			FAIL_("the area %#" PRIx64 " is not allocated", area);
		else if (allocated.min_count[ours] != 2)
			FAIL_("the area %#" PRIx64 " needs %d references", area, (int)allocated.min_count[ours]);
	}
	CHECK(n > 20);
}

static void judge_dump(const char *name)
{
	size_t n;

	if (!open_dump(name))
		SKIP(skip_reason);
	if (kernel) {
		n = check_tracked_are_allocated();
		CHECK(n > 10000);
		printf("# %s: %zu slab objects in both lists, %zu per-CPU ones\n", name, n,
		       allocated.index[KLEAK_CLASS_PERCPU].count);
		check_allocated_are_tracked();
		check_percpu();
		check_areas();
		CHECK_INT(kernel->anomaly_count, 0);
	}
	close_dump();
}

static void test_6_1(void)
{
	judge_dump("x86_64-6.1");
}

static void test_6_12(void)
{
	judge_dump("x86_64-6.12");
}

static void test_7_3(void)
{
	judge_dump("x86_64-7.3");
}

static void test_7_3_aarch64(void)
{
	judge_dump("aarch64-7.3");
}

int main(void)
{
	RUN(test_6_1);
	RUN(test_6_12);
	RUN(test_7_3);
	RUN(test_7_3_aarch64);
	return DONE();
}
