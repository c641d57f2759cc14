/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report --format markdown: to be pasted into a bug tracker or a mail. */
#include <inttypes.h>
#include <string.h>

#include "report/human.h"
#include "report/markdown.h"
#include "report/report.h"

/* Words that hold the address of an object: what more of them say is in `why`. */
#define WORDS_SHOWN 5

/* ---- the head ---- */

static void add_sum(const struct kl_report *r, struct kl_strbuf *sb)
{
	if (!r->leaked_objects) {
		kl_strbuf_puts(sb, kl_store_run_is_telling(&r->run) ? "No leaks were found." : "Nothing was found.");
	} else {
		kl_strbuf_puts(sb, "**");
		kl_human_count(sb, r->leaked_objects, "object");
		kl_strbuf_puts(sb, ", ");
		kl_human_bytes(sb, r->leaked_bytes);
		kl_strbuf_puts(sb, "** leaked, in ");
		kl_human_count(sb, r->leaking_groups, "group");
		kl_strbuf_putc(sb, '.');
	}
	if (r->objects > r->leaked_objects) {
		kl_strbuf_putc(sb, ' ');
		kl_human_count(sb, r->objects - r->leaked_objects, "more object");
		kl_strbuf_puts(sb, " may be alive.");
	}
	kl_strbuf_puts(sb, "\n\n");
}

static void add_environment(const struct kl_report *r, struct kl_strbuf *sb)
{
	const struct kl_store_run *run = &r->run;
	_cleanup_strbuf_ struct kl_strbuf text = {};

	kl_strbuf_printf(&text, "Linux %s %s", run->release ? run->release : "?", run->arch ? run->arch : "");
	kl_markdown_fact(sb, "kernel", kl_strbuf_string(&text));
	kl_strbuf_reset(&text);
	kl_human_date(&text, run->crash_time);
	kl_markdown_fact(sb, "dumped", kl_strbuf_string(&text));
	kl_strbuf_reset(&text);
	if (kl_store_run_by_allocators(run))
		kl_strbuf_puts(&text, "the allocators' own");
	else
		kl_strbuf_printf(&text, "tracked by kmemleak, which was %s",
				 kl_kmemleak_state_name(run->kmemleak_state));
	kl_markdown_fact(sb, "objects", kl_strbuf_string(&text));
	kl_strbuf_reset(&text);
	if (run->coverage < 0)
		kl_strbuf_puts(&text, "unknown");
	else
		kl_strbuf_printf(&text, "%.4g%% of the memory that the scan needed is in the dump",
				 run->coverage >= 1       ? 100
				 : run->coverage > 0.9999 ? 99.99
							  : run->coverage * 100);
	kl_markdown_fact(sb, "coverage", kl_strbuf_string(&text));
	if (run->partial)
		kl_markdown_fact(sb, "partial", run->partial_why ? run->partial_why : "something was missing");
	kl_strbuf_reset(&text);
	kl_strbuf_printf(&text, "kleak-dump %s, policy %s", run->tool_version, run->policy);
	kl_markdown_fact(sb, "found by", kl_strbuf_string(&text));
}

/* The title needs the first group; where there is none, it is all there is to say. */
static struct kl_error *print_markdown_head(struct kl_report *r, const char *title)
{
	_cleanup_strbuf_ struct kl_strbuf sb = {};

	kl_strbuf_printf(&sb, "# %s\n\n", title);
	add_sum(r, &sb);
	add_environment(r, &sb);
	return kl_markdown_print(r->out, &sb);
}

/* ---- groups ---- */

static void add_numbers(const struct kl_report *r, const struct kl_store_group *g, struct kl_strbuf *sb)
{
	kl_human_text(sb, g->verdicts_words);
	kl_strbuf_puts(sb, "; ");
	if (g->age_max_ms != KL_UNKNOWN) {
		kl_strbuf_puts(sb, "the oldest is ");
		kl_human_age(sb, g->age_max_ms);
		kl_strbuf_puts(sb, " old");
		kl_human_since(sb, &r->run, g->age_max_ms);
		kl_strbuf_puts(sb, "; ");
	}
	if (g->comm && *g->comm) {
		kl_strbuf_puts(sb, "allocated by ");
		kl_markdown_code(sb, g->comm);
		if (g->pid != KL_UNKNOWN)
			kl_strbuf_printf(sb, " (pid %" PRId64 ")", g->pid);
		kl_strbuf_puts(sb, "; ");
	}
	if (g->retained_bytes != KL_UNKNOWN && g->retained_bytes > g->leaked_bytes) {
		kl_strbuf_puts(sb, "retains ");
		kl_human_bytes(sb, g->retained_bytes);
		kl_strbuf_puts(sb, "; ");
	}
	kl_strbuf_printf(sb, "stack %016" PRIx64 "\n\n", g->stack_hash);
}

struct words {
	struct kl_strbuf *sb;
	size_t count;
};

static struct kl_error *add_listed_word(void *context, const struct kl_store_word *word)
{
	struct words *words = context;

