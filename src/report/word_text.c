/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/word_text.h"

#include <inttypes.h>
#include <string.h>

#include "report/human.h"

void kl_text_labeled(struct kl_strbuf *sb, const char *label, const char *text)
{
	if (!text)
		return;
	kl_strbuf_puts(sb, label);
	kl_human_text(sb, text);
}

static void add_holder(struct kl_strbuf *sb, const struct kl_store_holder *h)
{
	if (h->name)
		kl_human_text(sb, h->name);
	else
		kl_strbuf_puts(sb, h->kind);
	/* what has a name of its own needs no address */
	if (h->has_address && h->offset && strcmp(h->kind, "stack") != 0)
		kl_strbuf_printf(sb, " of 0x%016" PRIx64, h->address);
	kl_text_labeled(sb, ", allocated by ", h->allocator);
}

struct kl_error *kl_print_word(FILE *out, const char *indent, const struct kl_store_word *word)
{
	_cleanup_strbuf_ struct kl_strbuf sb = {};

	kl_strbuf_puts(&sb, indent);
	if (word->in_memory)
		kl_strbuf_printf(&sb, "0x%016" PRIx64 "  ", word->at);
	add_holder(&sb, &word->holder);
	if (word->into != KL_UNKNOWN && word->into)
		kl_strbuf_printf(&sb, " (holds the object's start + %#" PRIx64 ")", (uint64_t)word->into);
	if (word->doubt)
		kl_strbuf_printf(&sb, " (%s)", word->doubt);
	if (sb.failed)
		return kl_error_nomem();
	fprintf(out, "%s\n", kl_strbuf_string(&sb));
	return NULL;
}
