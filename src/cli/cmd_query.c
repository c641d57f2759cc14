/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <math.h>
#include <sqlite3.h>
#include <string.h>

#include "cli/cli.h"
#include "report/table.h"
#include "report/emitter.h"
#include "util/strbuf.h"

const char kl_help_query[] =
	"usage: kleak-dump query [--db FILE] [--format table|csv|json] SQL\n"
	"Runs one SELECT on the database and prints what it gives. The views runs, findings, groups, stacks, frames,\n"
	"totals, allocations, anomalies and measurements are described in docs/schema.md. Nothing can be changed this\n"
	"way: the file is opened read-only, and statements other than SELECT are refused.\n"
	"\n"
	"  --format F   table (default), csv (RFC 4180, with a heading) or json (an array of objects)\n"
	"\n"
	"Exit codes: 0; 2 when the SQL is wrong or not allowed; 3 when the database cannot be read.\n"
	"\n"
	"  kleak-dump query \"SELECT top_frame, leaked_objects, leaked_bytes FROM groups ORDER BY 3 DESC LIMIT 10\"\n";

/* What a format does with a result; the columns are those of @stmt. */
struct format {
	const char *name;
	struct kl_error *(*begin)(sqlite3_stmt *stmt);
	struct kl_error *(*row)(sqlite3_stmt *stmt);
	struct kl_error *(*end)(void);
};

/* One query runs per process. */
static struct kl_table *table;
static struct kl_emitter emitter;

/* The bytes of a value as text; blobs as SQL writes them. */
static struct kl_error *value_text(sqlite3_stmt *stmt, int column, struct kl_strbuf *ret)
{
	const unsigned char *bytes;
	int i, n;

	kl_strbuf_reset(ret);
	if (sqlite3_column_type(stmt, column) == SQLITE_BLOB) {
		bytes = sqlite3_column_blob(stmt, column);
		n = sqlite3_column_bytes(stmt, column);
		kl_strbuf_puts(ret, "x'");
		for (i = 0; i < n; i++)
			kl_strbuf_printf(ret, "%02x", bytes[i]);
		kl_strbuf_putc(ret, '\'');
	} else {
		bytes = sqlite3_column_text(stmt, column);
		n = sqlite3_column_bytes(stmt, column);
		if (bytes)
			kl_strbuf_append(ret, bytes, (size_t)n);
	}
	return ret->failed ? kl_error_nomem() : NULL;
}

static struct kl_error *table_begin(sqlite3_stmt *stmt)
{
	int i, columns = sqlite3_column_count(stmt);
	struct kl_error *err;

	err = kl_table_create(stdout, (size_t)columns, &table);
	for (i = 0; i < columns && !err; i++)
		kl_table_cell(table, sqlite3_column_name(stmt, i), strlen(sqlite3_column_name(stmt, i)), false);
	return err;
}

static struct kl_error *table_row(sqlite3_stmt *stmt)
{
	_cleanup_strbuf_ struct kl_strbuf text = {};
	int i, type, columns = sqlite3_column_count(stmt);
	struct kl_error *err = NULL;

	for (i = 0; i < columns && !err; i++) {
		type = sqlite3_column_type(stmt, i);
		err = value_text(stmt, i, &text);
		kl_table_cell(table, kl_strbuf_string(&text), text.length,
			      type == SQLITE_INTEGER || type == SQLITE_FLOAT);
	}
	return err;
}

static struct kl_error *table_end(void)
{
	return kl_table_end(table);
}

/* RFC 4180: quotes where a comma, a quote or a line break stands, doubled inside, lines ended by CR LF. */
static void csv_cell(const char *text, size_t length, bool first)
{
	bool quote = false;
	size_t i;

	for (i = 0; i < length; i++)
		quote = quote || strchr("\",\r\n", text[i]) != NULL;
	if (!first)
		putchar(',');
	if (quote)
		putchar('"');
	for (i = 0; i < length; i++) {
		if (text[i] == '"')
			putchar('"');
		putchar(text[i]);
	}
	if (quote)
		putchar('"');
}

static struct kl_error *csv_begin(sqlite3_stmt *stmt)
{
	const char *name;
	int i;

	for (i = 0; i < sqlite3_column_count(stmt); i++) {
		name = sqlite3_column_name(stmt, i);
		csv_cell(name, strlen(name), !i);
	}
	fputs("\r\n", stdout);
	return NULL;
}

static struct kl_error *csv_row(sqlite3_stmt *stmt)
{
	_cleanup_strbuf_ struct kl_strbuf text = {};
	struct kl_error *err = NULL;
	int i;

	for (i = 0; i < sqlite3_column_count(stmt) && !err; i++) {
		err = value_text(stmt, i, &text);
		csv_cell(kl_strbuf_string(&text), text.length, !i);
	}
	fputs("\r\n", stdout);
	return err;
}

static struct kl_error *csv_end(void)
{
	return NULL;
}

static struct kl_error *json_begin(sqlite3_stmt *stmt)
{
	(void)stmt;
	emitter = (struct kl_emitter){.out = stdout};
	kl_emit_array(&emitter, NULL);
	return NULL;
}

static struct kl_error *json_row(sqlite3_stmt *stmt)
{
	_cleanup_strbuf_ struct kl_strbuf text = {};
	struct kl_error *err = NULL;
	const char *name;
	int i;

