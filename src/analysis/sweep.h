/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sweep.h: one dump marked under many settings; the dump is not read again. What comes out are rows of store/rows.h,
 * which report/ prints.
 */
#ifndef KL_ANALYSIS_SWEEP_H
#define KL_ANALYSIS_SWEEP_H

#include "analysis/analysis.h"
#include "store/rows.h"

#define KL_SWEEP_VALUES 16

/* A setting and the values it takes. */
struct kl_sweep_dimension {
	char *text; /* "name\0value\0value..." */
	const char *name;
	const char *values[KL_SWEEP_VALUES];
	size_t count;
};

struct kl_sweep {
	struct kl_sweep_dimension dimensions[KL_STORE_SWEEP_SETTINGS];
	size_t count;
};

/** kl_sweep_add() - another dimension, "min-age=0,5,60". Errors: KL_ERROR_USAGE, also for values that are none and for
 * more combinations than can be meant. */
struct kl_error *kl_sweep_add(struct kl_sweep *sweep, const char *text);
void kl_sweep_deinit(struct kl_sweep *sweep);

/** kl_sweep_has() - whether the setting @name is varied. */
bool kl_sweep_has(const struct kl_sweep *sweep, const char *name);

/** kl_sweep_run() - mark @a, analyzed under the precise policy, under all combinations: one row each, the last setting
 * varies fastest.
 * @ret: zeroed; its strings are borrowed from @sweep, its rows freed with kl_vec_deinit(), after an error too.
 * Errors: out of memory. */
struct kl_error *kl_sweep_run(struct kl_analysis *a, const struct kl_sweep *sweep, struct kl_store_sweep *ret);

/** kl_sweep_refinements() - for every refinement that is on: what switching it off alone would change.
 * @ret: zeroed; freed with kl_vec_deinit(&ret->rows), after an error too. Errors: out of memory. */
struct kl_error *kl_sweep_refinements(struct kl_analysis *a, struct kl_store_refinements *ret);

#endif
