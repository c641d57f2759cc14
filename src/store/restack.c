/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/restack.h"

#include <stdlib.h>

#include "store/writer_statements.h"

struct stack_numbers {
	KL_VEC(int64_t) ids;
};

static struct kl_error *note_stack_number(struct kl_columns *c, void *context)
{
	struct stack_numbers *stacks = context;

	return kl_vec_push(&stacks->ids, kl_column_int(c)) ? NULL : kl_error_nomem();
}

struct kl_error *kl_restack_list(struct kl_store *store, int64_t run_id, int64_t **ret, size_t *count)
{
	static const char sql[] = "SELECT DISTINCT stack_id FROM t_finding WHERE run_id = ? ORDER BY stack_id";
	struct stack_numbers stacks = {};
	struct kl_error *err = kl_sql_each_row(store, sql, run_id, note_stack_number, &stacks);

	if (err) {
		kl_vec_deinit(&stacks.ids);
		return err;
	}
	*ret = stacks.ids.data;
	*count = stacks.ids.count;
	return NULL;
}

static struct kl_error *begin_restacking(struct kl_store *store)
{
	/* In memory, because nothing but the database may be written. */
	struct kl_error *err =
		kl_sql_exec(store, "PRAGMA temp_store = MEMORY; DROP TABLE IF EXISTS temp.restacked; "
				   "CREATE TEMP TABLE restacked(old INTEGER PRIMARY KEY, new INTEGER NOT NULL) STRICT");

	if (!err)
		err = kl_sql_exec(store, "BEGIN IMMEDIATE");
	return err ? err : kl_store_check_file(store);
}

struct kl_error *kl_restack_begin(struct kl_store *store, int64_t run_id, struct kl_writer **ret)
{
	struct kl_writer *w = calloc(1, sizeof(*w));
	struct kl_error *err;

	if (!w)
		return kl_error_nomem();
	w->store = store;
	w->run_id = run_id;
	w->finished_given = true; /* the analysis is as old as it was */
	err = begin_restacking(store);
	if (err) {
		kl_writer_destroy(w);
		return err;
	}
	*ret = w;
	return NULL;
}

struct kl_error *kl_restack_replace(struct kl_writer *w, int64_t stack_id, const struct kl_store_frame *frames,
				    size_t n)
{
	_cleanup_stmt_ sqlite3_stmt *stmt = NULL;
	struct kl_binder b = {.store = w->store};
	struct kl_error *err;
	int64_t id;

	err = kl_writer_add_stack(w, frames, n, &id);
	if (err || id == stack_id)
		return err;
	err = kl_sql_prepare(w->store, "INSERT INTO temp.restacked(old, new) VALUES (?, ?)", &stmt);
	if (err)
		return err;
	b.stmt = stmt;
	kl_bind_int(&b, stack_id);
	kl_bind_int(&b, id);
	return kl_writer_run(w, &b);
}

/* Totals of a run have one row for each stack and class: two stacks may have become one. */
static const char move_totals[] =
	"INSERT INTO t_total(run_id, stack_id, class, objects, bytes) "
	"SELECT t.run_id, m.new, t.class, t.objects, t.bytes FROM t_total t "
	"JOIN temp.restacked m ON m.old = t.stack_id WHERE t.run_id = ? "
	"ON CONFLICT DO UPDATE SET objects = objects + excluded.objects, bytes = bytes + excluded.bytes";

static const char *const moves[] = {
	"UPDATE t_finding SET stack_id = m.new FROM temp.restacked m WHERE run_id = ? AND stack_id = m.old",
	"UPDATE t_listing SET stack_id = m.new FROM temp.restacked m WHERE run_id = ? AND stack_id = m.old",
	move_totals,
	"DELETE FROM t_total WHERE run_id = ? AND stack_id IN (SELECT old FROM temp.restacked)",
	"DELETE FROM t_group WHERE run_id = ?",
};

struct kl_error *kl_restack_commit(struct kl_writer *w)
{
	struct kl_error *err = NULL;
	int64_t ignored;
	size_t i;

	for (i = 0; i < sizeof(moves) / sizeof(*moves) && !err; i++) {
		_cleanup_stmt_ sqlite3_stmt *stmt = NULL;

		err = kl_sql_prepare_for_run(w->store, moves[i], w->run_id, &stmt);
		if (!err)
			err = kl_sql_run(w->store, stmt);
	}
	return err ? err : kl_writer_commit(w, &ignored);
}
