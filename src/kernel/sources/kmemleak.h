/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kmemleak.h: what kmemleak knew at the time of the dump: its state and every object it tracked.
 *
 * Walks object_list forward (insertion publishes `next` last, so a forward walk is consistent even when a CPU was
 * stopped inside list_add_tail_rcu) and decodes every generation of struct kmemleak_object by presence of its members.
 * Source: mm/kmemleak.c, 2.6.31 .. 7.3; docs/kernel-layouts.md section 1.
 */
#ifndef KL_KERNEL_SOURCES_KMEMLEAK_H
#define KL_KERNEL_SOURCES_KMEMLEAK_H

#include "heap/heap.h"
#include "kernel/kernel.h"
#include "kernel/sources/kmemleak_info.h"

/* Entries of object_list that are no objects (any more). */
struct kl_kmemleak_skipped {
	uint64_t freed;   /* being freed: use_count 0, or no longer ALLOCATED */
	uint64_t removed; /* erased from the tree, kept on the list for a scan */
	uint64_t invalid; /* damaged: unreadable or with values that cannot be */
};

/* What only kmemleak knows: its objects are in the heap like anybody's. */
struct kl_kmemleak {
	struct kl_kmemleak_info info;
	struct kl_kmemleak_skipped skipped;
};

/** kl_kmemleak_read() - fill @heap with every live object, and @ret with the state.
 * @heap: empty and initialized; gets its index and describes its source. With state ABSENT or OFF it stays empty.
 *
 * Damaged entries are skipped with an anomaly recorded in @k, a damaged list ends there, and what was read is returned.
 * Errors: out of memory, KL_ERROR_INTERRUPTED.
 */
struct kl_error *kl_kmemleak_read(struct kl_kernel *k, const struct kl_progress *progress, struct kl_heap *heap,
				  struct kl_kmemleak *ret);

/** kl_kmemleak_would_print() - would `cat /sys/kernel/debug/kmemleak` have listed row @row of kmemleak's own @heap,
 * going by flags, stored count and age at the last scan? (Reading never scans, except in the very first 2.6.31 commit.)
 */
bool kl_kmemleak_would_print(const struct kl_kmemleak *km, const struct kl_heap *heap, size_t row);

#endif
