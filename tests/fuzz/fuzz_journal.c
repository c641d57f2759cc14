/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What lies as a journal beside a database that is only read: neither of them ever changes. */
#include "fuzz.h"

#include <sys/stat.h>

#include "store/reader.h"

static void fuzz_one(const uint8_t *data, size_t size)
{
	static char path[96], journal[104];
	struct kl_store *store = NULL;
	struct stat before, after, file;

	if (!*path) {
		const char *seed = getenv("FUZZ_DATABASE");
		char command[256];

		snprintf(path, sizeof(path), "%s/kleak.db", fuzz_directory());
		snprintf(journal, sizeof(journal), "%s-journal", path);
		snprintf(command, sizeof(command), "cp '%s' %s", seed ? seed : "", path);
		if (system(command))
			abort();
		setenv("XDG_CACHE_HOME", fuzz_directory(), 1);
	}
	fuzz_write(journal, data, size);
	if (stat(path, &before))
		abort();
	kl_error_destroy(kl_store_open(path, KL_STORE_READ, fuzz_patience(), &store));
	kl_store_close(store);
	if (stat(path, &after) || after.st_mtim.tv_nsec != before.st_mtim.tv_nsec || after.st_size != before.st_size)
		abort();
	if (stat(journal, &file) || file.st_size != (off_t)size)
		abort();
}
