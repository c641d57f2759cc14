/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/merge.h"

#include <sys/stat.h>
#include <time.h>

#include "store/boot_names.h"
#include "store/object_history.h"
#include "store/reader.h"
#include "store/writer.h"
#include "store/writer_statements.h"
#include "util/vec.h"

/* No kernel records half as many frames. */
#define FRAMES_MAX 1024

/* What a column holds: a value, or the identifier of a row that has another one in the other file. */
enum column_kind {
	COLUMN_VALUE,
	COLUMN_RUN,
	COLUMN_STACK,
	COLUMN_SITE,
	COLUMN_TEXT,
	COLUMN_KINDS,
};

/* A table that belongs to runs, and how to copy it. */
struct run_table {
	char name[64];
	sqlite3_stmt *read; /* parameter 1: the run; of the database at hand */
	sqlite3_stmt *write;
	char *columns;
	KL_VEC(enum column_kind) kinds;
};

/* A frame of @from. */
struct copied_frame {
	int64_t id; /* in @to */
	uint64_t content;
};

/* What is known while one database is read. */
struct source {
	struct kl_store *store;
	struct kl_map ids[COLUMN_KINDS]; /* identifier there -> in the database that is written */
	struct kl_map frames;            /* likewise -> index into copied */
	KL_VEC(struct copied_frame) copied;
	sqlite3_stmt *stack, *frame, *site, *text;
};

struct kl_merge {
	struct kl_store *to;
	struct kl_writer writer; /* of @to: only its shared rows and its statements are used */
	KL_VEC(struct run_table) tables;
	sqlite3_stmt *known, *add_run;
	struct timespec begun; /* the transaction */
	int64_t added;         /* in it */
	struct source from;
};

static void source_deinit(struct source *s)
{
	size_t i;

	for (i = 0; i < COLUMN_KINDS; i++)
		kl_map_deinit(&s->ids[i]);
	kl_map_deinit(&s->frames);
	kl_vec_deinit(&s->copied);
	sqlite3_finalize(s->stack);
	sqlite3_finalize(s->frame);
	sqlite3_finalize(s->site);
	sqlite3_finalize(s->text);
}

static struct kl_error *damaged(const struct kl_merge *m, const char *what)
{
	return kl_error_create(KL_ERROR_DATABASE, "%s: damaged: %s", m->from.store->path, what);
}

/* ---- shared rows, copied when the first row that needs them is ---- */

/* The row @id of a shared table; *@row is false, and nothing to read, when there is none. */
static struct kl_error *read_shared_row(struct kl_merge *m, const char *sql, int64_t id, sqlite3_stmt **stmt, bool *row)
{
	struct kl_error *err = NULL;

	if (!*stmt)
		err = kl_sql_prepare(m->from.store, sql, stmt);
	if (err)
		return err;
	sqlite3_bind_int64(*stmt, 1, id);
	return kl_sql_step(m->from.store, *stmt, row);
}

static struct kl_error *copy_frame(struct kl_merge *m, int64_t id, struct copied_frame *ret)
{
	struct kl_columns c = {.store = m->from.store};
	struct kl_store_frame frame;
	struct kl_error *err;
	uint64_t index;
	bool row;

	if (kl_map_get(&m->from.frames, (uint64_t)id, &index)) {
		*ret = m->from.copied.data[index];
		return NULL;
	}
	err = read_shared_row(m, "SELECT address, symbol, file, line, pointer, inlined FROM t_frame WHERE id = ?", id,
			      &m->from.frame, &row);
	if (!err && !row)
		err = damaged(m, "a frame is not there");
	if (err)
		return err;
	c.stmt = m->from.frame;
	frame.address = kl_column_u64(&c);
	frame.symbol = kl_column_text(&c);
	frame.file = kl_column_text_or_null(&c);
	frame.line = kl_column_int_or_null(&c);
	frame.pointer = kl_column_text_or_null(&c);
	frame.inlined = kl_column_int(&c) != 0;
	err = kl_columns_end(&c);
	ret->content = kl_frame_content(&frame);
	if (!err)
		err = kl_writer_add_frame(&m->writer, &frame, &ret->id);
	sqlite3_reset(m->from.frame);
	if (!err && (!kl_vec_push(&m->from.copied, *ret) ||
		     !kl_map_put(&m->from.frames, (uint64_t)id, m->from.copied.count - 1)))
		err = kl_error_nomem();
	return err;
}

