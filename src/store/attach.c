/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A second database beside the one that is open for reading. */
#include <string.h>

#include "store/sql.h"
#include "store/store.h"

/* SQLite's own default. */
#define MOST_ATTACHED 10

static bool is_name(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";

	return *name && !(*name >= '0' && *name <= '9') && strspn(name, letters) == strlen(name) &&
	       strcmp(name, "main") && strcmp(name, "temp");
}

/* Whether @store reads its file itself, and not a copy of what was in it. */
static bool is_plain_file(const struct kl_store *store)
{
	const char *file = sqlite3_db_filename(store->db, "main");

	return file && !strcmp(file, store->file);
}

static struct kl_error *exec_attach(struct kl_store *store, const char *file, const char *name)
{
	char *sql = sqlite3_mprintf("ATTACH %Q AS \"%w\"", file, name);
	struct kl_error *err = sql ? kl_sql_exec(store, sql) : kl_error_nomem();

	sqlite3_free(sql);
	return err;
}

/* What had to be brought up to date, or rolled back, is a copy already: it is copied once more. A connection for
 * reading attaches nothing that could be written, so the copy is made elsewhere. */
static struct kl_error *attach_copy(struct kl_store *store, struct kl_store *other, const char *name)
{
	struct kl_error *err = exec_attach(store, ":memory:", name);
	sqlite3_int64 size;
	unsigned char *copy;

	if (err)
		return err;
	copy = sqlite3_serialize(other->db, "main", &size, 0);
	if (!copy)
		return kl_error_nomem();
	/* Takes the copy, whatever it returns. */
	if (sqlite3_deserialize(store->db, name, copy, size, size,
				SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_READONLY) != SQLITE_OK)
		return kl_sql_error(store);
	return NULL;
}

struct kl_error *kl_store_attach(struct kl_store *store, const char *name, const char *path)
{
	_cleanup_(kl_store_closep) struct kl_store *other = NULL;
	struct kl_error *err;
	bool plain;

	if (!is_name(name))
		return kl_error_create(KL_ERROR_USAGE, "\"%s\" is no name for a database", name);
	err = kl_store_open(path, KL_STORE_READ, store->progress, &other);
	if (err)
		return err;
	/* Only a connection that was opened for reading attaches for reading, through the same file system. */
	plain = is_plain_file(store) && is_plain_file(other);
	sqlite3_limit(store->db, SQLITE_LIMIT_ATTACHED, MOST_ATTACHED);
	err = plain ? exec_attach(store, other->file, name) : attach_copy(store, other, name);
	sqlite3_limit(store->db, SQLITE_LIMIT_ATTACHED, 0);
	return err;
}
