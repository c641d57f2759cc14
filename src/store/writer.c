/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/writer.h"

#include <time.h>

#include "store/boot_names.h"
#include "store/object_history.h"
#include "store/remove.h"
#include "store/writer_statements.h"

static int64_t wall_clock_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* The newest run of the same dump, made in the same way, goes. The new one gets a number of its own, so that it is the
 * latest. A machine that runs is another one each time. */
static struct kl_error *clear_same_run(struct kl_writer *w, const struct kl_store_run *run)
{
	_cleanup_stmt_ sqlite3_stmt *stmt = NULL;
	struct kl_binder b = {.store = w->store};
	struct kl_error *err;
	bool row = false;

	if (run->live || !run->request)
		return NULL;
	err = kl_sql_prepare(w->store,
			     "SELECT id FROM t_run WHERE dump = ? AND dump_size IS ? AND dump_mtime_ns IS ? "
			     "AND request = ? ORDER BY id DESC LIMIT 1",
			     &stmt);
	if (err)
		return err;
	b.stmt = stmt;
	kl_bind_text(&b, run->dump);
	kl_bind_int(&b, run->dump_size);
	kl_bind_int(&b, run->dump_mtime_ns);
	kl_bind_text(&b, run->request);
	err = kl_binder_end(&b);
	if (!err)
		err = kl_sql_step(w->store, stmt, &row);
	return err || !row ? err : kl_store_clear_run(w->store, sqlite3_column_int64(stmt, 0));
}

static struct kl_error *insert_run(struct kl_writer *w, const struct kl_store_run *run)
{
	static const char sql[] = "INSERT INTO t_run("
#define X(name, ...) #name ", "
		KL_STORE_RUN_FIELDS(X, X, X, X, X, X, X)
#undef X
			"id) VALUES ("
#define X(name, ...) "?, "
		KL_STORE_RUN_FIELDS(X, X, X, X, X, X, X)
#undef X
			"NULL)";
	_cleanup_stmt_ sqlite3_stmt *stmt = NULL;
	struct kl_binder b = {.store = w->store};
	struct kl_error *err = run->id == KL_RUN_REPLACES ? clear_same_run(w, run) : NULL;

	if (!err)
		err = kl_sql_prepare(w->store, sql, &stmt);
	if (err)
		return err;
	b.stmt = stmt;
#define TEXT(name) kl_bind_text(&b, run->name);
#define INT(name) kl_bind_int(&b, run->name);
#define REAL(name) kl_bind_real(&b, run->name);
#define CODE(name, type, count) kl_bind_int(&b, run->name);
#define STATE(name) kl_bind_text(&b, kl_kmemleak_state_name(run->name));
	KL_STORE_RUN_FIELDS(TEXT, TEXT, INT, REAL, INT, CODE, STATE)
#undef TEXT
#undef INT
#undef REAL
#undef CODE
#undef STATE
	err = kl_writer_run(w, &b);
	if (!err)
		w->run_id = sqlite3_last_insert_rowid(w->store->db);
	return err;
}

struct kl_error *kl_writer_begin(struct kl_store *store, const struct kl_store_run *run, struct kl_writer **ret)
{
	struct kl_writer *w = calloc(1, sizeof(*w));
	struct kl_error *err;
	int64_t first;

	if (!w)
		return kl_error_nomem();
	w->store = store;
	err = kl_store_create_file(store);
	if (!err)
		err = kl_sql_exec(store, "BEGIN IMMEDIATE");
	if (err) {
		free(w);
		return err;
	}
	w->finished_given = run->finished_ms != KL_UNKNOWN;
	w->partial = run->partial;
	err = kl_store_check_file(store);
	if (!err)
		err = insert_run(w, run);
	if (!err)
		err = kl_sql_get_int(
			store,
			"SELECT NOT EXISTS (SELECT 1 FROM t_stack UNION ALL SELECT 1 FROM t_site UNION ALL "
			"SELECT 1 FROM t_text)",
			&first);
	if (err) {
		kl_writer_destroy(w);
		return err;
	}
	w->first = first;
	*ret = w;
	return NULL;
}

/* @stack_id, or the stack without frames for 0. */
static struct kl_error *stack_or_empty(struct kl_writer *w, int64_t stack_id, int64_t *ret)
{
	struct kl_error *err = NULL;

