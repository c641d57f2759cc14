/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ranges.h: a sorted set of ranges of physical addresses, each with its place in a file. */
#ifndef KL_IMAGE_RANGES_H
#define KL_IMAGE_RANGES_H

#include <stdbool.h>
#include <stdint.h>

#include "util/vec.h"

struct kl_range {
	uint64_t start;
	uint64_t end;    /* exclusive */
	uint64_t offset; /* in the file, of `start` */
};

struct kl_ranges {
	KL_VEC(struct kl_range) ranges;
};

/** kl_ranges_add() - add [@start, @end), in any order; empty ranges are ignored. False when out of memory. */
bool kl_ranges_add(struct kl_ranges *r, uint64_t start, uint64_t end, uint64_t offset);

/** kl_ranges_normalize() - sort, drop ranges inside others and merge those that continue one another; needed once,
 * after the last kl_ranges_add(). Starts and ends are ascending then, but ranges may still overlap: kdump's ELF files
 * describe the kernel's image twice. */
void kl_ranges_normalize(struct kl_ranges *r);

/** kl_ranges_find() - the first range that ends above @address (it may begin above it, too), or NULL. Those after it
 * follow in memory, up to the end of the vector. */
const struct kl_range *kl_ranges_find(const struct kl_ranges *r, uint64_t address);

/** kl_ranges_pages() - how many pages of 1 << @shift bytes the set touches. */
uint64_t kl_ranges_pages(const struct kl_ranges *r, unsigned int shift);

/** kl_ranges_end() - the end of the last range; 0 for the empty set. */
uint64_t kl_ranges_end(const struct kl_ranges *r);

void kl_ranges_deinit(struct kl_ranges *r);

#endif
