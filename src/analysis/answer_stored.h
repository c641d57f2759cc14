/* SPDX-License-Identifier: GPL-2.0-or-later */
/* answer_stored.h: what the database alone can answer about a finding, when its dump is gone: the references that the
 * marking knew. */
#ifndef KL_ANALYSIS_ANSWER_STORED_H
#define KL_ANALYSIS_ANSWER_STORED_H

#include "analysis/answer.h"
#include "store/reader.h"

/** kl_answers_add_stored() - append the finding of run @run_id that holds @address; *@found: whether there is one.
 * @ret: as of kl_answers_make(). Errors: those of the reader. */
struct kl_error *kl_answers_add_stored(struct kl_reader *reader, int64_t run_id, uint64_t address,
				       struct kl_answers *ret, bool *found);

#endif
