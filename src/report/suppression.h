/* SPDX-License-Identifier: GPL-2.0-or-later */
/* suppression.h: stored findings as rules that suppress them. */
#ifndef KL_REPORT_SUPPRESSION_H
#define KL_REPORT_SUPPRESSION_H

#include <stdio.h>

#include "store/reader.h"

/** kl_suppression_print() - write rules for a suppression file (suppress/rules.h) to @out.
 * @run_id: 0: the newest run.
 * @what:   address of a finding, "0x..."; a group, 16 hexadecimal digits; "all": every group that leaks.
 * Errors: KL_ERROR_USAGE when @what is none of these, KL_ERROR_NOT_FOUND when the run has no such finding. */
struct kl_error *kl_suppression_print(FILE *out, struct kl_reader *reader, int64_t run_id, const char *what);

#endif
