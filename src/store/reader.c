/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/reader.h"

#include <string.h>

#include "store/counters.h"
#include "store/reader_private.h"

struct kl_error *kl_reader_create(struct kl_store *store, struct kl_reader **ret)
{
	struct kl_reader *r = calloc(1, sizeof(*r));

	if (!r)
		return kl_error_nomem();
	r->store = store;
	*ret = r;
	return NULL;
}

void kl_reader_destroy(struct kl_reader *r)
{
	if (!r)
		return;
	sqlite3_finalize(r->stack_statement);
	sqlite3_finalize(r->better_statement);
	kl_strbuf_deinit(&r->text);
	sqlite3_finalize(r->namesakes_statement);
	kl_vec_deinit(&r->frames);
	kl_vec_deinit(&r->offsets);
	kl_named_stack_deinit(&r->named);
	free(r);
}

/* A copy of the next column, which the run's record will own. */
static const char *copy_text(struct kl_columns *c)
{
	const char *text = kl_column_text_or_null(c);
	char *copy = text ? strdup(text) : NULL;

	if (text && !copy && !c->err)
		c->err = kl_error_nomem();
	return copy;
}

static const char *copy_needed_text(struct kl_columns *c)
{
	const char *text = copy_text(c);

	if (!text && !c->err)
		c->err =
			kl_error_create(KL_ERROR_DATABASE, "%s: damaged: a column of the run is empty", c->store->path);
	return text;
}

static enum kl_kmemleak_state column_kmemleak_state(struct kl_columns *c)
{
	enum kl_kmemleak_state state = KL_KMEMLEAK_UNKNOWN;

	if (!kl_kmemleak_state_find(kl_column_text(c), &state) && !c->err)
		c->err = kl_error_create(KL_ERROR_DATABASE, "%s: damaged: unknown state of kmemleak", c->store->path);
	return state;
}

void kl_store_run_deinit(struct kl_store_run *run)
{
#define TEXT(name) free((char *)run->name);
#define IGNORE(name, ...)
	KL_STORE_RUN_FIELDS(TEXT, TEXT, IGNORE, IGNORE, IGNORE, IGNORE, IGNORE)
#undef TEXT
#undef IGNORE
	memset(run, 0, sizeof(*run));
}

struct kl_error *kl_reader_run(struct kl_reader *r, int64_t id, struct kl_store_run *ret)
{
	static const char sql[] = "SELECT "
#define X(name, ...) #name ", "
		KL_STORE_RUN_FIELDS(X, X, X, X, X, X, X)
#undef X
			"id FROM t_run WHERE ?1 IN (0, id) ORDER BY id DESC LIMIT 1";
	_cleanup_stmt_ sqlite3_stmt *stmt = NULL;
	struct kl_columns c = {.store = r->store};
	struct kl_error *err;
	bool row;

	memset(ret, 0, sizeof(*ret));
	err = kl_sql_prepare_for_run(r->store, sql, id, &stmt);
	if (!err)
		err = kl_sql_step(r->store, stmt, &row);
	if (err)
		return err;
	if (!row && id)
		return kl_error_create(KL_ERROR_NOT_FOUND, "%s: no run %lld", r->store->path, (long long)id);
	if (!row)
		return kl_error_create(KL_ERROR_NOT_FOUND, "%s: holds no runs", r->store->path);
	c.stmt = stmt;
#define NEED(name) ret->name = copy_needed_text(&c);
#define TEXT(name) ret->name = copy_text(&c);
#define INT(name) ret->name = kl_column_int_or_null(&c);
#define REAL(name) ret->name = kl_column_real_or_null(&c);
#define FLAG(name) ret->name = kl_column_range(&c, 2);
#define CODE(name, type, count) ret->name = (enum type)kl_column_range(&c, count);
#define STATE(name) ret->name = column_kmemleak_state(&c);
	KL_STORE_RUN_FIELDS(NEED, TEXT, INT, REAL, FLAG, CODE, STATE)
#undef NEED
#undef TEXT
#undef INT
#undef REAL
#undef FLAG
#undef CODE
#undef STATE
	ret->id = kl_column_int(&c);
	err = kl_columns_end(&c);
	if (err)
		kl_store_run_deinit(ret);
	return err;
}

