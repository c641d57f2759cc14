/* SPDX-License-Identifier: GPL-2.0-or-later */
/* types.h: where an analysis gets types from, and what they say about who holds a weakly referenced object. */
#ifndef KL_ANALYSIS_TYPES_H
#define KL_ANALYSIS_TYPES_H

#include "analysis/analysis.h"
#include "kernel/facts/object_types.h"
#include "util/strbuf.h"

/** kl_types_files() - the vmlinux and the modules' files, opened when they are asked for. @a is borrowed. */
struct kl_type_files kl_types_files(struct kl_analysis *a);

/* Words that keep an object of one marking weakly referenced. */
struct kl_holder {
	uint32_t to;   /* row */
	uint32_t node; /* of the references: what the word stands in */
	uint64_t at;   /* address of the word */
	bool strong;   /* not the word is weak, but the object that it stands in */
};

struct kl_holders {
	const struct kl_analysis *a;
	KL_VEC(struct kl_holder) list; /* ascending by row */
};

/** kl_holders_collect() - all of them under @mark and @settings. @ret: freed with kl_vec_deinit(&ret->list).
 * Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_holders_collect(const struct kl_analysis *a, const struct kl_mark *mark,
				    const struct kl_precise_settings *settings, struct kl_holders *ret);

/** kl_holders_describe() - append what holds @row: ": dentry.d_time of 3 objects, variable stamps", the most frequent
 * first. @context: a struct kl_holders. Names come from debug information: escape before printing. */
void kl_holders_describe(void *context, uint32_t row, struct kl_strbuf *sb);

#endif