	if (!stack_id && !w->empty_stack)
		err = kl_writer_add_stack(w, NULL, 0, &w->empty_stack);
	*ret = stack_id ? stack_id : w->empty_stack;
	return err;
}

/* Whether an object with @verdict is one that this dump knows to be unreferenced (object_history.h); without all of its
 * memory it does not. */
static int is_unreferenced(const struct kl_writer *w, enum kleak_verdict verdict)
{
	return kleak_verdict_is_leaked(verdict) || verdict == KLEAK_VERDICT_SUPPRESSED ||
	       (verdict == KLEAK_VERDICT_UNCONFIRMED && !w->partial);
}

struct kl_error *kl_writer_add_finding(struct kl_writer *w, const struct kl_store_finding *f)
{
	int64_t stack_id, cache, type;
	struct kl_binder b;
	struct kl_error *err;

	err = stack_or_empty(w, f->stack_id, &stack_id);
	if (!err)
		err = kl_writer_text(w, f->cache, &cache);
	if (!err)
		err = kl_writer_text(w, f->type, &type);
	if (!err)
		err = kl_writer_bind(w, KL_ADD_FINDING, &b);
	if (err)
		return err;
	KL_FINDING_COLUMNS(KL_BIND_COLUMN, KL_BIND_COLUMN)
	return kl_writer_run(w, &b);
}

/* The name of a place in an object is made of its parts again when it is read. */
static const char *name_to_store(const struct kl_store_holder *h)
{
	return strcmp(h->kind, "object") || (!h->type && !h->cache) ? h->name : NULL;
}

struct kl_error *kl_writer_add_reference(struct kl_writer *w, const struct kl_store_word *word)
{
	const struct kl_store_holder *h = &word->holder;
	int64_t kind, name, cache, type, member, allocator, class_, why, traits, grade;
	const struct {
		const char *text;
		int64_t *id;
	} texts[] = {
		{h->kind, &kind},        {name_to_store(h), &name},  {h->cache, &cache},      {h->type, &type},
		{h->member, &member},    {h->allocator, &allocator}, {word->class_, &class_}, {word->why, &why},
		{word->traits, &traits}, {word->grade, &grade},
	};
	struct kl_error *err = NULL;
	struct kl_binder b;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(*texts) && !err; i++)
		err = kl_writer_text(w, texts[i].text, texts[i].id);
	if (!err)
		err = kl_writer_bind(w, KL_ADD_REFERENCE, &b);
	if (err)
		return err;
	KL_REFERENCE_COLUMNS(KL_BIND_COLUMN, KL_BIND_COLUMN)
	return kl_writer_run(w, &b);
}

struct kl_error *kl_writer_add_allocation(struct kl_writer *w, const struct kl_store_allocation *a)
{
	struct kl_binder b;
	struct kl_error *err = kl_writer_bind(w, KL_ADD_ALLOCATION, &b);

	if (err)
		return err;
	KL_ALLOCATION_COLUMNS(KL_BIND_COLUMN, KL_BIND_COLUMN)
	return kl_writer_run(w, &b);
}

struct kl_error *kl_writer_add_total(struct kl_writer *w, const struct kl_store_total *t)
{
	struct kl_binder b;
	struct kl_error *err;
	int64_t stack_id;

	err = stack_or_empty(w, t->stack_id, &stack_id);
	if (!err)
		err = kl_writer_bind(w, KL_ADD_TOTAL, &b);
	if (err)
		return err;
	KL_TOTAL_COLUMNS(KL_BIND_COLUMN, KL_BIND_COLUMN)
	return kl_writer_run(w, &b);
}

struct kl_error *kl_writer_add_listing(struct kl_writer *w, const struct kl_store_listing *l)
{
	struct kl_binder b;
	struct kl_error *err;
	int64_t stack_id;

	err = stack_or_empty(w, l->stack_id, &stack_id);
	if (!err)
		err = kl_writer_bind(w, KL_ADD_LISTING, &b);
	if (err)
		return err;
	KL_LISTING_COLUMNS(KL_BIND_COLUMN, KL_BIND_COLUMN)
	return kl_writer_run(w, &b);
}