	kl_emit_object(&emitter, NULL);
	for (i = 0; i < sqlite3_column_count(stmt) && !err; i++) {
		name = sqlite3_column_name(stmt, i);
		switch (sqlite3_column_type(stmt, i)) {
		case SQLITE_INTEGER:
			kl_emit_int(&emitter, name, sqlite3_column_int64(stmt, i));
			break;
		case SQLITE_FLOAT:
			kl_emit_real(&emitter, name, sqlite3_column_double(stmt, i));
			break;
		case SQLITE_NULL:
			kl_emit_null(&emitter, name);
			break;
		default:
			err = value_text(stmt, i, &text);
			kl_emit_bytes(&emitter, name, kl_strbuf_string(&text), text.length);
		}
	}
	kl_emit_end(&emitter);
	return err;
}

static struct kl_error *json_end(void)
{
	kl_emit_end(&emitter);
	return NULL;
}

static const struct format formats[] = {
	{"table", table_begin, table_row, table_end},
	{"csv", csv_begin, csv_row, csv_end},
	{"json", json_begin, json_row, json_end},
};

/* Reading, and nothing else: no ATTACH, no PRAGMA, no change, no loading of code. */
static int authorize(void *context, int action, const char *first, const char *second, const char *third,
		     const char *fourth)
{
	(void)context, (void)first, (void)third, (void)fourth;
	switch (action) {
	case SQLITE_SELECT:
	case SQLITE_READ:
	case SQLITE_RECURSIVE:
		return SQLITE_OK;
	case SQLITE_FUNCTION:
		return second && !strcasecmp(second, "load_extension") ? SQLITE_DENY : SQLITE_OK;
	default:
		return SQLITE_DENY;
	}
}

/* An error of the database, or of the SQL: those are the user's to correct. */
static struct kl_error *query_error(struct kl_cli *cli, sqlite3 *db)
{
	switch (sqlite3_errcode(db) & 0xff) {
	case SQLITE_AUTH:
		return kl_error_create(KL_ERROR_USAGE, "SQL: only SELECT is allowed here: %s", sqlite3_errmsg(db));
	case SQLITE_INTERRUPT:
		return kl_error_create(KL_ERROR_INTERRUPTED, "interrupted");
	case SQLITE_NOMEM:
		return kl_error_nomem();
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
	case SQLITE_BUSY:
		return kl_error_create(KL_ERROR_DATABASE, "%s: %s", cli->db, sqlite3_errmsg(db));
	default:
		return kl_error_create(KL_ERROR_USAGE, "SQL: %s", sqlite3_errmsg(db));
	}
}

/* Prepares the one statement that @sql may hold. */
static struct kl_error *prepare(struct kl_cli *cli, sqlite3 *db, const char *sql, sqlite3_stmt **ret)
{
	sqlite3_stmt *second = NULL;
	const char *rest;
	int status;

	if (sqlite3_prepare_v2(db, sql, -1, ret, &rest) != SQLITE_OK)
		return query_error(cli, db);
	if (!*ret)
		return kl_error_create(KL_ERROR_USAGE, "SQL: no statement given");
	while (*rest) {
		status = sqlite3_prepare_v2(db, rest, -1, &second, &rest);
		sqlite3_finalize(second);
		if (status != SQLITE_OK || second)
			return kl_error_create(KL_ERROR_USAGE, "SQL: one statement at a time");
	}
	if (!sqlite3_column_count(*ret))
		return kl_error_create(KL_ERROR_USAGE, "SQL: only SELECT is allowed here");
	return NULL;
}

static struct kl_error *print_rows(struct kl_cli *cli, sqlite3 *db, sqlite3_stmt *stmt, const struct format *format)
{
	struct kl_error *err = format->begin(stmt);
	int status = SQLITE_ROW;

	while (!err && (status = sqlite3_step(stmt)) == SQLITE_ROW && !ferror(stdout))
		err = format->row(stmt);
	if (!err && status != SQLITE_ROW && status != SQLITE_DONE)
		err = query_error(cli, db);
	return err ? err : format->end();
}

static struct kl_error *run_query(struct kl_cli *cli, const char *sql, const struct format *format)
{
	_cleanup_(kl_store_closep) struct kl_store *store = NULL;
	sqlite3_stmt *stmt = NULL;
	struct kl_error *err;
	sqlite3 *db;

	err = kl_cli_open(cli, KL_STORE_READ, &store);
	if (err)
		return err;
	db = kl_store_handle(store);
	if (sqlite3_exec(db, "PRAGMA query_only = ON", NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_set_authorizer(db, authorize, NULL) != SQLITE_OK)
		return query_error(cli, db);
	err = prepare(cli, db, sql, &stmt);
	if (!err)
		err = print_rows(cli, db, stmt, format);
	sqlite3_finalize(stmt);
	kl_table_destroy(table);
	table = NULL;
	return err;
}

struct kl_error *kl_cmd_query(struct kl_cli *cli, int argc, char **argv, int *ret)
{
	static const struct option options[] = {{"format", required_argument, NULL, KL_OPTION_FIRST},
						KL_COMMON_OPTIONS};
	const char *name = NULL;
	struct kl_error *err;
	size_t i;
	int option;

	while (kl_cli_option(cli, argc, argv, options, &option, &err))
		name = optarg;
	if (err || cli->help)
		return err;
	if (!name)
		name = cli->json ? "json" : "table";
	if (optind + 1 != argc)
		return kl_error_create(KL_ERROR_USAGE, "query takes one argument, the SQL, in quotes");
	*ret = KLEAK_EXIT_OK;
	for (i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
		if (strcmp(formats[i].name, name) != 0)
			continue;
		if (!strcmp(name, "json"))
			cli->json = true;
		return run_query(cli, argv[optind], &formats[i]);
	}
	return kl_error_create(KL_ERROR_USAGE, "--format is table, csv or json, not \"%s\"", name);
}
