/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sweep.h: one dump marked under many settings; the dump is not read again. */
#ifndef KL_ANALYSIS_SWEEP_H
#define KL_ANALYSIS_SWEEP_H

#include <stdio.h>

#include "analysis/analysis.h"

#define KL_SWEEP_DIMENSIONS 6
#define KL_SWEEP_VALUES 16

/* A threshold and the values it takes; texts are borrowed from the command line, except `values`. */
struct kl_sweep_dimension {
	char *text; /* "name\0value\0value..." */
	const char *name;
	const char *values[KL_SWEEP_VALUES];
	size_t count;
};

struct kl_sweep {
	struct kl_sweep_dimension dimensions[KL_SWEEP_DIMENSIONS];
	size_t count;
};

/** kl_sweep_add() - another dimension, "min-age=0,5,60". Errors: KL_ERROR_USAGE, also for values that are none. */
struct kl_error *kl_sweep_add(struct kl_sweep *sweep, const char *text);
void kl_sweep_deinit(struct kl_sweep *sweep);

/** kl_sweep_has() - whether the threshold @name is varied. */
bool kl_sweep_has(const struct kl_sweep *sweep, const char *name);

/** kl_sweep_print() - mark @a, analysed under the policy precise, under all combinations; one row each. */
struct kl_error *kl_sweep_print(struct kl_analysis *a, const struct kl_sweep *sweep, FILE *out);

/** kl_sweep_explain() - for every refinement that is on: what switching it off alone would change. */
struct kl_error *kl_sweep_explain(struct kl_analysis *a, FILE *out);

#endif
