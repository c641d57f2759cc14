/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/writer.h"

#include <endian.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "store/sql.h"
#include "util/map.h"
#include "util/stack_name.h"
#include "util/vec.h"

/* The statements of a run, prepared when first needed. */
#define STATEMENTS(X)                                                                                                 \
	X(FIND_FRAME, "SELECT id FROM t_frame WHERE content = ?")                                                     \
	X(ADD_FRAME, "INSERT INTO t_frame(content, address, symbol, function, module, file, line, pointer) "          \
		     "VALUES (?, ?, ?, ?, ?, ?, ?, ?)")                                                               \
	X(FIND_STACK, "SELECT id FROM t_stack WHERE content = ?")                                                     \
	X(ADD_STACK, "INSERT INTO t_stack(content, normal_hash, exact_hash, address_hash, depth, top_frame, frames) " \
		     "VALUES (?, ?, ?, ?, ?, ?, ?)")                                                                  \
	X(ADD_FINDING, "INSERT INTO t_finding(run_id, seq, address, size, class, verdict, reason, head, comm, pid, "  \
		       "jiffies, age_ms, stack_id, checksum_state, site_id, site_deduced) "                           \
		       "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")                                     \
	X(FIND_SITE, "SELECT id FROM t_site WHERE content = ?")                                                       \
	X(ADD_SITE, "INSERT INTO t_site(content, file, line, module, function) VALUES (?, ?, ?, ?, ?)")               \
	X(KNOWN_SITE, "SELECT max(a.site_id) FROM t_run this JOIN t_run r ON r.boot_id = this.boot_id "               \
		      "JOIN t_allocation a ON a.run_id = r.id JOIN t_site c ON c.id = a.site_id "                     \
		      "WHERE this.id = ? AND a.tag = ? AND c.line = ? AND c.file IS NOT NULL")                        \
	X(ADD_ALLOCATION, "INSERT INTO t_allocation(run_id, seq, site_id, tag, listed, unloaded, inaccurate, bytes, " \
			  "calls, slab_bytes, slab_objects, page_bytes, page_calls, percpu_bytes, percpu_calls, "     \
			  "stale_pages, cause, objects, object_bytes, leaked_objects, leaked_bytes, counters_of) "    \
			  "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")                \
	X(ADD_TOTAL, "INSERT INTO t_total(run_id, stack_id, class, objects, bytes) VALUES (?, ?, ?, ?, ?) "           \
		     "ON CONFLICT DO UPDATE SET objects = CAST(objects + excluded.objects AS INTEGER), bytes = "      \
		     "CAST(bytes + excluded.bytes AS INTEGER)")                                                       \
	X(ADD_LISTING, "INSERT INTO t_listing(run_id, seq, address, size, class, comm, pid, jiffies, age_ms, "        \
		       "checksum, content, cpu, stack_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")            \
	X(ADD_ANOMALY, "INSERT INTO t_anomaly(run_id, seq, kind, address, message) VALUES (?, ?, ?, ?, ?)")           \
	X(ADD_VALUE, "INSERT OR REPLACE INTO t_value(run_id, kind, name, value) VALUES (?, ?, ?, ?)")

enum statement {
#define X(name, sql) name,
	STATEMENTS(X)
#undef X
		STATEMENT_COUNT,
};

static const char *const statement_sql[] = {
#define X(name, sql) sql,
	STATEMENTS(X)
#undef X
};

struct kl_writer {
	struct kl_store *store;
	int64_t run_id;
	bool committed;
	sqlite3_stmt *statements[STATEMENT_COUNT];
	struct kl_map frames; /* content hash -> identifier */
	struct kl_map stacks;
	struct kl_map sites;
	int64_t empty_stack; /* 0 until needed */
	int64_t findings, listings, anomalies, allocations;
	bool finished_given;
	bool first; /* the file held no stack and no call site before this run: what is not in the maps is new */
};

/* Begins to bind @statement; its error is found by run_bound(). */
static struct kl_error *bind(struct kl_writer *w, enum statement statement, struct kl_binder *ret)
{
	struct kl_error *err = NULL;

	if (!w->statements[statement])
		err = kl_sql_prepare(w->store, statement_sql[statement], &w->statements[statement]);
	*ret = (struct kl_binder){.store = w->store, .stmt = w->statements[statement]};
	return err;
}

