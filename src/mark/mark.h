/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mark.h: which objects can be reached, exactly as a kmemleak scan at this instant would decide it (policy `kernel`).
 *
 * A pure function: a heap snapshot, roots and parameters in, colours and counts out, memory through one callback.
 * No file, no kernel structure, no SQL. The order in which references are found matters in the kernel (a self reference
 * may use up the first count, surplus references pass on only once their holder is grey), so the replay follows it:
 * grey objects are queued, roots are scanned in the order given, then the queue is drained first in, first out.
 * Source: mm/kmemleak.c, 2.6.31 .. 7.3, functions scan_block, scan_object, scan_gray_list, kmemleak_scan.
 */
#ifndef KL_MARK_MARK_H
#define KL_MARK_MARK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "heap/heap.h"
#include "heap/root.h"
#include "util/progress.h"

/* How the marker sees the dump's memory. */
struct kl_mark_memory {
	/* Copies [address, address + length) to @buffer. What the dump lacks is zero-filled; returns the bytes there.
	 */
	size_t (*read)(void *context, uint64_t address, void *buffer, size_t length);
	void *context;
};

/* How the kernel combines the copies of a per-CPU object into one checksum (kernel-layouts section 3). */
enum kl_percpu_crc {
	KL_PERCPU_CRC_XOR,     /* 6.12 until its fix: each copy from seed 0, XORed */
	KL_PERCPU_CRC_CHAINED, /* since: the CRC of one copy seeds the next */
};

struct kl_mark_params {
	uint64_t min_address, max_address; /* words outside [min, max) are no pointers; the kernel's own filter */
	bool percpu_references;            /* each word is also tried as a per-CPU cookie (6.12) */
	uint64_t min_percpu, max_percpu;
	bool reset_tags; /* KASAN software or hardware tags: compare pointers with their tag byte set to 0xff */

	const uint64_t *percpu_offsets; /* of the possible CPUs, ascending: address of a copy = cookie + offset */
	size_t percpu_count;

	bool lowmem_filter; /* PHYS objects outside [min_low_pfn, max_low_pfn] are painted black (6.0) */
	uint64_t min_low_pfn, max_low_pfn;
	unsigned page_shift;
	uint64_t direct_map; /* virtual address of physical 0: PHYS objects are scanned there */

	uint64_t now;     /* jiffies of this scan */
	uint64_t min_age; /* jiffies; younger objects are never reported */

	bool checksums; /* white objects whose content changed since the last look are grey for this scan (2.6.33) */
	enum kl_percpu_crc percpu_crc;
	bool confirm;             /* a second pass confirms the suspects of the first (7.3) */
	uint32_t min_unref_scans; /* scans an object must be found unreferenced before it is reported; 1 before 7.3 */
};

/* What looking at a white object's content said. */
enum kl_checksum_state {
	KL_CHECKSUM_NOT_TAKEN,  /* not white when checksums are compared, or the kernel has none */
	KL_CHECKSUM_UNMODIFIED, /* equals the stored one: not written since the kernel's last look */
	KL_CHECKSUM_MODIFIED,   /* differs: grey until the next scan */
	KL_CHECKSUM_UNREADABLE, /* part of the object is not in the dump */
};

struct kl_mark_stats {
	uint64_t bytes[KL_ROOT_KINDS]; /* scanned, per kind of root */
	uint64_t object_bytes;         /* scanned inside objects */
	uint64_t missing_bytes;        /* of all those, not in the dump */
	uint64_t words, candidates, hits, self_references, excess_references;
	unsigned passes;
	uint64_t suspects; /* objects the confirmation pass started from */
};

/* What, outside of all scanned memory, refers to a white object. */
enum kl_explained {
	KL_EXPLAINED_NOT,
	KL_EXPLAINED_UNTRACKED, /* a word in a page that kmemleak does not track */
	KL_EXPLAINED_THROUGH,   /* an object that is explained itself */
};

/* Columns parallel to the heap's rows. */
struct kl_mark {
	uint8_t *colour;         /* enum kl_colour after the last pass */
	uint8_t *checksum_state; /* enum kl_checksum_state of the first pass */
	uint8_t *confirmed;      /* 1: this scan would report it, or has reported it before and it is still white */
	uint8_t *weak;           /* 1: white, but held by words that are declared no pointers (policy precise) */
	uint8_t *explained;      /* enum kl_explained (policy precise) */
	uint64_t *explained_by;  /* address of that word, or of that object */
	uint8_t *incomplete;     /* 1: part of its content was needed and is not in the dump */
	int32_t *count;          /* references counted, saturating at min_count as in the kernel */
	int32_t *min_count;      /* the heap's, after the lowmem filter painted */
	uint32_t *unref_scans;
	uint32_t *checksum; /* computed where checksum_state is UNMODIFIED or MODIFIED */
	struct kl_mark_stats stats;
};

/** kl_mark_run() - replay one scan.
 * @heap:  its index must be built.
 * @roots: in the kernel's order; scanned without chunks except KL_ROOT_PERCPU (4096 bytes, which changes nothing for
 *         aligned areas).
 * @ret:   destroyed by the caller with kl_mark_deinit().
 *
 * Missing memory is counted, never fatal; it can only make objects whiter than they were.
 * Errors: out of memory, KL_ERROR_INTERRUPTED. Cost: one read of all grey memory per pass.
 */
struct kl_error *kl_mark_run(const struct kl_heap *heap, const struct kl_root *roots, size_t n_roots,
			     const struct kl_mark_memory *memory, const struct kl_mark_params *params,
			     const struct kl_progress *progress, struct kl_mark *ret);

void kl_mark_deinit(struct kl_mark *mark);
#define _cleanup_mark_ _cleanup_(kl_mark_deinit)

/** kl_reset_tag() - @pointer with the tag byte of KASAN's software and hardware modes reset (sign-extended bit 55). */
static inline uint64_t kl_reset_tag(uint64_t pointer)
{
	return (uint64_t)((int64_t)(pointer << 8) >> 8);
}

const char *kl_checksum_state_name(enum kl_checksum_state state);

/* An arrow between two rows of the heap, found while scanning. */
struct kl_edge {
	uint32_t from;
	uint32_t to;
};

struct kl_edges {
	KL_VEC(struct kl_edge) list; /* ascending by (from, to), without duplicates and self references */
};

/** kl_mark_white_edges() - which white objects point to which, by the same word test as the marking.
 * NO_SCAN objects and memory outside scan areas give no arrows, as in the marking.
 */
struct kl_error *kl_mark_white_edges(const struct kl_heap *heap, const struct kl_mark *mark,
				     const struct kl_mark_memory *memory, const struct kl_mark_params *params,
				     struct kl_edges *ret);

#endif
