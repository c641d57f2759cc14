/* SPDX-License-Identifier: GPL-2.0-or-later */
/* marking.h: an analysis marked under one of the two policies. */
#ifndef KL_ANALYSIS_MARKING_H
#define KL_ANALYSIS_MARKING_H

#include "analysis/analysis.h"

/** kl_marking_run() - fill roots, mark and edges of @a as its options say; its heap is read already. */
struct kl_error *kl_marking_run(struct kl_analysis *a);

/** kl_marking_memory() - the memory of @a's dump, as the marker reads it. */
struct kl_mark_memory kl_marking_memory(const struct kl_analysis *a);

/** kl_marking_run_under() - mark @a, whose references are collected, under @settings: reachability, signs of life,
 * second chance. @mark and @edges: freed by the caller. */
struct kl_error *kl_marking_run_under(struct kl_analysis *a, const struct kl_precise_settings *settings,
				      struct kl_mark *mark, struct kl_edges *edges);

/** kl_marking_verdicts() - verdicts on @mark. @min_age: jiffies. @ret: freed with kl_findings_deinit(). */
struct kl_error *kl_marking_verdicts(const struct kl_analysis *a, const struct kl_mark *mark,
				     const struct kl_edges *edges, uint64_t min_age, struct kl_findings *ret);

#endif
