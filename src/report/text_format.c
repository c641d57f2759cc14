/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report --format text: first whether the answer can be believed, then the leaks, largest first. */
#include <inttypes.h>
#include <string.h>

#include "report/call_site.h"
#include "report/frames.h"
#include "report/human.h"
#include "report/report.h"
#include "report/table.h"
#include "store/counters.h"
#include "util/escape.h"
#include "util/stack_name.h"

/* Anomalies printed in full; the others are counted. */
#define ANOMALIES_SHOWN 5

static void begin_color(const struct kl_report *r, const char *color)
{
	if (r->color)
		fputs(color, r->out);
}

static void end_color(const struct kl_report *r)
{
	begin_color(r, KL_COLOR_NORMAL);
}

static void print_buffer(const struct kl_report *r, const struct kl_strbuf *sb)
{
	fwrite(kl_strbuf_string(sb), 1, sb->failed ? 0 : sb->length, r->out);
}

/* One line of the head: a label, then a text that may come from a dump, if there is one. */
static void print_head_line(const struct kl_report *r, const char *label, const char *color, const char *text)
{
	_cleanup_strbuf_ struct kl_strbuf sb = {};

	if (!text)
		return;
	kl_human_text(&sb, text);
	fprintf(r->out, "%-10s", label);
	begin_color(r, color);
	print_buffer(r, &sb);
	end_color(r);
	putc('\n', r->out);
}

static void print_state(const struct kl_report *r)
{
	const struct kl_store_run *run = &r->run;
	bool on = run->kmemleak_state == KL_KMEMLEAK_ON;
	_cleanup_strbuf_ struct kl_strbuf sb = {};

	if (kl_store_run_by_allocators(run)) {
		kl_strbuf_printf(&sb,
				 "the allocators: what SLUB, vmalloc() and per-CPU memory say is in use (kmemleak %s)",
				 kl_kmemleak_state_name(run->kmemleak_state));
		print_head_line(r, "objects", KL_COLOR_GREEN, kl_strbuf_string(&sb));
		return;
	}
	/* Why, when that is not as it should be. */
	kl_strbuf_puts(&sb, kl_kmemleak_state_name(run->kmemleak_state));
	if (!on && run->kmemleak_words)
		kl_strbuf_printf(&sb, ": %s", run->kmemleak_words);
	print_head_line(r, "kmemleak", on ? KL_COLOR_GREEN : KL_COLOR_RED, kl_strbuf_string(&sb));
	if (run->pool_exhausted)
		print_head_line(r, "", KL_COLOR_RED,
				"it ran out of metadata: what was allocated after that was never tracked");
	if (run->scan_in_progress)
		print_head_line(r, "", KL_COLOR_YELLOW,
				"a scan was in progress: the colors that the kernel stored mean nothing");
	if (run->live)
		print_head_line(r, "", KL_COLOR_YELLOW,
				"the machine was running while it was read: findings may be wrong");
}

/* What makes all the rest doubtful comes first. */
static struct kl_error *print_mismatch(const struct kl_report *r)
{
	_cleanup_strbuf_ struct kl_strbuf mismatch = {};
	struct kl_error *err = kl_reader_option(r->reader, r->run.id, KL_OPTION_MISMATCH, &mismatch);

	if (!err && mismatch.length)
		print_head_line(r, "vmlinux", KL_COLOR_RED,
				"of another kernel than the dump (--force): everything below may be wrong");
	return err;
}

static void print_coverage(const struct kl_report *r)
{
	const struct kl_store_run *run = &r->run;
	_cleanup_strbuf_ struct kl_strbuf sb = {};

	if (run->coverage < 0)
		kl_strbuf_puts(&sb, "unknown");
	else if (run->coverage >= 1)
		kl_strbuf_puts(&sb, "100%: everything the scan needed is in the dump");
	else /* never "100%" when something is missing */
		kl_strbuf_printf(&sb, "%.4g%% of the memory the scan needed is in the dump",
				 run->coverage > 0.9999 ? 99.99 : run->coverage * 100);
	if (run->pages_missing > 0)
		kl_strbuf_printf(&sb, "; %" PRId64 " pages were needed and missing", run->pages_missing);
	if (run->pages_total != KL_UNKNOWN && run->pages_present != KL_UNKNOWN)
		kl_strbuf_printf(&sb, " (%" PRId64 " of %" PRId64 " pages)", run->pages_present, run->pages_total);
	print_head_line(r, "coverage", run->coverage >= 1 ? KL_COLOR_GREEN : KL_COLOR_YELLOW, kl_strbuf_string(&sb));
}

