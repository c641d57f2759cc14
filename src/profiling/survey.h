/* SPDX-License-Identifier: GPL-2.0-or-later */
/* survey.h: all that memory allocation profiling left in a dump, in the order in which one part needs the other. */
#ifndef KL_PROFILING_SURVEY_H
#define KL_PROFILING_SURVEY_H

#include "heap/heap.h"
#include "profiling/audit.h"
#include "profiling/profiling.h"

struct kl_profiling_survey {
	struct kl_profiling profiling;
	struct kl_object_places places;
	uint64_t deduced; /* objects whose call site was told by another object's stack */
	struct kl_census census;
	struct kl_audit audit;
};

/** kl_profiling_survey_read() - tags, counters, the objects' call sites, census, audit.
 * @heap: its column `tag` is filled.
 * @ret:  destroyed by the caller with kl_profiling_survey_deinit(); must not be moved. Empty where the kernel has no
 *        profiling. Errors: KL_ERROR_NOMEM, KL_ERROR_INTERRUPTED. */
struct kl_error *kl_profiling_survey_read(struct kl_kernel *k, const struct kl_progress *progress, struct kl_heap *heap,
					  struct kl_profiling_survey *ret);
void kl_profiling_survey_deinit(struct kl_profiling_survey *s);

#endif
