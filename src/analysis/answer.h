/* SPDX-License-Identifier: GPL-2.0-or-later */
/* answer.h: the answers of an inquiry as rows that own their strings, for printing and storing. */
#ifndef KL_ANALYSIS_ANSWER_H
#define KL_ANALYSIS_ANSWER_H

#include "analysis/inquiry.h"
#include "store/rows.h"

struct kl_answers {
	KL_VEC(struct kl_store_answer) list; /* ascending by row of the heap */
	KL_VEC(uint32_t) rows;               /* of each */
	KL_VEC(char *) texts;                /* what the strings point to */
};

struct kl_answer_options {
	bool search; /* every word in all memory; otherwise only references that the marking knows */
	bool all;    /* of reachable objects, too: otherwise they only get their chain */
};

/** kl_answers_make() - why each of @rows, @n of them, is or is not a finding.
 * @ret: freed with kl_answers_deinit(), after an error too. Errors: as kl_inquiry_words(). */
struct kl_error *kl_answers_make(struct kl_inquiry *q, const uint32_t *rows, size_t n,
				 const struct kl_answer_options *options, struct kl_answers *ret);
void kl_answers_deinit(struct kl_answers *answers);

/** kl_answers_keep() - make *@text a copy that lives as long as @texts; NULL stays NULL. Errors: KL_ERROR_NOMEM.
 * kl_answers_keep_holder() - all strings of @holder. */
struct kl_error *kl_answers_keep(struct kl_answers *texts, const char **text);
struct kl_error *kl_answers_keep_holder(struct kl_answers *texts, struct kl_store_holder *holder);

/** kl_answer_object() - the facts about row @row. Its strings belong to @texts. Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_answer_object(struct kl_inquiry *q, uint32_t row, struct kl_answers *texts,
				  struct kl_store_object *ret);

#endif
