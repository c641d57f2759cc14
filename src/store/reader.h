/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reader.h: runs read back, row by row, in an order that is always the same.
 *
 * Rows come through callbacks; the strings in them are valid only during the call. A callback that returns an error
 * ends the reading with that error. Everything is checked for its type: a tampered database gives KL_ERROR_DATABASE,
 * never a crash. Callbacks may use the same reader, except to start the same kind of reading again.
 */
#ifndef KL_STORE_READER_H
#define KL_STORE_READER_H

#include "store/rows.h"
#include "store/store.h"
#include "util/strbuf.h"

struct kl_reader;

/** kl_reader_create() - @store outlives the reader. */
struct kl_error *kl_reader_create(struct kl_store *store, struct kl_reader **ret);
void kl_reader_destroy(struct kl_reader *r);
KL_DEFINE_CLEANUP(struct kl_reader *, kl_reader_destroy)

/** kl_reader_run() - the record of run @id, of the newest run for 0.
 * @ret: destroyed by the caller with kl_store_run_deinit().
 *
 * Errors: KL_ERROR_NOT_FOUND.
 */
struct kl_error *kl_reader_run(struct kl_reader *r, int64_t id, struct kl_store_run *ret);
void kl_store_run_deinit(struct kl_store_run *run); /* only for records from kl_reader_run() */

/** kl_reader_find_run() - number of the newest run of this very dump (same path, size and time) that was made with
 * @policy and has @settings as its option "settings"; 0 when there is none. */
struct kl_error *kl_reader_find_run(struct kl_reader *r, const char *dump, int64_t size, int64_t mtime_ns,
				    const char *policy, const char *settings, int64_t *ret);

/** kl_reader_newest_pair() - the two newest dumps of the machine whose dump was analyzed last, the older one first; of
 * each the newest run. A machine is known by its host name, or, without one, by its boot or its kernel.
 * Errors: KL_ERROR_NOT_FOUND when there is only one. */
struct kl_error *kl_reader_newest_pair(struct kl_reader *r, int64_t ret[2]);

/** kl_reader_option() - append the value of the run's option @name to @ret; nothing when it has none. */
struct kl_error *kl_reader_option(struct kl_reader *r, int64_t run_id, const char *name, struct kl_strbuf *ret);

/** kl_reader_run_ids() - the numbers of all runs, ascending. @ret is freed by the caller. */
struct kl_error *kl_reader_run_ids(struct kl_reader *r, int64_t **ret, size_t *count);

/* Most leaked bytes first, then most bytes. */
typedef struct kl_error *kl_group_fn(void *context, const struct kl_store_group *group);
struct kl_error *kl_reader_groups(struct kl_reader *r, int64_t run_id, kl_group_fn *fn, void *context);

/* In the order in which they were added: that of the heap. */
typedef struct kl_error *kl_finding_fn(void *context, const struct kl_store_finding *finding);
struct kl_error *kl_reader_findings(struct kl_reader *r, int64_t run_id, kl_finding_fn *fn, void *context);

/* The call sites of allocation profiling. */
enum kl_allocation_order {
	KL_ALLOCATIONS_LISTED,   /* all, in the order of /proc/allocinfo */
	KL_ALLOCATIONS_BY_BYTES, /* those that hold something, largest first; of equals the first in the listing */
	KL_ALLOCATIONS_BY_CALLS,
	KL_ALLOCATIONS_BY_AVERAGE, /* bytes per call */
	KL_ALLOCATIONS_UNLOADED,   /* those of modules that were unloaded, by bytes */
	KL_ALLOCATIONS_DIFFERING,  /* counters and census differ; by cause, then by how much */
};
typedef struct kl_error *kl_allocation_fn(void *context, const struct kl_store_allocation *allocation);
/** kl_reader_allocations() - at most @limit of them, all for -1. */
struct kl_error *kl_reader_allocations(struct kl_reader *r, int64_t run_id, enum kl_allocation_order order,
				       int64_t limit, kl_allocation_fn *fn, void *context);

/* What all call sites of a run come to. */
struct kl_store_allocation_sums {
	int64_t sites, bytes, calls; /* that hold something, by the counters */
	int64_t claimed, accounted;  /* bytes: positive counters, and what of them was found */
	int64_t differing;           /* sites whose counters and census differ */
	int64_t unloaded_bytes;      /* held by modules that are gone */
};
struct kl_error *kl_reader_allocation_sums(struct kl_reader *r, int64_t run_id, struct kl_store_allocation_sums *ret);

