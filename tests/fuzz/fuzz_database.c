/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A database from a stranger, byte by byte: what SQLite makes of it, and what is printed then. The first byte of the
 * input is the question. Most damage ends in SQLite; fuzz_rows.c is about what does not. */
#include "fuzz_ask.h"
#include "fuzz_sqlite.h"

static void fuzz_one(const uint8_t *data, size_t size)
{
	_cleanup_(kl_store_closep) struct kl_store *store = NULL;
	_cleanup_(kl_reader_destroyp) struct kl_reader *reader = NULL;
	_cleanup_free_ int64_t *ids = NULL;
	struct kl_error *err;
	size_t count = 0;
	char path[96];

	fuzz_quick_sqlite();
	if (!size)
		return;
	snprintf(path, sizeof(path), "%s/kleak.db", fuzz_directory());
	fuzz_write(path, data + 1, size - 1);
	err = kl_store_open(path, KL_STORE_READ, fuzz_patience(), &store);
	if (!err)
		err = kl_reader_create(store, &reader);
	if (!err)
		err = kl_reader_run_ids(reader, &ids, &count);
	if (!err && count)
		fuzz_ask(reader, ids[*data / FUZZ_QUESTIONS % count], *data);
	kl_error_destroy(err);
}