struct kl_error *kl_writer_add_anomaly(struct kl_writer *w, const char *kind, const uint64_t *address,
				       const char *message)
{
	struct kl_binder b;
	struct kl_error *err = kl_writer_bind(w, KL_ADD_ANOMALY, &b);

	if (err)
		return err;
	KL_ANOMALY_COLUMNS(KL_BIND_COLUMN, KL_BIND_COLUMN)
	return kl_writer_run(w, &b);
}

struct kl_error *kl_writer_add_advice(struct kl_writer *w, const struct kl_store_advice *a)
{
	struct kl_binder b;
	struct kl_error *err = kl_writer_bind(w, KL_ADD_ADVICE, &b);

	if (err)
		return err;
	KL_ADVICE_COLUMNS(KL_BIND_COLUMN, KL_BIND_COLUMN)
	return kl_writer_run(w, &b);
}

/* Begins a row of t_value; the caller binds the value. */
static struct kl_error *bind_value(struct kl_writer *w, const char *kind, const char *name, struct kl_binder *ret)
{
	struct kl_error *err = kl_writer_bind(w, KL_ADD_VALUE, ret);

	if (err)
		return err;
	kl_bind_int(ret, w->run_id);
	kl_bind_text(ret, kind);
	kl_bind_text(ret, name);
	return NULL;
}

struct kl_error *kl_writer_add_member(struct kl_writer *w, enum kl_counter family, const char *member, int64_t value)
{
	_cleanup_strbuf_ struct kl_strbuf name = {};
	struct kl_binder b;
	struct kl_error *err;

	kl_strbuf_printf(&name, "%s%s", kl_counter_name(family), member);
	if (name.failed)
		return kl_error_nomem();
	err = bind_value(w, "counter", kl_strbuf_string(&name), &b);
	if (err)
		return err;
	kl_bind_int(&b, value);
	return kl_writer_run(w, &b);
}

struct kl_error *kl_writer_add_counter(struct kl_writer *w, enum kl_counter counter, int64_t value)
{
	return kl_writer_add_member(w, counter, "", value);
}

struct kl_error *kl_writer_add_duration(struct kl_writer *w, const char *phase, double milliseconds)
{
	struct kl_binder b;
	struct kl_error *err = bind_value(w, "duration_ms", phase, &b);

	if (err)
		return err;
	kl_bind_real(&b, milliseconds);
	return kl_writer_run(w, &b);
}

static struct kl_error *add_text_value(struct kl_writer *w, const char *kind, const char *name, const char *value)
{
	struct kl_binder b;
	struct kl_error *err = bind_value(w, kind, name, &b);

	if (err)
		return err;
	kl_bind_text(&b, value);
	return kl_writer_run(w, &b);
}

struct kl_error *kl_writer_add_option(struct kl_writer *w, const char *name, const char *value)
{
	return add_text_value(w, "option", name, value);
}

struct kl_error *kl_writer_add_library(struct kl_writer *w, const char *name, const char *version)
{
	return add_text_value(w, "library", name, version);
}

/* Groups are what the findings say, so they are made here and nowhere else. The representative is the oldest object of
 * the most serious verdict; rows of one age keep the order in which they were added. */
