/* SPDX-License-Identifier: GPL-2.0-or-later */
/* read_only_vfs.h: the files of a database as SQLite sees them when it may only read.
 *
 * SQLITE_OPEN_READONLY binds the database file alone. Beside it SQLite still makes the files of WAL mode, and deletes
 * journals it takes for stale, and whatever file a journal names as its super-journal. Under this VFS it does neither:
 * nothing is opened for writing but SQLite's own temporary files, and nothing is deleted.
 */
#ifndef KL_STORE_READ_ONLY_VFS_H
#define KL_STORE_READ_ONLY_VFS_H

/** kl_read_only_vfs() - its name, for sqlite3_open_v2(); NULL when SQLite could not be started. */
const char *kl_read_only_vfs(void);

#endif
