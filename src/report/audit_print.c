/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/audit_print.h"

#include <inttypes.h>
#include <string.h>

#include "report/emitter.h"
#include "report/run_json.h"
#include "report/call_site.h"
#include "report/human.h"
#include "store/counters.h"
#include "util/profiling_words.h"
#include "util/sum.h"

/* Call sites that differ, named without -v. */
#define SITES_SHOWN 20

/* Counters of the run that belong to the audit, in the order of its JSON. */
static const enum kl_counter audit_counters[] = {
	KL_COUNTER_PROFILING_COMPRESSED, KL_COUNTER_PROFILING_DEBUG,     KL_COUNTER_SLAB_PAGES,
	KL_COUNTER_SLAB_WITHOUT_VECTOR,  KL_COUNTER_SLAB_VECTORS_FAILED, KL_COUNTER_SLAB_STALE,
	KL_COUNTER_SLAB_OBJECTS,         KL_COUNTER_SLAB_WITH_SITE,      KL_COUNTER_DEDUCED_SITE,
};

struct audit {
	const struct kl_audit_print *p;
	struct kl_store_run run;
	struct kl_store_allocation_sums sums;
	int64_t counters[KL_COUNTER_COUNT];
	int64_t pages[KL_PAGE_USE_COUNT];
	struct kl_emitter emitter;
	int64_t row;
	char cause[32]; /* of the row before */
};

/* The counters of the family PAGES. */
static struct kl_error *note_page_use(void *context, const struct kl_store_value *v)
{
	int64_t *pages = context;
	enum kl_counter counter;
	const char *member;

	if (strcmp(v->kind, "counter") != 0 || v->type != KL_VALUE_INT ||
	    !kl_counter_find(v->name, &counter, &member) || counter != KL_COUNTER_PAGES)
		return NULL;
	for (enum kl_page_use use = 0; use < KL_PAGE_USE_COUNT; use++) {
		if (!strcmp(member, kl_page_use_name(use)))
			pages[use] = v->integer;
	}
	return NULL;
}

static double percentage(int64_t part, int64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 100;
}

/* ---- text ---- */

static void print_audit_line(FILE *out, const char *label, struct kl_strbuf *sb)
{
	fprintf(out, "%-10s%s\n", label, kl_strbuf_string(sb));
	kl_strbuf_reset(sb);
}

static void print_claims(const struct audit *a)
{
	const struct kl_store_allocation_sums *s = &a->sums;
	_cleanup_strbuf_ struct kl_strbuf sb = {};
	FILE *out = a->p->out;

	kl_strbuf_puts(&sb, a->run.profiling_state);
	if (a->counters[KL_COUNTER_PROFILING_COMPRESSED])
		kl_strbuf_puts(&sb, ", call sites of pages in their flags (compressed)");
	if (a->counters[KL_COUNTER_PROFILING_DEBUG])
		kl_strbuf_puts(&sb, ", with debug checks");
	print_audit_line(out, "profiling", &sb);
	kl_human_bytes(&sb, s->claimed);
	kl_strbuf_puts(&sb, " are charged to call sites by the kernel's counters");
	print_audit_line(out, "claimed", &sb);
	kl_human_bytes(&sb, s->accounted);
	/* never "100%" when something is missing */
	kl_strbuf_printf(&sb, " of these (%.4g%%) were found: memory that refers to its call site",
			 s->accounted < s->claimed && percentage(s->accounted, s->claimed) > 99.99
				 ? 99.99
				 : percentage(s->accounted, s->claimed));
	print_audit_line(out, "found", &sb);
	kl_human_count(&sb, s->differing, "call site");
	print_audit_line(out, "differing", &sb);
	if (s->unloaded_bytes) {
		kl_human_bytes(&sb, s->unloaded_bytes);
		kl_strbuf_puts(&sb, " are still held by modules that were unloaded");
		print_audit_line(out, "unloaded", &sb);
	}
}

