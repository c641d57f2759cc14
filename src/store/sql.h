/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sql.h: the connection to the database: SQLite with this program's errors. Private to src/store. */
#ifndef KL_STORE_SQL_H
#define KL_STORE_SQL_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/cleanup.h"
#include "util/error.h"
#include "util/progress.h"
#include "util/strbuf.h"

struct kl_store {
	sqlite3 *db;
	char *path; /* as the user named it, for messages */
	char *file; /* the same, absolute and without links on the way */
	const struct kl_progress *progress;
	unsigned patience_ms; /* for how long others may keep the database locked */
	bool pending;         /* the file does not exist yet; @db is a stand-in in memory */
	bool created;         /* by this connection */
	bool kept;            /* a run was stored in it */
};

static inline void kl_sql_finalizep(sqlite3_stmt **stmt)
{
	sqlite3_finalize(*stmt);
}
#define _cleanup_stmt_ _cleanup_(kl_sql_finalizep)

/** kl_store_create_file() - make the file of a store that has none yet; statements prepared before are lost. */
struct kl_error *kl_store_create_file(struct kl_store *store);

/** kl_store_check_file() - what the first thing in a transaction has to be: while this process waited for the lock, the
 * one that held it may have removed the file. Errors: KL_ERROR_BUSY. */
struct kl_error *kl_store_check_file(struct kl_store *store);

/** kl_store_copy_to_memory() - let the connection be one to a copy of the file, which can be changed. */
struct kl_error *kl_store_copy_to_memory(struct kl_store *store);

/** kl_sql_error() - what @store's connection complains about, with the path in front. */
struct kl_error *kl_sql_error(struct kl_store *store);

/** kl_sql_exec() - run statements that return nothing of interest. */
struct kl_error *kl_sql_exec(struct kl_store *store, const char *sql);

struct kl_error *kl_sql_prepare(struct kl_store *store, const char *sql, sqlite3_stmt **ret);

/** kl_sql_step() - next row of @stmt; @ret is false at the end. */
struct kl_error *kl_sql_step(struct kl_store *store, sqlite3_stmt *stmt, bool *ret);

/** kl_sql_run() - run a bound statement that returns no row, and make it ready for the next one. */
struct kl_error *kl_sql_run(struct kl_store *store, sqlite3_stmt *stmt);

/** kl_sql_get_int() - the one integer that @sql returns. */
struct kl_error *kl_sql_get_int(struct kl_store *store, const char *sql, int64_t *ret);

/** kl_sql_prepare_for_run() - prepare @sql with @run_id as its first parameter. */
struct kl_error *kl_sql_prepare_for_run(struct kl_store *store, const char *sql, int64_t run_id, sqlite3_stmt **ret);

/* Binding, parameter by parameter from the left. SQLite's complaints (memory, too long) are kept for kl_binder_end().
 */
struct kl_binder {
	struct kl_store *store;
	sqlite3_stmt *stmt;
	int index;
	int status; /* first SQLite code that was not OK */
};

void kl_bind_int(struct kl_binder *b, int64_t value);                 /* KL_UNKNOWN is NULL */
void kl_bind_u64(struct kl_binder *b, uint64_t value);                /* the 64-bit pattern */
void kl_bind_u64_or_null(struct kl_binder *b, const uint64_t *value); /* NULL is NULL */
void kl_bind_size(struct kl_binder *b, uint64_t value);    /* at most INT64_MAX, so that sums stay ascending */
void kl_bind_real(struct kl_binder *b, double value);      /* negative is NULL */
void kl_bind_text(struct kl_binder *b, const char *value); /* NULL is NULL; copied */
void kl_bind_blob(struct kl_binder *b, const void *value, size_t length); /* NULL is NULL; copied */
struct kl_error *kl_binder_end(const struct kl_binder *b);

/* Reading columns of a row that may hold anything, from the left. A wrong type is kept as the first error. */
struct kl_columns {
	struct kl_store *store;
	sqlite3_stmt *stmt;
	int index;
	struct kl_error *err;
};

int64_t kl_column_int(struct kl_columns *c);         /* must not be NULL */
int64_t kl_column_int_or_null(struct kl_columns *c); /* NULL is KL_UNKNOWN */
uint64_t kl_column_u64(struct kl_columns *c);
double kl_column_real_or_null(struct kl_columns *c); /* NULL is -1; integers are taken too */
const char *kl_column_text(struct kl_columns *c);    /* never NULL; valid until the next step */
const char *kl_column_text_or_null(struct kl_columns *c);
/** kl_column_range() - an integer in [0, @count). */
int kl_column_range(struct kl_columns *c, int count);
/** kl_column_blob() - @length is 0 and the result NULL for NULL, the result is not NULL for an empty blob. */
const void *kl_column_blob(struct kl_columns *c, size_t *length);
/** kl_columns_end() - the first error, prefixed with the path. */
struct kl_error *kl_columns_end(struct kl_columns *c);

/** kl_sql_each_row() - run @sql, whose first parameter is @run_id, and call @each for every row, with the columns not
 * yet taken. */
struct kl_error *kl_sql_each_row(struct kl_store *store, const char *sql, int64_t run_id,
				 struct kl_error *(*each)(struct kl_columns *c, void *context), void *context);

#endif
