/* SPDX-License-Identifier: GPL-2.0-or-later */
/* restack.h: a stored run whose stacks get frames that tell more: source lines, and what was inlined.
 *
 *	kl_restack_begin(store, run_id, &writer);
 *	kl_restack_replace(writer, stack_id, frames, n); ...
 *	kl_restack_commit(writer);
 *	kl_writer_destroy(writer);
 *
 * One transaction, as a run is written in one. The stacks of other runs stay as they are.
 */
#ifndef KL_STORE_RESTACK_H
#define KL_STORE_RESTACK_H

#include "store/writer.h"

/** kl_restack_list() - the stacks of the findings of run @run_id, ascending. @ret is freed by the caller. */
struct kl_error *kl_restack_list(struct kl_store *store, int64_t run_id, int64_t **ret, size_t *count);

/** kl_restack_begin() - lock the database. Errors: as kl_writer_begin()'s. */
struct kl_error *kl_restack_begin(struct kl_store *store, int64_t run_id, struct kl_writer **ret);

/** kl_restack_replace() - @frames are of the same addresses as those of stack @stack_id, which they replace in all that
 * the run says of its objects. */
struct kl_error *kl_restack_replace(struct kl_writer *w, int64_t stack_id, const struct kl_store_frame *frames,
				    size_t n);

/** kl_restack_commit() - make it visible, with the groups derived anew. */
struct kl_error *kl_restack_commit(struct kl_writer *w);

#endif