static void print_objects(const struct audit *a)
{
	const int64_t *n = a->counters;
	_cleanup_strbuf_ struct kl_strbuf sb = {};

	kl_strbuf_printf(
		&sb, "%" PRId64 " slab pages are charged twice: to whoever allocated the slab, and object by object",
		n[KL_COUNTER_SLAB_PAGES]);
	print_audit_line(a->p->out, "slabs", &sb);
	kl_strbuf_printf(&sb,
			 "%" PRId64
			 " objects in use are in slabs without room for call sites (caches that opt out, or slabs "
			 "older than profiling); %" PRId64 " vectors could not be allocated",
			 n[KL_COUNTER_SLAB_WITHOUT_VECTOR], n[KL_COUNTER_SLAB_VECTORS_FAILED]);
	print_audit_line(a->p->out, "", &sb);
	if (n[KL_COUNTER_SLAB_STALE]) {
		kl_strbuf_printf(&sb, "at least %" PRId64 " objects are free, but still charged",
				 n[KL_COUNTER_SLAB_STALE]);
		print_audit_line(a->p->out, "", &sb);
	}
	if (!n[KL_COUNTER_SLAB_OBJECTS]) /* kmemleak was off, or its objects could not be read */
		return;
	kl_strbuf_printf(&sb,
			 "%" PRId64 " of %" PRId64 " slab objects of kmemleak have a call site (%.4g%%); %" PRId64
			 " more are known from other objects' stacks",
			 n[KL_COUNTER_SLAB_WITH_SITE], n[KL_COUNTER_SLAB_OBJECTS],
			 percentage(n[KL_COUNTER_SLAB_WITH_SITE], n[KL_COUNTER_SLAB_OBJECTS]),
			 n[KL_COUNTER_DEDUCED_SITE]);
	print_audit_line(a->p->out, "objects", &sb);
}

static void print_pages(const struct audit *a)
{
	fputs("pages\n", a->p->out);
	for (enum kl_page_use use = 0; use < KL_PAGE_USE_COUNT; use++) {
		if (a->pages[use])
			fprintf(a->p->out, "%12" PRId64 "  %s\n", a->pages[use], kl_page_use_words(use));
	}
}

static void print_known_number(FILE *out, int64_t value, int width)
{
	if (value == KL_UNKNOWN)
		fprintf(out, " %*s", width, "gone");
	else
		fprintf(out, " %*" PRId64, width, value);
}

static struct kl_error *print_difference(void *context, const struct kl_store_allocation *d)
{
	struct audit *a = context;
	const char *words = kl_audit_cause_words(d->cause);
	_cleanup_strbuf_ struct kl_strbuf sb = {};
	FILE *out = a->p->out;

	if (!a->row++)
		fputs("\ncall sites whose counters differ from what was found\n"
		      "     claimed    calls        found    calls\n",
		      out);
	if (strncmp(a->cause, d->cause, sizeof(a->cause) - 1) != 0) {
		snprintf(a->cause, sizeof(a->cause), "%s", d->cause);
		fprintf(out, "  %s\n", words ? words : "?");
	}
	print_known_number(out, d->bytes, 11);
	print_known_number(out, d->calls, 8);
	print_known_number(out, kl_sum(kl_sum(d->slab_bytes, d->page_bytes), d->percpu_bytes), 12);
	print_known_number(out, kl_sum(kl_sum(d->slab_objects, d->page_calls), d->percpu_calls), 8);
	kl_site_text(&sb, d->at);
	fprintf(out, "  %s\n", kl_strbuf_string(&sb));
	return sb.failed ? kl_error_nomem() : NULL;
}

static struct kl_error *print_audit_text(struct audit *a)
{
	struct kl_error *err;

	print_claims(a);
	print_objects(a);
	print_pages(a);
	err = kl_reader_allocations(a->p->reader, a->run.id, KL_ALLOCATIONS_DIFFERING, a->p->all ? -1 : SITES_SHOWN,
				    print_difference, a);
	if (!err && a->sums.differing > a->row)
		fprintf(a->p->out, "and %" PRId64 " more (-v shows all)\n", kl_difference(a->sums.differing, a->row));
	return err;
}

