/* SPDX-License-Identifier: GPL-2.0-or-later */
/* remove.h: runs taken out of a database, or given a name. */
#ifndef KL_STORE_REMOVE_H
#define KL_STORE_REMOVE_H

#include <stddef.h>
#include <stdint.h>

#include "store/store.h"

/** kl_store_remove_runs() - remove runs and what only they met (stacks, call sites, names), in one transaction, and
 * give the space back. Later dumps of their boots are judged anew. @store: open for writing.
 * Errors: KL_ERROR_NOT_FOUND for a number that there is not, and then nothing is removed; those of the writer. */
struct kl_error *kl_store_remove_runs(struct kl_store *store, const int64_t *runs, size_t n);

/** kl_store_label_runs() - call runs @label; NULL takes the name away. Errors: likewise. */
struct kl_error *kl_store_label_runs(struct kl_store *store, const int64_t *runs, size_t n, const char *label);

/** kl_store_clear_run() - remove the rows of run @id in every table that belongs to runs, and its record. In the
 * transaction of the caller; what it shared with others stays. */
struct kl_error *kl_store_clear_run(struct kl_store *store, int64_t id);

#endif
