/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/view_rows.h"

#include <sqlite3.h>
#include <string.h>

#include "store/sql.h"
#include "util/vec.h"

/* A value that is larger nobody stored: the largest (the frames of a stack) have kilobytes. */
#define MAX_VALUE (16 << 20)

#define OF_THE_RUN(view, order) #view, "SELECT * FROM " #view " WHERE run_id = ?1 ORDER BY " order
#define OF_ITS_STACKS(view, order)                                                                                 \
#view, "SELECT * FROM " #view " WHERE stack_id IN (SELECT stack_id FROM findings WHERE run_id = ?1 UNION " \
	       "SELECT stack_id FROM totals WHERE run_id = ?1) ORDER BY " order

static const struct {
	const char *name, *sql;
} views[] = {
	{OF_THE_RUN(runs, "run_id")},
	{OF_THE_RUN(findings, "seq")},
	{OF_THE_RUN(groups, "leaked_bytes DESC, bytes DESC, stack_hash, site")},
	{OF_THE_RUN(refs, "seq")},
	{OF_ITS_STACKS(stacks, "stack_id")},
	{OF_ITS_STACKS(frames, "stack_id, depth")},
	{OF_THE_RUN(totals, "bytes DESC, stack_id, class")},
	{OF_THE_RUN(allocations, "seq")},
	{OF_THE_RUN(anomalies, "seq")},
	{OF_THE_RUN(suppressions, "seq")},
	{OF_THE_RUN(plugins, "seq")},
	{OF_THE_RUN(measurements, "kind, name")},
};

static const char *find_view_sql(const char *view)
{
	size_t i;

	for (i = 0; i < sizeof(views) / sizeof(*views); i++) {
		if (!strcmp(views[i].name, view))
			return views[i].sql;
	}
	return NULL;
}

struct view_reading {
	struct kl_store *store;
	sqlite3_stmt *stmt;
	const struct kl_view_visitor *visitor;
	KL_VEC(const char *) names;
	KL_VEC(struct kl_view_value) values;
};

static struct kl_error *visit_columns(struct view_reading *r)
{
	int i, n = sqlite3_column_count(r->stmt);

	for (i = 0; i < n; i++) {
		const char *name = sqlite3_column_name(r->stmt, i);

		if (!name || !kl_vec_push(&r->names, name))
			return kl_error_nomem();
	}
	return r->visitor->columns(r->visitor->context, r->names.data, r->names.count);
}

/* Bytes are taken for text: a database that was tampered with may hold some. */
static struct kl_error *read_value(struct view_reading *r, int i, struct kl_view_value *ret)
{
	int type = sqlite3_column_type(r->stmt, i);

	*ret = (struct kl_view_value){.kind = KL_VIEW_TEXT, .text = ""};
	if (type == SQLITE_NULL)
		ret->kind = KL_VIEW_NULL;
	if (type == SQLITE_INTEGER) {
		ret->kind = KL_VIEW_INTEGER;
		ret->integer = sqlite3_column_int64(r->stmt, i);
	}
	if (type == SQLITE_FLOAT) {
		ret->kind = KL_VIEW_REAL;
		ret->real = sqlite3_column_double(r->stmt, i);
	}
	if (type == SQLITE_NULL)
		return NULL;
	ret->text = (const char *)sqlite3_column_text(r->stmt, i);
	if (!ret->text)
		return kl_error_nomem();
	ret->length = (size_t)sqlite3_column_bytes(r->stmt, i);
	if (ret->length > MAX_VALUE)
		return kl_error_create(KL_ERROR_DATABASE, "%s: a value of %zu bytes", kl_store_path(r->store),
				       ret->length);
	return NULL;
}

static struct kl_error *visit_row(struct view_reading *r)
{
	size_t i;

	r->values.count = 0;
	for (i = 0; i < r->names.count; i++) {
		struct kl_view_value value;
		struct kl_error *err = read_value(r, (int)i, &value);

		if (err)
			return err;
		if (!kl_vec_push(&r->values, value))
			return kl_error_nomem();
	}
	return r->visitor->row(r->visitor->context, r->values.data, r->values.count);
}

struct kl_error *kl_view_rows(struct kl_store *store, const char *view, int64_t run_id,
			      const struct kl_view_visitor *visitor, bool *known)
{
	const char *sql = find_view_sql(view);
	_cleanup_stmt_ sqlite3_stmt *stmt = NULL;
	struct view_reading r = {.store = store, .visitor = visitor};
	struct kl_error *err;
	bool more = true;

	*known = sql != NULL;
	if (!sql)
		return NULL;
	err = kl_sql_prepare_for_run(store, sql, run_id, &stmt);
	r.stmt = stmt;
	if (!err)
		err = visit_columns(&r);
	while (!err && more) {
		err = kl_sql_step(store, stmt, &more);
		if (!err && more)
			err = visit_row(&r);
	}
	kl_vec_deinit(&r.names);
	kl_vec_deinit(&r.values);
	return err;
}
