/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/print_sweep.h"

#include <inttypes.h>
#include <string.h>

#include "cli/table.h"

static const enum kleak_verdict columns[] = {
	KLEAK_VERDICT_LEAK,        KLEAK_VERDICT_INDIRECT, KLEAK_VERDICT_WEAK,  KLEAK_VERDICT_EXPLAINED,
	KLEAK_VERDICT_UNCONFIRMED, KLEAK_VERDICT_MODIFIED, KLEAK_VERDICT_YOUNG,
};
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

struct kl_error *kl_print_sweep(const struct kl_store_sweep *sweep, FILE *out)
{
	_cleanup_(kl_table_destroyp) struct kl_table *t = NULL;
	struct kl_error *err = kl_table_create(out, sweep->n_names + COLUMNS + 1, &t);
	const struct kl_store_sweep_row *row;
	size_t i;

	if (err)
		return err;
	for (i = 0; i < sweep->n_names; i++)
		text_cell(t, sweep->names[i]);
	for (i = 0; i < COLUMNS; i++)
		text_cell(t, kl_store_verdict_name(columns[i]));
	text_cell(t, "leaked bytes");
	kl_vec_for_each (row, &sweep->rows) {
		for (i = 0; i < sweep->n_names; i++)
			text_cell(t, row->values[i]);
		for (i = 0; i < COLUMNS; i++)
			number_cell(t, row->counts[kl_store_verdict_index(columns[i])]);
		number_cell(t, row->leaked_bytes);
	}
	return kl_table_end(t);
}

struct kl_error *kl_print_refinements(const struct kl_store_refinement_row *rows, size_t n, FILE *out)
{
	static const char *const heading[] = {"refinement", "found", "bytes", "spared", "bytes"};
	_cleanup_(kl_table_destroyp) struct kl_table *t = NULL;
	struct kl_error *err = kl_table_create(out, sizeof(heading) / sizeof(*heading), &t);
	size_t i;

	if (err)
		return err;
	fprintf(out, "What each refinement changed: leaks and weakly referenced objects found only with it, objects "
		     "spared by it\n");
	for (i = 0; i < sizeof(heading) / sizeof(*heading); i++)
		text_cell(t, heading[i]);
	for (i = 0; i < n; i++) {
		text_cell(t, rows[i].name);
		number_cell(t, rows[i].found);
		number_cell(t, rows[i].found_bytes);
		number_cell(t, rows[i].spared);
		number_cell(t, rows[i].spared_bytes);
	}
	return kl_table_end(t);
}
