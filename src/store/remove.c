/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/remove.h"

#include "store/object_history.h"
#include "store/sql.h"
#include "util/strbuf.h"
#include "util/vec.h"

/* Runs @sql with @id as its first parameter. */
static struct kl_error *exec_with_number(struct kl_store *store, const char *sql, int64_t id)
{
	_cleanup_stmt_ sqlite3_stmt *stmt = NULL;
	struct kl_error *err = kl_sql_prepare_for_run(store, sql, id, &stmt);

	return err ? err : kl_sql_run(store, stmt);
}

struct kl_error *kl_store_clear_run(struct kl_store *store, int64_t id)
{
	static const char tables[] =
		"SELECT DISTINCT t.name FROM sqlite_schema t JOIN pragma_foreign_key_list(t.name) f "
		"WHERE t.type = 'table' AND f.\"table\" = 't_run'";
	_cleanup_stmt_ sqlite3_stmt *stmt = NULL;
	struct kl_error *err = kl_sql_prepare(store, tables, &stmt);
	bool row = true;

	while (!err) {
		_cleanup_strbuf_ struct kl_strbuf sql = {};

		err = kl_sql_step(store, stmt, &row);
		if (err || !row)
			break;
		kl_strbuf_printf(&sql, "DELETE FROM \"%s\" WHERE run_id = ?", sqlite3_column_text(stmt, 0));
		err = sql.failed ? kl_error_nomem() : exec_with_number(store, kl_strbuf_string(&sql), id);
	}
	return err ? err : exec_with_number(store, "DELETE FROM t_run WHERE id = ?", id);
}

/* What nobody refers to any more. Frames last: stacks name them. */
static struct kl_error *drop_unused_rows(struct kl_store *store)
{
	static const char *const sql[] = {
		"DELETE FROM t_stack WHERE id NOT IN (SELECT stack_id FROM t_finding "
		"UNION SELECT stack_id FROM t_group UNION SELECT stack_id FROM t_total "
		"UNION SELECT stack_id FROM t_listing)",
		"DELETE FROM t_frame WHERE id NOT IN (SELECT j.value FROM t_stack s, json_each(s.frames) j)",
		"DELETE FROM t_site WHERE id NOT IN (SELECT site_id FROM t_allocation "
		"UNION SELECT site_id FROM t_finding WHERE site_id IS NOT NULL "
		"UNION SELECT site_id FROM t_group WHERE site_id IS NOT NULL)",
		"DELETE FROM t_text WHERE id NOT IN (SELECT coalesce(cache, 0) FROM t_finding "
		"UNION SELECT coalesce(type, 0) FROM t_finding UNION SELECT kind FROM t_reference "
		"UNION SELECT coalesce(name, 0) FROM t_reference UNION SELECT coalesce(cache, 0) FROM t_reference "
		"UNION SELECT coalesce(type, 0) FROM t_reference UNION SELECT coalesce(member, 0) FROM t_reference "
		"UNION SELECT coalesce(allocator, 0) FROM t_reference UNION SELECT class FROM t_reference "
		"UNION SELECT why FROM t_reference UNION SELECT traits FROM t_reference "
		"UNION SELECT coalesce(grade, 0) FROM t_reference)",
	};
	struct kl_error *err = NULL;
	size_t i;

	for (i = 0; i < sizeof(sql) / sizeof(*sql) && !err; i++)
		err = kl_sql_exec(store, sql[i]);
	return err;
}

static struct kl_error *check_runs_exist(struct kl_store *store, const int64_t *runs, size_t n)
{
	struct kl_error *err = NULL;
	size_t i;

	for (i = 0; i < n && !err; i++) {
		_cleanup_stmt_ sqlite3_stmt *stmt = NULL;
		bool row = false;

		err = kl_sql_prepare_for_run(store, "SELECT 1 FROM t_run WHERE id = ?", runs[i], &stmt);
		if (!err)
			err = kl_sql_step(store, stmt, &row);
		if (!err && !row)
			err = kl_error_create(KL_ERROR_NOT_FOUND, "%s: no run %lld", store->path, (long long)runs[i]);
	}
	return err;
}

/* Begins a transaction in which all @runs are there. */
static struct kl_error *begin_change(struct kl_store *store, const int64_t *runs, size_t n)
{
	struct kl_error *err = kl_sql_exec(store, "BEGIN IMMEDIATE");

	if (!err)
		err = kl_store_check_file(store);
	return err ? err : check_runs_exist(store, runs, n);
}

/* Takes @err. */
static struct kl_error *end_change(struct kl_store *store, struct kl_error *err)
{
	if (!err)
		err = kl_sql_exec(store, "COMMIT");
	if (err && !sqlite3_get_autocommit(store->db))
		sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
	store->kept |= !err;
	return err;
}

struct kl_error *kl_store_remove_runs(struct kl_store *store, const int64_t *runs, size_t n)
{
	struct kl_error *err;
	size_t i;

	/* Who refers to a shared row is asked once, not for every row; the tables are checked by nobody else here. */
	sqlite3_db_config(store->db, SQLITE_DBCONFIG_ENABLE_FKEY, 0, NULL);
	err = begin_change(store, runs, n);
	for (i = 0; i < n && !err; i++)
		err = kl_store_clear_run(store, runs[i]);
	if (!err)
		err = kl_history_retell(store);
	if (!err)
		err = drop_unused_rows(store);
	err = end_change(store, err);
	sqlite3_db_config(store->db, SQLITE_DBCONFIG_ENABLE_FKEY, 1, NULL);
	/* The runs are gone; a file that stays as large as it was is no failure. */
	if (!err)
		sqlite3_exec(store->db, "VACUUM", NULL, NULL, NULL);
	return err;
}

struct kl_error *kl_store_label_runs(struct kl_store *store, const int64_t *runs, size_t n, const char *label)
{
	_cleanup_stmt_ sqlite3_stmt *stmt = NULL;
	struct kl_error *err = kl_sql_prepare(store, "UPDATE t_run SET label = ? WHERE id = ?", &stmt);
	size_t i;

	if (!err)
		err = begin_change(store, runs, n);
	for (i = 0; i < n && !err; i++) {
		struct kl_binder b = {.store = store, .stmt = stmt};

		kl_bind_text(&b, label);
		kl_bind_int(&b, runs[i]);
		err = kl_binder_end(&b);
		if (!err)
			err = kl_sql_run(store, stmt);
	}
	return end_change(store, err);
}