static const char derive_groups[] =
	"WITH f AS MATERIALIZED ("
	" SELECT s.normal_hash AS hash, coalesce(t.site_id, 0) AS site, t.seq, t.stack_id, t.address, t.size,"
	"  t.verdict, t.age_ms, t.comm, t.pid,"
	"  t.class, t.site_id, t.reason, v.name AS verdict_name, v.is_leak,"
	"  t.retained_bytes * (t.head = t.address) AS retained,"
	"  t.size * (t.verdict = 10) AS direct"
	" FROM t_finding t JOIN t_stack s ON s.id = t.stack_id JOIN t_verdict v ON v.id = t.verdict"
	" WHERE t.run_id = ?1),"
	"representative AS ("
	" SELECT * FROM (SELECT f.*,"
	"  row_number() OVER (PARTITION BY hash, site ORDER BY verdict, age_ms DESC, seq) AS rank FROM f)"
	" WHERE rank = 1),"
	"numbers AS ("
	" SELECT hash, site, json_group_object(verdict_name, objects) AS verdicts FROM ("
	"  SELECT hash, site, verdict_name, count(*) AS objects FROM f GROUP BY hash, site, verdict"
	"  ORDER BY hash, site, verdict)"
	" GROUP BY hash, site) "
	"INSERT INTO t_group(run_id, normal_hash, site, stack_id, address, verdict, verdicts, objects, bytes,"
	" leaked_objects, leaked_bytes, age_min_ms, age_max_ms, comm, pid, comms, pids, stacks, direct_bytes,"
	" retained_bytes,"
	" class, site_id, reason, explained) "
	"SELECT ?1, f.hash, f.site, r.stack_id, r.address, r.verdict, n.verdicts, count(*),"
	" CAST(total(f.size) AS INTEGER), sum(f.is_leak), CAST(total(f.size * f.is_leak) AS INTEGER),"
	" min(f.age_ms), max(f.age_ms), r.comm, r.pid,"
	" count(DISTINCT f.comm), count(DISTINCT f.pid), count(DISTINCT f.stack_id),"
	" CAST(total(f.direct) AS INTEGER), CAST(total(f.retained) AS INTEGER),"
	" r.class, r.site_id, r.reason,"
	" CASE WHEN sum(f.is_leak) THEN min(CASE f.verdict WHEN 70 THEN f.reason END) END "
	"FROM f JOIN representative r ON r.hash = f.hash AND r.site = f.site "
	"JOIN numbers n ON n.hash = f.hash AND n.site = f.site GROUP BY f.hash, f.site";

static struct kl_error *exec_for_run(struct kl_writer *w, const char *sql, int64_t second)
{
	_cleanup_stmt_ sqlite3_stmt *stmt = NULL;
	struct kl_binder b = {.store = w->store};
	struct kl_error *err;

	err = kl_sql_prepare(w->store, sql, &stmt);
	if (err)
		return err;
	b.stmt = stmt;
	kl_bind_int(&b, w->run_id);
	if (sqlite3_bind_parameter_count(stmt) > 1)
		kl_bind_int(&b, second);
	return kl_writer_run(w, &b);
}

struct kl_error *kl_writer_derive_groups(struct kl_writer *w)
{
	return exec_for_run(w, derive_groups, 0);
}

struct kl_error *kl_writer_mark_partial(struct kl_writer *w, const char *why)
{
	_cleanup_stmt_ sqlite3_stmt *stmt = NULL;
	struct kl_error *err =
		kl_sql_prepare(w->store, "UPDATE t_run SET partial = 1, partial_why = ?2 WHERE id = ?1", &stmt);
	struct kl_binder b = {.store = w->store, .stmt = stmt};

	if (err)
		return err;
	kl_bind_int(&b, w->run_id);
	kl_bind_text(&b, why);
	return kl_writer_run(w, &b);
}

struct kl_error *kl_writer_commit(struct kl_writer *w, int64_t *ret)
{
	struct kl_error *err;

	err = kl_writer_share_names(w);
	if (!err)
		err = kl_writer_tell_history(w);
	if (!err)
		err = kl_writer_derive_groups(w);
	if (!err && !w->finished_given)
		err = exec_for_run(w, "UPDATE t_run SET finished_ms = ?2 WHERE id = ?1", wall_clock_ms());
	/* What is missing for want of memory would be missing forever. */
	if (!err && kl_nomem_met())
		err = kl_error_nomem();
	if (!err)
		err = kl_sql_exec(w->store, "COMMIT");
	if (err)
		return err;
	w->committed = w->store->kept = true;
	*ret = w->run_id;
	return NULL;
}

void kl_writer_deinit(struct kl_writer *w)
{
	size_t i;

	for (i = 0; i < KL_STATEMENT_COUNT; i++)
		sqlite3_finalize(w->statements[i]);
	kl_map_deinit(&w->frames);
	kl_map_deinit(&w->stacks);
	kl_map_deinit(&w->sites);
	kl_map_deinit(&w->texts);
}

void kl_writer_destroy(struct kl_writer *w)
{
	if (!w)
		return;
	kl_writer_deinit(w);
	/* A failed statement may have rolled back already; then there is nothing to take back. */
	if (!w->committed && !sqlite3_get_autocommit(w->store->db))
		sqlite3_exec(w->store->db, "ROLLBACK", NULL, NULL, NULL);
	free(w);
}
