/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/call_site.h"

#include <inttypes.h>
#include <string.h>

#include "report/frames.h"
#include "report/human.h"
#include "util/profiling_words.h"
#include "util/sum.h"

#define TOP 5

void kl_site_text(struct kl_strbuf *sb, const struct kl_store_site *site)
{
	if (!site->file) {
		kl_strbuf_printf(sb, "line %" PRId64 " of a module that was unloaded", site->line);
		return;
	}
	kl_human_text(sb, site->file);
	kl_strbuf_printf(sb, ":%" PRId64 " ", site->line);
	kl_human_text(sb, site->function);
	if (site->module) {
		kl_strbuf_puts(sb, " [");
		kl_human_text(sb, site->module);
		kl_strbuf_putc(sb, ']');
	}
}

int64_t kl_site_bytes(const struct kl_store_allocation *a)
{
	return a->bytes != KL_UNKNOWN ? a->bytes : kl_sum(kl_sum(a->slab_bytes, a->page_bytes), a->percpu_bytes);
}

int64_t kl_site_calls(const struct kl_store_allocation *a)
{
	return a->calls != KL_UNKNOWN ? a->calls : kl_sum(kl_sum(a->slab_objects, a->page_calls), a->percpu_calls);
}

/* ---- the largest ---- */

struct site_table {
	FILE *out;
	bool color;
	const char *title; /* printed before the first row */
	int64_t rows;
};

static void print_bytes(FILE *out, int64_t bytes, int width)
{
	_cleanup_strbuf_ struct kl_strbuf sb = {};

	kl_human_bytes(&sb, bytes);
	fprintf(out, " %*s", width, kl_strbuf_string(&sb));
}

/* What kmemleak knows of a call site's memory; most pages it does not know. */
static void print_share(FILE *out, int64_t objects, int64_t bytes)
{
	if (objects)
		print_bytes(out, bytes, 10);
	else
		fprintf(out, " %10s", "-");
}

static struct kl_error *print_site_row(void *context, const struct kl_store_allocation *a)
{
	int64_t bytes = kl_site_bytes(a), calls = kl_site_calls(a);
	_cleanup_strbuf_ struct kl_strbuf site = {};
	struct site_table *t = context;

	if (!t->rows++)
		fprintf(t->out, "  %s\n", t->title);
	print_bytes(t->out, bytes, 10);
	fprintf(t->out, " %8" PRId64, calls);
	print_bytes(t->out, calls ? bytes / calls : 0, 10);
	print_share(t->out, kl_difference(a->objects, a->leaked_objects),
		    kl_difference(a->object_bytes, a->leaked_bytes));
	fputs(t->color && a->leaked_objects ? KL_COLOR_RED : "", t->out);
	print_share(t->out, a->leaked_objects, a->leaked_bytes);
	fputs(t->color && a->leaked_objects ? KL_COLOR_NORMAL : "", t->out);
	kl_site_text(&site, a->at);
	fprintf(t->out, "  %s%s\n", kl_strbuf_string(&site), a->inaccurate ? " (not accurate)" : "");
	return site.failed ? kl_error_nomem() : NULL;
}

/* Counters that were not current when the machine died. */
static void print_doubt(FILE *out, const char *state)
{
	const char *words = state ? kl_profiling_status_words(state) : NULL;

	if (words && strcmp(state, kl_profiling_status_name(KL_PROFILING_ON)) != 0)
		fprintf(out, "  %s\n", words);
}

struct kl_error *kl_print_top_sites(FILE *out, bool color, struct kl_reader *reader, const struct kl_store_run *run)
{
	static const struct {
		enum kl_allocation_order order;
		int64_t limit;
		const char *title;
	} tables[] = {
		{KL_ALLOCATIONS_BY_BYTES, TOP, "largest"},
		{KL_ALLOCATIONS_BY_CALLS, TOP, "most allocations"},
		{KL_ALLOCATIONS_BY_AVERAGE, TOP, "largest on average"},
		{KL_ALLOCATIONS_UNLOADED, 4 * TOP, "still held by modules that were unloaded"},
	};
	struct kl_store_allocation_sums sums;
	_cleanup_strbuf_ struct kl_strbuf sb = {};
	struct kl_error *err;

	err = kl_reader_allocation_sums(reader, run->id, &sums);
	if (err || !sums.sites)
		return err;
	kl_human_bytes(&sb, sums.bytes);
	kl_strbuf_puts(&sb, " in ");
	kl_human_count(&sb, sums.calls, "allocation");
	kl_strbuf_puts(&sb, " of ");
	kl_human_count(&sb, sums.sites, "call site");
	fprintf(out, "\ncall sites: %s; slab pages count twice, as pages and object by object\n",
		kl_strbuf_string(&sb));
	print_doubt(out, run->profiling_state);
	fputs("      bytes    calls    average  reachable     leaked\n", out);
	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables) && !err; i++) {
		struct site_table t = {.out = out, .color = color, .title = tables[i].title};

		err = kl_reader_allocations(reader, run->id, tables[i].order, tables[i].limit, print_site_row, &t);
	}
	return err;
}
