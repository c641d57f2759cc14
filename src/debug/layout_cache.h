/* SPDX-License-Identifier: GPL-2.0-or-later */
/* layout_cache.h: answers of kl_debug_resolve() kept on disk, so that a second run needs no DWARF.
 *
 * One small text file per kernel build-id and request table in DIR/layouts. The cache never makes a run fail: whatever
 * is missing, damaged, truncated or made for another table is a miss. Files appear by rename, so concurrent runs see
 * a whole one or none.
 */
#ifndef KL_DEBUG_LAYOUT_CACHE_H
#define KL_DEBUG_LAYOUT_CACHE_H

#include <stdbool.h>
#include <stddef.h>

#include "debug/request.h"
#include "util/error.h"

/** kl_layout_cache_load() - fill @result with the stored answers to the @n @requests for the kernel @build_id (hex).
 * @cache_dir: as kl_cache_dir().
 * @build_id:  NULL is always a miss.
 * @hit:       false when there is no usable answer; the targets are zero then.
 * Errors: KL_ERROR_NOMEM only.
 */
struct kl_error *kl_layout_cache_load(const char *cache_dir, const char *build_id, const struct kl_request *requests,
				      size_t n, void *result, bool *hit);

/** kl_layout_cache_store() - keep @result, complete answers to @requests, for kl_layout_cache_load().
 * Creates the directory. Errors (KL_ERROR_IO, KL_ERROR_NOT_FOUND without a home directory or build-id,
 * KL_ERROR_NOMEM) tell why nothing was stored; the run goes on.
 */
struct kl_error *kl_layout_cache_store(const char *cache_dir, const char *build_id, const struct kl_request *requests,
				       size_t n, const void *result);

#endif