	if (words->count++ >= WORDS_SHOWN)
		return NULL;
	if (words->count == 1)
		kl_strbuf_puts(words->sb, "Words that hold its address, as far as the marking looked:\n\n");
	kl_strbuf_puts(words->sb, "* ");
	if (word->in_memory)
		kl_strbuf_printf(words->sb, "`0x%016" PRIx64 "`, ", word->at);
	kl_markdown_code(words->sb, word->holder.name ? word->holder.name : word->holder.kind);
	kl_strbuf_puts(words->sb, ": ");
	kl_markdown_sentence(words->sb, word->why);
	kl_strbuf_putc(words->sb, '\n');
	return NULL;
}

static struct kl_error *add_reasons(struct kl_report *r, const struct kl_store_group *g, struct kl_strbuf *sb)
{
	struct words words = {.sb = sb};
	struct kl_error *err;

	kl_strbuf_printf(sb, "`0x%016" PRIx64 "`", g->address);
	if (g->reason) {
		kl_strbuf_puts(sb, ": ");
		kl_markdown_sentence(sb, g->reason);
		kl_strbuf_putc(sb, '.');
	}
	kl_strbuf_puts(sb, "\n\n");
	err = kl_reader_references(r->reader, r->run.id, g->address, false, add_listed_word, &words);
	if (words.count > WORDS_SHOWN)
		kl_strbuf_printf(sb, "* and %zu more\n", words.count - WORDS_SHOWN);
	if (words.count)
		kl_strbuf_putc(sb, '\n');
	return err;
}

static struct kl_error *print_markdown_group(struct kl_report *r, const struct kl_store_group *g,
					     const struct kl_store_frame *frames, size_t n)
{
	_cleanup_strbuf_ struct kl_strbuf sb = {}, blamed = {};
	struct kl_error *err = kl_markdown_blamed(&blamed, frames, n, g->site);

	if (!err && !r->row) {
		kl_strbuf_printf(&sb, "%s in %s", g->leaked_objects ? "Memory leak" : "No certain leak; suspected",
				 kl_strbuf_string(&blamed));
		err = sb.failed ? kl_error_nomem() : print_markdown_head(r, kl_strbuf_string(&sb));
		kl_strbuf_reset(&sb);
	}
	kl_strbuf_printf(&sb, "\n## %" PRId64 ". %s: ", r->row + 1, kl_strbuf_string(&blamed));
	kl_human_count(&sb, g->objects, "object");
	kl_strbuf_puts(&sb, ", ");
	kl_human_bytes(&sb, g->bytes);
	kl_strbuf_puts(&sb, "\n\n");
	add_numbers(r, g, &sb);
	if (!err)
		err = kl_markdown_stack(&sb, frames, n);
	if (!err)
		err = add_reasons(r, g, &sb);
	return err ? err : kl_markdown_print(r->out, &sb);
}

static struct kl_error *print_markdown_tally(struct kl_report *r, const struct kl_tally *t)
{
	_cleanup_strbuf_ struct kl_strbuf sb = {};
	struct kl_error *err = r->row ? NULL : print_markdown_head(r, "Leaks of memory");

	if (!r->row)
		kl_strbuf_printf(&sb, "\n| leaked | bytes | found | bytes | %s |\n|--:|--:|--:|--:|---|\n",
				 kl_tallied_by_name(r->by));
	kl_strbuf_printf(&sb, "| %" PRId64 " | ", t->leaked_objects);
	kl_human_bytes(&sb, t->leaked_bytes);
	kl_strbuf_printf(&sb, " | %" PRId64 " | ", t->objects);
	kl_human_bytes(&sb, t->bytes);
	kl_strbuf_puts(&sb, " | ");
	kl_markdown_sentence(&sb, t->name);
	kl_strbuf_puts(&sb, " |\n");
	return err ? err : kl_markdown_print(r->out, &sb);
}

/* ---- the end ---- */

static struct kl_error *print_command(struct kl_report *r)
{
	_cleanup_strbuf_ struct kl_strbuf sb = {}, settings = {};
	struct kl_error *err = kl_reader_option(r->reader, r->run.id, "settings", &settings);

	kl_strbuf_puts(&sb, "\n## To see this again\n\n    kleak-dump analyze");
	if (strcmp(r->run.policy, "precise") != 0)
		kl_strbuf_printf(&sb, " --policy %s", r->run.policy);
	if (kl_store_run_by_allocators(&r->run))
		kl_strbuf_puts(&sb, " --source allocators");
	if (r->run.vmlinux) {
		kl_strbuf_puts(&sb, " --vmlinux");
		kl_markdown_shell_word(&sb, r->run.vmlinux);
	}
	kl_markdown_shell_word(&sb, r->run.dump);
	kl_strbuf_putc(&sb, '\n');
	if (settings.length && strcmp(kl_strbuf_string(&settings), "defaults") != 0) {
		kl_strbuf_puts(&sb, "\nwith the settings ");
		kl_markdown_code(&sb, kl_strbuf_string(&settings));
		kl_strbuf_putc(&sb, '\n');
	}
	return err ? err : kl_markdown_print(r->out, &sb);
}

static struct kl_error *end_markdown(struct kl_report *r)
{
	struct kl_error *err = NULL;

	if (!r->groups || r->summary)
		err = print_markdown_head(r, r->groups ? "Leaks of memory" : "No leaks of memory found");
	return err ? err : print_command(r);
}

const struct kl_report_format kl_format_markdown = {
	.group = print_markdown_group,
	.tally = print_markdown_tally,
	.end = end_markdown,
	.diff = kl_diff_print_markdown,
	.whole = true,
};