/* @text is a JSON array of identifiers. @ids: the same for @to; @content: of all these frames. */
static struct kl_error *copy_frames(struct kl_merge *m, const char *text, struct kl_strbuf *ids, uint64_t *content)
{
	char separator = '[', *end;
	struct copied_frame frame = {};
	struct kl_error *err;
	size_t n;

	*content = KL_HASH_SEED;
	for (n = 0; n < FRAMES_MAX && *text == separator && strcmp(text, "[]") != 0; n++, text = end, separator = ',') {
		int64_t id = strtoll(text + 1, &end, 10);

		err = end == text + 1 ? damaged(m, "the frames of a stack are no list") : copy_frame(m, id, &frame);
		if (err)
			return err;
		*content = kl_stack_content(*content, frame.content);
		kl_strbuf_printf(ids, "%c%lld", separator, (long long)frame.id);
	}
	if (strcmp(text, n ? "]" : "[]") != 0)
		return damaged(m, "the frames of a stack are no list");
	kl_strbuf_puts(ids, n ? "]" : "[]");
	return ids->failed ? kl_error_nomem() : NULL;
}

static struct kl_error *copy_stack(struct kl_merge *m, int64_t id, int64_t *ret)
{
	static const char sql[] = "SELECT normal_hash, exact_hash, address_hash, depth, top_frame, frames FROM t_stack "
				  "WHERE id = ?";
	_cleanup_strbuf_ struct kl_strbuf ids = {};
	struct kl_columns c = {.store = m->from.store};
	struct kl_stack_row stack = {};
	const char *frames;
	struct kl_error *err;
	uint64_t content = 0;
	bool row;

	err = read_shared_row(m, sql, id, &m->from.stack, &row);
	if (!err && !row)
		err = damaged(m, "a stack is not there");
	if (err)
		return err;
	c.stmt = m->from.stack;
	stack.normal = kl_column_u64(&c);
	stack.exact = kl_column_u64(&c);
	stack.address = kl_column_u64(&c);
	stack.depth = kl_column_int(&c);
	stack.top_frame = kl_column_text_or_null(&c);
	frames = kl_column_text(&c);
	err = kl_columns_end(&c);
	if (!err)
		err = copy_frames(m, frames, &ids, &content);
	stack.frames = kl_strbuf_string(&ids);
	if (!err)
		err = kl_writer_add_stack_row(&m->writer, content, &stack, ret);
	sqlite3_reset(m->from.stack);
	return err;
}

static struct kl_error *copy_shared_site(struct kl_merge *m, int64_t id, int64_t *ret)
{
	struct kl_store_site site = {};
	struct kl_columns c = {.store = m->from.store};
	struct kl_error *err;
	bool row;

	err = read_shared_row(m, "SELECT file, line, module, function FROM t_site WHERE id = ?", id, &m->from.site,
			      &row);
	if (!err && !row)
		err = damaged(m, "a call site is not there");
	if (err)
		return err;
	c.stmt = m->from.site;
	site.file = kl_column_text_or_null(&c);
	site.line = kl_column_int(&c);
	site.module = kl_column_text_or_null(&c);
	site.function = kl_column_text_or_null(&c);
	err = kl_columns_end(&c);
	if (!err)
		err = kl_writer_add_site(&m->writer, &site, ret);
	sqlite3_reset(m->from.site);
	return err;
}

static struct kl_error *copy_shared_text(struct kl_merge *m, int64_t id, int64_t *ret)
{
	struct kl_columns c = {.store = m->from.store};
	struct kl_error *err;
	const char *text;
	bool row;