static struct kl_error *run_bound(struct kl_writer *w, const struct kl_binder *b)
{
	struct kl_error *err = kl_binder_end(b);

	return err ? err : kl_sql_run(w->store, b->stmt);
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
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
	struct kl_error *err;

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
	err = run_bound(w, &b);
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
	err = kl_sql_exec(store, "BEGIN IMMEDIATE");
	if (err) {
		free(w);
		return err;
	}
	w->finished_given = run->finished_ms != KL_UNKNOWN;
	err = insert_run(w, run);
	if (!err)
		err = kl_sql_get_int(store, "SELECT NOT EXISTS (SELECT 1 FROM t_stack UNION ALL SELECT 1 FROM t_site)",
				     &first);
	if (err) {
		kl_writer_destroy(w);
		return err;
	}
	w->first = first;
	*ret = w;
	return NULL;
}

/* The identifier of the row with @content found by @find: from @known, else from the database; 0 when it is new. */
static struct kl_error *find_content(struct kl_writer *w, struct kl_map *known, enum statement find, uint64_t content,
				     int64_t *ret)
{
	struct kl_binder b;
	struct kl_error *err;
	uint64_t id;
	bool row;

	*ret = 0;
	if (kl_map_get(known, content, &id)) {
		*ret = (int64_t)id;
		return NULL;
	}
	if (w->first)
		return NULL;
	err = bind(w, find, &b);
	if (err)
		return err;
	kl_bind_u64(&b, content);
	err = kl_binder_end(&b);
	if (!err)
		err = kl_sql_step(w->store, b.stmt, &row);
	if (!err && row)
		*ret = sqlite3_column_int64(b.stmt, 0);
	sqlite3_reset(b.stmt);
	if (!err && *ret && !kl_map_put(known, content, (uint64_t)*ret))
		err = kl_error_nomem();
	return err;
}

static uint64_t hash_text(uint64_t hash, const char *text)
{
	/* The NUL separates; an absent text differs from an empty one. */
	return text ? kl_hash_bytes(hash, text, strlen(text) + 1) : kl_hash_bytes(hash, "\xff", 1);
}

static uint64_t hash_u64(uint64_t hash, uint64_t value)
{
	value = htole64(value);
	return kl_hash_bytes(hash, &value, sizeof(value));
}

static uint64_t frame_content(const struct kl_store_frame *f)
{
	uint64_t hash = hash_u64(KL_HASH_SEED, f->address);

	hash = hash_text(hash, f->symbol);
	hash = hash_text(hash, f->file);
	hash = hash_u64(hash, (uint64_t)f->line);
	return hash_text(hash, f->pointer);
}

static struct kl_error *add_frame(struct kl_writer *w, const struct kl_store_frame *f, int64_t *ret)
{
	struct kl_symbol_text t = kl_symbol_text_parse(f->symbol);
	uint64_t content = frame_content(f);
	_cleanup_free_ char *function = NULL, *module = NULL;
	struct kl_binder b;
	struct kl_error *err;

	err = find_content(w, &w->frames, FIND_FRAME, content, ret);
	if (err || *ret)
		return err;
	if (t.function)
		function = strndup(t.function, t.function_length);
	if (t.module)
		module = strndup(t.module, t.module_length);
	if ((t.function && !function) || (t.module && !module))
		return kl_error_nomem();
	err = bind(w, ADD_FRAME, &b);
	if (err)
		return err;
	kl_bind_u64(&b, content);
	kl_bind_u64(&b, f->address);
	kl_bind_text(&b, f->symbol);
	kl_bind_text(&b, function);
	kl_bind_text(&b, module);
	kl_bind_text(&b, f->file);
	kl_bind_int(&b, f->file ? f->line : KL_UNKNOWN);
	kl_bind_text(&b, f->pointer);
	err = run_bound(w, &b);
	if (err)
		return err;
	*ret = sqlite3_last_insert_rowid(w->store->db);
	return kl_map_put(&w->frames, content, (uint64_t)*ret) ? NULL : kl_error_nomem();
}

/* Adds the frames and appends their identifiers as a JSON array. */
static struct kl_error *add_frames(struct kl_writer *w, const struct kl_store_frame *frames, size_t n,
				   struct kl_strbuf *ret)
{
	struct kl_error *err;
	int64_t id;
	size_t i;

