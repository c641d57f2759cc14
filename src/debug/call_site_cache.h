/* SPDX-License-Identifier: GPL-2.0-or-later */
/* call_site_cache.h: answers of kl_call_sites_find() kept on disk by build-id, all of a file at once.
 *
 * Like the other caches it never makes a run fail: what is missing, damaged or made by other rules is a miss.
 */
#ifndef KL_DEBUG_CALL_SITE_CACHE_H
#define KL_DEBUG_CALL_SITE_CACHE_H

#include "debug/call_site.h"

/** kl_call_sites_load() - fill the empty list @ret with what is stored of the file @build_id; @hit: whether it was.
 * Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_call_sites_load(const char *cache_dir, const char *build_id, struct kl_call_sites *ret, bool *hit);

/** kl_call_sites_store() - keep @sites. Errors tell why nothing was stored; a run goes on without. */
struct kl_error *kl_call_sites_store(const char *cache_dir, const char *build_id, const struct kl_call_sites *sites);

#endif
