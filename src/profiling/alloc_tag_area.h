/* SPDX-License-Identifier: GPL-2.0-or-later */
/* alloc_tag_area.h: where arrays of allocation tags lie. */
#ifndef KL_PROFILING_ALLOC_TAG_AREA_H
#define KL_PROFILING_ALLOC_TAG_AREA_H

#include "profiling/alloc_tag.h"

struct kl_tag_area {
	uint64_t start, stop; /* [start, stop) holds struct alloc_tag, one after the other */
	bool listed;          /* /proc/allocinfo prints it */
	bool unloaded;        /* its module is gone */
	bool unsure;          /* tags begin somewhere in here: every one is to be looked at with suspicion */
};

struct kl_tag_areas {
	KL_VEC(struct kl_tag_area) list; /* listed ones first, in the order of /proc/allocinfo */
};

/** kl_tag_areas_read() - fill @info with the state of profiling, and @ret with every area of tags.
 * Damage leaves anomalies. Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_tag_areas_read(struct kl_kernel *k, struct kl_profiling_info *info, struct kl_tag_areas *ret);

#endif
