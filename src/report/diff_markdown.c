/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>

#include "report/diff_print.h"
#include "report/human.h"
#include "report/markdown.h"

/* New objects named per group; a report that is pasted has to be read. */
#define OBJECTS_NAMED 10

static void add_side(struct kl_strbuf *sb, const char *side, const struct kl_store_run *run)
{
	_cleanup_strbuf_ struct kl_strbuf text = {};

	kl_strbuf_printf(&text, "run %" PRId64 ", Linux %s %s, dumped ", run->id, run->release ? run->release : "?",
			 run->arch ? run->arch : "");
	kl_human_date(&text, run->crash_time);
	kl_strbuf_printf(&text, ", %s", run->dump);
	if (run->partial)
		kl_strbuf_printf(&text, "; partial: %s", run->partial_why ? run->partial_why : "something was missing");
	if (!kl_store_run_is_telling(run))
		kl_strbuf_printf(&text, "; kmemleak was not on (%s): leaks are missing on this side",
				 kl_kmemleak_state_name(run->kmemleak_state));
	kl_markdown_fact(sb, side, kl_strbuf_string(&text));
}

static void add_new_objects(struct kl_strbuf *sb, const struct kl_diff_print *p, const struct kl_diff_group *g)
{
	size_t i, shown = p->all || g->new_objects.count < OBJECTS_NAMED ? g->new_objects.count : OBJECTS_NAMED;

	if (!shown)
		return;
	kl_strbuf_puts(sb, "New objects:\n\n");
	for (i = 0; i < shown; i++) {
		const struct kl_diff_object *o = &g->new_objects.data[i];

		kl_strbuf_printf(sb, "* `0x%016" PRIx64 "`, ", o->address);
		kl_human_bytes(sb, (int64_t)o->size);
		if (*o->comm) {
			kl_strbuf_puts(sb, ", by ");
			kl_markdown_code(sb, o->comm);
		}
		if (o->age_ms != KL_UNKNOWN) {
			kl_strbuf_puts(sb, ", age ");
			kl_human_age(sb, o->age_ms);
		}
		kl_strbuf_putc(sb, '\n');
	}
	if (shown < g->new_objects.count)
		kl_strbuf_printf(sb, "* and %zu more\n", g->new_objects.count - shown);
	kl_strbuf_putc(sb, '\n');
}

static struct kl_error *add_changed_group(struct kl_strbuf *sb, const struct kl_diff_print *p,
					  const struct kl_diff *diff, const struct kl_diff_group *g, size_t number)
{
	const struct kl_diff_verdicts *v;
	const struct kl_store_frame *frames;
	struct kl_error *err;
	size_t n;

	err = kl_diff_frames(p, diff, g, &frames, &n);
	if (err)
		return err;
	kl_strbuf_printf(sb, "## %zu. %s: ", number, kl_change_name(g->change));
	err = kl_markdown_blamed(sb, frames, n, NULL);
	kl_strbuf_puts(sb, "\n\n");
	kl_diff_amounts(sb, g);
	kl_vec_for_each (v, &g->verdicts) {
		kl_strbuf_puts(sb, "; ");
		kl_human_count(sb, v->objects, "object");
		kl_strbuf_printf(sb, " %s -> %s", kl_store_verdict_name(v->from), kl_store_verdict_name(v->to));
	}
	kl_strbuf_printf(sb, "; stack %016" PRIx64 "\n\n", g->stack_hash);
	if (!err)
		err = kl_markdown_stack(sb, frames, n);
	add_new_objects(sb, p, g);
	return err;
}

static bool is_more(const struct kl_diff_group *g)
{
	return g->change == KL_CHANGE_NEW || g->change == KL_CHANGE_GROWN;
}

/* "Memory leak in ..., new since ..." when there is one that has to be looked at first. */
static struct kl_error *add_title(struct kl_strbuf *sb, const struct kl_diff_print *p, const struct kl_diff *diff)
{
	const struct kl_diff_group *first = diff->groups.data;
	const struct kl_store_frame *frames;
	struct kl_error *err;
	size_t n;

	if (!diff->groups.count || !is_more(first)) {
		kl_strbuf_puts(sb, diff->groups.count ? "# No new leaks, but others changed" : "# Nothing changed");
		return NULL;
	}
	err = kl_diff_frames(p, diff, first, &frames, &n);
	if (err)
		return err;
	kl_strbuf_puts(sb, first->change == KL_CHANGE_NEW ? "# New memory leak in " : "# Growing memory leak in ");
	return kl_markdown_blamed(sb, frames, n, NULL);
}

static void add_counts(struct kl_strbuf *sb, const struct kl_diff *diff)
{
	int change;

	kl_strbuf_puts(sb, "\n\nGroups of leaks: ");
	for (change = 0; change < KL_CHANGE_COUNT; change++)
		kl_strbuf_printf(sb, "%s%zu %s", change ? ", " : "", diff->per_change[change],
				 kl_change_name((enum kl_change)change));
	kl_strbuf_puts(sb, ".\n\n");
	add_side(sb, "A", &diff->a);
	add_side(sb, "B", &diff->b);
	kl_markdown_fact(sb, "compared",
			 diff->same_boot ? "the same boot, object by object" : "different boots, by stacks");
	if (diff->b_is_older)
		kl_markdown_fact(sb, "order", "B is older than A: what is new here has gone since");
	if (!diff->same_settings)
		kl_markdown_fact(sb, "settings", "not the same: differences may come from those");
	kl_strbuf_putc(sb, '\n');
}

/* Who made the runs wants to see that again. */
static void add_commands(struct kl_strbuf *sb, const struct kl_diff *diff)
{
	kl_strbuf_puts(sb, "## To see this again\n\n    kleak-dump diff");
	if (diff->b.vmlinux) {
		kl_strbuf_puts(sb, " --vmlinux");
		kl_markdown_shell_word(sb, diff->b.vmlinux);
	}
	kl_markdown_shell_word(sb, diff->a.dump);
	kl_markdown_shell_word(sb, diff->b.dump);
	kl_strbuf_putc(sb, '\n');
}

struct kl_error *kl_diff_print_markdown(const struct kl_diff_print *p, const struct kl_diff *diff)
{
	_cleanup_strbuf_ struct kl_strbuf sb = {};
	const struct kl_diff_group *g;
	struct kl_error *err;
	size_t number = 0;

	err = add_title(&sb, p, diff);
	add_counts(&sb, diff);
	kl_vec_for_each (g, &diff->groups) {
		if (!err)
			err = add_changed_group(&sb, p, diff, g, ++number);
	}
	add_commands(&sb, diff);
	return err ? err : kl_markdown_print(p->out, &sb);
}
