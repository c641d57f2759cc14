/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mark.h: the vocabulary of every marking: what goes in, what comes out.
 *
 * Markers are pure functions: a heap snapshot, an address space and rules in, colours and counts out, memory through
 * one callback. No file, no kernel structure, no SQL. replay.h marks as the kernel would, precise.h as a frozen machine
 * allows.
 */
#ifndef KL_MARK_MARK_H
#define KL_MARK_MARK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "heap/address_space.h"
#include "heap/heap.h"
#include "heap/root.h"
#include "util/progress.h"

/* How the marker sees the dump's memory. */
struct kl_mark_memory {
	/* Copies [address, address + length) to @buffer. What the dump lacks is zero-filled; returns the bytes there.
	 */
	size_t (*read)(void *context, uint64_t address, void *buffer, size_t length);
	/* The bytes at @address where they lie, up to the end of their page, which are @length; valid until the next
	 * call of either. NULL and @length when the dump lacks that page. May be NULL itself: then all is copied. */
	const uint8_t *(*peek)(void *context, uint64_t address, size_t *length);
	void *context;
};

/* How the kernel combines the copies of a per-CPU object into one checksum (kernel-layouts section 3). */
enum kl_percpu_crc {
	KL_PERCPU_CRC_XOR,     /* 6.12 until its fix: each copy from seed 0, XORed */
	KL_PERCPU_CRC_CHAINED, /* since: the CRC of one copy seeds the next */
};

/* kmemleak's own rules, which the replay follows. All zero for objects that kmemleak did not track. */
struct kl_replay_rules {
	bool lowmem_filter; /* PHYS objects outside [min_low_pfn, max_low_pfn] are painted black (6.0) */
	uint64_t min_low_pfn, max_low_pfn;
	unsigned page_shift;

	uint64_t min_age; /* jiffies; younger objects are never reported */

	bool checksums; /* white objects whose content changed since the last look are grey for this scan (2.6.33) */
	uint32_t initial_checksum; /* stored in objects the kernel never looked at: these say nothing */
	enum kl_percpu_crc percpu_crc;
	bool confirm;             /* a second pass confirms the suspects of the first (7.3) */
	uint32_t min_unref_scans; /* scans an object must be found unreferenced before it is reported; 1 before 7.3 */
};

/* What every marking of one dump shares. All borrowed. */
struct kl_mark_input {
	const struct kl_heap *heap; /* with its index */
	const struct kl_address_space *space;
	const struct kl_replay_rules *rules;
	struct kl_mark_memory memory;
	uint64_t now;                       /* jiffies of the dump */
	const struct kl_progress *progress; /* may be NULL */
};

/* What looking at a white object's content said. */
enum kl_checksum_state {
	KL_CHECKSUM_NOT_TAKEN,  /* not white when checksums are compared, or the kernel has none */
	KL_CHECKSUM_UNMODIFIED, /* equals the stored one: not written since the kernel's last look */
	KL_CHECKSUM_MODIFIED,   /* differs: grey until the next scan */
	KL_CHECKSUM_UNREADABLE, /* part of the object is not in the dump */
	/* Equals the stored one, which is that of an object the kernel has never looked at: zeroes, or copies of a
	 * per-CPU object that are alike in pairs (KL_PERCPU_CRC_XOR), whatever they were before. Policy precise. */
	KL_CHECKSUM_SILENT,
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
	KL_EXPLAINED_PLUGIN,    /* a plugin says so: by the identifier of its words */
	KL_EXPLAINED_CROWD,     /* so is nearly all of its kind (population.h): by how many these are */
	KL_EXPLAINED_PAGES,   /* pages that a struct page or a page frame number leads to: by where that word stands */
	KL_EXPLAINED_THROUGH, /* an object that is explained itself */
};

/* Why the references that an object has are not enough to call it reachable. */
enum kl_weakness {
	KL_WEAK_NOT,
	KL_WEAK_INTEGER,  /* its address is only in fields that are not pointers */
	KL_WEAK_SIBLINGS, /* only thin words lead to it, and its siblings are lost (siblings.h) */
	KL_WEAK_THROUGH,  /* only such objects lead to it */
};

/* Columns parallel to the heap's rows. */
struct kl_mark {
	uint8_t *colour;         /* enum kl_colour after the last pass */
	uint8_t *checksum_state; /* enum kl_checksum_state of the first pass */
	uint8_t *confirmed;      /* 1: this scan would report it, or has reported it before and it is still white */
	uint8_t *weak;           /* enum kl_weakness: white, but not for certain (policy precise) */
	uint8_t *explained;      /* enum kl_explained (policy precise) */
	/* Address of that word, or of that object; else as enum kl_explained says. Of weak objects too: of such a word,
	 * which siblings.h did not believe; 0 without one. */
	uint64_t *explained_by;
	uint8_t *incomplete; /* 1: part of its content was needed and is not in the dump */
	int32_t *count;      /* references counted, saturating at min_count as in the kernel */
	int32_t *min_count;  /* the heap's, after the lowmem filter painted */
	uint32_t *unref_scans;
	uint32_t *checksum; /* computed where checksum_state is UNMODIFIED or MODIFIED */
	struct kl_mark_stats stats;
};

void kl_mark_deinit(struct kl_mark *mark);
#define _cleanup_mark_ _cleanup_(kl_mark_deinit)

const char *kl_checksum_state_name(enum kl_checksum_state state);

#endif
