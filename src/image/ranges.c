/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/ranges.h"

#include "util/search.h"

bool kl_ranges_add(struct kl_ranges *r, uint64_t start, uint64_t end, uint64_t offset)
{
	struct kl_range range = {start, end, offset};

	return start >= end || kl_vec_push(&r->ranges, range);
}

static int compare_starts(const void *a, const void *b)
{
	const struct kl_range *ra = a, *rb = b;

	return (ra->start > rb->start) - (ra->start < rb->start);
}

void kl_ranges_normalize(struct kl_ranges *r)
{
	struct kl_range *last = r->ranges.data;

	if (!r->ranges.count)
		return;
	qsort(r->ranges.data, r->ranges.count, sizeof(*r->ranges.data), compare_starts);
	for (size_t i = 1; i < r->ranges.count; i++) {
		struct kl_range next = r->ranges.data[i];

		if (next.end <= last->end)
			continue;
		if (next.start == last->end && next.offset - last->offset == next.start - last->start)
			last->end = next.end;
		else
			*++last = next;
	}
	r->ranges.count = (size_t)(last - r->ranges.data) + 1;
}

const struct kl_range *kl_ranges_find(const struct kl_ranges *r, uint64_t address)
{
	size_t i = kl_search_prefix(r->ranges.data, r->ranges.count, range, range->end <= address);

	return i < r->ranges.count ? &r->ranges.data[i] : NULL;
}

uint64_t kl_ranges_pages(const struct kl_ranges *r, unsigned int shift)
{
	const struct kl_range *it;
	uint64_t pages = 0, counted = 0; /* page frames below `counted` are in `pages` */

	kl_vec_for_each (it, &r->ranges) {
		uint64_t first = it->start >> shift, end = ((it->end - 1) >> shift) + 1;

		if (first < counted)
			first = counted;
		if (first < end) {
			pages += end - first;
			counted = end;
		}
	}
	return pages;
}

uint64_t kl_ranges_end(const struct kl_ranges *r)
{
	return r->ranges.count ? r->ranges.data[r->ranges.count - 1].end : 0;
}

void kl_ranges_deinit(struct kl_ranges *r)
{
	kl_vec_deinit(&r->ranges);
}
