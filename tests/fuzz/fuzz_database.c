/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A database from a stranger, byte by byte: what SQLite makes of it, and what is printed then. The first byte of the
 * input is the question. Most damage ends in SQLite; fuzz_rows.c is about what does not.
 *
 * The file is in SQLite's own file system in memory; an empty one of its name is there for those who look.
 */
#include "fuzz_ask.h"
#include "fuzz_sqlite.h"

static char path[96];
static sqlite3 *holder; /* keeps the file in memory */

static void make_file(void)
{
	fuzz_quick_sqlite();
	snprintf(path, sizeof(path), "%s/kleak.db", fuzz_directory());
	fuzz_write(path, NULL, 0);
	sqlite3_vfs_register(sqlite3_vfs_find("memdb"), 1);
	if (sqlite3_open_v2(path, &holder, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, "memdb") != SQLITE_OK)
		abort();
}

static void fill_file(const uint8_t *data, size_t size)
{
	sqlite3_file *file = NULL;

	if (sqlite3_file_control(holder, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK || !file ||
	    file->pMethods->xTruncate(file, 0) != SQLITE_OK ||
	    file->pMethods->xWrite(file, data, (int)size, 0) != SQLITE_OK)
		abort();
}

static void fuzz_one(const uint8_t *data, size_t size)
{
	_cleanup_(kl_store_closep) struct kl_store *store = NULL;
	_cleanup_(kl_reader_destroyp) struct kl_reader *reader = NULL;
	_cleanup_free_ int64_t *ids = NULL;
	struct kl_error *err;
	size_t count = 0;

	if (!size)
		return;
	if (!*path)
		make_file();
	fill_file(data + 1, size - 1);
	err = kl_store_open(path, KL_STORE_READ, fuzz_patience(), &store);
	if (!err)
		err = kl_reader_create(store, &reader);
	if (!err)
		err = kl_reader_run_ids(reader, &ids, &count);
	if (!err && count)
		fuzz_ask(reader, ids[*data / FUZZ_QUESTIONS % count], *data);
	kl_error_destroy(err);
}
