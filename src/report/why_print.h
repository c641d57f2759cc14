/* SPDX-License-Identifier: GPL-2.0-or-later */
/* why_print.h: why an object is, or is not, a finding: the words that hold it, and the way that leads to it. */
#ifndef KL_REPORT_WHY_PRINT_H
#define KL_REPORT_WHY_PRINT_H

#include "report/emitter.h"
#include "store/rows.h"
#include "util/error.h"

struct kl_why_print {
	FILE *out;
	bool color;
	bool json;
	bool all;         /* name every word, however many are of one class (text) */
	const char *note; /* why the dump was not asked; NULL: it was */
	int64_t run_id;   /* 0: the dump was analyzed for this answer alone */
	struct kl_emitter emitter;
	size_t answers; /* printed so far */
};

/** kl_why_begin(), kl_why_answer() for each answer, kl_why_end().
 * JSON: {schema_version, run_id, note, answers: [{address, ..., chain: [word], words_found, classes: {name: count},
 * words: [word]}]}. Errors: KL_ERROR_NOMEM. */
void kl_why_begin(struct kl_why_print *p);
struct kl_error *kl_why_answer(struct kl_why_print *p, const struct kl_store_answer *answer);
void kl_why_end(struct kl_why_print *p);

#endif
