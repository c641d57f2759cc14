/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <signal.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/query_format.h"
#include "cli/query_input.h"

const char kl_help_query[] =
	"usage: kleak-dump query [--db FILE] [OPTION]... SQL|NAME|-\n"
	"       kleak-dump query --list\n"
	"       kleak-dump query --schema [VIEW]\n"
	"Runs one SELECT on the database and prints the result; \"-\" reads it from standard input, and the name of a\n"
	"query that is shipped stands for its SQL. The views runs, findings, groups, refs, stacks, frames, totals,\n"
	"allocations, anomalies, measurements, suppressions and plugins are described in docs/schema.md. Nothing can\n"
	"be changed this way: the file is opened read-only, and statements other than SELECT are refused.\n"
	"\n"
	"  --file FILE  read the SQL from FILE\n"
	"  --param NAME=VALUE\n"
	"               value of the parameter :NAME in the SQL; an integer of up to 15 digits, otherwise text\n"
	"  --attach NAME=FILE\n"
	"               read another database, too, whose views are NAME.runs and so on; may be repeated\n"
	"  --list       name the queries that are shipped\n"
	"  --schema     name the views and their columns\n"
	"  --format F   table (default), list (a line per value), csv (RFC 4180, with a heading), tsv (with \\N for\n"
	"               NULL, \\t for a tab, \\n for a line break), json (an array of objects, the last of which is\n"
	"               {\"error\": TEXT} when reading failed after it had begun), ndjson (an object per line) or\n"
	"               markdown. NULL is shown as such, and as an empty field of CSV, where empty text is \"\"\n"
	"  --csv-safe   CSV for a spreadsheet: text that it would take for a formula (=cmd) begins with a quote (')\n"
	"  --max-rows N print at most N rows (default: all); that there are more is exit code 4\n"
	"  --timeout S  give up after S seconds (default: never)\n"
	"\n"
	"Exit codes: 0; 2 when the SQL is wrong or not allowed; 3 when the database cannot be read; 4 when there are\n"
	"more rows than --max-rows.\n"
	"\n"
	"  kleak-dump query \"SELECT top_frame, leaked_objects, leaked_bytes FROM groups ORDER BY 3 DESC LIMIT 10\"\n"
	"  kleak-dump query top-sites\n";

struct request {
	const char *sql;
	const char *schema; /* of which view the columns are asked for; "" for all, NULL: not asked */
	const struct kl_query_format *format;
	struct kl_query_parameters parameters;
	KL_VEC(char *) attached; /* "NAME=FILE" */
	int64_t max_rows;        /* 0: all */
	int64_t timeout;         /* seconds, 0: none */
	bool csv_safe;
};

static void query_request_deinit(struct request *r)
{
	kl_vec_deinit(&r->parameters.texts);
	kl_vec_deinit(&r->attached);
}

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
	OPTION_FILE,
	OPTION_PARAM,
	OPTION_ATTACH,
	OPTION_LIST,
	OPTION_SCHEMA,
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
	struct kl_query_output o = {.out = stdout, .stmt = stmt, .terminal = cli->terminal, .safe = request->csv_safe};
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

/* The names of views and columns: our own question, asked before others may ask. */
static struct kl_error *print_schema(struct kl_cli *cli, sqlite3 *db, const struct request *request, int *ret)
{
	static const char all[] = "SELECT v.name AS view, group_concat(c.name, ', ') AS columns FROM sqlite_schema v "
				  "JOIN pragma_table_info(v.name) c WHERE v.type = 'view' AND ?1 = '' GROUP BY 1";
	static const char one[] = "SELECT c.name AS \"column\" FROM sqlite_schema v JOIN pragma_table_info(v.name) c "
				  "WHERE v.type = 'view' AND v.name = ?1 ORDER BY c.cid";
	sqlite3_stmt *stmt = NULL;
	struct kl_error *err = NULL;

	if (sqlite3_prepare_v2(db, *request->schema ? one : all, -1, &stmt, NULL) != SQLITE_OK ||
	    sqlite3_bind_text(stmt, 1, request->schema, -1, SQLITE_STATIC) != SQLITE_OK)
		err = query_error(cli, db);
	if (!err)
		err = print_rows(cli, db, stmt, request, ret);
	sqlite3_finalize(stmt);
	return err;
}

static struct kl_error *attach_all(struct kl_store *store, const struct request *request)
{
	struct kl_error *err = NULL;
	char **text, *equals;

	kl_vec_for_each (text, &request->attached) {
		equals = strchr(*text, '=');
		if (!equals)
			return kl_error_create(KL_ERROR_USAGE, "--attach is NAME=FILE, not \"%s\"", *text);
		*equals = '\0';
		err = kl_store_attach(store, *text, equals + 1);
		if (err)
			return kl_error_prepend(err, "--attach");
	}
	return err;
}

static struct kl_error *run_select(struct kl_cli *cli, sqlite3 *db, const struct request *request, int *ret)
{
	sqlite3_stmt *stmt = NULL;
	struct kl_error *err = restrict_connection(cli, db);

