/* SPDX-License-Identifier: GPL-2.0-or-later */
/* heap.h: the heap snapshot: every tracked object as a row of columns, and one sorted index per address class.
 *
 * Filled by an object source (src/kernel/sources), read by the marker and the verdicts. It belongs to none of them:
 * nothing here knows a kernel structure or a file, and what a source cannot know is said to be unknown. Rows keep the
 * order in which the source added them (for kmemleak: object_list, the order of creation), so that order-sensitive
 * replays and listings can follow it.
 */
#ifndef KL_HEAP_HEAP_H
#define KL_HEAP_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "heap/index.h"
#include "kleak/kleak.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/intern.h"
#include "util/vec.h"

#define KL_CLASSES 3 /* of enum kleak_class */

enum kl_colour {
	KL_WHITE, /* fewer references than it needs */
	KL_GREY,  /* referenced, or never to be reported */
	KL_BLACK, /* ignored altogether */
};

/** kl_colour_of() - the colour that @min_count and @count mean (count -1: "no colour yet" in 2.6.31/32, never white).
 */
static inline enum kl_colour kl_colour_of(int32_t min_count, int32_t count)
{
	if (min_count == -1)
		return KL_BLACK;
	return count != -1 && count < min_count ? KL_WHITE : KL_GREY;
}

const char *kl_colour_name(enum kl_colour colour);

/* Bits of the flags column, independent of the kernel's own numbering (which gave bit 3 two meanings). */
enum {
	KL_OBJECT_ALLOCATED = 1 << 0,
	KL_OBJECT_REPORTED = 1 << 1,    /* the kernel has already reported it */
	KL_OBJECT_NO_SCAN = 1 << 2,     /* its contents hold no references */
	KL_OBJECT_FULL_SCAN = 1 << 3,   /* ignore its scan areas */
	KL_OBJECT_NEW = 1 << 4,         /* allocated since the scan that was running (2.6.31, 2.6.32) */
	KL_OBJECT_SUSPECT = 1 << 5,     /* white after a first pass, not yet confirmed (7.3) */
	KL_OBJECT_POOLED = 1 << 6,      /* its metadata lives in kmemleak's static mem_pool */
	KL_OBJECT_TAG_DEDUCED = 1 << 7, /* the kernel stored no call site for it: another object's stack tells */
	KL_OBJECT_UNCOUNTED = 1 << 8,   /* per-CPU; the kernel's scan never looks for references to it (before 6.12) */
	KL_OBJECT_NO_STACK = 1 << 9,    /* what stands for its stack only names its slab cache */
	KL_OBJECT_PAGES = 1 << 10, /* perhaps pages that somebody knows by their struct page, not by their address */
};

/* What a source writes into a column when it does not know. An unknown stack, task name or tag is 0. */
#define KL_UNKNOWN_JIFFIES UINT64_MAX
#define KL_UNKNOWN_PID INT32_MIN

/* What an object source can know about its objects, beyond where they lie and how large they are. */
enum {
	KL_KNOWS_AGE = 1 << 0,   /* column jiffies */
	KL_KNOWS_TASK = 1 << 1,  /* columns pid and comm */
	KL_KNOWS_STACK = 1 << 2, /* column stack */
	KL_KNOWS_SCANS = 1 << 3, /* columns count, checksum, unref_scans: what the kernel's own scans left */
	KL_KNOWS_BOOT = 1 << 4,  /* memory handed out while booting is among the objects, as far as it is searched */
};

/* The source that filled a heap, in its own words. */
struct kl_source {
	const char *name;  /* static: "kmemleak" */
	const char *state; /* static, one sentence for people: "kmemleak was on" */
	unsigned knows;    /* KL_KNOWS_ bits; a column outside of them says nothing */
};

/* The columns. min_count: references needed to be grey; 0 = always grey, -1 = black. */
#define KL_HEAP_COLUMNS(X)                                                                                \
	X(uint64_t, address)    /* see enum kleak_class; tags (KASAN) already reset */                    \
	X(uint64_t, size)       /* bytes */                                                               \
	X(uint64_t, excess_ref) /* address of the object that surplus references are passed to, or 0 */   \
	X(uint64_t, jiffies)    /* raw jiffies at allocation, or KL_UNKNOWN_JIFFIES */                    \
	X(uint64_t, metadata)   /* virtual address of the kernel's record of this object, for messages */ \
	X(int32_t, min_count)                                                                             \
	X(int32_t, count)        /* references counted by the kernel's last scan */                       \
	X(uint32_t, checksum)    /* CRC stored by the kernel's last look, or the initial value */         \
	X(uint32_t, unref_scans) /* consecutive scans that found it unreferenced (7.3; 0 elsewhere) */    \
	X(uint32_t, stack)       /* of its allocation: identifier for kl_heap_frames(); 0 = unknown */    \
	X(uint32_t, first_area)  /* index into kl_heap.areas */                                           \
	X(uint32_t, comm)        /* identifier in kl_heap.comms */                                        \
	X(uint32_t, tag)         /* one more than its index among the allocation tags; 0 = none */        \
	X(int32_t, pid)          /* or KL_UNKNOWN_PID */                                                  \
	X(uint16_t, area_count)  /* number of scan areas; 0 = the whole object is scanned */              \
	X(uint16_t, flags)                                                                                \
	X(uint8_t, class_) /* enum kleak_class */

