/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What grew between two runs although it is reachable, read back. */
#include "store/reader.h"

#include "store/reader_private.h"

/* Sums of both sides; negative rows take away what leaks. ?1 and ?2: the runs, ?3: bytes. */
#define BOTH_SIDES                                                                               \
	"sum(objects * (run_id = ?1)) AS objects_a, sum(objects * (run_id = ?2)) AS objects_b, " \
	"CAST(total(bytes * (run_id = ?1)) AS INTEGER) AS bytes_a, "                             \
	"CAST(total(bytes * (run_id = ?2)) AS INTEGER) AS bytes_b "
#define GROWN "HAVING bytes_b - bytes_a >= ?3 ORDER BY bytes_b - bytes_a DESC"

static const char growing_stacks[] =
	"WITH live AS (SELECT run_id, stack_id, objects, bytes FROM t_total WHERE run_id IN (?1, ?2)"
	" UNION ALL SELECT f.run_id, f.stack_id, -1, -f.size FROM t_finding f JOIN t_verdict v ON v.id = f.verdict"
	"  WHERE f.run_id IN (?1, ?2) AND v.is_leak) "
	"SELECT 0 AS is_site, s.normal_hash AS hash, max(s.top_frame) AS name, NULL, NULL, " BOTH_SIDES
	"FROM live JOIN t_stack s ON s.id = live.stack_id WHERE s.depth > 0 GROUP BY s.normal_hash " GROWN ", hash";

/* Only where both runs know call sites: what one of them does not count has not grown. */
static const char growing_sites[] =
	"WITH live AS (SELECT run_id, site_id, coalesce(calls, slab_objects + page_calls + percpu_calls)"
	"  - leaked_objects AS objects, coalesce(bytes, slab_bytes + page_bytes + percpu_bytes) - leaked_bytes AS bytes"
	" FROM t_allocation WHERE run_id IN (?1, ?2) AND counters_of IS NULL) "
	"SELECT 1 AS is_site, 0 AS hash, c.file || ':' || c.line AS name, c.function, c.module, " BOTH_SIDES
	"FROM live JOIN t_site c ON c.id = live.site_id WHERE c.file IS NOT NULL"
	" AND 2 = (SELECT count(DISTINCT run_id) FROM live) "
	"GROUP BY c.file, c.line, c.function, c.module " GROWN ", name";

static struct kl_error *read_growth(struct kl_columns *c, kl_growth_fn *fn, void *context)
{
	struct kl_store_growth g = {.is_site = kl_column_range(c, 2)};
	struct kl_error *err;

	g.stack_hash = kl_column_u64(c);
	g.name = kl_column_text_or_null(c);
	g.function = kl_column_text_or_null(c);
	g.module = kl_column_text_or_null(c);
	g.objects_a = kl_column_int(c);
	g.objects_b = kl_column_int(c);
	g.bytes_a = kl_column_int(c);
	g.bytes_b = kl_column_int(c);
	err = kl_columns_end(c);
	return err ? err : fn(context, &g);
}

static struct kl_error *each_growth(struct kl_reader *r, const char *sql, const int64_t runs[2], int64_t least,
				    kl_growth_fn *fn, void *context)
{
	_cleanup_stmt_ sqlite3_stmt *stmt = NULL;
	struct kl_error *err = kl_sql_prepare_for_run(r->store, sql, runs[0], &stmt);
	bool row = true;

	if (err)
		return err;
	sqlite3_bind_int64(stmt, 2, runs[1]);
	sqlite3_bind_int64(stmt, 3, least);
	while (!err) {
		err = kl_sql_step(r->store, stmt, &row);
		if (err || !row)
			break;
		err = read_growth(&(struct kl_columns){.store = r->store, .stmt = stmt}, fn, context);
	}
	return err;
}

struct kl_error *kl_reader_growth(struct kl_reader *r, int64_t run_a, int64_t run_b, int64_t least, kl_growth_fn *fn,
				  void *context)
{
	const int64_t runs[2] = {run_a, run_b};
	struct kl_error *err = each_growth(r, growing_stacks, runs, least, fn, context);

	return err ? err : each_growth(r, growing_sites, runs, least, fn, context);
}
