/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <sqlite3.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/query_format.h"

const char kl_help_query[] =
	"usage: kleak-dump query [--db FILE] [--format table|csv|json] SQL\n"
	"Runs one SELECT on the database and prints the result. The views runs, findings, groups, refs, stacks,\n"
	"frames, totals, allocations, anomalies and measurements are described in docs/schema.md. Nothing can be\n"
	"changed this way: the file is opened read-only, and statements other than SELECT are refused.\n"
	"\n"
	"  --format F   table (default), csv (RFC 4180, with a heading) or json (an array of objects, the last of\n"
	"               which is {\"error\": TEXT} when reading failed after it had begun)\n"
	"\n"
	"Exit codes: 0; 2 when the SQL is wrong or not allowed; 3 when the database cannot be read.\n"
	"\n"
	"  kleak-dump query \"SELECT top_frame, leaked_objects, leaked_bytes FROM groups ORDER BY 3 DESC LIMIT 10\"\n";

/* Reading, and nothing else: no ATTACH, no PRAGMA, no change, no loading of code. */
static int allow_reading_only(void *context, int action, const char *first, const char *second, const char *third,
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
static struct kl_error *prepare_select(struct kl_cli *cli, sqlite3 *db, const char *sql, sqlite3_stmt **ret)
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

static struct kl_error *print_rows(struct kl_cli *cli, sqlite3 *db, sqlite3_stmt *stmt,
				   const struct kl_query_format *format)
{
	struct kl_query_output o = {.out = stdout, .stmt = stmt};
	struct kl_error *err = format->begin(&o);
	int status = SQLITE_ROW;

	while (!err && (status = sqlite3_step(stmt)) == SQLITE_ROW && !ferror(stdout))
		err = format->row(&o);
	if (!err && status != SQLITE_ROW && status != SQLITE_DONE)
		err = query_error(cli, db);
	if (!err)
		err = format->end(&o);
	else if (format->fail)
		cli->error_printed = format->fail(&o, err);
	kl_table_destroy(o.table);
	return err;
}

static struct kl_error *run_query(struct kl_cli *cli, const char *sql, const struct kl_query_format *format)
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
	    sqlite3_set_authorizer(db, allow_reading_only, NULL) != SQLITE_OK)
		return query_error(cli, db);
	err = prepare_select(cli, db, sql, &stmt);
	if (!err)
		err = print_rows(cli, db, stmt, format);
	sqlite3_finalize(stmt);
	return err;
}

struct kl_error *kl_cmd_query(struct kl_cli *cli, int argc, char **argv, int *ret)
{
	static const struct option options[] = {{"format", required_argument, NULL, KL_OPTION_FIRST},
						KL_COMMON_OPTIONS};
	const struct kl_query_format *format;
	const char *name = NULL;
	struct kl_error *err;
	int option;

	while (kl_cli_option(cli, argc, argv, options, &option, &err))
		name = optarg;
	if (err || cli->help)
		return err;
	if (!name)
		name = cli->json ? "json" : "table";
	if (optind + 1 != argc)
		return kl_error_create(KL_ERROR_USAGE, "query takes one argument, the SQL, in quotes");
	format = kl_query_format_find(name);
	if (!format)
		return kl_error_create(KL_ERROR_USAGE, "--format is table, csv or json, not \"%s\"", name);
	cli->json = cli->json || !strcmp(name, "json");
	*ret = KLEAK_EXIT_OK;
	return run_query(cli, argv[optind], format);
}
