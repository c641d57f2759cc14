/* SPDX-License-Identifier: GPL-2.0-or-later */
/* alloc_calls_cache.h: all answers of kl_alloc_calls_find() for one file, kept on disk by build-id.
 *
 * Like the other caches it never makes a run fail: what is missing, damaged or made by other rules is a miss.
 */
#ifndef KL_DEBUG_ALLOC_CALLS_CACHE_H
#define KL_DEBUG_ALLOC_CALLS_CACHE_H

#include "debug/alloc_calls.h"

/** kl_alloc_calls_load() - fill the empty list @ret with what is stored of the file @build_id; @hit: whether it was.
 * Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_alloc_calls_load(const char *cache_dir, const char *build_id, struct kl_alloc_calls *ret,
				     bool *hit);

/** kl_alloc_calls_store() - keep @calls. Errors tell why nothing was stored; the run goes on. */
struct kl_error *kl_alloc_calls_store(const char *cache_dir, const char *build_id, const struct kl_alloc_calls *calls);

#endif
