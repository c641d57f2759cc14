/* SPDX-License-Identifier: GPL-2.0-or-later */
/* alloc_tag_counters.h: the per-CPU counters behind allocation tags. */
#ifndef KL_PROFILING_ALLOC_TAG_COUNTERS_H
#define KL_PROFILING_ALLOC_TAG_COUNTERS_H

#include "profiling/alloc_tag.h"

/** kl_tag_counters_read() - fill bytes and calls of the tags from index @from on, as the kernel sums them: over all
 * possible CPUs, wrapping around. Counters that are not there set KL_TAG_NO_COUNTERS, with an anomaly where they should
 * be. Errors: KL_ERROR_NOMEM. Cost: each CPU's copy is read once, in order of address. */
struct kl_error *kl_tag_counters_read(struct kl_kernel *k, struct kl_alloc_tags *tags, size_t from);

/** kl_tag_counters_are_own() - whether the counters of @tag are a per-CPU allocation of just their size, as they are
 * since the kernel allocates those of modules (6.15). */
bool kl_tag_counters_are_own(const struct kl_alloc_tags *tags, const struct kl_alloc_tag *tag);

#endif