	err = read_shared_row(m, "SELECT text FROM t_text WHERE id = ?", id, &m->from.text, &row);
	if (!err && !row)
		err = damaged(m, "a name is not there");
	if (err)
		return err;
	c.stmt = m->from.text;
	text = kl_column_text(&c);
	err = kl_columns_end(&c);
	if (!err)
		err = kl_writer_text(&m->writer, text, ret);
	sqlite3_reset(m->from.text);
	return err;
}

/* What @id of the one file is in the other. */
static struct kl_error *translate_id(struct kl_merge *m, enum column_kind kind, int64_t id, int64_t *ret)
{
	static struct kl_error *(*const copy[])(struct kl_merge *, int64_t, int64_t *) = {
		[COLUMN_STACK] = copy_stack, [COLUMN_SITE] = copy_shared_site, [COLUMN_TEXT] = copy_shared_text};
	struct kl_error *err;
	uint64_t known;

	if (kl_map_get(&m->from.ids[kind], (uint64_t)id, &known)) {
		*ret = (int64_t)known;
		return NULL;
	}
	err = copy[kind](m, id, ret);
	if (!err && !kl_map_put(&m->from.ids[kind], (uint64_t)id, (uint64_t)*ret))
		err = kl_error_nomem();
	return err;
}

/* ---- what the schema says ---- */

static enum column_kind kind_of_column(const char *target)
{
	static const char *const targets[] = {
		[COLUMN_RUN] = "t_run", [COLUMN_STACK] = "t_stack", [COLUMN_SITE] = "t_site", [COLUMN_TEXT] = "t_text"};
	size_t i;

	for (i = COLUMN_RUN; i < COLUMN_KINDS; i++) {
		if (target && !strcmp(target, targets[i]))
			return (enum column_kind)i;
	}
	return COLUMN_VALUE;
}

/* Notes the columns of a table and prepares to write it. */
static struct kl_error *describe_table(struct kl_merge *m, struct run_table *table)
{
	static const char sql[] = "SELECT c.name, f.\"table\" FROM pragma_table_info(?1) c "
				  "LEFT JOIN pragma_foreign_key_list(?1) f ON f.\"from\" = c.name ORDER BY c.cid";
	_cleanup_strbuf_ struct kl_strbuf columns = {}, marks = {}, insert = {};
	_cleanup_stmt_ sqlite3_stmt *stmt = NULL;
	struct kl_error *err = kl_sql_prepare(m->to, sql, &stmt);
	bool row = true;

	if (!err)
		sqlite3_bind_text(stmt, 1, table->name, -1, SQLITE_STATIC);
	while (!err) {
		err = kl_sql_step(m->to, stmt, &row);
		if (err || !row)
			break;
		kl_strbuf_printf(&columns, "%s\"%s\"", table->kinds.count ? ", " : "", sqlite3_column_text(stmt, 0));
		kl_strbuf_puts(&marks, table->kinds.count ? ", ?" : "?");
		if (!kl_vec_push(&table->kinds, kind_of_column((const char *)sqlite3_column_text(stmt, 1))))
			err = kl_error_nomem();
	}
	if (err)
		return err;
	kl_strbuf_printf(&insert, "INSERT INTO %s(%s) VALUES (%s)", table->name, kl_strbuf_string(&columns),
			 kl_strbuf_string(&marks));
	table->columns = kl_strbuf_take(&columns);
	if (!table->columns || insert.failed)
		return kl_error_nomem();
	return kl_sql_prepare(m->to, kl_strbuf_string(&insert), &table->write);
}

/* Groups are not copied: they are what the findings say. */
static struct kl_error *describe_tables(struct kl_merge *m)
{
	static const char sql[] = "SELECT DISTINCT t.name FROM sqlite_schema t JOIN pragma_foreign_key_list(t.name) f "
				  "WHERE t.type = 'table' AND f.\"table\" = 't_run' AND t.name <> 't_group'";
	_cleanup_stmt_ sqlite3_stmt *stmt = NULL;
	struct kl_error *err = kl_sql_prepare(m->to, sql, &stmt);
	struct run_table *table;
	bool row = true;

