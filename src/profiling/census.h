/* SPDX-License-Identifier: GPL-2.0-or-later */
/* census.h: everything that has a reference to an allocation tag, counted: pages, slab objects, per-CPU allocations.
 *
 * One pass over all struct pages, and over the extension vectors of all slabs on the way.
 */
#ifndef KL_PROFILING_CENSUS_H
#define KL_PROFILING_CENSUS_H

#include "profiling/profiling.h"
#include "util/profiling_words.h"

/* What refers to one tag. */
struct kl_tag_count {
	uint64_t slab_objects, slab_bytes;
	uint64_t page_calls, pages;
	uint64_t stale_pages;                /* free pages that still refer to it */
	uint64_t percpu_calls, percpu_bytes; /* bytes on one CPU */
};

struct kl_census {
	KL_VEC(struct kl_tag_count) tags; /* by index of the tag */
	uint64_t pages[KL_PAGE_USE_COUNT];
	uint64_t slabs;
	uint64_t slab_pages;
	uint64_t slabs_without_vector, objects_without_vector; /* objects in use there */
	uint64_t slabs_failed;                                 /* of these, the vector could not be allocated */
	uint64_t objects_empty;                                /* marked as having no call site */
	uint64_t objects_stale;   /* references beyond the objects in use, at least: freed while profiling was off */
	uint64_t references_lost; /* vectors' entries that the dump lacks */
	uint64_t references_invalid;
	bool damaged; /* something could not be counted at all: an anomaly says what */
};

/** kl_census_take() - count all references.
 * @ret: destroyed by the caller with kl_census_deinit().
 * Errors: KL_ERROR_NOMEM, KL_ERROR_INTERRUPTED. */
struct kl_error *kl_census_take(struct kl_profiling *p, const struct kl_progress *progress, struct kl_census *ret);
void kl_census_deinit(struct kl_census *c);
#define _cleanup_census_ _cleanup_(kl_census_deinit)

#endif
