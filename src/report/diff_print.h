/* SPDX-License-Identifier: GPL-2.0-or-later */
/* diff_print.h: a comparison of two runs, printed: what the formats of a report (report.h) make of one. */
#ifndef KL_REPORT_DIFF_PRINT_H
#define KL_REPORT_DIFF_PRINT_H

#include <stdio.h>

#include "report/diff.h"
#include "util/strbuf.h"

struct kl_diff_print {
	FILE *out;
	struct kl_reader *reader;
	bool color;
	int64_t min_growth; /* bytes by which something grew that is reachable (growth_print.h); 0: not asked */
	bool all;           /* name every new object, however many (text, markdown) */
	bool weigh_objects; /* in a format with one weight: objects, not bytes */
};

typedef struct kl_error *kl_diff_print_fn(const struct kl_diff_print *print, const struct kl_diff *diff);

/** kl_diff_print_text() - for people: what is new is named object by object. */
kl_diff_print_fn kl_diff_print_text;

/** kl_diff_print_markdown() - for a bug tracker: what leaks in B only, or more, comes first. */
kl_diff_print_fn kl_diff_print_markdown;

/** kl_diff_print_json() - {schema_version, same_boot, same_settings, b_is_older, a, b, changes, groups: [{change,
 * stack_hash, frames, new_objects, ...}]}; ndjson: all but the groups, and then each of these, on lines that begin with
 * what they are; html: the JSON in the page that shows it. */
kl_diff_print_fn kl_diff_print_json, kl_diff_print_ndjson, kl_diff_print_html;

/** kl_diff_print_folded() - "outermost;...;innermost A B" for each group, as difference flame graphs are made from;
 * speedscope: profiles of what is more in B, and of what is less. */
kl_diff_print_fn kl_diff_print_folded, kl_diff_print_speedscope;

/** kl_diff_frames() - the stack of @group with all names and lines that the database knows; valid until the reader
 * reads the next one. */
struct kl_error *kl_diff_frames(const struct kl_diff_print *print, const struct kl_diff *diff,
				const struct kl_diff_group *group, const struct kl_store_frame **ret, size_t *count);

/** kl_diff_amounts() - append "9 objects, 4.50 KiB", or what became of them: "2 -> 3 objects, 64 B -> 96 B". */
void kl_diff_amounts(struct kl_strbuf *sb, const struct kl_diff_group *group);

#endif
