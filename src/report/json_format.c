/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report --format json: {schema_version, run, totals, anomalies, advice, groups, findings, allocations}, and what
 * extras.h adds. Field names are those of the SQL views. ndjson: the run, and then each of these, on a line of its own
 * that begins with what it is. html: the same between the halves of a page that shows it. */
#include "report/page.h"
#include "report/report.h"
#include "report/run_json.h"
#include "report/word_json.h"
#include "util/sum.h"

static void emit_totals(struct kl_report *r)
{
	struct kl_emitter *e = &r->emitter;

	kl_emit_object(e, "totals");
	kl_emit_int(e, "groups", r->groups);
	kl_emit_int(e, "leaking_groups", r->leaking_groups);
	kl_emit_int(e, "objects", r->objects);
	kl_emit_int(e, "bytes", r->bytes);
	kl_emit_int(e, "leaked_objects", r->leaked_objects);
	kl_emit_int(e, "leaked_bytes", r->leaked_bytes);
	kl_emit_end(e);
}

static struct kl_error *emit_head(struct kl_report *r)
{
	struct kl_emitter *e = &r->emitter;
	struct kl_error *err;

	e->out = r->out;
	kl_emit_object(e, NULL);
	kl_emit_int(e, "schema_version", KLEAK_VIEW_VERSION);
	err = kl_emit_run(e, "run", r->reader, &r->run);
	emit_totals(r);
	return err;
}

static void open_section(struct kl_report *r, const char *name)
{
	kl_emit_array(&r->emitter, name);
}

static void close_section(struct kl_report *r)
{
	kl_emit_end(&r->emitter);
}

static struct kl_error *emit_first_line(struct kl_report *r)
{
	struct kl_error *err;

	r->emitter.lines = true;
	r->emitter.out = r->out;
	kl_emit_object(&r->emitter, NULL);
	kl_emit_string(&r->emitter, "record", "run");
	kl_emit_int(&r->emitter, "schema_version", KLEAK_VIEW_VERSION);
	err = kl_emit_run(&r->emitter, "run", r->reader, &r->run);
	emit_totals(r);
	kl_emit_end(&r->emitter);
	return err;
}

/* An element of a section, or a line that says of which. */
static void begin_record(struct kl_emitter *e, const char *kind)
{
	kl_emit_object(e, NULL);
	if (e->lines)
		kl_emit_string(e, "record", kind);
}

static struct kl_error *emit_anomaly(struct kl_report *r, const struct kl_store_anomaly *a)
{
	struct kl_emitter *e = &r->emitter;

	begin_record(e, "anomaly");
	kl_emit_string(e, "kind", a->kind);
	if (a->has_address)
		kl_emit_address(e, "address", a->address);
	kl_emit_string(e, "message", a->message);
	kl_emit_end(e);
	return NULL;
}

static struct kl_error *emit_advice(struct kl_report *r, const struct kl_store_advice *a)
{
	struct kl_emitter *e = &r->emitter;

	begin_record(e, "advice");
	kl_emit_string(e, "kind", a->kind);
	kl_emit_string(e, "name", a->name);
	if (a->version)
		kl_emit_string(e, "version", a->version);
	kl_emit_string(e, "origin", a->origin);
	kl_emit_string(e, "state", a->state);
	kl_emit_string(e, "note", a->note);
	kl_emit_int(e, "objects", a->objects);
	kl_emit_int(e, "bytes", a->bytes);
	kl_emit_end(e);
	return NULL;
}

/* Words that hold the address of one object: more than these nobody reads. */
#define REFERENCES_SHOWN 32

struct references {
	struct kl_emitter *e;
	size_t count;
};

static struct kl_error *emit_reference(void *context, const struct kl_store_word *word)
{
	struct references *references = context;

	if (references->count++ < REFERENCES_SHOWN)
		kl_emit_word(references->e, word);
	return NULL;
}

/* Why the representative is a finding: who refers to it. */
static struct kl_error *emit_references(struct kl_report *r, uint64_t address)
{
	struct references references = {.e = &r->emitter};
	struct kl_error *err;

