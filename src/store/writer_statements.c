/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/writer_statements.h"

#define FIRST_NAME(type, column, ...) #column
#define NEXT_NAME(type, column, ...) ", " #column
#define FIRST_MARK(type, column, ...) "?"
#define NEXT_MARK(type, column, ...) ", ?"
#define INSERT(table, COLUMNS) \
	"INSERT INTO " #table "(" COLUMNS(FIRST_NAME, NEXT_NAME) ") VALUES (" COLUMNS(FIRST_MARK, NEXT_MARK) ")"
#define UNLESS_KNOWN " ON CONFLICT DO NOTHING"

static const char *const statement_sql[] = {
	[KL_FIND_FRAME] = "SELECT id FROM t_frame WHERE content = ?",
	[KL_ADD_FRAME] = INSERT(t_frame, KL_FRAME_COLUMNS) UNLESS_KNOWN,
	[KL_FIND_STACK] = "SELECT id FROM t_stack WHERE content = ?",
	[KL_ADD_STACK] = INSERT(t_stack, KL_STACK_COLUMNS) UNLESS_KNOWN,
	[KL_FIND_SITE] = "SELECT id FROM t_site WHERE content = ?",
	[KL_ADD_SITE] = INSERT(t_site, KL_SITE_COLUMNS) UNLESS_KNOWN,
	[KL_FIND_TEXT] = "SELECT id FROM t_text WHERE content = ?",
	[KL_ADD_TEXT] = INSERT(t_text, KL_TEXT_COLUMNS) UNLESS_KNOWN,
	[KL_KNOWN_SITE] = "SELECT max(a.site_id) FROM t_run this JOIN t_run r ON r.boot_id = this.boot_id "
			  "JOIN t_allocation a ON a.run_id = r.id JOIN t_site c ON c.id = a.site_id "
			  "WHERE this.id = ? AND a.tag = ? AND c.line = ? AND c.file IS NOT NULL",
	[KL_ADD_FINDING] = INSERT(t_finding, KL_FINDING_COLUMNS),
	[KL_ADD_REFERENCE] = INSERT(t_reference, KL_REFERENCE_COLUMNS),
	[KL_ADD_ALLOCATION] = INSERT(t_allocation, KL_ALLOCATION_COLUMNS),
	[KL_ADD_TOTAL] = INSERT(t_total, KL_TOTAL_COLUMNS) " ON CONFLICT DO UPDATE SET "
							   "objects = CAST(objects + excluded.objects AS INTEGER), "
							   "bytes = CAST(bytes + excluded.bytes AS INTEGER)",
	[KL_ADD_LISTING] = INSERT(t_listing, KL_LISTING_COLUMNS),
	[KL_ADD_ANOMALY] = INSERT(t_anomaly, KL_ANOMALY_COLUMNS),
	[KL_ADD_ADVICE] = INSERT(t_advice, KL_ADVICE_COLUMNS),
	[KL_ADD_VALUE] = "INSERT OR REPLACE INTO t_value(run_id, kind, name, value) VALUES (?, ?, ?, ?)",
};

struct kl_error *kl_writer_bind(struct kl_writer *w, enum kl_statement statement, struct kl_binder *ret)
{
	struct kl_error *err = NULL;

	if (!w->statements[statement])
		err = kl_sql_prepare(w->store, statement_sql[statement], &w->statements[statement]);
	*ret = (struct kl_binder){.store = w->store, .stmt = w->statements[statement]};
	return err;
}

struct kl_error *kl_writer_run(struct kl_writer *w, const struct kl_binder *b)
{
	struct kl_error *err = kl_binder_end(b);

	return err ? err : kl_sql_run(w->store, b->stmt);
}
