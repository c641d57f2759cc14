/* SPDX-License-Identifier: GPL-2.0-or-later */
/* scan.h: kmemleak's word test over blocks and objects; what a candidate word means is the caller's affair. */
#ifndef KL_MARK_SCAN_H
#define KL_MARK_SCAN_H

#include "mark/mark.h"

/* kmemleak's MAX_SCAN_SIZE: larger objects are scanned in chunks, each aligned anew. */
#define KL_SCAN_CHUNK 4096

struct kl_scan {
	const struct kl_mark_input *in;

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

#endif
