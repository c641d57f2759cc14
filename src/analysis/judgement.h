/* SPDX-License-Identifier: GPL-2.0-or-later */
/* judgement.h: the fourth stage of an analysis: what the white objects mean. */
#ifndef KL_ANALYSIS_JUDGEMENT_H
#define KL_ANALYSIS_JUDGEMENT_H

#include "analysis/marking.h"
#include "analysis/suppressing.h"
#include "store/rows.h"
#include "verdict/agreement.h"
#include "verdict/verdict.h"

struct kl_judgement {
	struct kl_findings findings;
	struct kl_agreement agreement; /* of a replay with the kernel's last scan; empty otherwise */
	struct kl_rule_uses rule_uses; /* one per rule of the options */
};

/** kl_judgement_make() - verdicts on the marking of @m, and how well a replay agrees with the kernel.
 * @j: zeroed; destroyed by the caller with kl_judgement_deinit(), after an error too. Errors: out of memory. */
struct kl_error *kl_judgement_make(const struct kl_opened *o, const struct kl_snapshot *s, const struct kl_marking *m,
				   struct kl_judgement *j);
void kl_judgement_deinit(struct kl_judgement *j);

/** kl_judgement_of() - verdicts on any other marking of @m, for those who count them: without reasons, which would cost
 * more than the marking where many objects are white.
 * @min_age: jiffies. @ret: destroyed by the caller with kl_findings_deinit(). Errors: out of memory. */
struct kl_error *kl_judgement_of(const struct kl_opened *o, const struct kl_snapshot *s, const struct kl_marked *marked,
				 uint64_t min_age, struct kl_findings *ret);

/** kl_judgement_disagreements() - the objects of @heap for which the replay and the kernel's last scan disagree.
 * @ret: zeroed; freed with kl_vec_deinit(&ret->rows), after an error too. Errors: out of memory. */
struct kl_error *kl_judgement_disagreements(const struct kl_judgement *j, const struct kl_heap *heap,
					    struct kl_store_disagreements *ret);

#endif
