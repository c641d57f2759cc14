/* SPDX-License-Identifier: GPL-2.0-or-later */
/* store.h: the database file: opening it safely, and bringing it up to this version.
 *
 * One SQLite file holds many runs. It is recognized by its application_id; its user_version is the number of the
 * migrations (schema/) it has seen. The rollback journal is used, not WAL, so that the one file is all there is. A
 * database is untrusted input: triggers are off, its schema is not trusted, what it holds is checked when it is read.
 */
#ifndef KL_STORE_STORE_H
#define KL_STORE_STORE_H

#include <stdint.h>

#include "util/cleanup.h"
#include "util/error.h"
#include "util/progress.h"

struct kl_store;
struct sqlite3;

enum kl_store_mode {
	KL_STORE_READ,  /* the file must exist; neither it nor anything beside it is ever changed: an older one is
			   copied into memory and migrated there, what a killed writer left is undone in a copy */
	KL_STORE_WRITE, /* migrated when it is older; when it does not exist, created together with its first run */
};

/** kl_store_open() - open the database at @path.
 * @progress: its stop flag interrupts long statements; may be NULL, otherwise outlives the store.
 *
 * Errors: KL_ERROR_NOT_FOUND when there is no such file (reading), KL_ERROR_DATABASE when the file is no database, not
 * one of ours, a symbolic link, damaged, or of a newer version, or when a journal beside it names other files;
 * KL_ERROR_BUSY when another process does not let go of
 * it; KL_ERROR_IO when the system refuses. Messages begin with @path.
 */
struct kl_error *kl_store_open(const char *path, enum kl_store_mode mode, const struct kl_progress *progress,
			       struct kl_store **ret);
void kl_store_close(struct kl_store *store);
KL_DEFINE_CLEANUP(struct kl_store *, kl_store_close)

/** kl_store_path() - as it was given to kl_store_open(). */
const char *kl_store_path(const struct kl_store *store);

/** kl_store_set_patience() - for how long to wait when another process uses the database; 10 seconds at first. */
void kl_store_set_patience(struct kl_store *store, unsigned seconds);

/** kl_store_attach() - open the database at @path like any other for reading, and make it known to SQL as @name,
 * besides @store, which is open for reading. Errors: as of kl_store_open(); KL_ERROR_USAGE for a name that is none. */
struct kl_error *kl_store_attach(struct kl_store *store, const char *name, const char *path);

/** kl_store_handle() - the SQLite connection, for the `query` command. */
struct sqlite3 *kl_store_handle(struct kl_store *store);

/** kl_store_version() - number of migrations this program knows: the user_version of databases it writes. */
int kl_store_version(void);

#endif
