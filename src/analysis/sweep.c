/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/sweep.h"

#include <stdlib.h>
#include <string.h>

#define MAX_COMBINATIONS 4096

/* ---- dimensions ---- */

static size_t count_combinations(const struct kl_sweep *sweep)
{
	size_t combinations = 1, i;

	for (i = 0; i < sweep->count; i++)
		combinations *= sweep->dimensions[i].count;
	return combinations;
}

struct kl_error *kl_sweep_add(struct kl_sweep *sweep, const char *text)
{
	struct kl_sweep_dimension *d = &sweep->dimensions[sweep->count];
	struct kl_settings probe;
	char *next, *value;

	if (sweep->count == KL_STORE_SWEEP_SETTINGS)
		return kl_error_create(KL_ERROR_USAGE, "at most %d settings", KL_STORE_SWEEP_SETTINGS);
	d->text = strdup(text);
	if (!d->text)
		return kl_error_nomem();
	sweep->count++;
	d->count = 0;
	next = strchr(d->text, '=');
	if (!next)
		return kl_error_create(KL_ERROR_USAGE, "'%s' is not NAME=VALUE,VALUE...", text);
	*next++ = '\0';
	d->name = d->text;
	while ((value = strsep(&next, ","))) {
		struct kl_error *err;

		if (d->count == KL_SWEEP_VALUES)
			return kl_error_create(KL_ERROR_USAGE, "at most %d values of %s", KL_SWEEP_VALUES, d->name);
		kl_settings_init(&probe);
		err = kl_settings_set(&probe, d->name, value);
		if (err)
			return err;
		d->values[d->count++] = value;
	}
	if (count_combinations(sweep) > MAX_COMBINATIONS)
		return kl_error_create(KL_ERROR_USAGE, "%zu combinations are too many", count_combinations(sweep));
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

/* @settings without what makes no difference in this dump: traits that no reference has. */
static struct kl_precise_settings essence_of(const struct kl_analysis *a, const struct kl_precise_settings *settings)
{
	uint16_t traits = a->marking.references.traits;
	struct kl_precise_settings essence = *settings;

	essence.disregard &= traits;
	essence.types &= (traits & KL_TRAIT_INTEGER) != 0;
	return essence;
}

static bool settings_agree(const struct kl_precise_settings *a, const struct kl_precise_settings *b)
{
	return a->disregard == b->disregard && a->types == b->types && a->siblings == b->siblings &&
	       a->percpu == b->percpu && a->untracked == b->untracked && a->min_age == b->min_age &&
	       a->min_unref_scans == b->min_unref_scans;
}

struct outcome {
	struct kl_marked marked;
	struct kl_findings findings;
};

static void outcome_deinit(struct outcome *o)
{
	kl_marked_deinit(&o->marked);
	kl_findings_deinit(&o->findings);
}

static struct kl_error *judge_under(struct kl_analysis *a, const struct kl_precise_settings *settings,
				    struct outcome *ret)
{
	struct kl_error *err = kl_marking_under(&a->opened, &a->marking, settings, &ret->marked);

	return err ? err : kl_judgement_of(&a->opened, &a->snapshot, &ret->marked, settings->min_age, &ret->findings);
}

/* ---- all combinations ---- */

/* What was marked already, by the essence of its settings. */
struct combinations {
	KL_VEC(struct kl_precise_settings) essences; /* as many as rows of the sweep */
};

static void combinations_deinit(struct combinations *c)
{
	kl_vec_deinit(&c->essences);
}

static void count_verdicts(const struct kl_heap *heap, const struct kl_findings *findings,
			   struct kl_store_sweep_row *row)
{
	const struct kl_finding *f;

	kl_vec_for_each (f, &findings->list) {
		row->counts[kl_store_verdict_index(f->verdict)]++;
		if (kleak_verdict_is_leaked(f->verdict))
			row->leaked_bytes += heap->size[f->row];
	}
}

/* The settings of combination number @index: the last dimension varies fastest. */
static struct kl_error *settings_of_combination(const struct kl_analysis *a, const struct kl_sweep *sweep, size_t index,
						struct kl_store_sweep_row *row, struct kl_precise_settings *ret)
{
	struct kl_settings settings = *a->opened.options->settings;
	size_t i;

	for (i = sweep->count; i-- > 0;) {
		const struct kl_sweep_dimension *d = &sweep->dimensions[i];

		row->values[i] = d->values[index % d->count];
		index /= d->count;
	}
	for (i = 0; i < sweep->count; i++) {
		struct kl_error *err = kl_settings_set(&settings, sweep->dimensions[i].name, row->values[i]);

		if (err)
			return err;
	}
	*ret = kl_settings_precise(&settings, a->marking.rules.min_age, a->opened.kernel->hz);
	return NULL;
}

/* The row of an earlier combination that agrees with @essence; NULL without. */
static const struct kl_store_sweep_row *find_equal_row(const struct combinations *c, const struct kl_store_sweep *rows,
						       const struct kl_precise_settings *essence)
{
	const struct kl_precise_settings *known;

	kl_vec_for_each (known, &c->essences) {
		if (settings_agree(known, essence))
			return &rows->rows.data[known - c->essences.data];
	}
	return NULL;
}

static struct kl_error *add_combination(struct kl_analysis *a, const struct kl_sweep *sweep, size_t index,
					struct combinations *c, struct kl_store_sweep *ret)
{
	_cleanup_(outcome_deinit) struct outcome outcome = {};
	const struct kl_store_sweep_row *equal;
	struct kl_store_sweep_row row = {};
	struct kl_precise_settings settings;
	struct kl_error *err = settings_of_combination(a, sweep, index, &row, &settings);