	kl_strbuf_putc(ret, '[');
	for (i = 0; i < n; i++) {
		err = add_frame(w, &frames[i], &id);
		if (err)
			return err;
		kl_strbuf_printf(ret, i ? ",%" PRId64 : "%" PRId64, id);
	}
	kl_strbuf_putc(ret, ']');
	return ret->failed ? kl_error_nomem() : NULL;
}

/* Inserts a stack that is new to the file. */
static struct kl_error *insert_stack(struct kl_writer *w, const struct kl_store_frame *frames, size_t n,
				     uint64_t content, int64_t *ret)
{
	uint64_t normal, exact = KL_HASH_SEED, address = KL_HASH_SEED;
	_cleanup_free_ const char **symbols = calloc(n + 1, sizeof(*symbols));
	_cleanup_strbuf_ struct kl_strbuf ids = {};
	struct kl_binder b;
	struct kl_error *err;
	size_t i;

	if (!symbols)
		return kl_error_nomem();
	for (i = 0; i < n; i++) {
		symbols[i] = frames[i].symbol;
		exact = hash_text(exact, frames[i].symbol);
		address = hash_u64(address, frames[i].address);
	}
	err = kl_stack_hash(symbols, n, &normal);
	if (!err)
		err = add_frames(w, frames, n, &ids);
	if (!err)
		err = bind(w, ADD_STACK, &b);
	if (err)
		return err;
	kl_bind_u64(&b, content);
	kl_bind_u64(&b, normal);
	kl_bind_u64(&b, exact);
	kl_bind_u64(&b, address);
	kl_bind_int(&b, (int64_t)n);
	kl_bind_text(&b, n ? symbols[kl_stack_top(symbols, n)] : NULL);
	kl_bind_text(&b, kl_strbuf_string(&ids));
	err = run_bound(w, &b);
	*ret = sqlite3_last_insert_rowid(w->store->db);
	return err;
}

struct kl_error *kl_writer_add_stack(struct kl_writer *w, const struct kl_store_frame *frames, size_t n, int64_t *ret)
{
	uint64_t content = KL_HASH_SEED;
	struct kl_error *err;
	size_t i;

	for (i = 0; i < n; i++)
		content = hash_u64(content, frame_content(&frames[i]));
	err = find_content(w, &w->stacks, FIND_STACK, content, ret);
	if (err || *ret)
		return err;
	err = insert_stack(w, frames, n, content, ret);
	if (!err && !kl_map_put(&w->stacks, content, (uint64_t)*ret))
		err = kl_error_nomem();
	return err;
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

struct kl_error *kl_writer_add_finding(struct kl_writer *w, const struct kl_store_finding *f)
{
	struct kl_binder b;
	struct kl_error *err;
	int64_t stack_id;

	err = stack_or_empty(w, f->stack_id, &stack_id);
	if (!err)
		err = bind(w, ADD_FINDING, &b);
	if (err)
		return err;
	kl_bind_int(&b, w->run_id);
	kl_bind_int(&b, ++w->findings);
	kl_bind_u64(&b, f->address);
	kl_bind_size(&b, f->size);
	kl_bind_text(&b, kl_store_class_name(f->class_));
	kl_bind_int(&b, f->verdict);
	kl_bind_text(&b, f->reason);
	if (f->has_head)
		kl_bind_u64(&b, f->head);
	else
		kl_bind_null(&b);
	kl_bind_text(&b, f->comm);
	kl_bind_int(&b, f->pid);
	kl_bind_int(&b, f->jiffies);
	kl_bind_int(&b, f->age_ms);
	kl_bind_int(&b, stack_id);
	kl_bind_text(&b, f->checksum_state);
	kl_bind_int(&b, f->site_id ? f->site_id : KL_UNKNOWN);
	kl_bind_int(&b, f->site_id ? f->site_deduced : KL_UNKNOWN);
	return run_bound(w, &b);
}

struct kl_error *kl_writer_add_site(struct kl_writer *w, const struct kl_store_site *site, int64_t *ret)
{
	uint64_t content = hash_u64(hash_text(KL_HASH_SEED, site->file), (uint64_t)site->line);
	struct kl_binder b;
	struct kl_error *err;

