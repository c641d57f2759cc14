/* SPDX-License-Identifier: GPL-2.0-or-later */
/* writer.h: one run written in one transaction.
 *
 *	kl_writer_begin(store, &run, &writer);
 *	kl_writer_add_stack(writer, frames, n, &stack_id); ... kl_writer_add_finding(writer, &finding); ...
 *	kl_writer_commit(writer, &run_id);
 *	kl_writer_destroy(writer);
 *
 * Destroying a writer that was not committed takes everything back: an interrupted run leaves nothing half-written.
 * Rows may be added in any order; listing entries and findings keep the order in which they were added. One writer per
 * store at a time, used by one thread. Errors of all functions: KL_ERROR_IO (no space ...), KL_ERROR_DATABASE,
 * KL_ERROR_NOMEM, KL_ERROR_BUSY (beginning and committing), KL_ERROR_INTERRUPTED; after one the writer can only be
 * destroyed.
 */
#ifndef KL_STORE_WRITER_H
#define KL_STORE_WRITER_H

#include "store/counters.h"
#include "store/rows.h"
#include "store/store.h"

struct kl_writer;

/** kl_writer_begin() - lock the database and write @run's record. @store must be open for writing and outlives the
 * writer. @run->id: 0, or KL_RUN_REPLACES; finished_ms = KL_UNKNOWN is filled by the commit. */
struct kl_error *kl_writer_begin(struct kl_store *store, const struct kl_store_run *run, struct kl_writer **ret);

/** kl_writer_add_stack() - the identifier of a stack; the same frames always get the same one.
 * @frames: innermost first; @n may be 0.
 *
 * Cost: a hash over the texts when the stack is known, @n inserts when it is new to the file.
 */
struct kl_error *kl_writer_add_stack(struct kl_writer *w, const struct kl_store_frame *frames, size_t n, int64_t *ret);

/** kl_writer_add_site() - the identifier of a call site; the same place always gets the same one. */
struct kl_error *kl_writer_add_site(struct kl_writer *w, const struct kl_store_site *site, int64_t *ret);

/** kl_writer_known_site() - the call site that another run of this boot knew for the tag at address @tag in line @line;
 * 0 when none did. The names of a tag go with its module, but an earlier dump may have them. */
struct kl_error *kl_writer_known_site(struct kl_writer *w, uint64_t tag, int64_t line, int64_t *ret);

/** kl_writer_add_allocation() - the next call site of the run, in the order of /proc/allocinfo. */
struct kl_error *kl_writer_add_allocation(struct kl_writer *w, const struct kl_store_allocation *allocation);

struct kl_error *kl_writer_add_finding(struct kl_writer *w, const struct kl_store_finding *finding);

/** kl_writer_add_reference() - a word that holds an object of the run, finding or not. */
struct kl_error *kl_writer_add_reference(struct kl_writer *w, const struct kl_store_word *word);

/** kl_writer_add_total() - count live objects, findings or not; rows of one stack and class are added up. */
struct kl_error *kl_writer_add_total(struct kl_writer *w, const struct kl_store_total *total);

/** kl_writer_add_listing() - the next entry of what the kernel's own listing would have shown. */
struct kl_error *kl_writer_add_listing(struct kl_writer *w, const struct kl_store_listing *entry);

/** kl_writer_add_anomaly() - something in the dump that cannot be right.
 * @kind: a few words, the same for all of its kind; @address: where, or NULL; @message: one line. */
struct kl_error *kl_writer_add_anomaly(struct kl_writer *w, const char *kind, const uint64_t *address,
				       const char *message);

/** kl_writer_add_advice() - the next rule or plugin of the run. */
struct kl_error *kl_writer_add_advice(struct kl_writer *w, const struct kl_store_advice *advice);

/* Named values of the run; a name written twice keeps the later value. */

/** kl_writer_add_counter() - @counter must not be a family: its members are added with kl_writer_add_member(). */
struct kl_error *kl_writer_add_counter(struct kl_writer *w, enum kl_counter counter, int64_t value);
struct kl_error *kl_writer_add_member(struct kl_writer *w, enum kl_counter family, const char *member, int64_t value);
struct kl_error *kl_writer_add_duration(struct kl_writer *w, const char *phase, double milliseconds);
struct kl_error *kl_writer_add_option(struct kl_writer *w, const char *name, const char *value);
struct kl_error *kl_writer_add_library(struct kl_writer *w, const char *name, const char *version);

/** kl_writer_mark_partial() - what was met while the run was written: it is partial, for the reason @why. */
struct kl_error *kl_writer_mark_partial(struct kl_writer *w, const char *why);

/** kl_writer_commit() - derive the groups and make the run visible.
 * @ret: its number.
 */
struct kl_error *kl_writer_commit(struct kl_writer *w, int64_t *ret);

/** kl_writer_destroy() - free @w; takes back what was not committed. */
void kl_writer_destroy(struct kl_writer *w);
KL_DEFINE_CLEANUP(struct kl_writer *, kl_writer_destroy)

#endif
