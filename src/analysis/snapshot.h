/* SPDX-License-Identifier: GPL-2.0-or-later */
/* snapshot.h: the second stage of an analysis: what the dead kernel held, read. */
#ifndef KL_ANALYSIS_SNAPSHOT_H
#define KL_ANALYSIS_SNAPSHOT_H

#include "analysis/opened.h"
#include "heap/heap.h"
#include "kernel/sources/debugfs_text.h"
#include "kernel/sources/sources.h"
#include "profiling/survey.h"

struct kl_snapshot {
	struct kl_heap heap;         /* filled by an object source, which it names */
	struct kl_kmemleak kmemleak; /* status ABSENT where the kernel has none */
	struct kl_kmemleak_text text;
	struct kl_profiling_survey profiling;
};

/** kl_snapshot_objects() - the heap, from its source, and how the kernel words its reports.
 * A kernel without kmemleak, or with kmemleak off, is a result, not an error: no objects, and the source says why.
 * @s: zeroed; destroyed by the caller with kl_snapshot_deinit(), after an error too. Must not be moved.
 * Errors: out of memory, KL_ERROR_INTERRUPTED. */
struct kl_error *kl_snapshot_objects(struct kl_opened *o, struct kl_snapshot *s);

/** kl_snapshot_call_sites() - what memory allocation profiling adds to @s. Errors: likewise. */
struct kl_error *kl_snapshot_call_sites(struct kl_opened *o, struct kl_snapshot *s);
void kl_snapshot_deinit(struct kl_snapshot *s);

#endif