struct kl_error *kl_reader_find_run(struct kl_reader *r, const char *dump, int64_t size, int64_t mtime_ns,
				    const char *policy, const char *settings, int64_t *ret)
{
	static const char sql[] = "SELECT max(r.id) FROM t_run r JOIN t_value v ON v.run_id = r.id "
				  "WHERE r.dump = ? AND r.dump_size = ? AND r.dump_mtime_ns = ? AND r.policy = ? "
				  "AND v.kind = 'option' AND v.name = 'settings' AND v.value = ?";
	_cleanup_stmt_ sqlite3_stmt *stmt = NULL;
	struct kl_binder b = {.store = r->store};
	struct kl_error *err;
	bool row;

	err = kl_sql_prepare(r->store, sql, &stmt);
	if (err)
		return err;
	b.stmt = stmt;
	kl_bind_text(&b, dump);
	kl_bind_int(&b, size);
	kl_bind_int(&b, mtime_ns);
	kl_bind_text(&b, policy);
	kl_bind_text(&b, settings);
	err = kl_binder_end(&b);
	if (!err)
		err = kl_sql_step(r->store, stmt, &row);
	if (!err)
		*ret = sqlite3_column_int64(stmt, 0);
	return err;
}

struct kl_error *kl_reader_newest_pair(struct kl_reader *r, int64_t ret[2])
{
	static const char sql[] =
		"WITH last AS (SELECT * FROM t_run ORDER BY id DESC LIMIT 1) "
		"SELECT max(r.id) FROM last JOIN t_run r ON r.id = last.id OR r.boot_id = last.boot_id "
		"OR (r.host = last.host AND (r.host <> '(none)' OR r.build_id = last.build_id)) "
		"GROUP BY r.dump, r.dump_size, r.dump_mtime_ns "
		"ORDER BY r.crash_time DESC, r.jiffies DESC, r.id DESC LIMIT 2";
	_cleanup_stmt_ sqlite3_stmt *stmt = NULL;
	struct kl_error *err = kl_sql_prepare(r->store, sql, &stmt);
	bool row = true;
	int i;

	for (i = 1; i >= 0 && !err && row; i--) {
		err = kl_sql_step(r->store, stmt, &row);
		if (!err && row)
			ret[i] = sqlite3_column_int64(stmt, 0);
	}
	if (!err && !row)
		err = kl_error_create(KL_ERROR_NOT_FOUND, "%s: no two dumps of one machine", r->store->path);
	return err;
}

struct kl_error *kl_reader_option(struct kl_reader *r, int64_t run_id, const char *name, struct kl_strbuf *ret)
{
	_cleanup_stmt_ sqlite3_stmt *stmt = NULL;
	struct kl_binder b = {.store = r->store};
	const char *value;
	struct kl_error *err;
	bool row = false;

	err = kl_sql_prepare(r->store, "SELECT value FROM t_value WHERE run_id = ? AND kind = 'option' AND name = ?",
			     &stmt);
	if (err)
		return err;
	b.stmt = stmt;
	kl_bind_int(&b, run_id);
	kl_bind_text(&b, name);
	err = kl_binder_end(&b);
	if (!err)
		err = kl_sql_step(r->store, stmt, &row);
	if (err || !row)
		return err;
	value = (const char *)sqlite3_column_text(stmt, 0);
	if (value)
		kl_strbuf_puts(ret, value);
	return ret->failed ? kl_error_nomem() : NULL;
}

struct kl_error *kl_reader_run_ids(struct kl_reader *r, int64_t **ret, size_t *count)
{
	_cleanup_stmt_ sqlite3_stmt *stmt = NULL;
	KL_VEC(int64_t) ids = {};
	struct kl_error *err;
	bool row = true;