	while (!err) {
		err = kl_sql_step(m->to, stmt, &row);
		if (err || !row)
			break;
		table = kl_vec_add(&m->tables);
		if (!table)
			return kl_error_nomem();
		snprintf(table->name, sizeof(table->name), "%s", sqlite3_column_text(stmt, 0));
		err = describe_table(m, table);
	}
	return err;
}

/* In a database that somebody made, a table may be a view, which is a program. */
static struct kl_error *check_is_table(struct kl_merge *m, const char *name)
{
	static const char sql[] =
		"SELECT 1 FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name = ?";
	_cleanup_stmt_ sqlite3_stmt *stmt = NULL;
	struct kl_error *err = kl_sql_prepare(m->from.store, sql, &stmt);
	bool row = false;

	if (!err) {
		sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
		err = kl_sql_step(m->from.store, stmt, &row);
	}
	return err || row ? err : damaged(m, "what must be a table is none");
}

static struct kl_error *prepare_to_read(struct kl_merge *m)
{
	static const char *const shared[] = {"t_run", "t_stack", "t_frame", "t_site", "t_text"};
	struct kl_error *err = NULL;
	struct run_table *table;
	size_t i;

	for (i = 0; i < sizeof(shared) / sizeof(*shared) && !err; i++)
		err = check_is_table(m, shared[i]);
	kl_vec_for_each (table, &m->tables) {
		_cleanup_strbuf_ struct kl_strbuf sql = {};

		if (!err)
			err = check_is_table(m, table->name);
		if (err)
			return err;
		kl_strbuf_printf(&sql, "SELECT %s FROM %s WHERE run_id = ?", table->columns, table->name);
		err = sql.failed ? kl_error_nomem()
				 : kl_sql_prepare(m->from.store, kl_strbuf_string(&sql), &table->read);
	}
	return err;
}

/* ---- runs ---- */

/* What makes a run the same one in both files. */
#define IDENTITY(X)      \
	X(dump)          \
	X(dump_size)     \
	X(dump_mtime_ns) \
	X(build_id)      \
	X(boot_id)       \
	X(policy)        \
	X(started_ms)    \
	X(finished_ms)   \
	X(tool_version)
#define NAME(column, ...) #column ", "
#define PARAMETER(column, ...) ":" #column ", "
#define EQUAL(column) #column " IS ? AND "
#define EVERY(X) KL_STORE_RUN_FIELDS(X, X, X, X, X, X, X)

static struct kl_error *prepare_runs(struct kl_merge *m)
{
	static const char known[] = "SELECT id FROM t_run WHERE " IDENTITY(EQUAL) "1";
	static const char add[] = "INSERT INTO t_run(" EVERY(NAME) "id) VALUES (" EVERY(PARAMETER) "NULL)";
	struct kl_error *err = kl_sql_prepare(m->to, known, &m->known);

	return err ? err : kl_sql_prepare(m->to, add, &m->add_run);
}

/* Whether @to has the run. */
static struct kl_error *find_known_run(struct kl_merge *m, int64_t id, bool *ret)
{
	static const char sql[] = "SELECT " IDENTITY(NAME) "1 FROM t_run WHERE id = ?";
	_cleanup_stmt_ sqlite3_stmt *stmt = NULL;
	struct kl_error *err = kl_sql_prepare_for_run(m->from.store, sql, id, &stmt);
	int i;

	if (!err)
		err = kl_sql_step(m->from.store, stmt, ret);
	if (!err && !*ret)
		err = kl_error_create(KL_ERROR_NOT_FOUND, "%s: no run %lld", m->from.store->path, (long long)id);
	if (err)
		return err;
	for (i = 0; i + 1 < sqlite3_column_count(stmt); i++)
		sqlite3_bind_value(m->known, i + 1, sqlite3_column_value(stmt, i));
	err = kl_sql_step(m->to, m->known, ret);
	sqlite3_reset(m->known);
	return err;
}

