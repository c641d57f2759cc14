/* SPDX-License-Identifier: GPL-2.0-or-later */
/* journal.h: the rollback journal that a killed writer left beside a database.
 *
 * Such a "hot" journal says how to take back what was being written, and SQLite plays it back before anything is read.
 * It can come from a stranger together with the database, so who only reads plays it back in a private copy of both.
 */
#ifndef KL_STORE_JOURNAL_H
#define KL_STORE_JOURNAL_H

#include "util/cleanup.h"
#include "util/error.h"
#include "util/progress.h"

/** kl_journal_check() - refuse a journal of @database that names a super-journal.
 *
 * SQLite deletes the file that is named there, once it has played the journal back. Only transactions over several
 * attached databases write such a name, and kleak-dump attaches none, so its own journals never hold one.
 * Errors: KL_ERROR_DATABASE. No journal is no error.
 */
struct kl_error *kl_journal_check(const char *database);

/* A database and its journal, copied into a directory of their own. */
struct kl_journal_copy {
	char *directory;
	char *database;
	char *journal;
};

/** kl_journal_copy() - copy @database and its journal, as no writer can change them meanwhile.
 * @ret: destroyed by the caller with kl_journal_copy_deinit(), also after an error.
 *
 * Errors: KL_ERROR_IO, KL_ERROR_BUSY when somebody is writing, KL_ERROR_INTERRUPTED.
 */
struct kl_error *kl_journal_copy(const char *database, const struct kl_progress *progress, struct kl_journal_copy *ret);

/** kl_journal_copy_deinit() - remove the copy; who has opened it can still read it. */
void kl_journal_copy_deinit(struct kl_journal_copy *copy);

#endif