	if (!r->run.edges)
		return NULL;
	kl_emit_array(&r->emitter, "references");
	err = kl_reader_references(r->reader, r->run.id, address, false, emit_reference, &references);
	kl_emit_end(&r->emitter);
	return err;
}

static struct kl_error *emit_stack_group(struct kl_report *r, const struct kl_store_group *g,
					 const struct kl_store_frame *frames, size_t n)
{
	struct kl_emitter *e = &r->emitter;
	struct kl_error *err;

	begin_record(e, "group");
	kl_emit_hash(e, "stack_hash", g->stack_hash);
	kl_emit_string(e, "verdict", kl_store_verdict_name(g->verdict));
	kl_emit_json(e, "verdicts", g->verdicts_json);
	kl_emit_int(e, "objects", g->objects);
	kl_emit_int(e, "bytes", g->bytes);
	kl_emit_int(e, "leaked_objects", g->leaked_objects);
	kl_emit_int(e, "leaked_bytes", g->leaked_bytes);
	kl_emit_known_int(e, "direct_bytes", g->direct_bytes);
	kl_emit_known_int(e, "retained_bytes", g->retained_bytes);
	kl_emit_known_int(e, "age_min_ms", g->age_min_ms);
	kl_emit_known_int(e, "age_max_ms", g->age_max_ms);
	kl_emit_string(e, "comm", g->comm);
	kl_emit_known_int(e, "pid", g->pid);
	kl_emit_int(e, "comms", g->comms);
	kl_emit_int(e, "pids", g->pids);
	kl_emit_int(e, "stacks", g->stacks);
	kl_emit_address(e, "address", g->address);
	kl_emit_string(e, "top_frame", g->top_frame);
	if (g->site)
		kl_emit_string(e, "site", g->site);
	kl_emit_string(e, "reason", g->reason);
	err = kl_emit_stack(e, frames, n);
	if (!err)
		err = emit_references(r, g->address);
	kl_emit_end(e);
	return err;
}

static struct kl_error *emit_finding(struct kl_report *r, const struct kl_store_finding *f)
{
	struct kl_emitter *e = &r->emitter;

	begin_record(e, "finding");
	kl_emit_address(e, "address", f->address);
	kl_emit_int(e, "size", (int64_t)f->size);
	kl_emit_string(e, "class", kl_store_class_name(f->class_));
	kl_emit_string(e, "verdict", kl_store_verdict_name(f->verdict));
	kl_emit_string(e, "reason", f->reason);
	if (f->has_head)
		kl_emit_address(e, "head", f->head);
	else
		kl_emit_null(e, "head");
	kl_emit_string(e, "comm", f->comm);
	kl_emit_known_int(e, "pid", f->pid);
	kl_emit_known_int(e, "jiffies", f->jiffies);
	kl_emit_known_int(e, "age_ms", f->age_ms);
	kl_emit_hash(e, "stack_hash", f->stack_hash);
	kl_emit_string(e, "top_frame", f->top_frame);
	kl_emit_string(e, "checksum_state", f->checksum_state);
	if (f->dumps != KL_UNKNOWN)
		kl_emit_int(e, "dumps", f->dumps);
	if (f->unref_scans != KL_UNKNOWN)
		kl_emit_int(e, "unref_scans", f->unref_scans);
	if (f->has_content)
		kl_emit_hash(e, "content_hash", f->content);
	if (f->cache)
		kl_emit_string(e, "cache", f->cache);
	if (f->type)
		kl_emit_string(e, "type", f->type);
	kl_emit_known_int(e, "references_found", f->found);
	kl_emit_known_int(e, "references_needed", f->needed);
	if (f->has_parent)
		kl_emit_address(e, "parent", f->parent);
	if (f->retained_bytes != KL_UNKNOWN) {
		kl_emit_int(e, "retained_objects", f->retained_objects);
		kl_emit_int(e, "retained_bytes", f->retained_bytes);
	}
	if (f->site) {
		kl_emit_string(e, "site", f->site);
		kl_emit_bool(e, "site_deduced", f->site_deduced);
	}
	kl_emit_end(e);
	return NULL;
}

