/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/sql.h"

#include <string.h>

#include "store/rows.h"
#include "util/escape.h"

/* What a SQLite result means to the user; the extended code is known for more than its class. */
static enum kl_error_code error_code_of(int status)
{
	switch (status & 0xff) {
	case SQLITE_NOMEM:
		return KL_ERROR_NOMEM;
	case SQLITE_INTERRUPT:
		return KL_ERROR_INTERRUPTED;
	case SQLITE_FULL:
	case SQLITE_IOERR:
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
		return KL_ERROR_IO;
	default:
		return KL_ERROR_DATABASE;
	}
}

static struct kl_error *error_of_status(struct kl_store *store, int status)
{
	int system = sqlite3_system_errno(store->db);

	switch (status & 0xff) {
	case SQLITE_NOMEM:
		return kl_error_nomem();
	case SQLITE_INTERRUPT:
		return kl_error_create(KL_ERROR_INTERRUPTED, "%s: interrupted", store->path);
	case SQLITE_FULL:
		return kl_error_create(KL_ERROR_IO, "%s: no space left for the database", store->path);
	case SQLITE_NOTADB:
		return kl_error_create(KL_ERROR_DATABASE, "%s: not a database", store->path);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		if (store->progress && store->progress->stop && *store->progress->stop)
			return kl_error_create(KL_ERROR_INTERRUPTED,
					       "%s: interrupted while another process was using it", store->path);
		return kl_error_create(KL_ERROR_BUSY, "%s: another process is using the database", store->path);
	case SQLITE_READONLY:
		if (status == SQLITE_READONLY_CANTINIT)
			return kl_error_create(KL_ERROR_DATABASE,
					       "%s: somebody set it to WAL mode, in which nobody can read it without "
					       "writing; `PRAGMA journal_mode = delete` sets it back",
					       store->path);
		return kl_error_create(KL_ERROR_IO, "%s: the database cannot be written (read-only file or directory)",
				       store->path);
	case SQLITE_CANTOPEN:
	case SQLITE_IOERR:
		if (system)
			return kl_error_create(KL_ERROR_IO, "%s: %s: %s", store->path, sqlite3_errmsg(store->db),
					       strerror(system));
		/* fall through */
	default:
		return kl_error_create(error_code_of(status), "%s: %s", store->path, sqlite3_errmsg(store->db));
	}
}

struct kl_error *kl_sql_error(struct kl_store *store)
{
	return error_of_status(store, sqlite3_extended_errcode(store->db));
}

struct kl_error *kl_sql_exec(struct kl_store *store, const char *sql)
{
	return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK ? NULL : kl_sql_error(store);
}

struct kl_error *kl_sql_prepare(struct kl_store *store, const char *sql, sqlite3_stmt **ret)
{
	return sqlite3_prepare_v2(store->db, sql, -1, ret, NULL) == SQLITE_OK ? NULL : kl_sql_error(store);
}

struct kl_error *kl_sql_step(struct kl_store *store, sqlite3_stmt *stmt, bool *ret)
{
	int status = sqlite3_step(stmt);

	*ret = status == SQLITE_ROW;
	return status == SQLITE_ROW || status == SQLITE_DONE ? NULL : kl_sql_error(store);
}

struct kl_error *kl_sql_run(struct kl_store *store, sqlite3_stmt *stmt)
{
	struct kl_error *err;
	bool row;

	err = kl_sql_step(store, stmt, &row);
	sqlite3_reset(stmt);
	return err;
}

struct kl_error *kl_sql_get_int(struct kl_store *store, const char *sql, int64_t *ret)
{
	_cleanup_stmt_ sqlite3_stmt *stmt = NULL;
	struct kl_error *err;
	bool row;

	err = kl_sql_prepare(store, sql, &stmt);
	if (!err)
		err = kl_sql_step(store, stmt, &row);
	if (!err)
		*ret = row ? sqlite3_column_int64(stmt, 0) : 0;
	return err;
}

static void keep_status(struct kl_binder *b, int status)
{
	if (status != SQLITE_OK && !b->status)
		b->status = status;
}

static void bind_null(struct kl_binder *b)
{
	keep_status(b, sqlite3_bind_null(b->stmt, ++b->index));
}

void kl_bind_int(struct kl_binder *b, int64_t value)
{
	if (value == KL_UNKNOWN)
		bind_null(b);
	else
		keep_status(b, sqlite3_bind_int64(b->stmt, ++b->index, value));
}

void kl_bind_u64(struct kl_binder *b, uint64_t value)
{
	keep_status(b, sqlite3_bind_int64(b->stmt, ++b->index, (int64_t)value));
}

void kl_bind_u64_or_null(struct kl_binder *b, const uint64_t *value)
{
	if (value)
		kl_bind_u64(b, *value);
	else
		bind_null(b);
}

void kl_bind_size(struct kl_binder *b, uint64_t value)
{
	kl_bind_u64(b, value > INT64_MAX ? INT64_MAX : value);
}

void kl_bind_real(struct kl_binder *b, double value)
{
	if (value < 0)
		bind_null(b);
	else
		keep_status(b, sqlite3_bind_double(b->stmt, ++b->index, value));
}

/* Whether @value can be stored as it is. */
static bool is_utf8(const char *value)
{
	size_t length = strlen(value), n;
	uint32_t c;

	for (; length; value += n, length -= n) {
		n = kl_utf8_next(value, length, &c);
		if (!n)
			return false;
	}
	return true;
}

