/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/report.h"

#include <string.h>

#include "util/map.h"
#include "util/sum.h"

static const struct {
	const char *name;
	const struct kl_report_format *format;
} formats[] = {
#define KL_FORMAT(name, summary) {#name, &kl_format_##name},
#include "report/formats.def"
#undef KL_FORMAT
};

const struct kl_report_format *kl_report_format_find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
		if (!strcmp(formats[i].name, name))
			return formats[i].format;
	}
	return NULL;
}

int64_t kl_report_weight(const struct kl_report *r, const struct kl_store_group *g, bool objects)
{
	if (r->select.verdicts)
		return objects ? g->objects : g->bytes;
	return objects ? g->leaked_objects : g->leaked_bytes;
}

/* The pass: what the reader's callbacks get. */
struct pass {
	struct kl_report *report;
	const struct kl_report_format *format;
	int64_t selected; /* groups so far */
	struct kl_tallies *tallies;
	struct kl_map stacks; /* names of theirs, when not all are selected: whose findings are */
};

/* @frames and @n are those of the group; read only when somebody asks. */
static struct kl_error *select_group(struct pass *pass, const struct kl_store_group *g, bool *ret)
{
	const struct kl_selection *select = &pass->report->select;
	const struct kl_store_frame *frames;
	struct kl_report *r = pass->report;
	struct kl_error *err;
	size_t n;

	*ret = true;
	if (kl_selection_is_all(select))
		return NULL;
	err = kl_reader_named_stack(r->reader, g->stack_id, r->run.boot_id, &frames, &n, NULL);
	if (!err)
		err = kl_selection_has(select, g, frames, n, ret);
	if (err || !*ret)
		return err;
	*ret = !select->top || pass->report->by || pass->selected < select->top;
	pass->selected += *ret;
	return *ret && !kl_map_put(&pass->stacks, g->stack_hash, 1) ? kl_error_nomem() : NULL;
}

static struct kl_error *sum_group(void *context, const struct kl_store_group *g)
{
	struct kl_report *r = ((struct pass *)context)->report;
	struct kl_error *err;
	bool selected;

	err = select_group(context, g, &selected);
	if (err || !selected)
		return err;
	r->groups++;
	r->leaking_groups += g->leaked_objects > 0;
	r->objects = kl_sum(r->objects, g->objects);
	r->leaked_objects = kl_sum(r->leaked_objects, g->leaked_objects);
	r->bytes = kl_sum(r->bytes, g->bytes);
	r->leaked_bytes = kl_sum(r->leaked_bytes, g->leaked_bytes);
	return NULL;
}

static struct kl_error *count_anomaly(void *context, const struct kl_store_anomaly *anomaly)
{
	(void)anomaly;
	((struct pass *)context)->report->anomalies++;
	return NULL;
}

static struct kl_error *sum_advice(void *context, const struct kl_store_advice *advice)
{
	struct kl_report *r = ((struct pass *)context)->report;

	if (strcmp(advice->kind, "suppression") != 0)
		return NULL;
	r->suppressed.rules++;
	r->suppressed.used += !strcmp(advice->state, "used");
	r->suppressed.objects = kl_sum(r->suppressed.objects, advice->objects);
	r->suppressed.bytes = kl_sum(r->suppressed.bytes, advice->bytes);
	return NULL;
}

static struct kl_error *pass_advice(void *context, const struct kl_store_advice *advice)
{
	struct pass *pass = context;
	struct kl_error *err = pass->format->advice(pass->report, advice);

	pass->report->row++;
	return err;
}

static struct kl_error *pass_anomaly(void *context, const struct kl_store_anomaly *anomaly)
{
	struct pass *pass = context;

	struct kl_error *err = pass->format->anomaly(pass->report, anomaly);

	pass->report->row++;
	return err;
}

static struct kl_error *pass_group(void *context, const struct kl_store_group *group)
{
	struct pass *pass = context;
	const struct kl_store_frame *frames;
	struct kl_report *r = pass->report;
	struct kl_error *err;
	bool selected;
	size_t n;

	err = select_group(pass, group, &selected);
	if (err || !selected)
		return err;
	err = kl_reader_named_stack(r->reader, group->stack_id, r->run.boot_id, &frames, &n, &r->borrowed_names);
	if (!err)
		err = pass->format->group(pass->report, group, frames, n);
	pass->report->row++;
	return err;
}

static struct kl_error *pass_finding(void *context, const struct kl_store_finding *finding)
{
	struct pass *pass = context;
	struct kl_error *err;
	uint64_t ignored;

	if (!kl_selection_is_all(&pass->report->select) && !kl_map_get(&pass->stacks, finding->stack_hash, &ignored))
		return NULL;
	err = pass->format->finding(pass->report, finding);
	pass->report->row++;
	return err;
}

static struct kl_error *pass_listing(void *context, const struct kl_store_listing *entry)
{
	struct pass *pass = context;
	const struct kl_store_frame *frames;
	struct kl_error *err;
	size_t n;

