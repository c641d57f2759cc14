/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What lies as a journal beside a database that is only read: neither of them ever changes. The database is the least
 * that is one of ours: who it belongs to, and a table of the runs there are not. */
#include "fuzz.h"
#include "fuzz_sqlite.h"

#include <sys/stat.h>

#include "kleak/kleak.h"
#include "store/reader.h"

static char path[96], journal[104];

static void make_database(void)
{
	sqlite3 *db = NULL;
	char sql[256];

	fuzz_quick_sqlite();
	fuzz_lock_nothing();
	snprintf(path, sizeof(path), "%s/kleak.db", fuzz_directory());
	snprintf(journal, sizeof(journal), "%s-journal", path);
	snprintf(sql, sizeof(sql),
		 "PRAGMA page_size = 512; PRAGMA application_id = %d; PRAGMA user_version = %d;"
		 "CREATE TABLE t_run(id INTEGER PRIMARY KEY)",
		 KLEAK_APPLICATION_ID, kl_store_version());
	if (sqlite3_open(path, &db) != SQLITE_OK || sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		abort();
	sqlite3_close(db);
	setenv("XDG_CACHE_HOME", fuzz_directory(), 1);
}

static void fuzz_one(const uint8_t *data, size_t size)
{
	struct kl_store *store = NULL;
	struct stat before, after, file;

	if (!*path)
		make_database();
	fuzz_write(journal, data, size);
	if (stat(path, &before))
		abort();
	kl_error_destroy(kl_store_open(path, KL_STORE_READ, fuzz_patience(), &store));
	kl_store_close(store);
	if (stat(path, &after) || after.st_mtim.tv_nsec != before.st_mtim.tv_nsec || after.st_size != before.st_size)
		abort();
	if (stat(journal, &file) || file.st_size != (off_t)size)
		abort();
	fuzz_check_sqlite();
}
