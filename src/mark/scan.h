/* SPDX-License-Identifier: GPL-2.0-or-later */
/* scan.h: kmemleak's word test over blocks and objects; what a candidate word means is the caller's affair. */
#ifndef KL_MARK_SCAN_H
#define KL_MARK_SCAN_H

#include "mark/mark.h"

/* kmemleak's MAX_SCAN_SIZE: larger objects are scanned in chunks, each aligned anew. */
#define KL_SCAN_CHUNK 4096

struct kl_scan {
	const struct kl_heap *heap;
	const struct kl_mark_memory *memory;
	const struct kl_mark_params *params;

	/* A word inside the virtual or the per-CPU address range, tags reset. @scanned: the row it was found in, or
	 * KL_NO_OBJECT for a root; @address: where it stands. */
	void (*candidate)(void *context, uint32_t scanned, uint64_t address, uint64_t word);
	void *context;

	uint64_t words, candidates, bytes, missing; /* running totals */
	uint8_t buffer[KL_SCAN_CHUNK];
};

/** kl_scan_block() - hand every candidate of the aligned words that lie wholly in [start, start + length) on. */
void kl_scan_block(struct kl_scan *scan, uint64_t start, uint64_t length, uint32_t scanned);

/** kl_scan_object() - scan the parts of row @row that may hold references: nothing if NO_SCAN or not ALLOCATED, every
 * possible CPU's copy of a per-CPU object, its scan areas if it has some, the whole object in chunks otherwise. */
void kl_scan_object(struct kl_scan *scan, uint32_t row);

/** kl_scan_in_virtual() - does @word pass the kernel's filter for virtual addresses? */
static inline bool kl_scan_in_virtual(const struct kl_mark_params *p, uint64_t word)
{
	return word >= p->min_address && word < p->max_address;
}

static inline bool kl_scan_in_percpu(const struct kl_mark_params *p, uint64_t word)
{
	return p->percpu_references && word >= p->min_percpu && word < p->max_percpu;
}

/** kl_object_start() - the virtual address at which the bytes of a virtual or physical object lie. */
static inline uint64_t kl_object_start(const struct kl_heap *heap, const struct kl_mark_params *p, uint32_t row)
{
	return heap->address[row] + (heap->class_[row] == KLEAK_CLASS_PHYSICAL ? p->direct_map : 0);
}

#endif
