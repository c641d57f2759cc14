/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/read_only_vfs.h"

#include <sqlite3.h>
#include <stddef.h>

static const sqlite3_vfs *system_vfs;

static int open_for_reading(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags, int *out_flags)
{
	/* A journal of WAL mode is always opened for writing: SQLITE_READONLY_CANTINIT is what a system says that
	 * cannot do so. */
	if (flags & SQLITE_OPEN_WAL)
		return SQLITE_READONLY_CANTINIT;
	if (!(flags & (SQLITE_OPEN_READONLY | SQLITE_OPEN_DELETEONCLOSE)))
		return SQLITE_READONLY;
	return system_vfs->xOpen(vfs, name, file, flags, out_flags);
}

static int delete_nothing(sqlite3_vfs *vfs, const char *name, int sync_directory)
{
	(void)vfs, (void)name, (void)sync_directory;
	return SQLITE_READONLY;
}

const char *kl_read_only_vfs(void)
{
	static sqlite3_vfs vfs;

	if (!system_vfs) {
		system_vfs = sqlite3_vfs_find(NULL);
		if (!system_vfs)
			return NULL;
		vfs = *system_vfs;
		vfs.pNext = NULL;
		vfs.zName = "kleak-read-only";
		vfs.xOpen = open_for_reading;
		vfs.xDelete = delete_nothing;
	}
	/* Registering again changes nothing. */
	return sqlite3_vfs_register(&vfs, 0) == SQLITE_OK ? vfs.zName : NULL;
}