/* What it costs to have had no vmlinux. */
static struct kl_error *print_types_source(const struct kl_report *r)
{
	_cleanup_strbuf_ struct kl_strbuf types = {}, untyped = {}, sb = {};
	struct kl_error *err = kl_reader_option(r->reader, r->run.id, KL_OPTION_TYPES, &types);
	const char *from = kl_strbuf_string(&types);

	if (!err)
		err = kl_reader_option(r->reader, r->run.id, KL_OPTION_UNTYPED, &untyped);
	if (err || (strcmp(from, "dump") && strcmp(from, "btf")))
		return err;
	kl_strbuf_printf(&sb, "%s: no source lines, no types of what kmalloc() returned",
			 strcmp(from, "dump") ? "a file with BTF" : "the BTF in the dump");
	if (untyped.length)
		kl_strbuf_printf(&sb, ", none of %s", kl_strbuf_string(&untyped));
	print_head_line(r, "types", "", kl_strbuf_string(&sb));
	return NULL;
}

static void print_dump(const struct kl_report *r)
{
	const struct kl_store_run *run = &r->run;
	_cleanup_strbuf_ struct kl_strbuf sb = {};

	kl_strbuf_printf(&sb, "Linux %s %s", run->release ? run->release : "?", run->arch ? run->arch : "");
	if (run->crash_time != KL_UNKNOWN) {
		kl_strbuf_puts(&sb, ", dumped ");
		kl_human_date(&sb, run->crash_time);
	}
	print_head_line(r, "kernel", "", kl_strbuf_string(&sb));
	kl_strbuf_reset(&sb);
	kl_strbuf_puts(&sb, run->dump);
	if (run->dump_format)
		kl_strbuf_printf(&sb, " (%s)", run->dump_format);
	print_head_line(r, "dump", "", kl_strbuf_string(&sb));
	kl_strbuf_reset(&sb);
	kl_strbuf_printf(&sb, "%" PRId64 ", policy %s, by kleak-dump %s", run->id, run->policy, run->tool_version);
	print_head_line(r, "run", "", kl_strbuf_string(&sb));
}

static int share(int64_t part, int64_t whole)
{
	return (int)((double)part * 100 / (double)whole + 0.5);
}

/* How much a "no leaks" is worth: what lies in memory that nobody erased may keep any leak reachable. */
static struct kl_error *print_memory(struct kl_report *r)
{
	_cleanup_strbuf_ struct kl_strbuf sb = {};
	int64_t c[KL_COUNTER_COUNT], whole;
	struct kl_error *err = kl_reader_counters(r->reader, r->run.id, c);

	if (err)
		return err;
	if (c[KL_COUNTER_OBJECT_TYPED_BYTES] < 0 || c[KL_COUNTER_OBJECT_ERASED_BYTES] < 0 ||
	    c[KL_COUNTER_OBJECT_THIN_BYTES] < 0 ||
	    __builtin_add_overflow(c[KL_COUNTER_OBJECT_TYPED_BYTES], c[KL_COUNTER_OBJECT_ERASED_BYTES], &whole) ||
	    __builtin_add_overflow(whole, c[KL_COUNTER_OBJECT_THIN_BYTES], &whole) || !whole)
		return NULL; /* the policy kernel, an older run, or a database that somebody changed */
	kl_strbuf_printf(
		&sb, "%d%% of it in objects of known type, %d%% erased when allocated, %d%% may hold leftovers",
		share(c[KL_COUNTER_OBJECT_TYPED_BYTES], whole), share(c[KL_COUNTER_OBJECT_ERASED_BYTES], whole),
		share(c[KL_COUNTER_OBJECT_THIN_BYTES], whole));
	if (c[KL_COUNTER_INIT_ON_ALLOC])
		kl_strbuf_puts(&sb, "; init_on_alloc was on");
	if (c[KL_COUNTER_INIT_ON_FREE])
		kl_strbuf_puts(&sb, "; init_on_free was on");
	print_head_line(r, "memory", "", kl_strbuf_string(&sb));
	return NULL;
}

/* Production kernels keep no stacks; one parameter of the next boot changes that (docs/production.md). */
static struct kl_error *print_unknown_stacks(struct kl_report *r)
{
	int64_t c[KL_COUNTER_COUNT];
	struct kl_error *err = kl_reader_counters(r->reader, r->run.id, c);

	if (!err && c[KL_COUNTER_STACKS_UNKNOWN] > 0)
		print_head_line(r, "stacks", KL_COLOR_YELLOW,
				"unknown: boot with slab_debug=U or sysctl.vm.mem_profiling=1 to know who allocates");
	return err;
}