	err = kl_sql_prepare(r->store, "SELECT id FROM t_run ORDER BY id", &stmt);
	while (!err && row) {
		err = kl_sql_step(r->store, stmt, &row);
		if (!err && row && !kl_vec_push(&ids, sqlite3_column_int64(stmt, 0)))
			err = kl_error_nomem();
	}
	if (err) {
		kl_vec_deinit(&ids);
		return err;
	}
	*ret = ids.data;
	*count = ids.count;
	return NULL;
}

/* A callback and its context, on their way through kl_sql_each_row(). */
struct call {
	kl_group_fn *group;
	kl_listing_fn *listing;
	kl_anomaly_fn *anomaly;
	kl_advice_fn *advice;
	kl_value_fn *value;
	void *context;
};

static enum kleak_class column_class(struct kl_columns *c)
{
	const char *name = kl_column_text(c);

#define X(identifier, text)      \
	if (!strcmp(name, text)) \
		return KLEAK_CLASS_##identifier;
	KLEAK_CLASSES(X)
#undef X
	if (!c->err)
		c->err = kl_error_create(KL_ERROR_DATABASE, "%s: damaged: unknown class of address", c->store->path);
	return KLEAK_CLASS_VIRTUAL;
}

static struct kl_error *each_group(struct kl_columns *c, void *context)
{
	const struct call *call = context;
	struct kl_store_group g = {};
	struct kl_error *err;

	g.stack_hash = kl_column_u64(c);
	g.stack_id = kl_column_int(c);
	g.address = kl_column_u64(c);
	g.verdict = (enum kleak_verdict)kl_column_int(c);
	g.verdicts_json = kl_column_text(c);
	g.verdicts_words = kl_column_text(c);
	g.objects = kl_column_int(c);
	g.bytes = kl_column_int(c);
	g.leaked_objects = kl_column_int(c);
	g.leaked_bytes = kl_column_int(c);
	g.age_min_ms = kl_column_int_or_null(c);
	g.age_max_ms = kl_column_int_or_null(c);
	g.comm = kl_column_text_or_null(c);
	g.pid = kl_column_int_or_null(c);
	g.comms = kl_column_int(c);
	g.pids = kl_column_int(c);
	g.stacks = kl_column_int(c);
	g.top_frame = kl_column_text_or_null(c);
	g.site = kl_column_text_or_null(c);
	g.reason = kl_column_text_or_null(c);
	g.direct_bytes = kl_column_int_or_null(c);
	g.retained_bytes = kl_column_int_or_null(c);
	g.explained = kl_column_text_or_null(c);
	g.class_ = column_class(c);
	err = kl_columns_end(c);
	return err ? err : call->group(call->context, &g);
}

struct kl_error *kl_reader_groups(struct kl_reader *r, int64_t run_id, kl_group_fn *fn, void *context)
{
	/* json() fails on what is not JSON, so that the text can be passed on. */
	static const char sql[] =
		"SELECT g.normal_hash, g.stack_id, g.address, g.verdict, json(g.verdicts), (SELECT "
		"coalesce(group_concat(j.value || ' ' || j.key, ', '), '') FROM json_each(g.verdicts) j), g.objects, "
		"g.bytes, g.leaked_objects, g.leaked_bytes, g.age_min_ms, g.age_max_ms, g.comm, g.pid, g.comms, "
		"g.pids, g.stacks, s.top_frame, c.file || ':' || c.line, g.reason, g.direct_bytes, g.retained_bytes, "
		"g.explained, coalesce(g.class, 'virtual') FROM t_group g JOIN t_stack s ON s.id = g.stack_id "
		"LEFT JOIN t_site c ON c.id = g.site_id WHERE g.run_id = ?1 "
		"ORDER BY g.leaked_bytes DESC, g.verdict, g.bytes DESC, g.normal_hash, c.file, c.line";

	return kl_sql_each_row(r->store, sql, run_id, each_group, &(struct call){.group = fn, .context = context});
}

