/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "report/human.h"
#include "report/run_json.h"
#include "report/table.h"
#include "store/reader.h"
#include "util/vec.h"

const char kl_help_history[] =
	"usage: kleak-dump history [--db FILE] [--json] HASH|SITE\n"
	"Shows what became of a leak over the stored runs of the machines that had it, by the time of their dumps:\n"
	"how many objects leaked, how many bytes, with which verdicts. HASH is a stack_hash; SITE is a call site,\n"
	"FILE:LINE, or a glob for several. The chart is of the leaked bytes.\n"
	"\n"
	"Exit codes: 0; 3 when no run has it.\n";

#define CHART_WIDTH 12

struct history_row {
	struct kl_store_history h;
	char *machine, *dump, *verdicts;
};

struct history {
	KL_VEC(struct history_row) rows;
	char *top_frame;
	int64_t first; /* index of the row in which it was found first; -1: nowhere */
	int64_t most;  /* leaked bytes */
};

static void history_deinit(struct history *history)
{
	struct history_row *row;

	kl_vec_for_each (row, &history->rows) {
		free(row->machine);
		free(row->dump);
		free(row->verdicts);
	}
	kl_vec_deinit(&history->rows);
	free(history->top_frame);
}

static struct kl_error *keep_history_row(void *context, const struct kl_store_history *h)
{
	struct history *history = context;
	struct history_row *row = kl_vec_add(&history->rows);

	if (!row)
		return kl_error_nomem();
	row->h = *h;
	row->machine = strdup(h->machine);
	row->dump = strdup(h->dump);
	row->verdicts = strdup(h->verdicts);
	if (!history->top_frame && h->top_frame)
		history->top_frame = strdup(h->top_frame);
	if (!row->machine || !row->dump || !row->verdicts || (h->top_frame && !history->top_frame))
		return kl_error_nomem();
	if (history->first < 0 && h->objects)
		history->first = (int64_t)history->rows.count - 1;
	if (h->leaked_bytes > history->most)
		history->most = h->leaked_bytes;
	return NULL;
}

static void add_bar(struct kl_strbuf *sb, int64_t bytes, int64_t most)
{
	int64_t n = most > 0 ? (int64_t)((double)bytes / (double)most * CHART_WIDTH + 0.5) : 0;

	/* What is there is seen. */
	for (n = bytes > 0 && n < 1 ? 1 : n; n > 0; n--)
		kl_strbuf_putc(sb, '#');
}

static void buffered_cell(struct kl_table *t, struct kl_strbuf *sb, bool right)
{
	kl_table_cell(t, kl_strbuf_string(sb), sb->length, right);
	kl_strbuf_reset(sb);
}

static void print_history_row(struct kl_table *t, const struct history_row *row, int64_t most)
{
	_cleanup_strbuf_ struct kl_strbuf sb = {};

	kl_table_number(t, (uint64_t)row->h.run_id);
	kl_human_time(&sb, row->h.crash_time);
	buffered_cell(t, &sb, false);
	kl_table_text(t, row->machine);
	kl_table_number(t, (uint64_t)row->h.leaked_objects);
	kl_human_bytes(&sb, row->h.leaked_bytes);
	buffered_cell(t, &sb, true);
	add_bar(&sb, row->h.leaked_bytes, most);
	buffered_cell(t, &sb, false);
	kl_table_text(t, *row->verdicts ? row->verdicts : row->h.partial ? "not found (partial)" : "not found");
}

static struct kl_error *print_leak_history(FILE *out, const char *name, const struct history *history)
{
	static const char *const heading[] = {"run", "dumped", "machine", "leaks", "bytes", "chart", "verdicts"};
	const struct kl_store_history *first = &history->rows.data[history->first].h;
	_cleanup_(kl_table_destroyp) struct kl_table *t = NULL;
	_cleanup_strbuf_ struct kl_strbuf sb = {};
	const struct history_row *row;
	struct kl_error *err;
	size_t i;

