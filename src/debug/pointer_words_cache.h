/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pointer_words_cache.h: answers of kl_pointer_words_find() kept on disk by build-id.
 *
 * The list has the names that were asked for so far; a caller that needs another one resolves it and stores the longer
 * list.
 * Like the layout cache it never makes a run fail: what is missing, damaged or made by other rules is a miss.
 */
#ifndef KL_DEBUG_POINTER_WORDS_CACHE_H
#define KL_DEBUG_POINTER_WORDS_CACHE_H

#include "debug/pointer_words.h"

/** kl_pointer_words_cache_load() - fill the empty list @ret with what is stored of the file @build_id.
 * @start, @end: as in the query; a list made with others is a miss. @hit: whether @ret was filled.
 * Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_pointer_words_cache_load(const char *cache_dir, const char *build_id, uint64_t start, uint64_t end,
					     struct kl_pointer_word_list *ret, bool *hit);

/** kl_pointer_words_cache_store() - keep @list. Errors tell why nothing was stored; the run goes on. */
struct kl_error *kl_pointer_words_cache_store(const char *cache_dir, const char *build_id, uint64_t start, uint64_t end,
					      const struct kl_pointer_word_list *list);

#endif
