/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/store.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "kleak/kleak.h"
#include "store/journal.h"
#include "store/read_only_vfs.h"
#include "store/sql.h"

#define PATIENCE_MS 10000

extern const char *const kl_schema_migrations[];

int kl_store_version(void)
{
	int n = 0;

	while (kl_schema_migrations[n])
		n++;
	return n;
}

const char *kl_store_path(const struct kl_store *store)
{
	return store->path;
}

void kl_store_set_patience(struct kl_store *store, unsigned seconds)
{
	store->patience_ms = seconds * 1000;
}

struct sqlite3 *kl_store_handle(struct kl_store *store)
{
	return store->db;
}

static int is_interrupted(void *context)
{
	const struct kl_store *store = context;

	return store->progress->stop && *store->progress->stop;
}

/* Waits for another process, and says so. Returns 0 to give up. */
static int wait_for_others(void *context, int times)
{
	static const unsigned step_ms = 20;
	const struct kl_store *store = context;
	uint64_t waited = (uint64_t)times * step_ms;
	struct kl_error *err;

	err = kl_progress_tick(store->progress, "waiting for another process that uses the database", waited,
			       store->patience_ms);
	kl_error_destroy(err);
	if (err || waited >= store->patience_ms)
		return 0;
	usleep(step_ms * 1000);
	return 1;
}

