/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/extras.h"

#include <inttypes.h>
#include <string.h>

#include "report/table.h"
#include "store/counters.h"

/* ---- text ---- */

static void print_agreement(const int64_t *counters, FILE *out)
{
	int64_t compared = counters[KL_COUNTER_AGREEMENT_COMPARED], agreed = counters[KL_COUNTER_AGREEMENT_AGREED];

	if (compared)
		fprintf(out,
			"replay: %" PRId64 " of %" PRId64 " objects have the color that the kernel's last scan left "
			"(%.2f%%)\n",
			agreed, compared, 100.0 * (double)agreed / (double)compared);
}

static void print_disagreements(const struct kl_store_disagreements *disagreements, FILE *out)
{
	const struct kl_store_disagreement_row *d;

	kl_vec_for_each (d, &disagreements->rows)
		fprintf(out, "  0x%016" PRIx64 " size %" PRIu64 ": %s after the kernel's scan, %s now: %s\n",
			d->address, d->size, d->stored, d->ours, d->reason);
}

static struct kl_error *print_refinements(const struct kl_store_refinements *refinements, FILE *out)
{
	static const char *const heading[] = {"refinement", "found", "bytes", "spared", "bytes"};
	_cleanup_(kl_table_destroyp) struct kl_table *t = NULL;
	struct kl_error *err = kl_table_create(out, sizeof(heading) / sizeof(*heading), &t);
	const struct kl_store_refinement_row *row;
	size_t i;

	if (err)
		return err;
	fputs("What each refinement changed: leaks and weakly referenced objects found only with it, "
	      "objects spared by it\n",
	      out);
	for (i = 0; i < sizeof(heading) / sizeof(*heading); i++)
		kl_table_text(t, heading[i]);
	kl_vec_for_each (row, &refinements->rows) {
		kl_table_text(t, row->name);
		kl_table_number(t, row->found);
		kl_table_number(t, row->found_bytes);
		kl_table_number(t, row->spared);
		kl_table_number(t, row->spared_bytes);
	}
	return kl_table_end(t);
}

/* How far types are known, where they were used: then they are one of the refinements. */
static void print_types(const struct kl_store_refinements *refinements, const int64_t *counters, FILE *out)
{
	const struct kl_store_refinement_row *row;
	bool used = false;

	kl_vec_for_each (row, &refinements->rows)
		used = used || !strcmp(row->name, "types");
	if (!used)
		return;
	fprintf(out,
		"Types are known of %" PRId64 " objects in %" PRId64 " slab caches and of %" PRId64
		" static variables; "
		"left out are caches that are shared (%" PRId64 "), whose struct has another size (%" PRId64 ") "
		"or is not known (%" PRId64 ")%s\n",
		counters[KL_COUNTER_TYPED_OBJECTS], counters[KL_COUNTER_TYPED_CACHES],
		counters[KL_COUNTER_TYPED_VARIABLES], counters[KL_COUNTER_UNTYPED_SHARED],
		counters[KL_COUNTER_UNTYPED_RESIZED], counters[KL_COUNTER_UNTYPED_UNKNOWN],
		counters[KL_COUNTER_TYPES_INCOMPLETE] ? "; debug information was missing" : "");
}

/* Verdicts that a marking can give, those that say most against an object first. */
static const enum kleak_verdict sweep_columns[] = {
	KLEAK_VERDICT_LEAK,        KLEAK_VERDICT_INDIRECT, KLEAK_VERDICT_WEAK,  KLEAK_VERDICT_EXPLAINED,
	KLEAK_VERDICT_UNCONFIRMED, KLEAK_VERDICT_MODIFIED, KLEAK_VERDICT_YOUNG,
};
#define SWEEP_COLUMNS (sizeof(sweep_columns) / sizeof(*sweep_columns))

static struct kl_error *print_sweep(const struct kl_store_sweep *sweep, FILE *out)
{
	_cleanup_(kl_table_destroyp) struct kl_table *t = NULL;
	struct kl_error *err = kl_table_create(out, sweep->n_names + SWEEP_COLUMNS + 1, &t);
	const struct kl_store_sweep_row *row;
	size_t i;