	content = hash_text(hash_text(content, site->module), site->function);
	err = find_content(w, &w->sites, FIND_SITE, content, ret);
	if (err || *ret)
		return err;
	err = bind(w, ADD_SITE, &b);
	if (err)
		return err;
	kl_bind_u64(&b, content);
	kl_bind_text(&b, site->file);
	kl_bind_int(&b, site->line);
	kl_bind_text(&b, site->module);
	kl_bind_text(&b, site->function);
	err = run_bound(w, &b);
	if (err)
		return err;
	*ret = sqlite3_last_insert_rowid(w->store->db);
	return kl_map_put(&w->sites, content, (uint64_t)*ret) ? NULL : kl_error_nomem();
}

struct kl_error *kl_writer_known_site(struct kl_writer *w, uint64_t tag, int64_t line, int64_t *ret)
{
	struct kl_binder b;
	struct kl_error *err = bind(w, KNOWN_SITE, &b);
	bool row;

	*ret = 0;
	if (err)
		return err;
	kl_bind_int(&b, w->run_id);
	kl_bind_u64(&b, tag);
	kl_bind_int(&b, line);
	err = kl_binder_end(&b);
	if (!err)
		err = kl_sql_step(w->store, b.stmt, &row);
	if (!err && row)
		*ret = sqlite3_column_int64(b.stmt, 0);
	sqlite3_reset(b.stmt);
	return err;
}

struct kl_error *kl_writer_add_allocation(struct kl_writer *w, const struct kl_store_allocation *a)
{
	struct kl_binder b;
	struct kl_error *err = bind(w, ADD_ALLOCATION, &b);

	if (err)
		return err;
	kl_bind_int(&b, w->run_id);
	kl_bind_int(&b, ++w->allocations);
	kl_bind_int(&b, a->site_id);
	kl_bind_u64(&b, a->tag);
	kl_bind_int(&b, a->listed);
	kl_bind_int(&b, a->unloaded);
	kl_bind_int(&b, a->inaccurate);
	kl_bind_int(&b, a->bytes);
	kl_bind_int(&b, a->calls);
	kl_bind_int(&b, a->slab_bytes);
	kl_bind_int(&b, a->slab_objects);
	kl_bind_int(&b, a->page_bytes);
	kl_bind_int(&b, a->page_calls);
	kl_bind_int(&b, a->percpu_bytes);
	kl_bind_int(&b, a->percpu_calls);
	kl_bind_int(&b, a->stale_pages);
	kl_bind_text(&b, a->cause);
	kl_bind_int(&b, a->objects);
	kl_bind_int(&b, a->object_bytes);
	kl_bind_int(&b, a->leaked_objects);
	kl_bind_int(&b, a->leaked_bytes);
	kl_bind_int(&b, a->shared ? a->counters_of + 1 : KL_UNKNOWN);
	return run_bound(w, &b);
}

struct kl_error *kl_writer_add_total(struct kl_writer *w, const struct kl_store_total *t)
{
	struct kl_binder b;
	struct kl_error *err;
	int64_t stack_id;

	err = stack_or_empty(w, t->stack_id, &stack_id);
	if (!err)
		err = bind(w, ADD_TOTAL, &b);
	if (err)
		return err;
	kl_bind_int(&b, w->run_id);
	kl_bind_int(&b, stack_id);
	kl_bind_text(&b, kl_store_class_name(t->class_));
	kl_bind_int(&b, t->objects);
	kl_bind_int(&b, t->bytes);
	return run_bound(w, &b);
}

struct kl_error *kl_writer_add_listing(struct kl_writer *w, const struct kl_store_listing *l)
{
	struct kl_binder b;
	struct kl_error *err;
	int64_t stack_id;

