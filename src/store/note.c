/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/note.h"

#include "store/sql.h"

struct kl_error *kl_store_note(struct kl_store *store, int64_t run_id, const struct kl_store_advice *a)
{
	static const char sql[] = "UPDATE t_advice SET state = ?1, note = ?2, objects = ?3, bytes = ?4 "
				  "WHERE run_id = ?5 AND kind = ?6 AND name = ?7 AND origin = ?8";
	_cleanup_stmt_ sqlite3_stmt *stmt = NULL;
	struct kl_binder b = {.store = store};
	struct kl_error *err = kl_sql_prepare(store, sql, &stmt);

	if (err)
		return err;
	b.stmt = stmt;
	kl_bind_text(&b, a->state);
	kl_bind_text(&b, a->note);
	kl_bind_int(&b, a->objects);
	kl_bind_int(&b, a->bytes);
	kl_bind_int(&b, run_id);
	kl_bind_text(&b, a->kind);
	kl_bind_text(&b, a->name);
	kl_bind_text(&b, a->origin);
	err = kl_binder_end(&b);
	return err ? err : kl_sql_run(store, stmt);
}