/* "No leaks" is only said when kmemleak was in a state to know. */
static void print_sum(const struct kl_report *r)
{
	_cleanup_strbuf_ struct kl_strbuf sb = {};

	if (r->leaked_objects) {
		kl_human_count(&sb, r->leaked_objects, "object");
		kl_strbuf_puts(&sb, ", ");
		kl_human_bytes(&sb, r->leaked_bytes);
		kl_strbuf_puts(&sb, ", in ");
		kl_human_count(&sb, r->leaking_groups, "group");
		if (!kl_selection_is_all(&r->select))
			kl_strbuf_puts(&sb, ", of those selected");
	} else if (!kl_selection_is_all(&r->select)) {
		kl_strbuf_puts(&sb, "nothing, of what was selected");
	} else if (!kl_store_run_is_telling(&r->run)) {
		kl_strbuf_puts(&sb, "nothing found, but kmemleak was not on, so leaks would not show");
	} else if (r->run.partial) {
		kl_strbuf_puts(&sb, "nothing found, but the result is partial");
	} else {
		kl_strbuf_puts(&sb, "nothing");
	}
	if (r->objects > r->leaked_objects + r->suppressed.objects) {
		kl_strbuf_puts(&sb, "; not counted: ");
		kl_human_count(&sb, r->objects - r->leaked_objects - r->suppressed.objects, "object");
		kl_strbuf_puts(&sb, " that may be alive");
	}
	print_head_line(r, "leaked", r->leaked_objects ? KL_COLOR_RED : KL_COLOR_BOLD, kl_strbuf_string(&sb));
}

static void print_suppressed(const struct kl_report *r)
{
	_cleanup_strbuf_ struct kl_strbuf sb = {};

	if (!r->suppressed.rules)
		return;
	if (r->suppressed.objects) {
		kl_human_count(&sb, r->suppressed.objects, "object");
		kl_strbuf_puts(&sb, ", ");
		kl_human_bytes(&sb, r->suppressed.bytes);
		kl_strbuf_printf(&sb, ", suppressed by %" PRId64 " of ", r->suppressed.used);
	}
	kl_human_count(&sb, r->suppressed.rules, "rule");
	kl_strbuf_puts(&sb, r->suppressed.objects ? " (-v names them)" : ", which suppressed nothing");
	print_head_line(r, "rules", "", kl_strbuf_string(&sb));
}

/* Of rules those that did nothing: they may be out of date, or misspelt. Of plugins the others. */
static struct kl_error *print_advice(struct kl_report *r, const struct kl_store_advice *a)
{
	bool rule = !strcmp(a->kind, "suppression");
	_cleanup_strbuf_ struct kl_strbuf sb = {};

	if (!strcmp(a->state, rule ? "used" : "unused") && !r->verbose)
		return NULL;
	kl_strbuf_printf(&sb, rule ? "[%s] of %s: %s" : "%s (%s): %s", a->name, a->origin, a->state);
	if (rule && a->objects)
		kl_strbuf_printf(&sb, " for %" PRId64 " objects", a->objects);
	if (a->note)
		kl_strbuf_printf(&sb, "; %s", a->note);
	print_head_line(r, rule ? "rule" : "plugin", "", kl_strbuf_string(&sb));
	return NULL;
}

static struct kl_error *print_head(struct kl_report *r)
{
	struct kl_error *err;

	err = print_mismatch(r);
	if (err)
		return err;
	print_state(r);
	print_coverage(r);
	if (r->run.partial)
		print_head_line(r, "partial", KL_COLOR_YELLOW,
				r->run.partial_why ? r->run.partial_why : "something was missing");
	print_dump(r);
	err = print_types_source(r);
	if (!err)
		err = print_memory(r);
	if (!err)
		err = print_unknown_stacks(r);
	if (err)
		return err;
	print_sum(r);
	print_suppressed(r);
	return NULL;
}

static struct kl_error *print_anomaly(struct kl_report *r, const struct kl_store_anomaly *a)
{
	_cleanup_strbuf_ struct kl_strbuf sb = {};

	if (r->row < ANOMALIES_SHOWN || r->verbose) {
		kl_strbuf_puts(&sb, a->kind);
		if (a->has_address)
			kl_strbuf_printf(&sb, " at 0x%016" PRIx64, a->address);
		kl_strbuf_printf(&sb, ": %s", a->message);
		print_head_line(r, "anomaly", KL_COLOR_YELLOW, kl_strbuf_string(&sb));
	} else if (r->row == ANOMALIES_SHOWN) {
		fprintf(r->out, "%-10sand %" PRId64 " more (-v shows all)\n", "", r->anomalies - ANOMALIES_SHOWN);
	}
	return NULL;
}