static struct kl_error *copy_run_record(struct kl_merge *m, int64_t id)
{
	static const char sql[] = "SELECT " EVERY(NAME) "origin IS NULL FROM t_run WHERE id = ?";
	_cleanup_stmt_ sqlite3_stmt *stmt = NULL;
	struct kl_error *err = kl_sql_prepare_for_run(m->from.store, sql, id, &stmt);
	int i, columns;
	bool row;

	if (!err)
		err = kl_sql_step(m->from.store, stmt, &row);
	if (err)
		return err;
	columns = sqlite3_column_count(stmt) - 1;
	for (i = 0; i < columns; i++)
		sqlite3_bind_value(m->add_run, i + 1, sqlite3_column_value(stmt, i));
	if (sqlite3_column_int(stmt, columns)) {
		sqlite3_bind_text(m->add_run, sqlite3_bind_parameter_index(m->add_run, ":origin"), m->from.store->file,
				  -1, SQLITE_STATIC);
		sqlite3_bind_int64(m->add_run, sqlite3_bind_parameter_index(m->add_run, ":origin_run"), id);
	}
	err = kl_sql_run(m->to, m->add_run);
	m->writer.run_id = sqlite3_last_insert_rowid(m->to->db);
	return err;
}

static struct kl_error *copy_column(struct kl_merge *m, const struct run_table *table, int i)
{
	sqlite3_value *value = sqlite3_column_value(table->read, i);
	enum column_kind kind = table->kinds.data[i];
	struct kl_error *err = NULL;
	int64_t id = m->writer.run_id;

	if (kind == COLUMN_VALUE || sqlite3_column_type(table->read, i) == SQLITE_NULL) {
		sqlite3_bind_value(table->write, i + 1, value);
		return NULL;
	}
	if (kind != COLUMN_RUN)
		err = translate_id(m, kind, sqlite3_column_int64(table->read, i), &id);
	sqlite3_bind_int64(table->write, i + 1, id);
	return err;
}

static struct kl_error *copy_run_rows(struct kl_merge *m, const struct run_table *table, int64_t id)
{
	struct kl_error *err = NULL;
	bool row = true;
	int i;

	sqlite3_bind_int64(table->read, 1, id);
	while (!err) {
		err = kl_sql_step(m->from.store, table->read, &row);
		if (err || !row)
			break;
		for (i = 0; i < (int)table->kinds.count && !err; i++)
			err = copy_column(m, table, i);
		if (!err)
			err = kl_sql_run(m->to, table->write);
	}
	sqlite3_reset(table->read);
	return err;
}

static struct kl_error *copy_run(struct kl_merge *m, int64_t id, struct kl_merge_counts *ret)
{
	const struct run_table *table;
	struct kl_error *err;
	bool known = false;

	err = find_known_run(m, id, &known);
	if (err || known) {
		ret->known += known;
		return err;
	}
	err = copy_run_record(m, id);
	kl_vec_for_each (table, &m->tables) {
		if (!err)
			err = copy_run_rows(m, table, id);
	}
	if (!err)
		err = kl_writer_share_names(&m->writer);
	if (!err)
		err = kl_writer_tell_history(&m->writer);
	if (!err)
		err = kl_writer_derive_groups(&m->writer);
	ret->added++;
	return err;
}

static struct kl_error *copy_runs(struct kl_merge *m, const int64_t *only, size_t n, struct kl_merge_counts *ret)
{
	_cleanup_(kl_reader_destroyp) struct kl_reader *reader = NULL;
	_cleanup_free_ int64_t *all = NULL;
	struct kl_error *err;
	size_t i;

	err = prepare_to_read(m);
	if (!err)
		err = kl_reader_create(m->from.store, &reader);
	if (!err && !n)
		err = kl_reader_run_ids(reader, &all, &n);
	for (i = 0; i < n && !err; i++)
		err = copy_run(m, all ? all[i] : only[i], ret);
	/* What is missing for want of memory would be missing forever. */
	return !err && kl_nomem_met() ? kl_error_nomem() : err;
}

