/* SPDX-License-Identifier: GPL-2.0-or-later */
/* word_text.h: words that hold an object, in text for people; the same wherever they appear. */
#ifndef KL_REPORT_WORD_TEXT_H
#define KL_REPORT_WORD_TEXT_H

#include <stdio.h>

#include "store/rows.h"
#include "util/error.h"
#include "util/strbuf.h"

/** kl_text_labeled() - append @label and @text, escaped; nothing for NULL. */
void kl_text_labeled(struct kl_strbuf *sb, const char *label, const char *text);

/** kl_print_word() - one line: where the word is, and in what. Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_print_word(FILE *out, const char *indent, const struct kl_store_word *word);

#endif
