/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/sweep.h"

#include <inttypes.h>
#include <string.h>

#include "analysis/marking.h"
#include "cli/table.h"
#include "util/strbuf.h"

#define MAX_COMBINATIONS 4096

/* ---- dimensions ---- */

struct kl_error *kl_sweep_add(struct kl_sweep *sweep, const char *text)
{
	struct kl_sweep_dimension *d = &sweep->dimensions[sweep->count];
	struct kl_settings probe;
	char *next, *value;

	if (sweep->count == KL_SWEEP_DIMENSIONS)
		return kl_error_create(KL_ERROR_USAGE, "--sweep: at most %d thresholds", KL_SWEEP_DIMENSIONS);
	d->text = strdup(text);
	if (!d->text)
		return kl_error_nomem();
	sweep->count++;
	d->count = 0;
	next = strchr(d->text, '=');
	if (!next)
		return kl_error_create(KL_ERROR_USAGE, "--sweep: '%s' is not NAME=VALUE,VALUE...", text);
	*next++ = '\0';
	d->name = d->text;
	while ((value = strsep(&next, ","))) {
		struct kl_error *err;

		if (d->count == KL_SWEEP_VALUES)
			return kl_error_create(KL_ERROR_USAGE, "--sweep: at most %d values of %s", KL_SWEEP_VALUES,
					       d->name);
		kl_settings_init(&probe);
		err = kl_settings_threshold(&probe, d->name, value);
		if (err)
			return kl_error_prepend(err, "--sweep");
		d->values[d->count++] = value;
	}
	return NULL;
}

void kl_sweep_deinit(struct kl_sweep *sweep)
{
	size_t i;

	for (i = 0; i < sweep->count; i++)
		free(sweep->dimensions[i].text);
	sweep->count = 0;
}

bool kl_sweep_has(const struct kl_sweep *sweep, const char *name)
{
	size_t i;

	for (i = 0; i < sweep->count; i++) {
		if (!strcmp(sweep->dimensions[i].name, name))
			return true;
	}
	return false;
}

/* ---- one marking ---- */

struct outcome {
	struct kl_mark mark;
	struct kl_edges edges;
	struct kl_findings findings;
};

static void outcome_deinit(struct outcome *o)
{
	kl_mark_deinit(&o->mark);
	kl_vec_deinit(&o->edges.list);
	kl_findings_deinit(&o->findings);
}

static struct kl_error *mark_under(struct kl_analysis *a, const struct kl_precise_settings *settings,
				   struct outcome *ret)
{
	struct kl_error *err = kl_marking_run_under(a, settings, &ret->mark, &ret->edges);

	return err ? err : kl_marking_verdicts(a, &ret->mark, &ret->edges, settings->min_age, &ret->findings);
}

/* ---- the table of a sweep ---- */

static const enum kleak_verdict columns[] = {
	KLEAK_VERDICT_LEAK,        KLEAK_VERDICT_INDIRECT, KLEAK_VERDICT_WEAK,  KLEAK_VERDICT_EXPLAINED,
	KLEAK_VERDICT_UNCONFIRMED, KLEAK_VERDICT_MODIFIED, KLEAK_VERDICT_YOUNG,
};
static const char *const headings[] = {"leak", "indirect", "weak", "explained", "unconfirmed", "modified", "young"};
#define COLUMNS (sizeof(columns) / sizeof(*columns))

static void text_cell(struct kl_table *t, const char *text)
{
	kl_table_cell(t, text, strlen(text), false);
}

static void number_cell(struct kl_table *t, uint64_t number)
{
	char text[24];
	int length = snprintf(text, sizeof(text), "%" PRIu64, number);

	kl_table_cell(t, text, (size_t)length, true);
}

static void add_counts(const struct kl_analysis *a, const struct kl_findings *findings, struct kl_table *t)
{
	uint64_t counts[COLUMNS] = {}, bytes = 0;
	const struct kl_finding *f;
	size_t i;

	kl_vec_for_each (f, &findings->list) {
		for (i = 0; i < COLUMNS; i++)
			counts[i] += f->verdict == columns[i];
		if (kleak_verdict_is_leaked(f->verdict))
			bytes += a->kmemleak.heap.size[f->row];
	}
	for (i = 0; i < COLUMNS; i++)
		number_cell(t, counts[i]);
	number_cell(t, bytes);
}

/* The settings of combination number @index: the last dimension varies fastest. */
static struct kl_error *combine(struct kl_analysis *a, const struct kl_sweep *sweep, size_t index,
				struct kl_precise_settings *ret, struct kl_table *t)
{
	struct kl_settings settings = *a->options->settings;
	const char *values[KL_SWEEP_DIMENSIONS];
	size_t i;

	for (i = sweep->count; i-- > 0;) {
		values[i] = sweep->dimensions[i].values[index % sweep->dimensions[i].count];
		index /= sweep->dimensions[i].count;
	}
	for (i = 0; i < sweep->count; i++) {
		struct kl_error *err = kl_settings_threshold(&settings, sweep->dimensions[i].name, values[i]);

		if (err)
			return err;
		text_cell(t, values[i]);
	}
	*ret = kl_settings_precise(&settings, a->params.min_age, a->kernel->hz);
	return NULL;
}

static struct kl_error *add_row(struct kl_analysis *a, const struct kl_sweep *sweep, size_t index, struct kl_table *t)
{
	_cleanup_(outcome_deinit) struct outcome outcome = {};
	struct kl_precise_settings settings;
	struct kl_error *err = combine(a, sweep, index, &settings, t);

	if (!err)
		err = mark_under(a, &settings, &outcome);
	if (!err)
		add_counts(a, &outcome.findings, t);
	return err;
}

