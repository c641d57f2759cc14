/* SPDX-License-Identifier: GPL-2.0-or-later */
/* analysis.h: one dump through the whole way of the data, up to the verdicts, stage by stage. record.h stores it.
 *
 * This room conducts: it prints nothing and knows no option syntax and no terminal. It is what a command, a test, a
 * daemon or another front end calls.
 */
#ifndef KL_ANALYSIS_ANALYSIS_H
#define KL_ANALYSIS_ANALYSIS_H

#include "analysis/judgement.h"
#include "analysis/marking.h"
#include "analysis/opened.h"
#include "analysis/snapshot.h"

/* How long each phase took. */
struct kl_phase {
	const char *name; /* static */
	double milliseconds;
};

struct kl_analysis {
	struct kl_opened opened;
	struct kl_snapshot snapshot;
	struct kl_marking marking;
	struct kl_judgement judgement;
	KL_VEC(struct kl_phase) phases;
	int64_t started_ms; /* Unix time */
};

/** kl_analysis_run() - open the dump, read its objects, mark them, give verdicts.
 * @options: borrowed until kl_analysis_destroy().
 *
 * A kernel without kmemleak, or with kmemleak off, is a result, not an error: no objects, and the state says why.
 * Errors: what cannot be opened or does not belong together, out of memory, KL_ERROR_INTERRUPTED.
 */
struct kl_error *kl_analysis_run(const struct kl_analysis_options *options, struct kl_analysis **ret);
void kl_analysis_destroy(struct kl_analysis *a);
KL_DEFINE_CLEANUP(struct kl_analysis *, kl_analysis_destroy)

/** kl_analysis_end_phase() - note how long the phase took that began at *@since (kl_analysis_clock(), nanoseconds), and
 * begin the next there. @name: static. */
void kl_analysis_end_phase(struct kl_analysis *a, const char *name, int64_t *since);
int64_t kl_analysis_clock(void);

/** kl_analysis_partial() - one line saying what was missing or keeps the result from being trusted; NULL when nothing.
 * malloc'ed. */
char *kl_analysis_partial(const struct kl_analysis *a);

#endif
