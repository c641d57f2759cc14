/* SPDX-License-Identifier: GPL-2.0-or-later */
/* markdown.h: Markdown that is to be pasted into a bug tracker or a mail, piece by piece.
 *
 * Names come from a dump, so they stand in code: `between backticks`, or in blocks indented by four columns, where
 * nothing that Markdown or HTML knows has a meaning. Sentences are ours. All append to a string buffer.
 */
#ifndef KL_REPORT_MARKDOWN_H
#define KL_REPORT_MARKDOWN_H

#include <stdio.h>

#include "store/rows.h"
#include "util/error.h"
#include "util/strbuf.h"

/** kl_markdown_code() - @text between backticks, as many as it takes. */
void kl_markdown_code(struct kl_strbuf *sb, const char *text);

/** kl_markdown_sentence() - a sentence of ours, which may have names in it. */
void kl_markdown_sentence(struct kl_strbuf *sb, const char *text);

/** kl_markdown_fact() - a line of a list: "* name: text". */
void kl_markdown_fact(struct kl_strbuf *sb, const char *name, const char *text);

/** kl_markdown_blamed() - "`kmemleak_test_init` at `samples/kmemleak/kmemleak-test.c:43`": the first frame that is not
 * the allocator's. @site: its line where debug information does not tell one; may be NULL. Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_markdown_blamed(struct kl_strbuf *sb, const struct kl_store_frame *frames, size_t n,
				    const char *site);

/** kl_markdown_stack() - a stack as a block of code; '>' marks the frame to blame. Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_markdown_stack(struct kl_strbuf *sb, const struct kl_store_frame *frames, size_t n);

/** kl_markdown_shell_word() - a blank and one word of a shell command, in a block of code. */
void kl_markdown_shell_word(struct kl_strbuf *sb, const char *word);

/** kl_markdown_print() - write what was put together. Errors: KL_ERROR_NOMEM when it could not be. */
struct kl_error *kl_markdown_print(FILE *out, const struct kl_strbuf *sb);

#endif
