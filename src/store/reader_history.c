/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What became of a stack or call site from run to run. */
#include "store/reader.h"

#include "store/reader_private.h"

/* Of the machines where it was ever found all runs: that a run does not have it is part of the history. ?1: hash of the
 * normalized stack, or ?2: file:line, which may be a glob. A machine is known by its host name, or else by its boot. */
static const char history[] =
	"WITH hit AS MATERIALIZED (SELECT g.run_id, g.objects, g.bytes, g.leaked_objects, g.leaked_bytes, g.verdicts,"
	"  s.top_frame FROM t_group g JOIN t_stack s ON s.id = g.stack_id LEFT JOIN t_site c ON c.id = g.site_id"
	"  WHERE CASE WHEN ?2 IS NULL THEN g.normal_hash = ?1 ELSE c.file || ':' || c.line GLOB ?2 END),"
	"machine AS MATERIALIZED (SELECT id,"
	" CASE WHEN host <> '(none)' THEN host ELSE coalesce(boot_id, CAST(id AS TEXT)) END AS name FROM t_run) "
	"SELECT r.id, m.name, r.crash_time, r.dump, r.partial,"
	" coalesce((SELECT sum(objects) FROM hit WHERE run_id = r.id), 0),"
	" coalesce((SELECT CAST(total(bytes) AS INTEGER) FROM hit WHERE run_id = r.id), 0),"
	" coalesce((SELECT sum(leaked_objects) FROM hit WHERE run_id = r.id), 0),"
	" coalesce((SELECT CAST(total(leaked_bytes) AS INTEGER) FROM hit WHERE run_id = r.id), 0),"
	" coalesce((SELECT group_concat(n || ' ' || name, ', ') FROM (SELECT v.name, sum(j.value) AS n"
	"  FROM hit, json_each(hit.verdicts) j JOIN t_verdict v ON v.name = j.key WHERE hit.run_id = r.id"
	"  GROUP BY v.id ORDER BY v.id)), ''),"
	" (SELECT min(top_frame) FROM hit WHERE run_id = r.id) "
	"FROM t_run r JOIN machine m ON m.id = r.id "
	"WHERE m.name IN (SELECT o.name FROM machine o WHERE o.id IN (SELECT run_id FROM hit)) "
	"ORDER BY r.crash_time, r.jiffies, r.id";

static struct kl_error *read_history(struct kl_columns *c, kl_history_fn *fn, void *context)
{
	struct kl_store_history h = {.run_id = kl_column_int(c)};
	struct kl_error *err;

	h.machine = kl_column_text(c);
	h.crash_time = kl_column_int_or_null(c);
	h.dump = kl_column_text(c);
	h.partial = kl_column_range(c, 2);
	h.objects = kl_column_int(c);
	h.bytes = kl_column_int(c);
	h.leaked_objects = kl_column_int(c);
	h.leaked_bytes = kl_column_int(c);
	h.verdicts = kl_column_text(c);
	h.top_frame = kl_column_text_or_null(c);
	err = kl_columns_end(c);
	return err ? err : fn(context, &h);
}

struct kl_error *kl_reader_history(struct kl_reader *r, uint64_t stack_hash, const char *site, kl_history_fn *fn,
				   void *context)
{
	_cleanup_stmt_ sqlite3_stmt *stmt = NULL;
	struct kl_binder b = {.store = r->store};
	struct kl_error *err = kl_sql_prepare(r->store, history, &stmt);
	bool row = true;

	if (err)
		return err;
	b.stmt = stmt;
	kl_bind_u64(&b, stack_hash);
	kl_bind_text(&b, site);
	err = kl_binder_end(&b);
	while (!err) {
		err = kl_sql_step(r->store, stmt, &row);
		if (err || !row)
			break;
		err = read_history(&(struct kl_columns){.store = r->store, .stmt = stmt}, fn, context);
	}
	return err;
}