static void add_ages(const struct kl_report *r, struct kl_strbuf *sb, const struct kl_store_group *g)
{
	_cleanup_strbuf_ struct kl_strbuf oldest = {};
	size_t start;

	if (g->age_max_ms == KL_UNKNOWN)
		return;
	kl_strbuf_puts(sb, "age ");
	start = sb->length;
	kl_human_age(sb, g->age_min_ms);
	kl_human_age(&oldest, g->age_max_ms);
	if (strcmp(kl_strbuf_string(sb) + start, kl_strbuf_string(&oldest)) != 0)
		kl_strbuf_printf(sb, " to %s", kl_strbuf_string(&oldest));
	kl_human_since(sb, &r->run, g->age_max_ms);
	kl_strbuf_puts(sb, "; ");
}

static void add_tasks(struct kl_strbuf *sb, const struct kl_store_group *g)
{
	/* A source without names of tasks has stored empty ones. */
	bool named = g->comm && *g->comm;

	if (!named && g->pid == KL_UNKNOWN)
		return;
	kl_strbuf_puts(sb, "by ");
	if (named)
		kl_human_text(sb, g->comm);
	if (!named)
		kl_strbuf_printf(sb, "pid %" PRId64 "%s", g->pid, g->pids > 1 ? " and others" : "");
	else if (g->pid != KL_UNKNOWN)
		kl_strbuf_printf(sb, " (pid %" PRId64 "%s)", g->pid, g->pids > 1 ? " and others" : "");
	if (g->comms > 1)
		kl_strbuf_printf(sb, " and %" PRId64 " other%s", g->comms - 1, g->comms > 2 ? "s" : "");
	kl_strbuf_puts(sb, "; ");
}

/* Others have lines, but not the frame that is to be looked at: the file of its module was not at hand. Said once. */
static struct kl_error *print_missing_lines(struct kl_report *r, const struct kl_store_frame *frames, size_t n)
{
	_cleanup_strbuf_ struct kl_strbuf name = {};
	struct kl_symbol_text text;
	struct kl_error *err;
	bool known = false;
	size_t i, top;

	for (i = 0; i < n; i++)
		known = known || frames[i].file;
	if (!known || r->hinted)
		return NULL;
	err = kl_top_frame(frames, n, &top);
	if (err)
		return err;
	text = kl_symbol_text_parse(frames[top].symbol);
	if (frames[top].file || !text.module)
		return NULL;
	kl_escape_terminal(&name, text.module, text.module_length);
	fprintf(r->out, "      (its line: `kleak-dump symbolize %" PRId64 " --module %s.ko`)\n", r->run.id,
		kl_strbuf_string(&name));
	r->hinted = true;
	return NULL;
}

static struct kl_error *print_stack(struct kl_report *r, const struct kl_store_frame *frames, size_t n)
{
	struct kl_error *err = kl_print_frames(r->out, r->color, frames, n);

	if (!err)
		err = print_missing_lines(r, frames, n);

	if (!err && r->borrowed_names)
		fputs("      (symbols missing from this dump come from another one of the same boot)\n", r->out);
	return err;
}

static struct kl_error *print_leak_group(struct kl_report *r, const struct kl_store_group *g,
					 const struct kl_store_frame *frames, size_t n)
{
	_cleanup_strbuf_ struct kl_strbuf sb = {};

	if (g->verdict == KLEAK_VERDICT_SUPPRESSED && !r->verbose)
		return NULL;
	fprintf(r->out, "\n%" PRId64 ". ", r->row + 1);
	kl_human_count(&sb, g->objects, "object");
	kl_strbuf_puts(&sb, ", ");
	kl_human_bytes(&sb, g->bytes);
	begin_color(r, g->leaked_objects ? KL_COLOR_RED : KL_COLOR_BOLD);
	print_buffer(r, &sb);
	end_color(r);
	kl_strbuf_reset(&sb);
	/* what its leaks lead to may have other stacks */
	if (g->retained_bytes != KL_UNKNOWN && g->retained_bytes > g->leaked_bytes) {
		kl_strbuf_puts(&sb, ", retains ");
		kl_human_bytes(&sb, g->retained_bytes);
	}
	kl_strbuf_puts(&sb, ": ");
	kl_human_text(&sb, g->verdicts_words);
	kl_strbuf_puts(&sb, "\n    ");
	add_ages(r, &sb, g);
	add_tasks(&sb, g);
	kl_strbuf_puts(&sb, g->objects > 1 ? "such as " : "at ");
	kl_strbuf_printf(&sb, "%s0x%016" PRIx64, g->class_ == KLEAK_CLASS_PERCPU ? "per-CPU " : "", g->address);
	if (g->site) {
		kl_strbuf_puts(&sb, "; from ");
		kl_human_text(&sb, g->site);
	}
	if (g->stacks > 1)
		kl_strbuf_printf(&sb, "; one of %" PRId64 " stacks that call the same functions", g->stacks);
	kl_strbuf_putc(&sb, '\n');
	/* Why a leak is one needs no words; what keeps the others from being one does. */
	if (!g->leaked_objects && g->reason) {
		kl_strbuf_puts(&sb, "    ");
		kl_human_text(&sb, g->reason);
		kl_strbuf_putc(&sb, '\n');
	}
	/* Nor may what could be alive hide behind the leaks that it has the stack of. */
	if (g->explained) {
		kl_strbuf_puts(&sb, "    explained: ");
		kl_human_text(&sb, g->explained);
		kl_strbuf_putc(&sb, '\n');
	}
	print_buffer(r, &sb);
	return sb.failed ? kl_error_nomem() : print_stack(r, frames, n);
}