struct kl_error *kl_reader_each_finding(struct kl_columns *c, void *context)
{
	const struct kl_finding_call *call = context;
	struct kl_store_finding f = {};
	struct kl_error *err;

	f.address = kl_column_u64(c);
	f.size = kl_column_u64(c);
	f.class_ = column_class(c);
	f.verdict = (enum kleak_verdict)kl_column_int(c);
	f.reason = kl_column_text_or_null(c);
	f.has_head = sqlite3_column_type(c->stmt, c->index) != SQLITE_NULL;
	f.head = (uint64_t)kl_column_int_or_null(c);
	f.comm = kl_column_text_or_null(c);
	f.pid = kl_column_int_or_null(c);
	f.jiffies = kl_column_int_or_null(c);
	f.age_ms = kl_column_int_or_null(c);
	f.stack_id = kl_column_int(c);
	f.checksum_state = kl_column_text_or_null(c);
	f.stack_hash = kl_column_u64(c);
	f.address_hash = kl_column_u64(c);
	f.top_frame = kl_column_text_or_null(c);
	f.site = kl_column_text_or_null(c);
	f.site_deduced = kl_column_int_or_null(c) == 1;
	f.cache = kl_column_text_or_null(c);
	f.type = kl_column_text_or_null(c);
	f.found = kl_column_int_or_null(c);
	f.needed = kl_column_int_or_null(c);
	f.has_parent = sqlite3_column_type(c->stmt, c->index) != SQLITE_NULL;
	f.parent = (uint64_t)kl_column_int_or_null(c);
	f.retained_objects = kl_column_int_or_null(c);
	f.retained_bytes = kl_column_int_or_null(c);
	f.unref_scans = kl_column_int_or_null(c);
	f.has_content = sqlite3_column_type(c->stmt, c->index) != SQLITE_NULL;
	f.content = (uint64_t)kl_column_int_or_null(c);
	f.dumps = kl_column_int_or_null(c);
	err = kl_columns_end(c);
	return err ? err : call->fn(call->context, &f);
}

struct kl_error *kl_reader_findings(struct kl_reader *r, int64_t run_id, kl_finding_fn *fn, void *context)
{
	return kl_sql_each_row(r->store, KL_SELECT_FINDINGS "WHERE f.run_id = ? ORDER BY f.seq", run_id,
			       kl_reader_each_finding, &(struct kl_finding_call){.fn = fn, .context = context});
}

static struct kl_error *each_listing(struct kl_columns *c, void *context)
{
	const struct call *call = context;
	struct kl_store_listing l = {};
	struct kl_error *err;

	l.address = kl_column_u64(c);
	l.size = kl_column_u64(c);
	l.class_ = column_class(c);
	l.comm = kl_column_blob(c, &l.comm_length);
	l.pid = kl_column_int(c);
	l.jiffies = kl_column_u64(c);
	l.age_ms = (uint32_t)kl_column_int(c);
	l.checksum = (uint32_t)kl_column_int(c);
	l.content = kl_column_blob(c, &l.content_length);
	l.cpu = kl_column_int_or_null(c);
	l.stack_id = kl_column_int(c);
	err = kl_columns_end(c);
	return err ? err : call->listing(call->context, &l);
}

struct kl_error *kl_reader_listing(struct kl_reader *r, int64_t run_id, kl_listing_fn *fn, void *context)
{
	static const char sql[] = "SELECT address, size, class, comm, pid, jiffies, age_ms, checksum, content, cpu, "
				  "stack_id FROM t_listing WHERE run_id = ? ORDER BY seq";

	return kl_sql_each_row(r->store, sql, run_id, each_listing, &(struct call){.listing = fn, .context = context});
}

static struct kl_error *each_anomaly(struct kl_columns *c, void *context)
{
	const struct call *call = context;
	struct kl_store_anomaly a = {};
	struct kl_error *err;