	if (err)
		return err;
	for (i = 0; i < sweep->n_names; i++)
		kl_table_text(t, sweep->names[i]);
	for (i = 0; i < SWEEP_COLUMNS; i++)
		kl_table_text(t, kl_store_verdict_name(sweep_columns[i]));
	kl_table_text(t, "leaked bytes");
	kl_vec_for_each (row, &sweep->rows) {
		for (i = 0; i < sweep->n_names; i++)
			kl_table_text(t, row->values[i]);
		for (i = 0; i < SWEEP_COLUMNS; i++)
			kl_table_number(t, row->counts[kl_store_verdict_index(sweep_columns[i])]);
		kl_table_number(t, row->leaked_bytes);
	}
	return kl_table_end(t);
}

struct kl_error *kl_print_extras(const struct kl_extras *extras, struct kl_reader *reader, int64_t run_id, FILE *out)
{
	int64_t counters[KL_COUNTER_COUNT] = {};
	struct kl_error *err = kl_reader_counters(reader, run_id, counters);

	if (err)
		return err;
	print_agreement(counters, out);
	if (extras->disagreements)
		print_disagreements(extras->disagreements, out);
	if (extras->refinements) {
		err = print_refinements(extras->refinements, out);
		if (!err)
			print_types(extras->refinements, counters, out);
	}
	if (!err && extras->sweep)
		err = print_sweep(extras->sweep, out);
	return err;
}

/* ---- JSON ---- */

static void emit_disagreements(const struct kl_store_disagreements *disagreements, struct kl_emitter *e)
{
	const struct kl_store_disagreement_row *d;

	kl_emit_array(e, "disagreements");
	kl_vec_for_each (d, &disagreements->rows) {
		kl_emit_object(e, NULL);
		kl_emit_address(e, "address", d->address);
		kl_emit_int(e, "size", (int64_t)d->size);
		kl_emit_string(e, "stored", d->stored);
		kl_emit_string(e, "ours", d->ours);
		kl_emit_string(e, "reason", d->reason);
		kl_emit_end(e);
	}
	kl_emit_end(e);
}

static void emit_refinements(const struct kl_store_refinements *refinements, struct kl_emitter *e)
{
	const struct kl_store_refinement_row *row;

	kl_emit_array(e, "refinements");
	kl_vec_for_each (row, &refinements->rows) {
		kl_emit_object(e, NULL);
		kl_emit_string(e, "name", row->name);
		kl_emit_int(e, "found", (int64_t)row->found);
		kl_emit_int(e, "found_bytes", (int64_t)row->found_bytes);
		kl_emit_int(e, "spared", (int64_t)row->spared);
		kl_emit_int(e, "spared_bytes", (int64_t)row->spared_bytes);
		kl_emit_end(e);
	}
	kl_emit_end(e);
}

static void emit_sweep(const struct kl_store_sweep *sweep, struct kl_emitter *e)
{
	const struct kl_store_sweep_row *row;
	size_t i;

	kl_emit_array(e, "sweep");
	kl_vec_for_each (row, &sweep->rows) {
		kl_emit_object(e, NULL);
		kl_emit_object(e, "settings");
		for (i = 0; i < sweep->n_names; i++)
			kl_emit_string(e, sweep->names[i], row->values[i]);
		kl_emit_end(e);
		for (i = 0; i < SWEEP_COLUMNS; i++)
			kl_emit_int(e, kl_store_verdict_name(sweep_columns[i]),
				    (int64_t)row->counts[kl_store_verdict_index(sweep_columns[i])]);
		kl_emit_int(e, "leaked_bytes", (int64_t)row->leaked_bytes);
		kl_emit_end(e);
	}
	kl_emit_end(e);
}

void kl_emit_extras(const struct kl_extras *extras, struct kl_emitter *e)
{
	if (extras->disagreements)
		emit_disagreements(extras->disagreements, e);
	if (extras->refinements)
		emit_refinements(extras->refinements, e);
	if (extras->sweep)
		emit_sweep(extras->sweep, e);
}
