/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cache.h: recently read pages, indexed by page frame.
 *
 * It stands above libkdumpfile's own cache, which compares its keys one by one under a lock and costs 4 to 8 us per
 * page at its default size; that one is kept at 16 pages (0.3 us) and this one holds the working set. A hit is one hash
 * lookup. Replacement is CLOCK: a page that was read once, as most are in a scan, goes before one that was read again.
 */
#ifndef KL_IMAGE_CACHE_H
#define KL_IMAGE_CACHE_H

#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

struct kl_page_cache;

/** kl_page_cache_create() - room for @bytes / (1 << @page_shift) pages, at least 16. Memory is touched as it fills. */
struct kl_error *kl_page_cache_create(unsigned int page_shift, size_t bytes, struct kl_page_cache **ret);
void kl_page_cache_destroy(struct kl_page_cache *c);

/** kl_page_cache_get() - the page, or NULL. Valid until the next kl_page_cache_reserve(). */
const uint8_t *kl_page_cache_get(struct kl_page_cache *c, uint64_t pfn);

/** kl_page_cache_reserve() - a page-sized buffer to read into; whatever was in it is forgotten. */
uint8_t *kl_page_cache_reserve(struct kl_page_cache *c);

/** kl_page_cache_commit() - the buffer of the last kl_page_cache_reserve() now holds @pfn, which was not in the cache.
 * Without it the buffer is reserved again next time. */
void kl_page_cache_commit(struct kl_page_cache *c, uint64_t pfn);

#endif