	a.kind = kl_column_text(c);
	a.message = kl_column_text(c);
	a.has_address = sqlite3_column_type(c->stmt, c->index) != SQLITE_NULL;
	a.address = (uint64_t)kl_column_int_or_null(c);
	err = kl_columns_end(c);
	return err ? err : call->anomaly(call->context, &a);
}

struct kl_error *kl_reader_anomalies(struct kl_reader *r, int64_t run_id, kl_anomaly_fn *fn, void *context)
{
	return kl_sql_each_row(r->store, "SELECT kind, message, address FROM t_anomaly WHERE run_id = ? ORDER BY seq",
			       run_id, each_anomaly, &(struct call){.anomaly = fn, .context = context});
}

static struct kl_error *each_advice(struct kl_columns *c, void *context)
{
	const struct call *call = context;
	struct kl_store_advice a = {};
	struct kl_error *err;

	a.kind = kl_column_text(c);
	a.name = kl_column_text(c);
	a.version = kl_column_text_or_null(c);
	a.origin = kl_column_text(c);
	a.state = kl_column_text(c);
	a.note = kl_column_text_or_null(c);
	a.objects = kl_column_int(c);
	a.bytes = kl_column_int(c);
	err = kl_columns_end(c);
	return err ? err : call->advice(call->context, &a);
}

struct kl_error *kl_reader_advice(struct kl_reader *r, int64_t run_id, kl_advice_fn *fn, void *context)
{
	static const char sql[] = "SELECT kind, name, version, origin, state, note, objects, bytes FROM t_advice "
				  "WHERE run_id = ? ORDER BY seq";

	return kl_sql_each_row(r->store, sql, run_id, each_advice, &(struct call){.advice = fn, .context = context});
}

static struct kl_error *each_value(struct kl_columns *c, void *context)
{
	const struct call *call = context;
	struct kl_store_value v = {};
	struct kl_error *err;

	v.kind = kl_column_text(c);
	v.name = kl_column_text(c);
	switch (sqlite3_column_type(c->stmt, c->index)) {
	case SQLITE_INTEGER:
		v.type = KL_VALUE_INT;
		v.integer = kl_column_int(c);
		break;
	case SQLITE_FLOAT:
		v.type = KL_VALUE_REAL;
		v.real = kl_column_real_or_null(c);
		break;
	default:
		v.text = kl_column_text_or_null(c);
		v.type = v.text ? KL_VALUE_TEXT : KL_VALUE_NULL;
	}
	err = kl_columns_end(c);
	return err ? err : call->value(call->context, &v);
}

struct kl_error *kl_reader_values(struct kl_reader *r, int64_t run_id, kl_value_fn *fn, void *context)
{
	return kl_sql_each_row(r->store, "SELECT kind, name, value FROM t_value WHERE run_id = ? ORDER BY kind, name",
			       run_id, each_value, &(struct call){.value = fn, .context = context});
}

static struct kl_error *note_counter(void *context, const struct kl_store_value *v)
{
	int64_t *counters = context;
	enum kl_counter counter;
	const char *member;

	if (!strcmp(v->kind, "counter") && v->type == KL_VALUE_INT && kl_counter_find(v->name, &counter, &member) &&
	    !*member)
		counters[counter] = v->integer;
	return NULL;
}

struct kl_error *kl_reader_counters(struct kl_reader *r, int64_t run_id, int64_t ret[])
{
	memset(ret, 0, KL_COUNTER_COUNT * sizeof(*ret));
	return kl_reader_values(r, run_id, note_counter, ret);
}

/* Appends @text to the reader's strings and notes where, SIZE_MAX for NULL. */
static bool keep_text(struct kl_reader *r, const char *text)
{
	if (!kl_vec_push(&r->offsets, text ? r->text.length : SIZE_MAX))
		return false;
	if (text)
		kl_strbuf_append(&r->text, text, strlen(text) + 1);
	return !r->text.failed;
}

static struct kl_error *keep_frame(struct kl_reader *r, struct kl_columns *c)
{
	struct kl_store_frame *frame = kl_vec_add(&r->frames);