/* Only call sites that hold something, or should. */
static struct kl_error *emit_allocation(struct kl_report *r, const struct kl_store_allocation *a)
{
	struct kl_emitter *e = &r->emitter;
	int64_t counted = kl_sum(kl_sum(a->slab_bytes, a->page_bytes), a->percpu_bytes);

	if (!a->bytes && !a->calls && !counted)
		return NULL;
	begin_record(e, "allocation");
	kl_emit_string(e, "file", a->at->file);
	kl_emit_int(e, "line", a->at->line);
	kl_emit_string(e, "module", a->at->module);
	kl_emit_string(e, "function", a->at->function);
	kl_emit_bool(e, "listed", a->listed);
	kl_emit_bool(e, "unloaded", a->unloaded);
	kl_emit_bool(e, "accurate", !a->inaccurate);
	kl_emit_known_int(e, "bytes", a->bytes);
	kl_emit_known_int(e, "calls", a->calls);
	kl_emit_int(e, "counted_bytes", counted);
	kl_emit_int(e, "counted_calls", kl_sum(kl_sum(a->slab_objects, a->page_calls), a->percpu_calls));
	kl_emit_int(e, "slab_bytes", a->slab_bytes);
	kl_emit_int(e, "page_bytes", a->page_bytes);
	kl_emit_int(e, "percpu_bytes", a->percpu_bytes);
	kl_emit_string(e, "cause", a->cause);
	kl_emit_int(e, "objects", a->objects);
	kl_emit_int(e, "object_bytes", a->object_bytes);
	kl_emit_int(e, "leaked_objects", a->leaked_objects);
	kl_emit_int(e, "leaked_bytes", a->leaked_bytes);
	kl_emit_end(e);
	return NULL;
}

static struct kl_error *emit_tally(struct kl_report *r, const struct kl_tally *t)
{
	struct kl_emitter *e = &r->emitter;

	begin_record(e, "tally");
	kl_emit_string(e, "by", kl_tallied_by_name(r->by));
	kl_emit_string(e, "name", t->name);
	kl_emit_int(e, "objects", t->objects);
	kl_emit_int(e, "bytes", t->bytes);
	kl_emit_int(e, "leaked_objects", t->leaked_objects);
	kl_emit_int(e, "leaked_bytes", t->leaked_bytes);
	kl_emit_end(e);
	return NULL;
}

static struct kl_error *emit_tail(struct kl_report *r)
{
	if (r->extras)
		kl_emit_extras(r->extras, &r->emitter);
	kl_emit_end(&r->emitter);
	return NULL;
}

/* ---- html ---- */

static struct kl_error *begin_page(struct kl_report *r)
{
	fputs(kl_html_before, r->out);
	r->emitter.in_html = true;
	return emit_head(r);
}

static struct kl_error *end_page(struct kl_report *r)
{
	struct kl_error *err = emit_tail(r);

	fputs(kl_html_after, r->out);
	return err;
}

const struct kl_report_format kl_format_json = {
	.begin = emit_head,
	.anomaly = emit_anomaly,
	.advice = emit_advice,
	.group = emit_stack_group,
	.finding = emit_finding,
	.allocation = emit_allocation,
	.tally = emit_tally,
	.end = emit_tail,
	.diff = kl_diff_print_json,
	.section_begin = open_section,
	.section_end = close_section,
	.whole = true,
	.json = true,
};

const struct kl_report_format kl_format_ndjson = {
	.begin = emit_first_line,
	.anomaly = emit_anomaly,
	.advice = emit_advice,
	.group = emit_stack_group,
	.finding = emit_finding,
	.allocation = emit_allocation,
	.tally = emit_tally,
	.diff = kl_diff_print_ndjson,
	.whole = true,
	.json = true,
};

const struct kl_report_format kl_format_html = {
	.begin = begin_page,
	.anomaly = emit_anomaly,
	.advice = emit_advice,
	.group = emit_stack_group,
	.finding = emit_finding,
	.allocation = emit_allocation,
	.end = end_page,
	.diff = kl_diff_print_html,
	.section_begin = open_section,
	.section_end = close_section,
	.whole = true,
};