	kl_human_text(&sb, name);
	kl_strbuf_puts(&sb, ": ");
	kl_human_text(&sb, history->top_frame ? history->top_frame : "?");
	kl_strbuf_printf(&sb, "\nfirst seen in run %" PRId64 ", dumped ", first->run_id);
	kl_human_date(&sb, first->crash_time);
	kl_strbuf_puts(&sb, "; at most ");
	kl_human_bytes(&sb, history->most);
	fprintf(out, "%s leaked\n\n", kl_strbuf_string(&sb));
	err = kl_table_create(out, sizeof(heading) / sizeof(*heading), &t);
	if (err)
		return err;
	for (i = 0; i < sizeof(heading) / sizeof(*heading); i++)
		kl_table_text(t, heading[i]);
	kl_vec_for_each (row, &history->rows)
		print_history_row(t, row, history->most);
	return kl_table_end(t);
}

static void emit_history(FILE *out, const char *name, bool is_site, const struct history *history)
{
	struct kl_emitter e = {.out = out};
	const struct history_row *row;

	kl_emit_object(&e, NULL);
	kl_emit_int(&e, "schema_version", KLEAK_VIEW_VERSION);
	kl_emit_string(&e, is_site ? "site" : "stack_hash", name);
	kl_emit_string(&e, "top_frame", history->top_frame);
	kl_emit_int(&e, "first_run", history->rows.data[history->first].h.run_id);
	kl_emit_array(&e, "runs");
	kl_vec_for_each (row, &history->rows) {
		kl_emit_object(&e, NULL);
		kl_emit_int(&e, "run_id", row->h.run_id);
		kl_emit_string(&e, "machine", row->machine);
		kl_emit_known_int(&e, "crash_time", row->h.crash_time);
		kl_emit_string(&e, "dump", row->dump);
		kl_emit_bool(&e, "partial", row->h.partial);
		kl_emit_int(&e, "objects", row->h.objects);
		kl_emit_int(&e, "bytes", row->h.bytes);
		kl_emit_int(&e, "leaked_objects", row->h.leaked_objects);
		kl_emit_int(&e, "leaked_bytes", row->h.leaked_bytes);
		kl_emit_string(&e, "verdicts", row->verdicts);
		kl_emit_end(&e);
	}
	kl_emit_end(&e);
	kl_emit_end(&e);
}

struct kl_error *kl_cmd_history(struct kl_cli *cli, int argc, char **argv, int *ret)
{
	static const struct option options[] = {KL_COMMON_OPTIONS};
	_cleanup_(kl_store_closep) struct kl_store *store = NULL;
	_cleanup_(kl_reader_destroyp) struct kl_reader *reader = NULL;
	_cleanup_(history_deinit) struct history history = {.first = -1};
	const char *name;
	struct kl_error *err;
	bool is_site;
	int option;
	FILE *out;

	while (kl_cli_option(cli, argc, argv, options, &option, &err))
		;
	if (err || cli->help)
		return err;
	if (argc - optind != 1)
		return kl_error_create(KL_ERROR_USAGE, "history takes a stack_hash or a call site");
	*ret = KLEAK_EXIT_OK;
	name = argv[optind];
	is_site = strlen(name) != 16 || name[strspn(name, "0123456789abcdef")];
	err = kl_cli_open(cli, KL_STORE_READ, &store);
	if (!err)
		err = kl_reader_create(store, &reader);
	if (!err)
		err = kl_reader_history(reader, is_site ? 0 : strtoull(name, NULL, 16), is_site ? name : NULL,
					keep_history_row, &history);
	if (!err && history.first < 0)
		err = kl_error_create(KL_ERROR_NOT_FOUND, "%s: no run has a finding of %s", cli->db, name);
	if (!err)
		err = kl_cli_output(cli, &out);
	if (err)
		return err;
	if (!cli->json)
		return print_leak_history(out, name, &history);
	emit_history(out, name, is_site, &history);
	return NULL;
}