/* One row, for adding. */
struct kl_object {
#define X(type, name) type name;
	KL_HEAP_COLUMNS(X)
#undef X
};

/* A part of an object that may hold references (kmemleak_scan_area), as virtual addresses. */
struct kl_scan_area {
	uint64_t start;
	uint64_t length;
};

struct kl_heap {
	struct kl_source source;
	size_t rows;
	size_t capacity;
#define X(type, name) type *name;
	KL_HEAP_COLUMNS(X)
#undef X
	KL_VEC(struct kl_scan_area) areas;
	struct kl_intern *comms;  /* raw bytes of task names: escape before printing */
	struct kl_intern *stacks; /* frames as 64-bit words; see kl_heap_add_stack() */
	struct kl_index index[KL_CLASSES];
	struct kl_index copies; /* of per-CPU objects, by virtual address; see kl_heap_index_copies() */
};

struct kl_error *kl_heap_init(struct kl_heap *heap);
void kl_heap_deinit(struct kl_heap *heap);
#define _cleanup_heap_ _cleanup_(kl_heap_deinit)

/** kl_heap_add() - append @object as a row without scan areas. Errors: out of memory, more than 2^32 - 2 rows. */
struct kl_error *kl_heap_add(struct kl_heap *heap, const struct kl_object *object);

/** kl_heap_add_area() - append a scan area to the row added last; false when out of memory or over 65535 areas. */
bool kl_heap_add_area(struct kl_heap *heap, uint64_t start, uint64_t length);

/* Frames of one stack at most; the kernel's own limits are 16 (kmemleak's MAX_TRACE, SLUB's TRACK_ADDRS_COUNT) and, in
 * the stack depot, 64. */
#define KL_STACK_MAX 64

/** kl_heap_add_stack() - the identifier of a stack of @count frames, innermost first; the same frames always get the
 * same one, none at all get 0. */
struct kl_error *kl_heap_add_stack(struct kl_heap *heap, const uint64_t *frames, size_t count, uint32_t *ret);

/** kl_heap_frames() - copy the frames of stack @id, innermost first, to @frames; returns how many there are. */
size_t kl_heap_frames(const struct kl_heap *heap, uint32_t id, uint64_t frames[KL_STACK_MAX]);

/** kl_heap_age() - jiffies between the allocation of @row and @now; false when the source does not know.
 * Negative when the allocation seems to lie in the future: jiffies of another CPU, or damage. */
static inline bool kl_heap_age(const struct kl_heap *heap, size_t row, uint64_t now, int64_t *ret)
{
	*ret = (int64_t)(now - heap->jiffies[row]);
	return heap->jiffies[row] != KL_UNKNOWN_JIFFIES;
}

/** kl_heap_build_index() - sort the objects of every class by address; call once, after the last kl_heap_add().
 * @overlap: called for each pair of rows that overlap in one class (the kernel never allows it: corruption or a stale
 * entry); the later row is the one kept in the index. May be NULL.
 *
 * Rows of size 0 or that wrap around are left out of the index: nothing can point into them.
 */
struct kl_error *kl_heap_build_index(struct kl_heap *heap, void (*overlap)(void *context, size_t dropped, size_t kept),
				     void *context);

/** kl_heap_remove() - drop the rows for which @gone has a 1; the others move up. Indexes are to be built anew. */
void kl_heap_remove(struct kl_heap *heap, const uint8_t *gone);

/** kl_heap_index_copies() - note where the copies of per-CPU objects lie: at their cookies plus each of @offsets.
 * A copy that overlaps another one is left out. Errors: out of memory. */
struct kl_error *kl_heap_index_copies(struct kl_heap *heap, const uint64_t *offsets, size_t n);

/** kl_heap_find_virtual() - the object that the byte at virtual address @address belongs to, be it one CPU's copy of a
 * per-CPU object; KL_NO_OBJECT when there is none. */
static inline uint32_t kl_heap_find_virtual(const struct kl_heap *heap, uint64_t address)
{
	uint32_t row = kl_index_find(&heap->index[KLEAK_CLASS_VIRTUAL], address);

	return row == KL_NO_OBJECT ? kl_index_find(&heap->copies, address) : row;
}

#endif