/* ---- transactions ---- */

struct kl_error *kl_merge_create(struct kl_store *to, struct kl_merge **ret)
{
	_cleanup_(kl_merge_destroyp) struct kl_merge *m = calloc(1, sizeof(*m));
	struct kl_error *err;

	if (!m)
		return kl_error_nomem();
	m->to = to;
	m->writer = (struct kl_writer){.store = to, .mostly_new = true};
	err = kl_store_create_file(to);
	/* The hashes that stacks are found by are all over the index. */
	if (!err)
		err = kl_sql_exec(to, "PRAGMA cache_size = -131072");
	if (!err)
		err = describe_tables(m);
	if (!err)
		err = prepare_runs(m);
	if (err)
		return err;
	*ret = kl_take(m);
	return NULL;
}

static struct kl_error *begin_transaction(struct kl_merge *m)
{
	struct kl_error *err;

	if (!sqlite3_get_autocommit(m->to->db))
		return NULL;
	m->added = 0;
	clock_gettime(CLOCK_MONOTONIC, &m->begun);
	err = kl_sql_exec(m->to, "BEGIN IMMEDIATE");
	return err ? err : kl_store_check_file(m->to);
}

/* What was made of the source is not there any more, though the writer's maps say so. */
static void take_back(struct kl_merge *m)
{
	if (!sqlite3_get_autocommit(m->to->db))
		sqlite3_exec(m->to->db, "ROLLBACK TO one; RELEASE one", NULL, NULL, NULL);
	kl_writer_deinit(&m->writer);
	m->writer = (struct kl_writer){.store = m->to, .mostly_new = true};
}

static void end_source(struct kl_merge *m)
{
	struct run_table *table;

	kl_vec_for_each (table, &m->tables) {
		sqlite3_finalize(table->read);
		table->read = NULL;
	}
	source_deinit(&m->from);
}

static struct kl_error *commit_when_late(struct kl_merge *m)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec - m->begun.tv_sec > 1 ? kl_merge_commit(m) : NULL;
}

struct kl_error *kl_merge_add(struct kl_merge *m, struct kl_store *from, const int64_t *only, size_t n,
			      struct kl_merge_counts *ret)
{
	struct kl_error *err;

	*ret = (struct kl_merge_counts){};
	m->from = (struct source){.store = from};
	err = begin_transaction(m);
	if (!err)
		err = kl_sql_exec(m->to, "SAVEPOINT one");
	if (err)
		return err;
	err = copy_runs(m, only, n, ret);
	if (!err)
		err = kl_sql_exec(m->to, "RELEASE one");
	end_source(m);
	if (err) {
		*ret = (struct kl_merge_counts){};
		take_back(m);
		return err;
	}
	m->added += ret->added;
	return commit_when_late(m);
}

struct kl_error *kl_merge_commit(struct kl_merge *m)
{
	struct kl_error *err;

	if (sqlite3_get_autocommit(m->to->db))
		return NULL;
	err = kl_sql_exec(m->to, "COMMIT");
	if (!err)
		m->to->kept |= m->added > 0;
	return err;
}

void kl_merge_destroy(struct kl_merge *m)
{
	struct run_table *table;

	if (!m)
		return;
	kl_vec_for_each (table, &m->tables) {
		sqlite3_finalize(table->write);
		free(table->columns);
		kl_vec_deinit(&table->kinds);
	}
	kl_vec_deinit(&m->tables);
	sqlite3_finalize(m->known);
	sqlite3_finalize(m->add_run);
	kl_writer_deinit(&m->writer);
	if (!sqlite3_get_autocommit(m->to->db))
		sqlite3_exec(m->to->db, "ROLLBACK", NULL, NULL, NULL);
	free(m);
}

bool kl_store_is_same(const struct kl_store *a, const struct kl_store *b)
{
	struct stat of_a, of_b;

	return !stat(a->file, &of_a) && !stat(b->file, &of_b) && of_a.st_dev == of_b.st_dev &&
	       of_a.st_ino == of_b.st_ino;
}