	if (!err)
		err = prepare_select(cli, db, request->sql, &stmt);
	if (!err)
		err = kl_query_bind(&request->parameters, stmt);
	if (!err)
		err = print_rows(cli, db, stmt, request, ret);
	sqlite3_finalize(stmt);
	return err;
}

static struct kl_error *run_query(struct kl_cli *cli, const struct request *request, int *ret)
{
	_cleanup_(kl_store_closep) struct kl_store *store = NULL;
	struct kl_error *err;

	if (request->timeout)
		kl_cli_set_timeout((unsigned)(request->timeout < MAX_TIMEOUT ? request->timeout : MAX_TIMEOUT));
	err = kl_cli_open(cli, KL_STORE_READ, &store);
	if (!err)
		err = attach_all(store, request);
	if (err)
		return err;
	return (request->schema ? print_schema : run_select)(cli, kl_store_handle(store), request, ret);
}

static struct kl_error *take_query_option(struct request *r, int option, const char **format, const char **file,
					  bool *list)
{
	switch (option) {
	case OPTION_FORMAT:
		*format = optarg;
		return NULL;
	case OPTION_MAX_ROWS:
		return kl_cli_number(optarg, "--max-rows", &r->max_rows);
	case OPTION_TIMEOUT:
		return kl_cli_number(optarg, "--timeout", &r->timeout);
	case OPTION_FILE:
		*file = optarg;
		return NULL;
	case OPTION_PARAM:
		return kl_vec_push(&r->parameters.texts, optarg) ? NULL : kl_error_nomem();
	case OPTION_ATTACH:
		return kl_vec_push(&r->attached, optarg) ? NULL : kl_error_nomem();
	case OPTION_LIST:
		*list = true;
		return NULL;
	case OPTION_SCHEMA:
		r->schema = "";
		return NULL;
	default:
		r->csv_safe = true;
		return NULL;
	}
}

/* The one argument, if there is one: SQL, "-", a name, or, with --schema, a view. */
static struct kl_error *find_sql(struct request *r, const char *argument, const char *file, struct kl_strbuf *text)
{
	struct kl_error *err = NULL;

	if (r->schema) {
		r->schema = argument ? argument : "";
		return NULL;
	}
	if (!file && argument && !strcmp(argument, "-"))
		file = "-";
	else if (!file == !argument)
		return kl_error_create(KL_ERROR_USAGE, "query takes one argument, the SQL, in quotes");
	if (file)
		err = kl_query_read(file, text);
	r->sql = file ? kl_strbuf_string(text) : kl_query_named(argument);
	if (!r->sql)
		r->sql = argument;
	return err;
}

static struct kl_error *choose_format(struct kl_cli *cli, struct request *r, const char *name)
{
	if (name && cli->json && strcmp(name, "json") != 0)
		return kl_error_create(KL_ERROR_USAGE, "--json and --format %s contradict each other", name);
	if (!name)
		name = cli->json ? "json" : r->csv_safe ? "csv" : "table";
	r->format = kl_query_format_find(name);
	if (!r->format)
		return kl_error_create(KL_ERROR_USAGE,
				       "--format is table, list, csv, tsv, json, ndjson or markdown, not \"%s\"", name);
	cli->json = cli->json || !strcmp(name, "json");
	return NULL;
}

struct kl_error *kl_cmd_query(struct kl_cli *cli, int argc, char **argv, int *ret)
{
	static const struct option options[] = {{"format", required_argument, NULL, OPTION_FORMAT},
						{"max-rows", required_argument, NULL, OPTION_MAX_ROWS},
						{"timeout", required_argument, NULL, OPTION_TIMEOUT},
						{"csv-safe", no_argument, NULL, OPTION_CSV_SAFE},
						{"file", required_argument, NULL, OPTION_FILE},
						{"param", required_argument, NULL, OPTION_PARAM},
						{"attach", required_argument, NULL, OPTION_ATTACH},
						{"list", no_argument, NULL, OPTION_LIST},
						{"schema", no_argument, NULL, OPTION_SCHEMA},
						KL_COMMON_OPTIONS};
	_cleanup_(query_request_deinit) struct request request = {};
	_cleanup_strbuf_ struct kl_strbuf text = {};
	const char *format = NULL, *file = NULL;
	struct kl_error *err;
	bool list = false;
	int option;

	while (kl_cli_option(cli, argc, argv, options, &option, &err)) {
		err = take_query_option(&request, option, &format, &file, &list);
		if (err)
			return err;
	}
	if (err || cli->help)
		return err;
	*ret = KLEAK_EXIT_OK;
	if (list) {
		kl_query_list(stdout);
		return NULL;
	}
	if (argc - optind > 1)
		return kl_error_create(KL_ERROR_USAGE, "query takes one argument, the SQL, in quotes");
	err = choose_format(cli, &request, format);
	if (!err)
		err = find_sql(&request, optind < argc ? argv[optind] : NULL, file, &text);
	return err ? err : run_query(cli, &request, ret);
}
