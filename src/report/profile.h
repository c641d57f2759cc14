/* SPDX-License-Identifier: GPL-2.0-or-later */
/* profile.h: stacks with weights, as programs that draw flame graphs read them. Functions go by their names, with their
 * modules: such a graph adds up calls whatever their offset. */
#ifndef KL_REPORT_PROFILE_H
#define KL_REPORT_PROFILE_H

#include <stdio.h>

#include "store/rows.h"
#include "util/error.h"
#include "util/strbuf.h"

/** kl_profile_fold() - append "outermost;...;innermost". Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_profile_fold(struct kl_strbuf *sb, const struct kl_store_frame *frames, size_t n);

/* Most weights that a stack can have. */
#define KL_PROFILE_WEIGHTS 4

/* A document for speedscope: one profile for each weight. */
struct kl_profile;

struct kl_error *kl_profile_create(struct kl_profile **ret);
void kl_profile_destroy(struct kl_profile *p);
KL_DEFINE_CLEANUP(struct kl_profile *, kl_profile_destroy)

/** kl_profile_add() - @weights: KL_PROFILE_WEIGHTS of them, what is negative counting nothing; a stack without any is
 * left out.
 * Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_profile_add(struct kl_profile *p, const struct kl_store_frame *frames, size_t n,
				const int64_t weights[]);

/* What one of the weights is. */
struct kl_profile_weight {
	const char *name, *unit; /* units of speedscope: "bytes", "none" */
};

/** kl_profile_print() - the document called @name, with profiles for the first @count weights. */
void kl_profile_print(const struct kl_profile *p, FILE *out, const char *name, const struct kl_profile_weight *weights,
		      size_t count);

#endif