struct kl_error *kl_sweep_print(struct kl_analysis *a, const struct kl_sweep *sweep, FILE *out)
{
	_cleanup_(kl_table_destroyp) struct kl_table *t = NULL;
	size_t combinations = 1, i;
	struct kl_error *err;

	for (i = 0; i < sweep->count; i++)
		combinations *= sweep->dimensions[i].count;
	if (combinations > MAX_COMBINATIONS)
		return kl_error_create(KL_ERROR_USAGE, "--sweep: %zu combinations are too many", combinations);
	err = kl_table_create(out, sweep->count + COLUMNS + 1, &t);
	if (err)
		return err;
	for (i = 0; i < sweep->count; i++)
		text_cell(t, sweep->dimensions[i].name);
	for (i = 0; i < COLUMNS; i++)
		text_cell(t, headings[i]);
	text_cell(t, "leaked bytes");
	for (i = 0; i < combinations && !err; i++)
		err = add_row(a, sweep, i, t);
	return err ? err : kl_table_end(t);
}

/* ---- what each refinement changed ---- */

/* How much a verdict says against an object. */
static uint8_t severity(enum kleak_verdict verdict)
{
	if (kleak_verdict_is_leaked(verdict))
		return 2;
	return verdict == KLEAK_VERDICT_WEAK;
}

/* What one outcome says more against than the other, whose severities are @other. */
static void compare(const struct kl_analysis *a, const struct kl_findings *one, const uint8_t *other, uint64_t *objects,
		    uint64_t *bytes)
{
	const struct kl_finding *f;

	*objects = *bytes = 0;
	kl_vec_for_each (f, &one->list) {
		if (severity(f->verdict) <= other[f->row])
			continue;
		++*objects;
		*bytes += a->kmemleak.heap.size[f->row];
	}
}

static void note_severities(const struct kl_findings *findings, uint8_t *severities)
{
	const struct kl_finding *f;

	kl_vec_for_each (f, &findings->list)
		severities[f->row] = severity(f->verdict);
}

static struct kl_error *explain_one(struct kl_analysis *a, const char *name, const struct kl_precise_settings *without,
				    const uint8_t *severities, struct kl_table *t)
{
	_cleanup_(outcome_deinit) struct outcome outcome = {};
	_cleanup_free_ uint8_t *severities_without = calloc(a->kmemleak.heap.rows + 1, 1);
	uint64_t objects, bytes;
	struct kl_error *err;

	if (!severities_without)
		return kl_error_nomem();
	err = mark_under(a, without, &outcome);
	if (err)
		return err;
	note_severities(&outcome.findings, severities_without);
	text_cell(t, name);
	compare(a, &a->findings, severities_without, &objects, &bytes);
	number_cell(t, objects);
	number_cell(t, bytes);
	compare(a, &outcome.findings, severities, &objects, &bytes);
	number_cell(t, objects);
	number_cell(t, bytes);
	return NULL;
}

/* @settings with the refinement of trait @bit the other way; false when that is no refinement or it is off already. */
static bool without_refinement(const struct kl_precise_settings *settings, int bit, struct kl_precise_settings *ret)
{
	uint16_t trait = (uint16_t)(1U << bit);

	*ret = *settings;
	if (trait == KL_TRAIT_INTEGER)
		ret->types = false;
	else if (trait == KL_TRAIT_REGISTER)
		ret->disregard |= trait;
	else
		ret->disregard &= (uint16_t)~trait;
	return ret->types != settings->types || ret->disregard != settings->disregard;
}

static void print_types(const struct kl_type_counts *c, FILE *out)
{
	fprintf(out,
		"Types are known of %" PRIu64 " objects in %" PRIu64 " slab caches and of %" PRIu64
		" static variables; "
		"left out are caches that are shared (%" PRIu64 "), whose struct has another size (%" PRIu64
		") or is not known (%" PRIu64 ")%s\n",
		c->objects, c->caches, c->variables, c->merged, c->resized, c->unknown,
		c->incomplete ? "; debug information was missing" : "");
}

struct kl_error *kl_sweep_explain(struct kl_analysis *a, FILE *out)
{
	static const char *const heading[] = {"refinement", "found", "bytes", "spared", "bytes"};
	_cleanup_(kl_table_destroyp) struct kl_table *t = NULL;
	_cleanup_free_ uint8_t *severities = calloc(a->kmemleak.heap.rows + 1, 1);
	struct kl_error *err;
	size_t i;
	int bit;

	if (!severities)
		return kl_error_nomem();
	err = kl_table_create(out, sizeof(heading) / sizeof(*heading), &t);
	if (err)
		return err;
	fprintf(out, "What each refinement changed: leaks and weakly referenced objects found only with it, objects "
		     "spared by it\n");
	for (i = 0; i < sizeof(heading) / sizeof(*heading); i++)
		text_cell(t, heading[i]);
	note_severities(&a->findings, severities);
	for (bit = 0; bit < KL_TRAIT_COUNT && !err; bit++) {
		struct kl_precise_settings without;

		if (without_refinement(&a->precise, bit, &without))
			err = explain_one(a, bit == KL_TRAIT_BIT_REGISTER ? "registers" : kl_trait_name(bit), &without,
					  severities, t);
	}
	if (!err && a->precise.untracked) {
		struct kl_precise_settings without = a->precise;

		without.untracked = false;
		err = explain_one(a, "untracked", &without, severities, t);
	}
	if (!err)
		err = kl_table_end(t);
	if (!err && a->precise.types)
		print_types(&a->facts.type_counts, out);
	return err;
}