static struct kl_error *print_finding(struct kl_report *r, const struct kl_store_finding *f)
{
	_cleanup_strbuf_ struct kl_strbuf sb = {};

	if (!r->row)
		fputs("\nfindings\n", r->out);
	kl_strbuf_printf(&sb, "  0x%016" PRIx64 " %8" PRIu64 " %-11s ", f->address, f->size,
			 kl_store_verdict_name(f->verdict));
	kl_human_text(&sb, f->comm && *f->comm ? f->comm : "?");
	if (f->pid != KL_UNKNOWN)
		kl_strbuf_printf(&sb, "/%" PRId64, f->pid);
	kl_strbuf_puts(&sb, ", ");
	kl_human_age(&sb, f->age_ms);
	if (f->has_head && f->head != f->address)
		kl_strbuf_printf(&sb, ", of 0x%016" PRIx64, f->head);
	if (f->site) {
		kl_strbuf_puts(&sb, ", from ");
		kl_human_text(&sb, f->site);
		kl_strbuf_puts(&sb, f->site_deduced ? " (by its stack)" : "");
	}
	if (f->reason) {
		kl_strbuf_puts(&sb, ": ");
		kl_human_text(&sb, f->reason);
	}
	kl_strbuf_putc(&sb, '\n');
	print_buffer(r, &sb);
	return NULL;
}

static void add_size_cell(struct kl_table *table, int64_t bytes)
{
	_cleanup_strbuf_ struct kl_strbuf sb = {};

	kl_human_bytes(&sb, bytes);
	kl_table_cell(table, kl_strbuf_string(&sb), sb.length, true);
}

static struct kl_error *print_tally(struct kl_report *r, const struct kl_tally *t)
{
	const char *by = kl_tallied_by_name(r->by);
	struct kl_error *err;

	if (!r->row) {
		putc('\n', r->out);
		err = kl_table_create(r->out, 5, (struct kl_table **)&r->state);
		if (err)
			return err;
		kl_table_cell(r->state, "leaked", strlen("leaked"), true);
		kl_table_cell(r->state, "bytes", strlen("bytes"), true);
		kl_table_cell(r->state, "found", strlen("found"), true);
		kl_table_cell(r->state, "bytes", strlen("bytes"), true);
		kl_table_text(r->state, by);
	}
	kl_table_number(r->state, (uint64_t)t->leaked_objects);
	add_size_cell(r->state, t->leaked_bytes);
	kl_table_number(r->state, (uint64_t)t->objects);
	add_size_cell(r->state, t->bytes);
	kl_table_text(r->state, t->name);
	return NULL;
}

static void deinit_text(struct kl_report *r)
{
	kl_table_destroy(r->state);
	r->state = NULL;
}

static struct kl_error *end_text(struct kl_report *r)
{
	struct kl_error *err = r->state ? kl_table_end(r->state) : NULL;

	if (!err && !r->summary && !r->by && kl_selection_is_all(&r->select))
		err = kl_print_top_sites(r->out, r->color, r->reader, &r->run);
	return err || !r->extras ? err : kl_print_extras(r->extras, r->reader, r->run.id, r->out);
}

const struct kl_report_format kl_format_text = {
	.begin = print_head,
	.anomaly = print_anomaly,
	.advice = print_advice,
	.group = print_leak_group,
	.finding = print_finding,
	.tally = print_tally,
	.end = end_text,
	.deinit = deinit_text,
	.diff = kl_diff_print_text,
	.findings_on_demand = true,
};
