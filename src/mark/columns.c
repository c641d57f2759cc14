/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mark/columns.h"

#include <string.h>

struct kl_error *kl_mark_allocate(const struct kl_heap *heap, struct kl_mark *mark)
{
	size_t n = heap->rows ? heap->rows : 1;

	mark->colour = calloc(n, sizeof(*mark->colour));
	mark->checksum_state = calloc(n, sizeof(*mark->checksum_state));
	mark->confirmed = calloc(n, sizeof(*mark->confirmed));
	mark->incomplete = calloc(n, sizeof(*mark->incomplete));
	mark->weak = calloc(n, sizeof(*mark->weak));
	mark->explained = calloc(n, sizeof(*mark->explained));
	mark->explained_by = calloc(n, sizeof(*mark->explained_by));
	mark->count = calloc(n, sizeof(*mark->count));
	mark->min_count = calloc(n, sizeof(*mark->min_count));
	mark->unref_scans = calloc(n, sizeof(*mark->unref_scans));
	mark->checksum = calloc(n, sizeof(*mark->checksum));
	if (!mark->colour || !mark->checksum_state || !mark->confirmed || !mark->incomplete || !mark->weak ||
	    !mark->explained || !mark->explained_by || !mark->count || !mark->min_count || !mark->unref_scans ||
	    !mark->checksum)
		return kl_error_nomem();
	if (heap->rows) {
		memcpy(mark->count, heap->count, n * sizeof(*mark->count));
		memcpy(mark->min_count, heap->min_count, n * sizeof(*mark->min_count));
		memcpy(mark->unref_scans, heap->unref_scans, n * sizeof(*mark->unref_scans));
	}
	return NULL;
}

void kl_mark_deinit(struct kl_mark *mark)
{
	free(mark->colour);
	free(mark->checksum_state);
	free(mark->confirmed);
	free(mark->incomplete);
	free(mark->weak);
	free(mark->explained);
	free(mark->explained_by);
	free(mark->count);
	free(mark->min_count);
	free(mark->unref_scans);
	free(mark->checksum);
	memset(mark, 0, sizeof(*mark));
}

bool kl_mark_is_highmem(const struct kl_heap *heap, const struct kl_replay_rules *rules, size_t row)
{
	uint64_t start, end;

	if (!rules->lowmem_filter || heap->class_[row] != KLEAK_CLASS_PHYSICAL ||
	    (heap->flags[row] & KL_OBJECT_NO_SCAN))
		return false;
	start = heap->address[row];
	end = start + heap->size[row];
	return start >> rules->page_shift < rules->min_low_pfn || end >> rules->page_shift > rules->max_low_pfn;
}

void kl_mark_paint_highmem(const struct kl_heap *heap, const struct kl_replay_rules *rules, struct kl_mark *mark)
{
	size_t row;

	for (row = 0; rules->lowmem_filter && row < heap->rows; row++) {
		if (kl_mark_is_highmem(heap, rules, row))
			mark->min_count[row] = -1;
	}
}

const char *kl_checksum_state_name(enum kl_checksum_state state)
{
	static const char *const names[] = {"not taken", "unmodified", "modified", "unreadable", "says nothing"};

	return names[state];
}