/* The connection refuses what only a hostile database would make use of. */
static struct kl_error *harden_connection(struct kl_store *store, enum kl_store_mode mode)
{
	sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(store->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(store->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(store->db, SQLITE_DBCONFIG_ENABLE_FKEY, mode == KL_STORE_WRITE, NULL);
	sqlite3_limit(store->db, SQLITE_LIMIT_LENGTH, 256 << 20);
	sqlite3_limit(store->db, SQLITE_LIMIT_ATTACHED, 0);
	sqlite3_extended_result_codes(store->db, 1);
	sqlite3_busy_handler(store->db, wait_for_others, store);
	/* Every 10 000 steps of SQLite's machine: well under a millisecond. */
	if (store->progress)
		sqlite3_progress_handler(store->db, 10000, is_interrupted, store);
	/* A run of many findings grows over the 2 MB that SQLite keeps; pages that must go are written twice. */
	return kl_sql_exec(store, mode == KL_STORE_WRITE ? "PRAGMA cell_size_check = ON; PRAGMA cache_size = -32768"
							 : "PRAGMA cell_size_check = ON");
}

/* A view or virtual table in the place of a table has as many rows as its author likes, and nobody waits for the last
 * one. SQLite itself checks that `type` is what the statement makes. */
static struct kl_error *check_tables(struct kl_store *store)
{
	static const char sql[] = "SELECT count(*) FROM sqlite_schema WHERE name LIKE 't\\_%' ESCAPE '\\' "
				  "AND NOT ifnull(type IN ('table', 'index') AND rootpage > 0, 0)";
	int64_t pretenders;
	struct kl_error *err = kl_sql_get_int(store, sql, &pretenders);

	if (err || !pretenders)
		return err;
	return kl_error_create(KL_ERROR_DATABASE, "%s: damaged: what must be a table is none", store->path);
}

/* Whose file it is: *@ret is the number of migrations it has seen, 0 for an empty one. */
static struct kl_error *read_version(struct kl_store *store, int64_t *ret)
{
	int64_t application, tables;
	struct kl_error *err;

	err = kl_sql_get_int(store, "PRAGMA application_id", &application);
	if (!err)
		err = kl_sql_get_int(store, "PRAGMA user_version", ret);
	if (!err)
		err = kl_sql_get_int(store, "SELECT count(*) FROM sqlite_schema", &tables);
	if (err)
		return err;
	if (application != KLEAK_APPLICATION_ID && (application || tables || *ret))
		return kl_error_create(KL_ERROR_DATABASE, "%s: a database, but not one of kleak-dump", store->path);
	if (*ret < 0 || (application && !*ret))
		return kl_error_create(KL_ERROR_DATABASE, "%s: damaged: version %lld", store->path, (long long)*ret);
	if (*ret > kl_store_version())
		return kl_error_create(
			KL_ERROR_DATABASE,
			"%s: written by a newer kleak-dump (database version %lld, this program knows %d)", store->path,
			(long long)*ret, kl_store_version());
	return check_tables(store);
}

/* One transaction: two programs that open a new file at once do not both migrate it. */
static struct kl_error *migrate(struct kl_store *store)
{
	char stamp[96];
	struct kl_error *err;
	int64_t version;

	err = kl_sql_exec(store, "BEGIN IMMEDIATE");
	if (err)
		return err;
	err = read_version(store, &version);
	for (; !err && kl_schema_migrations[version]; version++)
		err = kl_sql_exec(store, kl_schema_migrations[version]);
	if (!err) {
		sqlite3_snprintf(sizeof(stamp), stamp, "PRAGMA application_id = %d; PRAGMA user_version = %d",
				 KLEAK_APPLICATION_ID, kl_store_version());
		err = kl_sql_exec(store, stamp);
	}
	if (!err)
		err = kl_sql_exec(store, "COMMIT");
	if (err)
		sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
	return err;
}

static struct kl_error *connect_memory(struct kl_store *store)
{
	if (sqlite3_open_v2(":memory:", &store->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK)
		return NULL;
	return store->db ? kl_sql_error(store) : kl_error_nomem();
}

static struct kl_error *copy_database(struct kl_store *store, sqlite3 *file)
{
	sqlite3_backup *backup = sqlite3_backup_init(store->db, "main", file, "main");

	if (!backup)
		return kl_sql_error(store);
	sqlite3_backup_step(backup, -1);
	return sqlite3_backup_finish(backup) == SQLITE_OK ? NULL : kl_sql_error(store);
}

struct kl_error *kl_store_copy_to_memory(struct kl_store *store)
{
	sqlite3 *file = store->db;
	struct kl_error *err;

	store->db = NULL;
	err = connect_memory(store);
	if (!err)
		err = copy_database(store, file);
	sqlite3_close(file);
	return err ? err : harden_connection(store, KL_STORE_READ);
}

/* An older file is read through a copy in memory, which is brought up to date: who only reads changes nothing. */
static struct kl_error *migrate_copy(struct kl_store *store)
{
	struct kl_error *err = kl_store_copy_to_memory(store);

	if (!err)
		err = migrate(store);
	return err ? err : kl_sql_exec(store, "PRAGMA query_only = ON");
}

static struct kl_error *prepare_schema(struct kl_store *store, enum kl_store_mode mode)
{
	struct kl_error *err;
	int64_t version;

	err = read_version(store, &version);
	if (err || version == kl_store_version())
		return err;
	if (mode == KL_STORE_WRITE)
		return migrate(store);
	if (!version)
		return kl_error_create(KL_ERROR_DATABASE, "%s: holds no runs", store->path);
	return migrate_copy(store);
}

/* SQLite's own words for these are poor, and it would create the file. */
static struct kl_error *check_path(const char *path, enum kl_store_mode mode)
{
	struct stat st;

	if (!*path)
		return kl_error_create(KL_ERROR_USAGE, "the name of the database is empty");
	if (lstat(path, &st) < 0) {
		if (errno == ENOENT && mode == KL_STORE_WRITE)
			return NULL;
		if (errno == ENOENT)
			return kl_error_create(KL_ERROR_NOT_FOUND, "%s: no such database", path);
		return kl_error_from_errno(errno, "%s", path);
	}
	if (S_ISLNK(st.st_mode))
		return kl_error_create(KL_ERROR_DATABASE, "%s: a symbolic link, which is not followed", path);
	if (!S_ISREG(st.st_mode))
		return kl_error_create(KL_ERROR_DATABASE, "%s: not a regular file, so not a database", path);
	return NULL;
}

/* The name that SQLite gets. It refuses links everywhere in a name it shall not follow, but only the file itself can be
 * a stranger's choice: /home may be a link. An absolute name also loses the meaning SQLite has for ":memory:". */
static struct kl_error *resolve_file(struct kl_store *store)
{
	const char *slash = strrchr(store->path, '/');
	const char *base = slash ? slash + 1 : store->path;
	_cleanup_free_ char *parent = slash ? strndup(store->path, (size_t)(slash - store->path) + 1) : strdup(".");
	_cleanup_free_ char *real = parent ? realpath(parent, NULL) : NULL;

	if (!parent)
		return kl_error_nomem();
	if (!real)
		return kl_error_from_errno(errno, "%s", store->path);
	if (asprintf(&store->file, "%s/%s", real, base) < 0) {
		store->file = NULL;
		return kl_error_nomem();
	}
	return NULL;
}

static struct kl_error *connect_file(struct kl_store *store, const char *file, enum kl_store_mode mode)
{
	int flags = mode == KL_STORE_WRITE ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
	const char *vfs = mode == KL_STORE_WRITE ? NULL : kl_read_only_vfs();

	sqlite3_close(store->db);
	store->db = NULL;
	if (mode == KL_STORE_READ && !vfs)
		return kl_error_nomem();
	flags |= SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW;
	if (sqlite3_open_v2(file, &store->db, flags, vfs) != SQLITE_OK)
		return store->db ? kl_sql_error(store) : kl_error_nomem();
	return harden_connection(store, mode);
}

/* A writer that was killed left a journal. Only a writer can play it back: be one, of a copy. */
static struct kl_error *open_rolled_back(struct kl_store *store)
{
	_cleanup_(kl_journal_copy_deinit) struct kl_journal_copy copy = {};
	struct kl_error *err;
	int64_t version;

	sqlite3_close(store->db);
	store->db = NULL;
	err = kl_journal_check(store->file);
	if (!err)
		err = kl_journal_copy(store->file, store->progress, &copy);
	if (!err)
		err = kl_journal_check(copy.database);
	if (!err)
		err = connect_file(store, copy.database, KL_STORE_WRITE);
	if (!err)
		err = kl_sql_get_int(store, "PRAGMA user_version", &version);
	if (!err)
		err = connect_file(store, copy.database, KL_STORE_READ);
	return err ? err : prepare_schema(store, KL_STORE_READ);
}

/* A database comes into being with its first run: whatever fails before that leaves no trace. Until then there is an
 * empty one in memory. */
static struct kl_error *open_later(struct kl_store *store)
{
	_cleanup_free_ char *parent = strndup(store->file, (size_t)(strrchr(store->file, '/') - store->file) + 1);
	struct kl_error *err;

	if (!parent)
		return kl_error_nomem();
	if (access(parent, W_OK | X_OK))
		return kl_error_from_errno(errno, "%s", store->path);
	store->pending = true;
	err = connect_memory(store);
	if (!err)
		err = harden_connection(store, KL_STORE_WRITE);
	return err ? err : migrate(store);
}

struct kl_error *kl_store_create_file(struct kl_store *store)
{
	struct kl_error *err;

	if (!store->pending)
		return NULL;
	store->created = access(store->file, F_OK) < 0;
	err = kl_journal_check(store->file);
	if (!err)
		err = connect_file(store, store->file, KL_STORE_WRITE);
	if (!err)
		err = prepare_schema(store, KL_STORE_WRITE);
	store->pending = err != NULL;
	return err;
}

struct kl_error *kl_store_check_file(struct kl_store *store)
{
	int moved = 0;

	if (sqlite3_file_control(store->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved)
		return kl_error_create(KL_ERROR_BUSY, "%s: was removed while it was open", store->path);
	return NULL;
}

/* Takes back a file in which nothing was stored, under a lock: who waits for that lock finds the file moved. */
static void remove_unused_file(struct kl_store *store)
{
	struct kl_error *err;
	int64_t runs = 1, tables = 0;

	if (!store->created || store->kept)
		return;
	store->patience_ms = 0;
	err = kl_sql_exec(store, "BEGIN EXCLUSIVE");
	if (!err)
		err = kl_sql_get_int(store, "SELECT count(*) FROM sqlite_schema", &tables);
	if (!err && !tables)
		runs = 0;
	else if (!err)
		err = kl_sql_get_int(store, "SELECT EXISTS (SELECT 1 FROM t_run)", &runs);
	if (!err && !runs)
		unlink(store->file);
	kl_error_destroy(err);
}

static struct kl_error *open_for(struct kl_store *store, enum kl_store_mode mode)
{
	struct kl_error *err = NULL;

	if (mode == KL_STORE_WRITE && access(store->file, F_OK) < 0)
		return open_later(store);
	if (mode == KL_STORE_WRITE)
		err = kl_journal_check(store->file);
	if (!err)
		err = connect_file(store, store->file, mode);
	if (!err)
		err = prepare_schema(store, mode);
	if (err && mode == KL_STORE_READ && sqlite3_extended_errcode(store->db) == SQLITE_READONLY_ROLLBACK) {
		kl_error_destroy(err);
		err = open_rolled_back(store);
	}
	return err;
}

struct kl_error *kl_store_open(const char *path, enum kl_store_mode mode, const struct kl_progress *progress,
			       struct kl_store **ret)
{
	_cleanup_(kl_store_closep) struct kl_store *store = NULL;
	struct kl_error *err;

	err = check_path(path, mode);
	if (err)
		return err;
	store = calloc(1, sizeof(*store));
	if (!store)
		return kl_error_nomem();
	store->progress = progress;
	store->patience_ms = PATIENCE_MS;
	store->path = strdup(path);
	if (!store->path)
		return kl_error_nomem();
	err = resolve_file(store);
	if (!err && store->file)
		err = open_for(store, mode);
	if (err)
		return err;
	*ret = kl_take(store);
	return NULL;
}

void kl_store_close(struct kl_store *store)
{
	if (!store)
		return;
	remove_unused_file(store);
	sqlite3_close(store->db);
	free(store->path);
	free(store->file);
	free(store);
}
