/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/boot_names.h"

#include "store/writer_statements.h"
#include "util/vec.h"

/* Of stacks with equal addresses the best name, if it is the only one of its quality: a module that took the place of
 * another one says nothing about stacks of the other. A stack that another boot met, too, stays as it is: there other
 * modules may have been at these addresses. %pS prints a frame without a symbol as its address. */
static const char share_stacks[] =
	"WITH boot AS (SELECT r.id FROM t_run this JOIN t_run r ON r.boot_id = this.boot_id WHERE this.id = ?1),"
	"here AS (SELECT DISTINCT t.stack_id AS id FROM boot JOIN t_total t ON t.run_id = boot.id),"
	"mixed AS (SELECT s.address_hash FROM here JOIN t_stack s ON s.id = here.id"
	" GROUP BY s.address_hash HAVING count(DISTINCT s.normal_hash) > 1),"
	"graded AS MATERIALIZED (SELECT s.id, s.address_hash, s.normal_hash, s.top_frame,"
	" (SELECT count(*) FROM json_each(s.frames) j JOIN t_frame f ON f.id = j.value WHERE f.symbol GLOB '0x*')"
	" AS unnamed FROM here JOIN t_stack s ON s.id = here.id WHERE s.address_hash IN mixed),"
	"best AS (SELECT address_hash, normal_hash, top_frame, unnamed FROM graded g WHERE unnamed ="
	" (SELECT min(unnamed) FROM graded m WHERE m.address_hash = g.address_hash)"
	" GROUP BY address_hash HAVING count(DISTINCT normal_hash) = 1) "
	"UPDATE t_stack SET normal_hash = b.normal_hash, top_frame = b.top_frame "
	"FROM graded g JOIN best b ON b.address_hash = g.address_hash "
	"WHERE t_stack.id = g.id AND g.unnamed > b.unnamed AND g.normal_hash <> b.normal_hash AND NOT EXISTS ("
	" SELECT 1 FROM t_run r JOIN t_total t ON t.run_id = r.id AND t.stack_id = g.id"
	" WHERE r.id NOT IN (SELECT id FROM boot))";

/* A tag is at the same address throughout a boot; its line is never lost. */
#define NAMED_ELSEWHERE                                                                                            \
	"WITH boot AS (SELECT r.id FROM t_run this JOIN t_run r ON r.boot_id = this.boot_id WHERE this.id = ?1),"  \
	"named AS MATERIALIZED (SELECT a.tag, c.line, max(c.id) AS site FROM boot"                                 \
	" JOIN t_allocation a ON a.run_id = boot.id JOIN t_site c ON c.id = a.site_id"                             \
	" WHERE c.file IS NOT NULL AND a.tag IN (SELECT n.tag FROM boot JOIN t_allocation n ON n.run_id = boot.id" \
	"  JOIN t_site e ON e.id = n.site_id WHERE e.file IS NULL) GROUP BY a.tag, c.line),"                       \
	"nameless AS MATERIALIZED (SELECT a.run_id, a.seq, a.site_id, named.site FROM boot"                        \
	" JOIN t_allocation a ON a.run_id = boot.id JOIN t_site c ON c.id = a.site_id AND c.file IS NULL"          \
	" JOIN named ON named.tag = a.tag AND named.line = c.line) "

/* Findings know the call site, not the tag: where two tags without names have the same line, neither is meant. */
static const char share_sites_of_findings[] = NAMED_ELSEWHERE
	"UPDATE t_finding SET site_id = n.site FROM"
	" (SELECT run_id, site_id, min(site) AS site FROM nameless GROUP BY run_id, site_id HAVING count(*) = 1) n "
	"WHERE t_finding.run_id = n.run_id AND t_finding.site_id = n.site_id";

static const char share_sites[] = NAMED_ELSEWHERE "UPDATE t_allocation SET site_id = n.site FROM nameless n "
						  "WHERE t_allocation.run_id = n.run_id AND t_allocation.seq = n.seq";

/* Runs @sql with the run as its parameter; @changed is set when rows did. */
static struct kl_error *exec_for_boot(struct kl_writer *w, const char *sql, bool *changed)
{
	_cleanup_stmt_ sqlite3_stmt *stmt = NULL;
	struct kl_error *err = kl_sql_prepare_for_run(w->store, sql, w->run_id, &stmt);

	if (!err)
		err = kl_sql_run(w->store, stmt);
	if (!err)
		*changed |= sqlite3_changes(w->store->db) > 0;
	return err;
}

struct run_numbers {
	KL_VEC(int64_t) ids;
};

static struct kl_error *note_run_of_boot(struct kl_columns *c, void *context)
{
	struct run_numbers *others = context;

	return kl_vec_push(&others->ids, kl_column_int(c)) ? NULL : kl_error_nomem();
}

/* The groups of @others, made anew. */
static struct kl_error *derive_other_groups(struct kl_writer *w, const struct run_numbers *others)
{
	int64_t own = w->run_id;
	struct kl_error *err = NULL;
	bool ignored = false;
	const int64_t *id;

	kl_vec_for_each (id, &others->ids) {
		w->run_id = *id;
		if (!err)
			err = exec_for_boot(w, "DELETE FROM t_group WHERE run_id = ?", &ignored);
		if (!err)
			err = kl_writer_derive_groups(w);
	}
	w->run_id = own;
	return err;
}

struct kl_error *kl_writer_share_names(struct kl_writer *w)
{
	static const char sql[] = "SELECT r.id FROM t_run this JOIN t_run r ON r.boot_id = this.boot_id "
				  "WHERE this.id = ?1 AND r.id <> ?1";
	struct run_numbers others = {};
	bool changed = false;
	struct kl_error *err = kl_sql_each_row(w->store, sql, w->run_id, note_run_of_boot, &others);

	if (!err && others.ids.count)
		err = exec_for_boot(w, share_stacks, &changed);
	if (!err && others.ids.count)
		err = exec_for_boot(w, share_sites_of_findings, &changed);
	if (!err && others.ids.count)
		err = exec_for_boot(w, share_sites, &changed);
	if (!err && changed)
		err = derive_other_groups(w, &others);
	kl_vec_deinit(&others.ids);
	return err;
}
