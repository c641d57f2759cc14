/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/object_history.h"

#include "store/leaked_tree.h"
#include "store/writer_statements.h"
#include "util/vec.h"

/* What a look back at one run needs. */
struct judged_run {
	int64_t id;
	int64_t before; /* the run of the dump before; 0: there is none */
	int64_t needed; /* dumps or scans in a row; 0 and 1: this dump is enough */
};

/* ---- one run ---- */

#define LEAKED "(10, 20)"
#define NO_LEAK "head = NULL, parent = NULL, retained_objects = NULL, retained_bytes = NULL"
#define UNREFERENCED "(10, 20, 40)" /* as far as a dump alone can tell */

/* As the dump alone was judged. ?1: the run. */
static const char restore_verdicts[] =
	"UPDATE t_finding SET verdict = a.verdict, reason = a.reason, head = a.head, parent = a.parent, "
	"retained_objects = a.retained_objects, retained_bytes = a.retained_bytes "
	"FROM t_alone a WHERE a.run_id = ?1 AND t_finding.run_id = ?1 AND t_finding.seq = a.seq";
static const char forget_alone[] = "DELETE FROM t_alone WHERE run_id = ?1";
static const char count_own_dump[] =
	"UPDATE t_finding SET dumps = verdict IN (10, 20, 80) OR (verdict = 40 AND NOT r.partial) "
	"FROM t_run r WHERE r.id = ?1 AND t_finding.run_id = ?1";

/* ?1: the run, ?2: the one before. A change is -1, until it has become a verdict. What is weak, explained or modified
 * ended what was before it. The dump before is looked up by address: it is copied, because an index is made for a copy,
 * while by its key all of it would be read for every finding. */
static const char look_back[] =
	"WITH past AS MATERIALIZED (SELECT p.address, p.class, p.jiffies, s.address_hash, p.content, p.dumps,"
	"  coalesce(a.verdict, p.verdict) IN (10, 20, 40, 60, 80) AS was_unreferenced"
	" FROM t_finding p JOIN t_stack s ON s.id = p.stack_id"
	" LEFT JOIN t_alone a ON a.run_id = p.run_id AND a.seq = p.seq WHERE p.run_id = ?2 AND s.depth > 0),"
	"same AS MATERIALIZED (SELECT f.seq, p.dumps, p.was_unreferenced AND f.verdict IN " UNREFERENCED
	"  AND f.content <> p.content AS changed"
	" FROM t_finding f JOIN t_stack s ON s.id = f.stack_id JOIN past p ON p.address = f.address"
	"  AND p.jiffies = f.jiffies AND p.class = f.class AND p.address_hash = s.address_hash"
	" WHERE f.run_id = ?1 AND f.verdict NOT IN (30, 60, 70)) "
	"UPDATE t_finding"
	" SET dumps = CASE WHEN same.changed THEN -1 ELSE t_finding.dumps + coalesce(same.dumps, 1) END "
	"FROM same WHERE t_finding.run_id = ?1 AND t_finding.seq = same.seq";

/* ?1: the run, ?2: how many dumps or scans are needed. */
#define TOO_FEW "(verdict IN " LEAKED " AND max(dumps, coalesce(unref_scans, 0)) < ?2)"
static const char needs_change[] = "SELECT 1 FROM t_finding WHERE run_id = ?1 AND (dumps = -1 OR " TOO_FEW ") LIMIT 1";
static const char keep_alone[] =
	"INSERT INTO t_alone SELECT run_id, seq, verdict, reason, head, parent, retained_objects, retained_bytes "
	"FROM t_finding WHERE run_id = ?1 AND verdict IN " UNREFERENCED;
/* ?2: the run before. */
static const char tell_modified[] =
	"UPDATE t_finding SET verdict = 60, " NO_LEAK ", "
	"reason = 'unreferenced, but its content changed' || coalesce(format(' in the %.1f s', "
	" CAST(r.jiffies - p.jiffies AS REAL) / nullif(r.hz, 0)), '') || ' since the dump before' "
	"FROM t_run r, t_run p WHERE r.id = ?1 AND p.id = ?2 AND t_finding.run_id = ?1 AND t_finding.dumps = -1";
