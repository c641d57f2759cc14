/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/crosscheck.h"

#include <inttypes.h>
#include <stdlib.h>

#include "kernel/facts/suspects.h"
#include "kernel/machine/machine.h"

#define ANOMALY "contradiction"
#define SAMPLE 512        /* objects whose page frames are looked up */
#define NEWER_MAX 8       /* objects newer than the dump that damaged records may account for */
#define MIN_AGE_SECONDS 5 /* MSECS_MIN_AGE of every kmemleak */
#define HZ_MAX 1000

/* ---- the clock ---- */

static int by_jiffies(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Ages are taken from jiffies: when it lies before its own objects, the newest of them tells the time. A few wild
 * records must not: the newest but NEWER_MAX counts. */
static struct kl_error *check_clock(struct kl_kernel *k, const struct kl_heap *heap)
{
	_cleanup_free_ uint64_t *newer = calloc(heap->rows + 1, sizeof(*newer));
	size_t count = 0, row;

	if (!newer)
		return kl_error_nomem();
	for (row = 0; row < heap->rows; row++) {
		if (heap->jiffies[row] != KL_UNKNOWN_JIFFIES && (int64_t)(heap->jiffies[row] - k->jiffies) > 0)
			newer[count++] = heap->jiffies[row];
	}
	if (count <= NEWER_MAX)
		return NULL;
	qsort(newer, count, sizeof(*newer), by_jiffies);
	kl_kernel_anomaly(k, ANOMALY, kl_kernel_variable(k, &k->layouts.symbols.jiffies),
			  "jiffies is %" PRIu64 ", but %zu objects were allocated later, up to %" PRIu64, k->jiffies,
			  count, newer[count - 1]);
	k->jiffies = newer[count - 1 - NEWER_MAX];
	return NULL;
}

static void check_min_age(struct kl_kernel *k, struct kl_kmemleak_info *info)
{
	/* Where nothing tells the length of a tick, the shortest one errs in nobody's disfavor. */
	uint64_t expected = (uint64_t)MIN_AGE_SECONDS * (k->hz ? k->hz : HZ_MAX);

	if (info->state == KL_KMEMLEAK_ABSENT || info->min_age == expected || info->min_age == expected + 1)
		return;
	kl_kernel_anomaly(k, ANOMALY, kl_kernel_variable(k, &k->layouts.variables.jiffies_min_age),
			  "jiffies_min_age is %" PRIu64 ", not %d seconds (%" PRIu64 ")", info->min_age,
			  MIN_AGE_SECONDS, expected);
	info->min_age = expected;
}

/* ---- memory ---- */

/* The page frame of an object in the direct map; false when it lies elsewhere, or nobody can tell. */
static bool frame_of(struct kl_kernel *k, uint64_t direct_map, uint64_t address, uint64_t *ret)
{
	uint64_t physical;
	struct kl_error *err = kl_image_translate(k->image, address, &physical);

	kl_error_destroy(err);
	*ret = physical >> k->page_shift;
	return !err && address - physical == direct_map;
}

/* Whatever kmemleak tracks in the direct map is a page of memory with a struct page: where the memory map has none, it
 * lost a section, and the struct pages are roots. */
static struct kl_error *check_memmap(struct kl_kernel *k, const struct kl_heap *heap)
{
	const struct kl_index *index = &heap->index[KLEAK_CLASS_VIRTUAL];
	size_t step = index->count / SAMPLE + 1, without = 0, looked_at = 0, i;
	const struct kl_memmap *memmap;
	struct kl_error *err = kl_machine_memmap(k, &memmap);
	uint64_t direct_map, frame;

	if (err || !kl_memmap_direct_map(k, &direct_map))
		return err;
	for (i = 0; i < index->count; i += step) {
		if (!frame_of(k, direct_map, index->spans[i].start, &frame))
			continue;
		looked_at++;
		without += !kl_memmap_range(memmap, frame);
	}
	if (!without)
		return NULL;
	kl_kernel_anomaly(k, ANOMALY, kl_kernel_variable(k, &k->layouts.variables.mem_section),
			  "the memory map lacks the pages of %zu of %zu objects", without, looked_at);
	kl_kernel_incomplete(k, "the memory map");
	return NULL;
}

/* Physical objects outside of low memory are not scanned. Zones are low memory on 64 bits, all of them. */
static struct kl_error *check_low_memory(struct kl_kernel *k, struct kl_kmemleak_info *info)
{
	const struct kl_memmap *memmap;
	struct kl_error *err = kl_machine_memmap(k, &memmap);
	uint64_t low = UINT64_MAX, high = 0;
	const struct kl_zone *zone;

	if (err || !info->lowmem_filter)
		return err;
	kl_vec_for_each (zone, &memmap->zones) {
		low = zone->start < low ? zone->start : low;
		high = zone->end > high ? zone->end : high;
	}
	if (low >= high || (info->min_low_pfn <= low && info->max_low_pfn >= high))
		return NULL;
	kl_kernel_anomaly(k, ANOMALY, kl_kernel_variable(k, &k->layouts.symbols.max_low_pfn),
			  "low memory is said to be page frames %#" PRIx64 " to %#" PRIx64
			  ", but the zones reach from %#" PRIx64 " to %#" PRIx64,
			  info->min_low_pfn, info->max_low_pfn, low, high);
	info->min_low_pfn = low < info->min_low_pfn ? low : info->min_low_pfn;
	info->max_low_pfn = high > info->max_low_pfn ? high : info->max_low_pfn;
	return NULL;
}

struct kl_error *kl_crosscheck(struct kl_opened *o, struct kl_snapshot *s)
{
	struct kl_kernel *k = o->kernel;
	struct kl_error *err;

	if (!s->heap.rows)
		return NULL;
	if (s->heap.source.knows & KL_KNOWS_SCANS)
		check_min_age(k, &s->kmemleak.info);
	err = kl_suspects_find(k);
	if (!err)
		err = check_clock(k, &s->heap);
	if (!err)
		err = check_memmap(k, &s->heap);
	return err ? err : check_low_memory(k, &s->kmemleak.info);
}
