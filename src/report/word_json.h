/* SPDX-License-Identifier: GPL-2.0-or-later */
/* word_json.h: objects that were asked about, and the words that hold them, in JSON; the same wherever they appear. */
#ifndef KL_REPORT_WORD_JSON_H
#define KL_REPORT_WORD_JSON_H

#include "report/emitter.h"
#include "store/rows.h"

/** kl_emit_answer_begin() - open the one object that a command answers with. @run_id: 0 when it asked no run. */
void kl_emit_answer_begin(struct kl_emitter *e, int64_t run_id);

/** kl_emit_holder() - an object called @name. */
void kl_emit_holder(struct kl_emitter *e, const char *name, const struct kl_store_holder *holder);

/** kl_emit_word() - an element of the array at hand. */
void kl_emit_word(struct kl_emitter *e, const struct kl_store_word *word);

/** kl_emit_asked_object() - the members of an object that is open. */
void kl_emit_asked_object(struct kl_emitter *e, const struct kl_store_object *object);

#endif