/* Where references were not stored, at least what only it leads to. */
static const char tell_alive_through_modified[] =
	"WITH RECURSIVE way AS MATERIALIZED ("
	" SELECT r.holder AS \"from\", r.target AS \"to\" FROM t_reference r JOIN t_text c ON c.id = r.class"
	"  WHERE r.run_id = ?1 AND c.text = 'leaked'"
	" UNION ALL SELECT a.parent, f.address FROM t_alone a JOIN t_finding f USING (run_id, seq)"
	"  WHERE a.run_id = ?1 AND a.parent IS NOT NULL),"
	"alive(address, by) AS ("
	" SELECT address, address FROM t_finding WHERE run_id = ?1 AND dumps = -1"
	" UNION SELECT way.\"to\", alive.by FROM alive JOIN way ON way.\"from\" = alive.address) "
	"UPDATE t_finding SET verdict = 60, dumps = 0, " NO_LEAK
	", reason = format('reachable through the object at 0x%x, whose content changed', a.by) "
	"FROM (SELECT address, min(by) AS by FROM alive GROUP BY address) a "
	"WHERE t_finding.run_id = ?1 AND t_finding.address = a.address AND t_finding.verdict IN " UNREFERENCED;
static const char count_modified[] = "UPDATE t_finding SET dumps = 0 WHERE run_id = ?1 AND dumps = -1";
static const char tell_unconfirmed[] =
	"UPDATE t_finding SET verdict = 40, " NO_LEAK ", "
	"reason = format('unreferenced in %d dump%s in a row%s, where %d are needed', dumps, "
	" CASE dumps WHEN 1 THEN '' ELSE 's' END, CASE WHEN unref_scans IS NOT NULL THEN "
	" format(' and %d of the kernel''s scans', unref_scans) ELSE '' END, ?2) "
	"WHERE run_id = ?1 AND " TOO_FEW;

/* Call sites count what leaks. Where several tags share one call site, the first of them has it all. */
static const char clear_leaks_of_sites[] =
	"UPDATE t_allocation SET leaked_objects = 0, leaked_bytes = 0 WHERE run_id = ?1 AND leaked_objects <> 0";
static const char count_leaks_of_sites[] =
	"WITH leaks AS MATERIALIZED (SELECT site_id, count(*) AS objects, CAST(total(size) AS INTEGER) AS bytes"
	" FROM t_finding WHERE run_id = ?1 AND site_id IS NOT NULL AND verdict IN " LEAKED " GROUP BY site_id),"
	"first AS MATERIALIZED (SELECT site_id, min(seq) AS seq FROM t_allocation WHERE run_id = ?1 GROUP BY site_id) "
	"UPDATE t_allocation SET leaked_objects = leaks.objects, leaked_bytes = leaks.bytes "
	"FROM leaks JOIN first USING (site_id) WHERE t_allocation.run_id = ?1 AND t_allocation.seq = first.seq";

/* Runs @sql with the run and, where it asks for that, @second. @changed: set when rows changed, or one was found. */
static struct kl_error *exec_for_judged(struct kl_writer *w, const char *sql, int64_t run, int64_t second,
					bool *changed)
{
	_cleanup_stmt_ sqlite3_stmt *stmt = NULL;
	struct kl_error *err = kl_sql_prepare_for_run(w->store, sql, run, &stmt);
	int before = sqlite3_total_changes(w->store->db);
	bool row = false;

	if (err)
		return err;
	if (sqlite3_bind_parameter_count(stmt) > 1)
		sqlite3_bind_int64(stmt, 2, second);
	err = kl_sql_step(w->store, stmt, &row);
	*changed |= row || sqlite3_total_changes(w->store->db) != before;
	return err;
}

/* As it was before any other dump had a say. */
static struct kl_error *judge_alone(struct kl_writer *w, const struct judged_run *r, bool *changed)
{
	bool ignored = false;
	struct kl_error *err = exec_for_judged(w, restore_verdicts, r->id, 0, changed);

	if (!err)
		err = exec_for_judged(w, forget_alone, r->id, 0, changed);
	return err ? err : exec_for_judged(w, count_own_dump, r->id, 0, &ignored);
}

static struct kl_error *judge_by_history(struct kl_writer *w, const struct judged_run *r)
{
	bool ignored = false;
	struct kl_error *err = exec_for_judged(w, keep_alone, r->id, 0, &ignored);

	if (!err && r->before)
		err = exec_for_judged(w, tell_modified, r->id, r->before, &ignored);
	if (!err && r->before)
		err = exec_for_judged(w, tell_alive_through_modified, r->id, 0, &ignored);
	if (!err && r->before)
		err = exec_for_judged(w, count_modified, r->id, 0, &ignored);
	if (!err)
		err = exec_for_judged(w, tell_unconfirmed, r->id, r->needed, &ignored);
	return err ? err : kl_leaked_tree_retell(w->store, r->id);
}

/* @changed: whether a verdict is another one than it was. */
static struct kl_error *judge_run(struct kl_writer *w, const struct judged_run *r, bool *changed)
{
	bool ignored = false, needed = false;
	struct kl_error *err = judge_alone(w, r, changed);