	if (err)
		return err;
	settings = essence_of(a, &settings);
	equal = find_equal_row(c, ret, &settings);
	if (equal) {
		memcpy(row.counts, equal->counts, sizeof(row.counts));
		row.leaked_bytes = equal->leaked_bytes;
	} else {
		err = judge_under(a, &settings, &outcome);
		if (err)
			return err;
		count_verdicts(&a->snapshot.heap, &outcome.findings, &row);
	}
	return kl_vec_push(&c->essences, settings) && kl_vec_push(&ret->rows, row) ? NULL : kl_error_nomem();
}

struct kl_error *kl_sweep_run(struct kl_analysis *a, const struct kl_sweep *sweep, struct kl_store_sweep *ret)
{
	_cleanup_(combinations_deinit) struct combinations done = {};
	size_t combinations = count_combinations(sweep), i;
	struct kl_error *err = NULL;

	for (i = 0; i < sweep->count; i++)
		ret->names[i] = sweep->dimensions[i].name;
	ret->n_names = sweep->count;
	for (i = 0; i < combinations && !err; i++)
		err = add_combination(a, sweep, i, &done, ret);
	return err;
}

/* ---- what each refinement changed ---- */

/* How much a verdict says against an object. */
static uint8_t severity_of(enum kleak_verdict verdict)
{
	if (kleak_verdict_is_leaked(verdict))
		return 2;
	return verdict == KLEAK_VERDICT_WEAK;
}

/* What one outcome says more against than the other, whose severities are @other. */
static void count_more_severe(const struct kl_heap *heap, const struct kl_findings *one, const uint8_t *other,
			      uint64_t *objects, uint64_t *bytes)
{
	const struct kl_finding *f;

	*objects = *bytes = 0;
	kl_vec_for_each (f, &one->list) {
		if (severity_of(f->verdict) <= other[f->row])
			continue;
		++*objects;
		*bytes += heap->size[f->row];
	}
}

/* One byte per row of the heap. */
static uint8_t *list_severities(const struct kl_heap *heap, const struct kl_findings *findings)
{
	uint8_t *severities = calloc(heap->rows + 1, 1);
	const struct kl_finding *f;

	if (!severities)
		return NULL;
	kl_vec_for_each (f, &findings->list)
		severities[f->row] = severity_of(f->verdict);
	return severities;
}

/* What refinements are compared with. */
struct comparison {
	struct kl_analysis *a;
	uint8_t *with;        /* severities of the analysis' own findings */
	struct outcome equal; /* under settings that make no difference here; empty before somebody asked */
};

static void comparison_deinit(struct comparison *c)
{
	free(c->with);
	outcome_deinit(&c->equal);
}

static struct kl_error *add_comparison(const struct comparison *c, const char *name, const struct outcome *outcome,
				       struct kl_store_refinements *ret)
{
	const struct kl_heap *heap = &c->a->snapshot.heap;
	_cleanup_free_ uint8_t *without = list_severities(heap, &outcome->findings);
	struct kl_store_refinement_row row = {.name = name};

	if (!without)
		return kl_error_nomem();
	count_more_severe(heap, &c->a->judgement.findings, without, &row.found, &row.found_bytes);
	count_more_severe(heap, &outcome->findings, c->with, &row.spared, &row.spared_bytes);
	return kl_vec_push(&ret->rows, row) ? NULL : kl_error_nomem();
}

static struct kl_error *compare_without(struct comparison *c, const char *name,
					const struct kl_precise_settings *without_it, struct kl_store_refinements *ret)
{
	_cleanup_(outcome_deinit) struct outcome outcome = {};
	struct kl_precise_settings essence = essence_of(c->a, without_it);
	struct kl_precise_settings own = essence_of(c->a, &c->a->marking.settings);
	bool equal = settings_agree(&essence, &own);
	struct kl_error *err = NULL;

	if (!equal || !c->equal.marked.mark.colour)
		err = judge_under(c->a, &essence, equal ? &c->equal : &outcome);
	return err ? err : add_comparison(c, name, equal ? &c->equal : &outcome, ret);
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

struct kl_error *kl_sweep_refinements(struct kl_analysis *a, struct kl_store_refinements *ret)
{
	_cleanup_(comparison_deinit) struct comparison c = {
		.a = a, .with = list_severities(&a->snapshot.heap, &a->judgement.findings)};
	struct kl_precise_settings without;
	struct kl_error *err = NULL;
	int bit;

	if (!c.with)
		return kl_error_nomem();
	for (bit = 0; bit < KL_TRAIT_COUNT && !err; bit++) {
		const char *name = bit == KL_TRAIT_BIT_REGISTER ? "registers" : kl_trait_name(bit);

		if (without_refinement(&a->marking.settings, bit, &without))
			err = compare_without(&c, name, &without, ret);
	}
	without = a->marking.settings;
	without.siblings = false;
	if (!err && a->marking.settings.siblings)
		err = compare_without(&c, "siblings", &without, ret);
	without = a->marking.settings;
	without.percpu = false;
	if (!err && a->marking.settings.percpu)
		err = compare_without(&c, "percpu", &without, ret);
	without = a->marking.settings;
	without.untracked = KL_UNTRACKED_NONE;
	if (!err && a->marking.settings.untracked)
		err = compare_without(&c, "untracked", &without, ret);
	return err;
}