	err = stack_or_empty(w, l->stack_id, &stack_id);
	if (!err)
		err = bind(w, ADD_LISTING, &b);
	if (err)
		return err;
	kl_bind_int(&b, w->run_id);
	kl_bind_int(&b, ++w->listings);
	kl_bind_u64(&b, l->address);
	kl_bind_size(&b, l->size);
	kl_bind_text(&b, kl_store_class_name(l->class_));
	kl_bind_blob(&b, l->comm_length ? l->comm : "", l->comm_length);
	kl_bind_int(&b, l->pid);
	kl_bind_u64(&b, l->jiffies);
	kl_bind_int(&b, l->age_ms);
	kl_bind_int(&b, l->checksum);
	kl_bind_blob(&b, l->content, l->content_length);
	kl_bind_int(&b, l->class_ == KLEAK_CLASS_PERCPU ? l->cpu : KL_UNKNOWN);
	kl_bind_int(&b, stack_id);
	return run_bound(w, &b);
}

struct kl_error *kl_writer_add_anomaly(struct kl_writer *w, const char *kind, const uint64_t *address,
				       const char *message)
{
	struct kl_binder b;
	struct kl_error *err = bind(w, ADD_ANOMALY, &b);

	if (err)
		return err;
	kl_bind_int(&b, w->run_id);
	kl_bind_int(&b, ++w->anomalies);
	kl_bind_text(&b, kind);
	if (address)
		kl_bind_u64(&b, *address);
	else
		kl_bind_null(&b);
	kl_bind_text(&b, message);
	return run_bound(w, &b);
}

/* Begins a row of t_value; the caller binds the value. */
static struct kl_error *bind_value(struct kl_writer *w, const char *kind, const char *name, struct kl_binder *ret)
{
	struct kl_error *err = bind(w, ADD_VALUE, ret);

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
	return run_bound(w, &b);
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
	return run_bound(w, &b);
}

static struct kl_error *add_text_value(struct kl_writer *w, const char *kind, const char *name, const char *value)
{
	struct kl_binder b;
	struct kl_error *err = bind_value(w, kind, name, &b);

	if (err)
		return err;
	kl_bind_text(&b, value);
	return run_bound(w, &b);
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
	" SELECT s.normal_hash AS hash, t.seq, t.stack_id, t.address, t.size, t.verdict, t.age_ms, t.comm, t.pid,"
	"  v.name AS verdict_name, v.is_leak"
	" FROM t_finding t JOIN t_stack s ON s.id = t.stack_id JOIN t_verdict v ON v.id = t.verdict"
	" WHERE t.run_id = ?1),"
	"representative AS ("
	" SELECT * FROM (SELECT f.*, row_number() OVER (PARTITION BY hash ORDER BY verdict, age_ms DESC, seq) AS rank"
	"  FROM f) WHERE rank = 1),"
	"numbers AS ("
	" SELECT hash, json_group_object(verdict_name, objects) AS verdicts FROM ("
	"  SELECT hash, verdict_name, count(*) AS objects FROM f GROUP BY hash, verdict ORDER BY hash, verdict)"
	" GROUP BY hash) "
	"INSERT INTO t_group(run_id, normal_hash, stack_id, address, verdict, verdicts, objects, bytes, leaked_objects,"
	" leaked_bytes, age_min_ms, age_max_ms, comm, pid, comms, pids, stacks) "
	"SELECT ?1, f.hash, r.stack_id, r.address, r.verdict, n.verdicts, count(*),"
	" CAST(total(f.size) AS INTEGER), sum(f.is_leak), CAST(total(f.size * f.is_leak) AS INTEGER),"
	" min(f.age_ms), max(f.age_ms), r.comm, r.pid,"
	" count(DISTINCT f.comm), count(DISTINCT f.pid), count(DISTINCT f.stack_id) "
	"FROM f JOIN representative r ON r.hash = f.hash JOIN numbers n ON n.hash = f.hash GROUP BY f.hash";

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
	return run_bound(w, &b);
}

struct kl_error *kl_writer_commit(struct kl_writer *w, int64_t *ret)
{
	struct kl_error *err;

	err = exec_for_run(w, derive_groups, 0);
	if (!err && !w->finished_given)
		err = exec_for_run(w, "UPDATE t_run SET finished_ms = ?2 WHERE id = ?1", now_ms());
	if (!err)
		err = kl_sql_exec(w->store, "COMMIT");
	if (err)
		return err;
	w->committed = true;
	*ret = w->run_id;
	return NULL;
}

void kl_writer_destroy(struct kl_writer *w)
{
	size_t i;

	if (!w)
		return;
	for (i = 0; i < STATEMENT_COUNT; i++)
		sqlite3_finalize(w->statements[i]);
	/* A failed statement may have rolled back already; then there is nothing to take back. */
	if (!w->committed && !sqlite3_get_autocommit(w->store->db))
		sqlite3_exec(w->store->db, "ROLLBACK", NULL, NULL, NULL);
	kl_map_deinit(&w->frames);
	kl_map_deinit(&w->stacks);
	kl_map_deinit(&w->sites);
	free(w);
}
