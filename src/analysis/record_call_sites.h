/* SPDX-License-Identifier: GPL-2.0-or-later */
/* record_call_sites.h: call sites of memory allocation profiling on their way through an analysis. */
#ifndef KL_ANALYSIS_RECORD_CALL_SITES_H
#define KL_ANALYSIS_RECORD_CALL_SITES_H

#include "heap/explanation.h"
#include "profiling/audit.h"
#include "kernel/sources/kmemleak.h"
#include "profiling/profiling.h"
#include "store/writer.h"
#include "verdict/verdict.h"

struct kl_sites {
	struct kl_profiling profiling;
	struct kl_object_places places;
	uint64_t deduced; /* objects whose call site was told by another object's stack */
	struct kl_census census;
	struct kl_audit audit;
	struct kl_explanations explanations;
};

/** kl_sites_read() - everything that profiling left in the dump; fills the column `tag` of @km's heap.
 * @ret: destroyed by the caller with kl_sites_deinit(); must not be moved. Empty where the kernel has no profiling.
 * Errors: KL_ERROR_NOMEM, KL_ERROR_INTERRUPTED. */
struct kl_error *kl_sites_read(struct kl_kernel *k, const struct kl_progress *progress, struct kl_kmemleak *km,
			       struct kl_sites *ret);
void kl_sites_deinit(struct kl_sites *s);

/** kl_sites_store() - write the call sites and what they hold.
 * @ids: receives the identifier of every tag's call site, by the values of the column `tag`; [0] is 0. Freed by the
 * caller. Errors: as the writer's. */
struct kl_error *kl_sites_store(const struct kl_sites *s, const struct kl_heap *heap,
				const struct kl_findings *findings, struct kl_writer *w, int64_t **ids);

#endif
