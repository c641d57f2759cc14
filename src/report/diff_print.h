/* SPDX-License-Identifier: GPL-2.0-or-later */
/* diff_print.h: a comparison of two runs, printed. */
#ifndef KL_REPORT_DIFF_PRINT_H
#define KL_REPORT_DIFF_PRINT_H

#include <stdio.h>

#include "report/diff.h"

struct kl_diff_print {
	FILE *out;
	struct kl_reader *reader;
	bool color;
	bool all; /* name every new object, however many (text) */
};

/** kl_diff_print_text() - for people: what is new is named object by object. */
struct kl_error *kl_diff_print_text(const struct kl_diff_print *print, const struct kl_diff *diff);

/** kl_diff_print_json() - {schema_version, same_boot, same_settings, a, b, groups: [{change, stack_hash, frames,
 * new_objects, ...}]}
 */
struct kl_error *kl_diff_print_json(const struct kl_diff_print *print, const struct kl_diff *diff);

#endif
