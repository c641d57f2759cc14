/* SPDX-License-Identifier: GPL-2.0-or-later */
/* growth_print.h: what grew between two runs although something leads to it: a list that is only added to is a
 * leak, too. */
#ifndef KL_REPORT_GROWTH_PRINT_H
#define KL_REPORT_GROWTH_PRINT_H

#include "report/diff_print.h"
#include "report/emitter.h"

/** kl_growth_print_text() - stacks, and call sites where both runs know them, that grew by @p->min_growth bytes;
 * kl_growth_print_json() - the same as the array `growing`. Nothing when that is 0. */
struct kl_error *kl_growth_print_text(const struct kl_diff_print *p, const struct kl_diff *diff);
struct kl_error *kl_growth_print_json(struct kl_emitter *e, const struct kl_diff_print *p, const struct kl_diff *diff);

#endif
