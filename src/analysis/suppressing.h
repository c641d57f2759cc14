/* SPDX-License-Identifier: GPL-2.0-or-later */
/* suppressing.h: the last part of the judgement: findings that a rule of the user's matches are suppressed. */
#ifndef KL_ANALYSIS_SUPPRESSING_H
#define KL_ANALYSIS_SUPPRESSING_H

#include "analysis/marking.h"
#include "analysis/opened.h"
#include "analysis/snapshot.h"
#include "suppress/rules.h"
#include "verdict/verdict.h"

/* What became of one rule. */
struct kl_rule_use {
	const char *idle;        /* static: why it was not asked ("expired"); NULL: it was */
	uint64_t objects, bytes; /* suppressed by it, what only suppressed leaks lead to included */
};

/* One per rule of the options. */
struct kl_rule_uses {
	KL_VEC(struct kl_rule_use) list;
};

/** kl_suppress_findings() - give the verdict `suppressed` to what the rules of @o's options match.
 * @findings: of a marking of @m. A suppressed leak takes along what only it leads to; what another leak leads to, too,
 *            hangs on that one.
 * @ret:      zeroed; freed with kl_vec_deinit(&ret->list), after an error too.
 * Errors: out of memory. */
struct kl_error *kl_suppress_findings(const struct kl_opened *o, const struct kl_snapshot *s,
				      const struct kl_marking *m, struct kl_findings *findings,
				      struct kl_rule_uses *ret);

#endif
