/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/markdown.h"

#include <inttypes.h>
#include <string.h>

#include "report/frames.h"
#include "report/human.h"
#include "util/stack_name.h"

void kl_markdown_code(struct kl_strbuf *sb, const char *text)
{
	_cleanup_strbuf_ struct kl_strbuf clean = {};
	size_t longest = 0, ticks = 0, i;
	const char *p;

	kl_human_text(&clean, text);
	for (p = kl_strbuf_string(&clean); *p; p++) {
		ticks = *p == '`' ? ticks + 1 : 0;
		longest = ticks > longest ? ticks : longest;
	}
	for (i = 0; i <= longest; i++)
		kl_strbuf_putc(sb, '`');
	kl_strbuf_puts(sb, longest ? " " : "");
	kl_strbuf_puts(sb, kl_strbuf_string(&clean));
	kl_strbuf_puts(sb, longest ? " " : "");
	for (i = 0; i <= longest; i++)
		kl_strbuf_putc(sb, '`');
}

void kl_markdown_sentence(struct kl_strbuf *sb, const char *text)
{
	_cleanup_strbuf_ struct kl_strbuf clean = {};
	const char *p;

	kl_human_text(&clean, text);
	for (p = kl_strbuf_string(&clean); *p; p++) {
		if (strchr("\\`*_[]<>|#&~", *p) || (p[0] == ':' && p[1] == '/'))
			kl_strbuf_putc(sb, '\\');
		kl_strbuf_putc(sb, *p);
	}
}

struct kl_error *kl_markdown_blamed(struct kl_strbuf *sb, const struct kl_store_frame *frames, size_t n,
				    const char *site)
{
	_cleanup_strbuf_ struct kl_strbuf name = {};
	struct kl_symbol_text t;
	struct kl_error *err;
	size_t top;

	if (!n) {
		kl_strbuf_puts(sb, "an unknown function");
		return NULL;
	}
	err = kl_top_frame(frames, n, &top);
	if (err)
		return err;
	t = kl_symbol_text_parse(frames[top].symbol);
	if (t.function)
		kl_strbuf_append(&name, t.function, t.function_length);
	else
		kl_strbuf_puts(&name, frames[top].symbol);
	kl_markdown_code(sb, kl_strbuf_string(&name));
	if (t.module) {
		kl_strbuf_puts(sb, " of module ");
		kl_strbuf_reset(&name);
		kl_strbuf_append(&name, t.module, t.module_length);
		kl_markdown_code(sb, kl_strbuf_string(&name));
	}
	kl_strbuf_reset(&name);
	if (frames[top].file)
		kl_strbuf_printf(&name, "%s:%" PRId64, frames[top].file, frames[top].line);
	else if (site)
		kl_strbuf_puts(&name, site);
	if (name.length) {
		kl_strbuf_puts(sb, " at ");
		kl_markdown_code(sb, kl_strbuf_string(&name));
	}
	return name.failed ? kl_error_nomem() : NULL;
}

struct kl_error *kl_markdown_stack(struct kl_strbuf *sb, const struct kl_store_frame *frames, size_t n)
{
	struct kl_error *err = NULL;
	size_t top = 0, i;

	if (n)
		err = kl_top_frame(frames, n, &top);
	for (i = 0; i < n && !err; i++) {
		if (i < top && frames[i].inlined)
			continue;
		kl_strbuf_puts(sb, i == top ? "    > " : "      ");
		kl_human_text(sb, frames[i].symbol);
		kl_strbuf_puts(sb, frames[i].inlined ? " (inlined)" : "");
		if (frames[i].file) {
			kl_strbuf_puts(sb, "  ");
			kl_human_text(sb, frames[i].file);
			kl_strbuf_printf(sb, ":%" PRId64, frames[i].line);
		}
		kl_strbuf_putc(sb, '\n');
	}
	kl_strbuf_puts(sb, n ? "\n" : "    no stack recorded\n\n");
	return err;
}

void kl_markdown_shell_word(struct kl_strbuf *sb, const char *word)
{
	_cleanup_strbuf_ struct kl_strbuf clean = {};
	const char *p;

	kl_human_text(&clean, word);
	kl_strbuf_putc(sb, ' ');
	if (!kl_strbuf_string(&clean)[strspn(kl_strbuf_string(&clean), "abcdefghijklmnopqrstuvwxyz0123456789"
								       "ABCDEFGHIJKLMNOPQRSTUVWXYZ/._-+=,:@")]) {
		kl_strbuf_puts(sb, kl_strbuf_string(&clean));
		return;
	}
	kl_strbuf_putc(sb, '\'');
	for (p = kl_strbuf_string(&clean); *p; p++) {
		if (*p == '\'')
			kl_strbuf_puts(sb, "'\\'");
		kl_strbuf_putc(sb, *p);
	}
	kl_strbuf_putc(sb, '\'');
}

void kl_markdown_fact(struct kl_strbuf *sb, const char *name, const char *text)
{
	kl_strbuf_printf(sb, "* %s: ", name);
	kl_markdown_sentence(sb, text);
	kl_strbuf_putc(sb, '\n');
}

struct kl_error *kl_markdown_print(FILE *out, const struct kl_strbuf *sb)
{
	if (sb->failed)
		return kl_error_nomem();
	fwrite(kl_strbuf_string(sb), 1, sb->length, out);
	return NULL;
}
