/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows from a stranger: a sound database whose values are of any type and any size. The tables lose what would refuse
 * that (STRICT, CHECK, NOT NULL), as a stranger's tables may lack it. An input is the question, the run, and then
 * changes of single values: table, column, row, type, value. All are undone before the next one. */
#include "fuzz_ask.h"
#include "fuzz_sqlite.h"

#include "store/sql.h"

static struct kl_store store;
static struct kl_reader *reader;
static KL_VEC(sqlite3_stmt *) updates; /* one for each column of each table */

/* Most of the time went into preparing the same statements again. With --wrap they stay prepared. */
static struct {
	sqlite3_stmt *stmt;
	char *text;
	bool used;
} kept[128];
#define KEPT (sizeof(kept) / sizeof(*kept))

int __real_sqlite3_prepare_v2(sqlite3 *db, const char *text, int length, sqlite3_stmt **ret, const char **tail);
int __wrap_sqlite3_prepare_v2(sqlite3 *db, const char *text, int length, sqlite3_stmt **ret, const char **tail);
int __wrap_sqlite3_prepare_v2(sqlite3 *db, const char *text, int length, sqlite3_stmt **ret, const char **tail)
{
	size_t i;
	int status;

	for (i = 0; i < KEPT && kept[i].text; i++) {
		if (!kept[i].used && !strcmp(kept[i].text, text)) {
			kept[i].used = true;
			*ret = kept[i].stmt;
			return SQLITE_OK;
		}
	}
	status = __real_sqlite3_prepare_v2(db, text, length, ret, tail);
	if (status != SQLITE_OK || i == KEPT)
		return status;
	kept[i].stmt = *ret;
	kept[i].text = strdup(text);
	kept[i].used = true;
	return SQLITE_OK;
}

int __real_sqlite3_finalize(sqlite3_stmt *stmt);
int __wrap_sqlite3_finalize(sqlite3_stmt *stmt);
int __wrap_sqlite3_finalize(sqlite3_stmt *stmt)
{
	size_t i;

	for (i = 0; i < KEPT && kept[i].text; i++) {
		if (kept[i].stmt == stmt) {
			kept[i].used = false;
			sqlite3_clear_bindings(stmt);
			return sqlite3_reset(stmt);
		}
	}
	return __real_sqlite3_finalize(stmt);
}

static sqlite3 *sample(void)
{
	const char *path = getenv("FUZZ_DATABASE");
	sqlite3 *file = NULL;

	if (!path || sqlite3_open_v2(path, &file, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
		abort();
	return file;
}

static void sql(const char *text)
{
	char *message = NULL;

	if (sqlite3_exec(store.db, text, NULL, NULL, &message) == SQLITE_OK)
		return;
	fprintf(stderr, "%s: %s\n", text, message);
	abort();
}

static void prepare_updates(void)
{
	static const char columns[] =
		"SELECT printf('UPDATE OR IGNORE %s SET \"%s\" = ?1 "
		"WHERE (%s) IN (SELECT %s FROM %s LIMIT 1 OFFSET ?2)', t.name, c.name, k.list, k.list, t.name) "
		"FROM sqlite_schema t JOIN pragma_table_info(t.name) c JOIN "
		"(SELECT t.name AS of, group_concat('\"' || c.name || '\"') AS list FROM sqlite_schema t "
		"JOIN pragma_table_info(t.name) c WHERE c.pk GROUP BY t.name) k ON k.of = t.name "
		"WHERE t.type = 'table'";
	sqlite3_stmt *column = NULL, *update;

	if (sqlite3_prepare_v2(store.db, columns, -1, &column, NULL) != SQLITE_OK)
		abort();
	while (sqlite3_step(column) == SQLITE_ROW) {
		const char *text = (const char *)sqlite3_column_text(column, 0);

		if (__real_sqlite3_prepare_v2(store.db, text, -1, &update, NULL) != SQLITE_OK ||
		    !kl_vec_push(&updates, update))
			abort();
	}
	sqlite3_finalize(column);
}

static void begin(void)
{
	sqlite3 *file;
	sqlite3_backup *backup;

	fuzz_quick_sqlite();
	file = sample();
	store.path = strdup("sample");
	if (sqlite3_open(":memory:", &store.db) != SQLITE_OK)
		abort();
	backup = sqlite3_backup_init(store.db, "main", file, "main");
	sqlite3_backup_step(backup, -1);
	if (sqlite3_backup_finish(backup) != SQLITE_OK)
		abort();
	sqlite3_close(file);
	sql("PRAGMA writable_schema = ON; PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF;"
	    "UPDATE sqlite_schema SET sql = replace(replace(replace("
	    "sql, ') STRICT, WITHOUT', ') WITHOUT'), ') STRICT', ')'), ' NOT NULL', '') WHERE type = 'table';"
	    "PRAGMA writable_schema = RESET");
	store.progress = fuzz_patience();
	sqlite3_limit(store.db, SQLITE_LIMIT_LENGTH, 256 << 20);
	prepare_updates();
}

struct input {
	const uint8_t *at, *end;
};

static uint64_t take(struct input *in, size_t bytes)
{
	uint64_t value = 0;

	while (bytes-- && in->at < in->end)
		value = value << 8 | *in->at++;
	return value;
}

static void bind_value(struct input *in, sqlite3_stmt *update)
{
	unsigned type = (unsigned)take(in, 1) % 6;
	uint64_t bits = type < 2 ? 0 : take(in, type < 4 ? 8 : 1);
	double real;

	if (bits > (size_t)(in->end - in->at) && type > 3)
		bits = (size_t)(in->end - in->at);
	switch (type) {
	case 0:
		sqlite3_bind_null(update, 1);
		break;
	case 1:
		sqlite3_bind_int64(update, 1, (int8_t)take(in, 1));
		break;
	case 2:
		sqlite3_bind_int64(update, 1, (int64_t)bits);
		break;
	case 3:
		memcpy(&real, &bits, sizeof(real));
		sqlite3_bind_double(update, 1, real);
		break;
	case 4:
		sqlite3_bind_text(update, 1, (const char *)in->at, (int)bits, SQLITE_STATIC);
		break;
	default:
		sqlite3_bind_blob(update, 1, in->at, (int)bits, SQLITE_STATIC);
	}
	if (type > 3)
		in->at += bits;
}

static void fuzz_one(const uint8_t *data, size_t size)
{
	struct input in = {data, data + size};
	unsigned question, changes;
	int64_t run;

	if (!store.db)
		begin();
	sql("BEGIN");
	question = (unsigned)take(&in, 1);
	run = (int64_t)take(&in, 1) % 5;
	for (changes = 0; in.at < in.end && changes < 32; changes++) {
		sqlite3_stmt *update = updates.data[take(&in, 1) % updates.count];

		sqlite3_bind_int64(update, 2, (int64_t)take(&in, 1) % 32);
		bind_value(&in, update);
		sqlite3_step(update);
		sqlite3_reset(update);
		sqlite3_clear_bindings(update);
	}
	fuzz_patience();
	if (kl_reader_create(&store, &reader))
		abort();
	fuzz_ask(reader, run, question);
	kl_reader_destroy(reader);
	sql("ROLLBACK");
	fuzz_check_sqlite();
}
