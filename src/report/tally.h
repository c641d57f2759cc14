/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tally.h: the findings of a run added up by what they have in common: report --by. */
#ifndef KL_REPORT_TALLY_H
#define KL_REPORT_TALLY_H

#include "report/select.h"
#include "store/reader.h"

/* X(IDENTIFIER, name, what it is) */
#define KL_TALLIED_BY(X)                                                                               \
	X(STACK, "stack", "groups with their stacks (the default)")                                    \
	X(SITE, "site", "call site as profiling names it; else the blamed line, or function")          \
	X(MODULE, "module", "module of the blamed function; \"kernel\", \"unloaded\" or \"no stack\"") \
	X(TASK, "task", "name of the task that allocated it")                                          \
	X(CACHE, "cache", "slab cache; \"none known\" for pages, per-CPU memory and what no slab told of")

enum kl_tallied_by {
#define X(identifier, name, meaning) KL_BY_##identifier,
	KL_TALLIED_BY(X)
#undef X
};

/** kl_tallied_by_name() - "module"; kl_tallied_by_find() - the other way round. Errors: KL_ERROR_USAGE. */
const char *kl_tallied_by_name(enum kl_tallied_by by);
struct kl_error *kl_tallied_by_find(const char *name, enum kl_tallied_by *ret);

struct kl_tally {
	const char *name;
	int64_t objects, bytes;
	int64_t leaked_objects, leaked_bytes;
};

struct kl_tallies;

/** kl_tallies_create() - add up with kl_tallies_add(), one finding after the other; then kl_tallies_each() gives the
 * sums, most leaked bytes first. @boot_id: of the run; may be NULL. */
struct kl_error *kl_tallies_create(struct kl_reader *reader, const char *boot_id, enum kl_tallied_by by,
				   struct kl_tallies **ret);
void kl_tallies_destroy(struct kl_tallies *t);
KL_DEFINE_CLEANUP(struct kl_tallies *, kl_tallies_destroy)

/** kl_tallies_add() - errors: those of the reader, KL_ERROR_NOMEM. */
struct kl_error *kl_tallies_add(struct kl_tallies *t, const struct kl_store_finding *finding);

typedef struct kl_error *kl_tally_fn(void *context, const struct kl_tally *tally);
/** kl_tallies_each() - at most @limit of them; all for 0. */
struct kl_error *kl_tallies_each(struct kl_tallies *t, int64_t limit, kl_tally_fn *fn, void *context);

#endif
