/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/diff_print.h"

#include <inttypes.h>

#include "report/frames.h"
#include "report/growth_print.h"
#include "report/human.h"

/* New objects named per group; the others are counted. */
#define OBJECTS_SHOWN 100

struct kl_error *kl_diff_frames(const struct kl_diff_print *p, const struct kl_diff *diff,
				const struct kl_diff_group *g, const struct kl_store_frame **ret, size_t *count)
{
	const struct kl_store_run *run = g->objects_b ? &diff->b : &diff->a;

	return kl_reader_named_stack(p->reader, g->stack_id, run->boot_id, ret, count, NULL);
}

static void print_side(const struct kl_diff_print *p, char side, const struct kl_store_run *run)
{
	_cleanup_strbuf_ struct kl_strbuf sb = {};

	kl_strbuf_printf(&sb, "%c  run %" PRId64 ": Linux ", side, run->id);
	kl_human_text(&sb, run->release ? run->release : "?");
	kl_strbuf_puts(&sb, ", dumped ");
	kl_human_date(&sb, run->crash_time);
	kl_strbuf_puts(&sb, ", ");
	kl_human_text(&sb, run->dump);
	kl_strbuf_putc(&sb, '\n');
	if (!kl_store_run_is_telling(run)) {
		kl_strbuf_puts(&sb, "   kmemleak was not on (");
		kl_strbuf_puts(&sb, kl_kmemleak_state_name(run->kmemleak_state));
		kl_strbuf_puts(&sb, "): leaks are missing on this side\n");
	}
	if (run->partial) {
		kl_strbuf_puts(&sb, "   partial: ");
		kl_human_text(&sb, run->partial_why ? run->partial_why : "something was missing");
		kl_strbuf_putc(&sb, '\n');
	}
	fputs(kl_strbuf_string(&sb), p->out);
}

/* Appends the frame that tells a stack of the group from the one that is printed. */
static struct kl_error *add_top_frame(const struct kl_diff_print *p, struct kl_strbuf *sb, int64_t stack_id)
{
	const struct kl_store_frame *frames;
	struct kl_error *err;
	size_t n, top = 0;

	err = kl_reader_stack(p->reader, stack_id, &frames, &n);
	if (err || !n)
		return err;
	err = kl_top_frame(frames, n, &top);
	kl_strbuf_puts(sb, ", ");
	kl_human_text(sb, frames[top].symbol);
	return err;
}

static struct kl_error *print_new_object(const struct kl_diff_print *p, const struct kl_diff_group *g,
					 const struct kl_diff_object *o)
{
	_cleanup_strbuf_ struct kl_strbuf sb = {};
	struct kl_error *err = NULL;

	kl_strbuf_printf(&sb, "      0x%016" PRIx64 " %8" PRIu64 " B", o->address, o->size);
	if (*o->comm) {
		kl_strbuf_puts(&sb, ", by ");
		kl_human_text(&sb, o->comm);
		if (o->pid != KL_UNKNOWN)
			kl_strbuf_printf(&sb, " (pid %" PRId64 ")", o->pid);
	}
	if (o->age_ms != KL_UNKNOWN) {
		kl_strbuf_puts(&sb, ", age ");
		kl_human_age(&sb, o->age_ms);
	}
	if (o->stack_id != g->stack_id)
		err = add_top_frame(p, &sb, o->stack_id);
	kl_strbuf_putc(&sb, '\n');
	fputs(kl_strbuf_string(&sb), p->out);
	return err;
}

void kl_diff_amounts(struct kl_strbuf *sb, const struct kl_diff_group *g)
{
	bool both = g->change != KL_CHANGE_NEW && g->change != KL_CHANGE_GONE;

	if (both)
		kl_strbuf_printf(sb, "%" PRId64 " -> ", g->objects_a);
	kl_human_count(sb, g->change == KL_CHANGE_GONE ? g->objects_a : g->objects_b, "object");
	kl_strbuf_puts(sb, ", ");
	if (both) {
		kl_human_bytes(sb, g->bytes_a);
		kl_strbuf_puts(sb, " -> ");
	}
	kl_human_bytes(sb, g->change == KL_CHANGE_GONE ? g->bytes_a : g->bytes_b);
}

/* What is a leak on one side only because the verdict is another one. */
static void print_verdicts(const struct kl_diff_print *p, const struct kl_diff_group *g)
{
	const struct kl_diff_verdicts *v;

	kl_vec_for_each (v, &g->verdicts) {
		_cleanup_strbuf_ struct kl_strbuf sb = {};

		kl_human_count(&sb, v->objects, "object");
		fprintf(p->out, "    %s: %s -> %s\n", kl_strbuf_string(&sb), kl_store_verdict_name(v->from),
			kl_store_verdict_name(v->to));
	}
}

static struct kl_error *print_change(const struct kl_diff_print *p, const struct kl_diff *diff,
				     const struct kl_diff_group *g)
{
	bool alarming = g->change == KL_CHANGE_NEW || g->change == KL_CHANGE_GROWN;
	_cleanup_strbuf_ struct kl_strbuf sb = {};
	const struct kl_store_frame *frames;
	struct kl_error *err;
	size_t i, n, shown;

	kl_diff_amounts(&sb, g);
	fprintf(p->out, "\n%s%s%s  %s\n",
		!p->color  ? ""
		: alarming ? KL_COLOR_RED
			   : KL_COLOR_GREEN,
		kl_change_name(g->change), p->color ? KL_COLOR_NORMAL : "", kl_strbuf_string(&sb));
	print_verdicts(p, g);
	err = kl_diff_frames(p, diff, g, &frames, &n);
	if (!err)
		err = kl_print_frames(p->out, p->color, frames, n);
	if (err || !alarming)
		return err;
	shown = p->all || g->new_objects.count < OBJECTS_SHOWN ? g->new_objects.count : OBJECTS_SHOWN;
	if (shown)
		fputs("    new objects\n", p->out);
	for (i = 0; i < shown && !err; i++)
		err = print_new_object(p, g, &g->new_objects.data[i]);
	if (shown < g->new_objects.count)
		fprintf(p->out, "      and %zu more (-v shows all)\n", g->new_objects.count - shown);
	return err;
}

struct kl_error *kl_diff_print_text(const struct kl_diff_print *p, const struct kl_diff *diff)
{
	const struct kl_diff_group *group;
	struct kl_error *err;
	int change;

	print_side(p, 'A', &diff->a);
	print_side(p, 'B', &diff->b);
	fputs(diff->same_boot ? "   the same boot: objects are compared one by one\n"
			      : "   different boots: stacks are compared\n",
	      p->out);
	if (diff->b_is_older)
		fputs("   B is older than A: what is new here has gone since, and the other way round\n", p->out);
	if (!diff->same_settings)
		fputs("   made with different settings (`runs --json` shows them): differences may come from those\n",
		      p->out);
	if (!diff->groups.count) {
		fputs("nothing changed\n", p->out);
		return kl_growth_print_text(p, diff);
	}
	for (change = 0; change < KL_CHANGE_COUNT; change++)
		fprintf(p->out, "%s%zu %s", change ? ", " : "groups of leaks: ", diff->per_change[change],
			kl_change_name((enum kl_change)change));
	putc('\n', p->out);
	kl_vec_for_each (group, &diff->groups) {
		err = print_change(p, diff, group);
		if (err)
			return err;
	}
	return kl_growth_print_text(p, diff);
}
