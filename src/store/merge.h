/* SPDX-License-Identifier: GPL-2.0-or-later */
/* merge.h: runs copied from one database into another.
 *
 * What is copied is what the schema says: every table that belongs to runs, column by column, with the identifiers of
 * shared rows (stacks, call sites, names) replaced by those that the same things have in the other file. The database
 * that is read may come from a stranger. It is opened like any other for reading, so neither its journal nor its schema
 * gets to do anything; a table that is something else (a view, a virtual table) is refused, the tables that are written
 * check types and references, and what can be derived is derived again: the contents and hashes of stacks, the groups.
 */
#ifndef KL_STORE_MERGE_H
#define KL_STORE_MERGE_H

#include <stdbool.h>
#include <stddef.h>

#include "store/store.h"

struct kl_merge;

/** kl_merge_create() - begin to add runs to @to, which is open for writing and outlives @ret. */
struct kl_error *kl_merge_create(struct kl_store *to, struct kl_merge **ret);

struct kl_merge_counts {
	int64_t added; /* runs */
	int64_t known; /* runs that were there already */
};

/** kl_merge_add() - add the runs of @from that the other one does not have: all of them, or none.
 * @only: numbers of runs of @from; every run when @n is 0.
 * @ret:  what was done.
 *
 * A run is the same one when its dump, its kernel, its policy, and the times at which its analysis began and ended are.
 * An added run keeps the name of the database, and its number there, as its origin, unless it has one. Databases are
 * committed together while that takes less than a second: a commit waits for the disk, and writes each page of an index
 * twice, however few of its rows are new.
 * Errors: KL_ERROR_NOT_FOUND for a number that @from does not have, KL_ERROR_DATABASE when @from is damaged: nothing of
 * it is added then, and others still can be; those of the writer, KL_ERROR_INTERRUPTED: nothing more can be.
 */
struct kl_error *kl_merge_add(struct kl_merge *m, struct kl_store *from, const int64_t *only, size_t n,
			      struct kl_merge_counts *ret);

/** kl_merge_commit() - make all that was added visible. */
struct kl_error *kl_merge_commit(struct kl_merge *m);

/** kl_merge_destroy() - free @m; takes back what was not committed. */
void kl_merge_destroy(struct kl_merge *m);
KL_DEFINE_CLEANUP(struct kl_merge *, kl_merge_destroy)

/** kl_store_is_same() - whether both are one file. */
bool kl_store_is_same(const struct kl_store *a, const struct kl_store *b);

#endif