	if (!err && r->before)
		err = exec_for_judged(w, look_back, r->id, r->before, &ignored);
	if (!err)
		err = exec_for_judged(w, needs_change, r->id, r->needed, &needed);
	if (!err && needed)
		err = judge_by_history(w, r);
	*changed |= needed;
	if (!err && *changed)
		err = exec_for_judged(w, clear_leaks_of_sites, r->id, 0, &ignored);
	if (!err && *changed)
		err = exec_for_judged(w, count_leaks_of_sites, r->id, 0, &ignored);
	return err;
}

/* ---- the runs of a boot ---- */

struct judged_runs {
	KL_VEC(struct judged_run) list;
};

static struct kl_error *note_judged_run(struct kl_columns *c, void *context)
{
	struct judged_runs *runs = context;
	struct judged_run run = {.id = kl_column_int(c)};
	struct kl_error *err;

	run.before = kl_column_int(c);
	run.needed = kl_column_int(c);
	err = kl_columns_end(c);
	if (err)
		return err;
	return kl_vec_push(&runs->list, run) ? NULL : kl_error_nomem();
}

/* Runs that can be judged, and tell by what they lack: what nobody listed was referenced. ?1: the run whose boot it
 * is. Runs of older versions have no count of dumps, and stay as they are. */
#define RUNS_OF_BOOT                                                                                            \
	"WITH boot AS MATERIALIZED (SELECT r.* FROM t_run this JOIN t_run r ON r.boot_id = this.boot_id"        \
	"  AND coalesce(r.source, '') = coalesce(this.source, '')"                                              \
	" WHERE this.id = ?1 AND r.policy = 'precise' AND r.jiffies IS NOT NULL"                                \
	"  AND (r.kmemleak_state = 'on' OR r.source = 'allocators')) "                                          \
	"SELECT r.id, coalesce((SELECT b.id FROM boot b WHERE b.jiffies < r.jiffies"                            \
	"  ORDER BY b.jiffies DESC, b.id DESC LIMIT 1), 0),"                                                    \
	" coalesce((SELECT CAST(v.value AS INTEGER) FROM t_value v WHERE v.run_id = r.id AND v.kind = 'option'" \
	"  AND v.name = 'min_unref_scans'), 0) "                                                                \
	"FROM boot r WHERE EXISTS (SELECT 1 FROM t_finding f WHERE f.run_id = r.id AND f.dumps IS NOT NULL) "
#define IN_TIME "ORDER BY r.jiffies, r.id"

/* Judges @runs, which come in the order of their dumps; groups of all but run @own, whose maker derives them. */
static struct kl_error *judge_runs(struct kl_writer *w, const struct judged_runs *runs, int64_t own)
{
	int64_t writes = w->run_id;
	const struct judged_run *r;
	struct kl_error *err = NULL;

	kl_vec_for_each (r, &runs->list) {
		bool changed = false, ignored = false;

		/* Nothing was said of a run that nobody looked back from, and nothing will be. */
		if (r->id == own && !r->before && r->needed < 2)
			continue;
		if (!err)
			err = judge_run(w, r, &changed);
		if (err || r->id == own || !changed)
			continue;
		w->run_id = r->id;
		err = exec_for_judged(w, "DELETE FROM t_group WHERE run_id = ?1", r->id, 0, &ignored);
		if (!err)
			err = kl_writer_derive_groups(w);
		w->run_id = writes;
	}
	return err;
}

struct kl_error *kl_writer_tell_history(struct kl_writer *w)
{
	static const char sql[] = RUNS_OF_BOOT
		"AND r.jiffies >= (SELECT jiffies FROM t_run WHERE id = ?1 AND policy = 'precise') " IN_TIME;
	struct judged_runs runs = {};
	struct kl_error *err = kl_sql_each_row(w->store, sql, w->run_id, note_judged_run, &runs);

	if (!err)
		err = judge_runs(w, &runs, w->run_id);
	kl_vec_deinit(&runs.list);
	return err;
}

/* All runs of one boot and source, by the first of them. */
static struct kl_error *retell_boot(struct kl_columns *c, void *context)
{
	struct kl_writer w = {.store = context};
	struct judged_runs runs = {};
	struct kl_error *err;
	int64_t first = kl_column_int(c);

	err = kl_columns_end(c);
	if (!err)
		err = kl_sql_each_row(w.store, RUNS_OF_BOOT IN_TIME, first, note_judged_run, &runs);
	if (!err)
		err = judge_runs(&w, &runs, 0);
	kl_vec_deinit(&runs.list);
	kl_writer_deinit(&w);
	return err;
}

struct kl_error *kl_history_retell(struct kl_store *store)
{
	static const char sql[] =
		"SELECT min(id) FROM t_run WHERE ?1 = 0 AND policy = 'precise' AND boot_id IS NOT NULL "
		"GROUP BY boot_id, source";

	return kl_sql_each_row(store, sql, 0, retell_boot, store);
}