	if (!frame)
		return kl_error_nomem();
	frame->address = kl_column_u64(c);
	frame->line = kl_column_int_or_null(c);
	frame->inlined = kl_column_int(c) != 0;
	/* The order in which kl_reader_stack() takes them. */
	if (!keep_text(r, kl_column_text(c)) || !keep_text(r, kl_column_text_or_null(c)) ||
	    !keep_text(r, kl_column_text_or_null(c))) {
		kl_error_destroy(kl_columns_end(c));
		return kl_error_nomem();
	}
	return kl_columns_end(c);
}

static const char *kept_text(const struct kl_reader *r, size_t index)
{
	size_t offset = r->offsets.data[index];

	return offset == SIZE_MAX ? NULL : kl_strbuf_string(&r->text) + offset;
}

struct kl_error *kl_reader_stack(struct kl_reader *r, int64_t stack_id, const struct kl_store_frame **ret,
				 size_t *count)
{
	struct kl_binder b = {.store = r->store};
	struct kl_error *err = NULL;
	bool row = true;
	size_t i;

	r->frames.count = r->offsets.count = 0;
	kl_strbuf_reset(&r->text);
	if (!r->stack_statement)
		err = kl_sql_prepare(r->store,
				     "SELECT f.address, f.line, f.inlined, f.symbol, f.file, f.pointer FROM t_stack s "
				     "JOIN json_each(s.frames) j JOIN t_frame f ON f.id = j.value WHERE s.id = ? "
				     "ORDER BY j.key",
				     &r->stack_statement);
	if (err)
		return err;
	b.stmt = r->stack_statement;
	kl_bind_int(&b, stack_id);
	err = kl_binder_end(&b);
	while (!err && row) {
		err = kl_sql_step(r->store, b.stmt, &row);
		if (!err && row)
			err = keep_frame(r, &(struct kl_columns){.store = r->store, .stmt = b.stmt});
	}
	sqlite3_reset(b.stmt);
	if (err)
		return err;
	for (i = 0; i < r->frames.count; i++) {
		r->frames.data[i].symbol = kept_text(r, 3 * i);
		r->frames.data[i].file = kept_text(r, 3 * i + 1);
		r->frames.data[i].pointer = kept_text(r, 3 * i + 2);
	}
	*ret = r->frames.data;
	*count = r->frames.count;
	return NULL;
}

struct kl_error *kl_reader_better_stack(struct kl_reader *r, int64_t stack_id, const char *boot_id, int64_t *ret,
					uint64_t *ret_stack_hash)
{
	/* %pS prints a frame without a symbol as its address. */
	static const char sql[] =
		"SELECT s.id, s.normal_hash FROM t_stack own JOIN t_stack s ON s.address_hash = own.address_hash "
		"WHERE own.id = ?1 AND (s.id = own.id OR EXISTS (SELECT 1 FROM t_run r JOIN t_total t "
		"ON t.run_id = r.id AND t.stack_id = s.id WHERE r.boot_id = ?2)) "
		"ORDER BY (SELECT count(*) FROM json_each(s.frames) j JOIN t_frame f ON f.id = j.value "
		"WHERE f.symbol GLOB '0x*'), s.id <> own.id, s.id LIMIT 1";
	struct kl_binder b = {.store = r->store};
	struct kl_error *err = NULL;
	bool row;

	if (!r->better_statement)
		err = kl_sql_prepare(r->store, sql, &r->better_statement);
	if (err)
		return err;
	b.stmt = r->better_statement;
	kl_bind_int(&b, stack_id);
	kl_bind_text(&b, boot_id);
	err = kl_binder_end(&b);
	if (!err)
		err = kl_sql_step(r->store, b.stmt, &row);
	if (!err) {
		*ret = row ? sqlite3_column_int64(b.stmt, 0) : stack_id;
		*ret_stack_hash = row ? (uint64_t)sqlite3_column_int64(b.stmt, 1) : 0;
	}
	sqlite3_reset(b.stmt);
	return err;
}