typedef struct kl_error *kl_growth_fn(void *context, const struct kl_store_growth *growth);
/** kl_reader_growth() - stacks, and then call sites if both runs know them, of which run @run_b has at least @least
 * more bytes than @run_a that do not leak; the largest difference first. */
struct kl_error *kl_reader_growth(struct kl_reader *r, int64_t run_a, int64_t run_b, int64_t least, kl_growth_fn *fn,
				  void *context);

typedef struct kl_error *kl_history_fn(void *context, const struct kl_store_history *history);
/** kl_reader_history() - all runs of the machines that ever had the stack @stack_hash or, when it is not NULL, the
 * call site @site (a glob over "file:line"), by the time of their dumps. */
struct kl_error *kl_reader_history(struct kl_reader *r, uint64_t stack_hash, const char *site, kl_history_fn *fn,
				   void *context);

/* In the kernel's order. */
typedef struct kl_error *kl_listing_fn(void *context, const struct kl_store_listing *entry);
struct kl_error *kl_reader_listing(struct kl_reader *r, int64_t run_id, kl_listing_fn *fn, void *context);

typedef struct kl_error *kl_anomaly_fn(void *context, const struct kl_store_anomaly *anomaly);
struct kl_error *kl_reader_anomalies(struct kl_reader *r, int64_t run_id, kl_anomaly_fn *fn, void *context);

/* In the order in which they were added. */
typedef struct kl_error *kl_advice_fn(void *context, const struct kl_store_advice *advice);
struct kl_error *kl_reader_advice(struct kl_reader *r, int64_t run_id, kl_advice_fn *fn, void *context);

/* By kind, then name. */
typedef struct kl_error *kl_value_fn(void *context, const struct kl_store_value *value);
struct kl_error *kl_reader_values(struct kl_reader *r, int64_t run_id, kl_value_fn *fn, void *context);

/** kl_reader_counters() - the counters of a run, 0 for those it does not have. Members of families are among the values
 * only. @ret: KL_COUNTER_COUNT of them. */
struct kl_error *kl_reader_counters(struct kl_reader *r, int64_t run_id, int64_t ret[]);

/** kl_reader_finding_at() - the finding of the run that holds @address.
 * @fn: called once at most. @ret: whether it was. */
struct kl_error *kl_reader_finding_at(struct kl_reader *r, int64_t run_id, uint64_t address, kl_finding_fn *fn,
				      void *context, bool *ret);

/** kl_reader_group_findings() - the findings whose stacks were normalized to @stack_hash, in the order of the heap. */
struct kl_error *kl_reader_group_findings(struct kl_reader *r, int64_t run_id, uint64_t stack_hash, kl_finding_fn *fn,
					  void *context);

typedef struct kl_error *kl_reference_fn(void *context, const struct kl_store_word *word);
/** kl_reader_references() - the stored references to the object at @address, or, with @from, those that stand in it, by
 * address of the word. */
struct kl_error *kl_reader_references(struct kl_reader *r, int64_t run_id, uint64_t address, bool from,
				      kl_reference_fn *fn, void *context);

/** kl_reader_stack() - the frames of a stack, innermost first; none for an unknown @stack_id.
 * @ret: owned by the reader, valid until the next call.
 */
struct kl_error *kl_reader_stack(struct kl_reader *r, int64_t stack_id, const struct kl_store_frame **ret,
				 size_t *count);

/** kl_reader_named_stack() - the same with all that the database knows about these frames: names of functions from
 * other dumps of boot @boot_id, because a module that was unloaded has none any more, and source lines from runs that
 * had debug information. @boot_id: NULL when it is not known.
 * @borrowed: whether names come from another dump; may be NULL.
 */
struct kl_error *kl_reader_named_stack(struct kl_reader *r, int64_t stack_id, const char *boot_id,
				       const struct kl_store_frame **ret, size_t *count, bool *borrowed);

/** kl_reader_better_stack() - the stack with the same addresses that knows most of their symbols, among those that runs
 * of boot @boot_id met: a module that was unloaded has no symbols any more, but an earlier dump of that boot has them.
 * @boot_id: NULL when it is not known; then, and when there is no better one, the result is @stack_id itself.
 * @ret_stack_hash: of its normalized form.
 */
struct kl_error *kl_reader_better_stack(struct kl_reader *r, int64_t stack_id, const char *boot_id, int64_t *ret,
					uint64_t *ret_stack_hash);

#endif