void kl_bind_text(struct kl_binder *b, const char *value)
{
	_cleanup_strbuf_ struct kl_strbuf sb = {};

	if (!value) {
		bind_null(b);
		return;
	}
	if (!is_utf8(value)) {
		kl_escape_utf8(&sb, value, strlen(value));
		value = kl_strbuf_string(&sb);
		if (sb.failed)
			keep_status(b, SQLITE_NOMEM);
	}
	keep_status(b, sqlite3_bind_text64(b->stmt, ++b->index, value, strlen(value), SQLITE_TRANSIENT, SQLITE_UTF8));
}

void kl_bind_blob(struct kl_binder *b, const void *value, size_t length)
{
	if (!value)
		bind_null(b);
	else
		keep_status(b, sqlite3_bind_blob64(b->stmt, ++b->index, value, length, SQLITE_TRANSIENT));
}

struct kl_error *kl_binder_end(const struct kl_binder *b)
{
	if (b->status == SQLITE_OK)
		return NULL;
	return b->status == SQLITE_NOMEM ? kl_error_nomem() : kl_sql_error(b->store);
}

/* The type of the next column; an error is noted when it is not one of those allowed. */
static int next_type(struct kl_columns *c, int allowed, int also_allowed, const char *wanted)
{
	int type = sqlite3_column_type(c->stmt, c->index);

	if (type != allowed && type != also_allowed && !c->err)
		c->err = kl_error_create(KL_ERROR_DATABASE, "%s: damaged: column %s is not %s", c->store->path,
					 sqlite3_column_name(c->stmt, c->index), wanted);
	return type;
}

int64_t kl_column_int(struct kl_columns *c)
{
	next_type(c, SQLITE_INTEGER, SQLITE_INTEGER, "an integer");
	return sqlite3_column_int64(c->stmt, c->index++);
}

int64_t kl_column_int_or_null(struct kl_columns *c)
{
	if (next_type(c, SQLITE_INTEGER, SQLITE_NULL, "an integer") == SQLITE_NULL) {
		c->index++;
		return KL_UNKNOWN;
	}
	return sqlite3_column_int64(c->stmt, c->index++);
}

uint64_t kl_column_u64(struct kl_columns *c)
{
	return (uint64_t)kl_column_int(c);
}

double kl_column_real_or_null(struct kl_columns *c)
{
	int type = sqlite3_column_type(c->stmt, c->index);

	if (type == SQLITE_NULL) {
		c->index++;
		return -1;
	}
	next_type(c, SQLITE_FLOAT, SQLITE_INTEGER, "a number");
	return sqlite3_column_double(c->stmt, c->index++);
}

const char *kl_column_text_or_null(struct kl_columns *c)
{
	const char *text;

	if (next_type(c, SQLITE_TEXT, SQLITE_NULL, "a text") != SQLITE_TEXT) {
		c->index++;
		return NULL;
	}
	text = (const char *)sqlite3_column_text(c->stmt, c->index++);
	if (!text && !c->err)
		c->err = kl_error_nomem();
	return text;
}

const char *kl_column_text(struct kl_columns *c)
{
	const char *text;

	next_type(c, SQLITE_TEXT, SQLITE_TEXT, "a text");
	text = (const char *)sqlite3_column_text(c->stmt, c->index++);
	if (!text && !c->err)
		c->err = kl_error_nomem();
	return text ? text : "";
}

int kl_column_range(struct kl_columns *c, int count)
{
	int64_t value;

	next_type(c, SQLITE_INTEGER, SQLITE_INTEGER, "an integer");
	value = sqlite3_column_int64(c->stmt, c->index);
	if (value < 0 || value >= count) {
		if (!c->err)
			c->err = kl_error_create(KL_ERROR_DATABASE, "%s: damaged: column %s is out of range",
						 c->store->path, sqlite3_column_name(c->stmt, c->index));
		value = 0;
	}
	c->index++;
	return (int)value;
}

const void *kl_column_blob(struct kl_columns *c, size_t *length)
{
	const void *bytes;

	*length = 0;
	if (next_type(c, SQLITE_BLOB, SQLITE_NULL, "a blob") != SQLITE_BLOB) {
		c->index++;
		return NULL;
	}
	bytes = sqlite3_column_blob(c->stmt, c->index);
	*length = (size_t)sqlite3_column_bytes(c->stmt, c->index++);
	return *length ? bytes : "";
}

struct kl_error *kl_columns_end(struct kl_columns *c)
{
	struct kl_error *err = c->err;

	c->err = NULL;
	return err;
}

struct kl_error *kl_sql_prepare_for_run(struct kl_store *store, const char *sql, int64_t run_id, sqlite3_stmt **ret)
{
	struct kl_binder b = {.store = store};
	struct kl_error *err = kl_sql_prepare(store, sql, ret);

	if (err)
		return err;
	b.stmt = *ret;
	kl_bind_int(&b, run_id);
	return kl_binder_end(&b);
}

struct kl_error *kl_sql_each_row(struct kl_store *store, const char *sql, int64_t run_id,
				 struct kl_error *(*each)(struct kl_columns *c, void *context), void *context)
{
	_cleanup_stmt_ sqlite3_stmt *stmt = NULL;
	struct kl_error *err = kl_sql_prepare_for_run(store, sql, run_id, &stmt);
	bool row;

	while (!err) {
		err = kl_sql_step(store, stmt, &row);
		if (err || !row)
			break;
		err = each(&(struct kl_columns){.store = store, .stmt = stmt}, context);
	}
	return err;
}
