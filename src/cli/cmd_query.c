/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <signal.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/query_format.h"

const char kl_help_query[] =
	"usage: kleak-dump query [--db FILE] [OPTION]... SQL\n"
	"Runs one SELECT on the database and prints the result. The views runs, findings, groups, refs, stacks,\n"
	"frames, totals, allocations, anomalies, suppressions, plugins and measurements are described in\n"
	"docs/schema.md. Nothing can be changed this way: the file is opened read-only, and statements other than\n"
	"SELECT are refused.\n"
	"\n"
	"  --format F   table (default), csv (RFC 4180, with a heading) or json (an array of objects, the last of\n"
	"               which is {\"error\": TEXT} when reading failed after it had begun)\n"
	"  --csv-safe   CSV for a spreadsheet: text that it would take for a formula (=cmd) begins with a quote (')\n"
	"  --max-rows N print at most N rows; that there are more is exit code 4\n"
	"  --timeout S  give up after S seconds\n"
	"\n"
	"Exit codes: 0; 2 when the SQL is wrong or not allowed; 3 when the database cannot be read; 4 when there are\n"
	"more rows than --max-rows.\n"
	"\n"
	"  kleak-dump query \"SELECT top_frame, leaked_objects, leaked_bytes FROM groups ORDER BY 3 DESC LIMIT 10\"\n";

struct request {
	const char *sql;
	const struct kl_query_format *format;
	int64_t max_rows; /* 0: all */
	int64_t timeout;  /* seconds, 0: none */
	bool csv_safe;
};

/* One value, or what one function makes, at most: the largest that is stored (a stack's frames) has kilobytes. */
#define VALUE_MAX (64 << 20)
/* A pattern with many wildcards takes time that grows with a power of their number. */
#define PATTERN_MAX 256
#define MAX_TIMEOUT (7 * 24 * 60 * 60)

/* Functions that reach beyond the database: into files, and into the memory of this process. */
static bool is_refused_function(const char *name)
{
	static const char *const refused[] = {"load_extension", "fts3_tokenizer", "readfile", "writefile", "edit"};
	size_t i;

	for (i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		if (!strcasecmp(name, refused[i]))
			return true;
	}
	return false;
}

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
		return second && is_refused_function(second) ? SQLITE_DENY : SQLITE_OK;
	default:
		return SQLITE_DENY;
	}
}

enum {
	OPTION_FORMAT = KL_OPTION_FIRST,
	OPTION_MAX_ROWS,
	OPTION_TIMEOUT,
	OPTION_CSV_SAFE,
};

/* An error of the database, or of the SQL: those are the user's to correct. */
static struct kl_error *query_error(struct kl_cli *cli, sqlite3 *db)
{
	switch (sqlite3_errcode(db) & 0xff) {
	case SQLITE_AUTH:
		return kl_error_create(KL_ERROR_USAGE, "SQL: only SELECT is allowed here: %s", sqlite3_errmsg(db));
	case SQLITE_INTERRUPT:
		if (kl_cli_signal() == SIGALRM)
			return kl_error_create(KL_ERROR_UNSUPPORTED, "the query takes longer than --timeout allows");
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

/* @ret: becomes KLEAK_EXIT_PARTIAL when there are more rows than wanted. */
static struct kl_error *print_rows(struct kl_cli *cli, sqlite3 *db, sqlite3_stmt *stmt, const struct request *request,
				   int *ret)
{
	const struct kl_query_format *format = request->format;
	struct kl_query_output o = {
		.out = stdout, .stmt = stmt, .terminal = isatty(STDOUT_FILENO), .safe = request->csv_safe};
	struct kl_error *err = format->begin(&o);
	int status = SQLITE_ROW;
	int64_t rows = 0;

	while (!err && (status = sqlite3_step(stmt)) == SQLITE_ROW && !ferror(stdout)) {
		if (request->max_rows && rows++ == request->max_rows) {
			*ret = KLEAK_EXIT_PARTIAL;
			break;
		}
		err = format->row(&o);
	}
	if (!err && status != SQLITE_ROW && status != SQLITE_DONE)
		err = query_error(cli, db);
	if (!err && kl_nomem_met())
		err = kl_error_nomem();
	if (!err)
		err = format->end(&o);
	else if (format->fail)
		cli->error_printed = format->fail(&o, err);
	kl_table_destroy(o.table);
	return err;
}

/* The table-valued functions of JSON are pure, but like all virtual tables they declare their columns with a CREATE
 * TABLE when they are first used: that is now, before the authorizer. Others cannot be used at all. */
static struct kl_error *restrict_connection(struct kl_cli *cli, sqlite3 *db)
{
	static const char first_use[] = "PRAGMA query_only = ON; SELECT 1 FROM json_each('[]'), json_tree('[]')";

	sqlite3_limit(db, SQLITE_LIMIT_LENGTH, VALUE_MAX);
	sqlite3_limit(db, SQLITE_LIMIT_LIKE_PATTERN_LENGTH, PATTERN_MAX);
	if (sqlite3_exec(db, first_use, NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_set_authorizer(db, allow_reading_only, NULL) != SQLITE_OK)
		return query_error(cli, db);
	return NULL;
}

static struct kl_error *run_query(struct kl_cli *cli, const struct request *request, int *ret)
{
	_cleanup_(kl_store_closep) struct kl_store *store = NULL;
	sqlite3_stmt *stmt = NULL;
	struct kl_error *err;
	sqlite3 *db;

	if (request->timeout)
		kl_cli_set_timeout((unsigned)(request->timeout < MAX_TIMEOUT ? request->timeout : MAX_TIMEOUT));
	err = kl_cli_open(cli, KL_STORE_READ, &store);
	if (err)
		return err;
	db = kl_store_handle(store);
	err = restrict_connection(cli, db);
	if (!err)
		err = prepare_select(cli, db, request->sql, &stmt);
	if (!err)
		err = print_rows(cli, db, stmt, request, ret);
	sqlite3_finalize(stmt);
	return err;
}

struct kl_error *kl_cmd_query(struct kl_cli *cli, int argc, char **argv, int *ret)
{
	static const struct option options[] = {{"format", required_argument, NULL, OPTION_FORMAT},
						{"max-rows", required_argument, NULL, OPTION_MAX_ROWS},
						{"timeout", required_argument, NULL, OPTION_TIMEOUT},
						{"csv-safe", no_argument, NULL, OPTION_CSV_SAFE},
						KL_COMMON_OPTIONS};
	struct request request = {};
	const char *name = NULL;
	struct kl_error *err;
	int option;

	while (kl_cli_option(cli, argc, argv, options, &option, &err)) {
		if (option == OPTION_FORMAT)
			name = optarg;
		else if (option == OPTION_MAX_ROWS)
			err = kl_cli_number(optarg, "--max-rows", &request.max_rows);
		else if (option == OPTION_CSV_SAFE)
			request.csv_safe = true;
		else
			err = kl_cli_number(optarg, "--timeout", &request.timeout);
		if (err)
			return err;
	}
	if (err || cli->help)
		return err;
	if (!name)
		name = cli->json ? "json" : request.csv_safe ? "csv" : "table";
	if (optind + 1 != argc)
		return kl_error_create(KL_ERROR_USAGE, "query takes one argument, the SQL, in quotes");
	request.sql = argv[optind];
	request.format = kl_query_format_find(name);
	if (!request.format)
		return kl_error_create(KL_ERROR_USAGE, "--format is table, csv or json, not \"%s\"", name);
	cli->json = cli->json || !strcmp(name, "json");
	*ret = KLEAK_EXIT_OK;
	return run_query(cli, &request, ret);
}