	err = kl_reader_stack(pass->report->reader, entry->stack_id, &frames, &n);
	return err ? err : pass->format->listing(pass->report, entry, frames, n);
}

static struct kl_error *pass_allocation(void *context, const struct kl_store_allocation *allocation)
{
	struct pass *pass = context;
	struct kl_error *err = pass->format->allocation(pass->report, allocation);

	pass->report->row++;
	return err;
}

static struct kl_error *tally_finding(void *context, const struct kl_store_finding *finding)
{
	struct pass *pass = context;
	uint64_t ignored;

	if (!kl_selection_is_all(&pass->report->select) && !kl_map_get(&pass->stacks, finding->stack_hash, &ignored))
		return NULL;
	return kl_tallies_add(pass->tallies, finding);
}

static struct kl_error *pass_tally(void *context, const struct kl_tally *tally)
{
	struct pass *pass = context;
	struct kl_error *err = pass->format->tally(pass->report, tally);

	pass->report->row++;
	return err;
}

static void begin_section(struct pass *pass, const char *name)
{
	pass->report->row = 0;
	pass->selected = 0;
	if (pass->format->section_begin)
		pass->format->section_begin(pass->report, name);
}

static void end_section(const struct pass *pass)
{
	if (pass->format->section_end)
		pass->format->section_end(pass->report);
}

static struct kl_error *read_tallies(struct pass *pass)
{
	struct kl_report *r = pass->report;
	_cleanup_(kl_tallies_destroyp) struct kl_tallies *tallies = NULL;
	struct kl_error *err = kl_tallies_create(r->reader, r->run.boot_id, r->by, &tallies);

	pass->tallies = tallies;
	if (!err)
		err = kl_reader_findings(r->reader, r->run.id, tally_finding, pass);
	begin_section(pass, "tallies");
	if (!err)
		err = kl_tallies_each(tallies, r->select.top, pass_tally, pass);
	end_section(pass);
	return err;
}

/* What a report is about. */
static struct kl_error *read_groups_and_findings(struct pass *pass)
{
	const struct kl_report_format *format = pass->format;
	struct kl_report *report = pass->report;
	int64_t id = report->run.id;
	struct kl_error *err = NULL;

	if (format->group) {
		begin_section(pass, "groups");
		err = kl_reader_groups(report->reader, id, pass_group, pass);
		end_section(pass);
	}
	if (!err && format->finding && (report->verbose || !format->findings_on_demand)) {
		begin_section(pass, "findings");
		err = kl_reader_findings(report->reader, id, pass_finding, pass);
		end_section(pass);
	}
	return err;
}

static struct kl_error *read_report_sections(struct pass *pass)
{
	const struct kl_report_format *format = pass->format;
	struct kl_report *report = pass->report;
	bool sites = !report->summary && !report->by && kl_selection_is_all(&report->select);
	int64_t id = report->run.id;
	struct kl_error *err = NULL;

	if (format->begin)
		err = format->begin(report);
	if (!err && format->anomaly) {
		begin_section(pass, "anomalies");
		err = kl_reader_anomalies(report->reader, id, pass_anomaly, pass);
		end_section(pass);
	}
	if (!err && format->advice) {
		begin_section(pass, "advice");
		err = kl_reader_advice(report->reader, id, pass_advice, pass);
		end_section(pass);
	}
	if (!err && !report->summary)
		err = report->by ? read_tallies(pass) : read_groups_and_findings(pass);
	if (!err && format->listing)
		err = kl_reader_listing(report->reader, id, pass_listing, pass);
	if (!err && format->allocation && sites) {
		begin_section(pass, "allocations");
		err = kl_reader_allocations(report->reader, id, KL_ALLOCATIONS_LISTED, -1, pass_allocation, pass);
		end_section(pass);
	}
	if (!err && format->end)
		err = format->end(report);
	return err;
}

struct kl_error *kl_report_write(struct kl_report *report, const struct kl_report_format *format, int64_t run_id)
{
	struct pass pass = {.report = report, .format = format};
	struct kl_error *err;

	if (report->by && !format->tally)
		return kl_error_create(KL_ERROR_USAGE, "--by %s is for text, markdown, json and ndjson",
				       kl_tallied_by_name(report->by));
	err = kl_reader_run(report->reader, run_id, &report->run);
	if (err)
		return err;
	report->partial = report->run.partial;
	err = kl_reader_groups(report->reader, report->run.id, sum_group, &pass);
	if (!err)
		err = kl_reader_anomalies(report->reader, report->run.id, count_anomaly, &pass);
	if (!err)
		err = kl_reader_advice(report->reader, report->run.id, sum_advice, &pass);
	if (!err)
		err = read_report_sections(&pass);
	if (format->deinit)
		format->deinit(report);
	kl_map_deinit(&pass.stacks);
	kl_store_run_deinit(&report->run);
	return err;
}