/* ---- JSON ---- */

static struct kl_error *emit_difference(void *context, const struct kl_store_allocation *d)
{
	struct kl_emitter *e = &((struct audit *)context)->emitter;

	kl_emit_object(e, NULL);
	kl_emit_string(e, "file", d->at->file);
	kl_emit_int(e, "line", d->at->line);
	kl_emit_string(e, "module", d->at->module);
	kl_emit_string(e, "function", d->at->function);
	kl_emit_known_int(e, "bytes", d->bytes);
	kl_emit_known_int(e, "calls", d->calls);
	kl_emit_int(e, "counted_bytes", kl_sum(kl_sum(d->slab_bytes, d->page_bytes), d->percpu_bytes));
	kl_emit_int(e, "counted_calls", kl_sum(kl_sum(d->slab_objects, d->page_calls), d->percpu_calls));
	kl_emit_int(e, "stale_pages", d->stale_pages);
	kl_emit_string(e, "cause", d->cause);
	kl_emit_end(e);
	return NULL;
}

static struct kl_error *print_audit_json(struct audit *a)
{
	struct kl_emitter *e = &a->emitter;
	struct kl_error *err;

	e->out = a->p->out;
	kl_emit_object(e, NULL);
	kl_emit_int(e, "schema_version", KLEAK_VIEW_VERSION);
	err = kl_emit_run(e, "run", a->p->reader, &a->run);
	if (err)
		return err;
	kl_emit_int(e, "claimed", a->sums.claimed);
	kl_emit_int(e, "accounted", a->sums.accounted);
	kl_emit_int(e, "differing", a->sums.differing);
	kl_emit_int(e, "unloaded", a->sums.unloaded_bytes);
	kl_emit_object(e, "pages");
	for (enum kl_page_use use = 0; use < KL_PAGE_USE_COUNT; use++)
		kl_emit_int(e, kl_page_use_name(use), a->pages[use]);
	kl_emit_end(e);
	kl_emit_object(e, "counters");
	for (size_t i = 0; i < sizeof(audit_counters) / sizeof(*audit_counters); i++)
		kl_emit_int(e, kl_counter_name(audit_counters[i]), a->counters[audit_counters[i]]);
	kl_emit_end(e);
	kl_emit_array(e, "differences");
	err = kl_reader_allocations(a->p->reader, a->run.id, KL_ALLOCATIONS_DIFFERING, -1, emit_difference, a);
	kl_emit_end(e);
	kl_emit_end(e);
	return err;
}

static struct kl_error *check_state(const struct kl_store_run *run)
{
	const char *state = run->profiling_state, *words = state ? kl_profiling_status_words(state) : NULL;

	if (words && strcmp(state, kl_profiling_status_name(KL_PROFILING_ABSENT)) != 0)
		return NULL;
	return kl_error_create(KL_ERROR_NOT_FOUND, "run %" PRId64 ": nothing to audit: %s", run->id,
			       words ? words : "it was made by a program that did not know allocation profiling");
}

struct kl_error *kl_print_audit(const struct kl_audit_print *p, int64_t run_id, bool *partial)
{
	struct audit a = {.p = p};
	struct kl_error *err = kl_reader_run(p->reader, run_id, &a.run);

	if (err)
		return err;
	*partial = a.run.partial;
	err = check_state(&a.run);
	if (!err)
		err = kl_reader_allocation_sums(p->reader, a.run.id, &a.sums);
	if (!err)
		err = kl_reader_counters(p->reader, a.run.id, a.counters);
	if (!err)
		err = kl_reader_values(p->reader, a.run.id, note_page_use, a.pages);
	if (!err)
		err = p->json ? print_audit_json(&a) : print_audit_text(&a);
	kl_store_run_deinit(&a.run);
	return err;
}
