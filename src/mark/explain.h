/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain.h: a second chance for white objects: who, in memory that kmemleak does not track, holds their addresses?
 *
 * What is found explains an object, it never hides it: it stays white, and its verdict says where the reference is.
 */
#ifndef KL_MARK_EXPLAIN_H
#define KL_MARK_EXPLAIN_H

#include "mark/precise.h"

/* A word in an untracked page that points to an object. */
struct kl_page_word {
	uint64_t at;
	uint32_t to; /* row of the heap */
	bool inside; /* not to its start */
};

struct kl_page_words {
	KL_VEC(struct kl_page_word) list; /* in the order of the pages */
	uint64_t missing;                 /* bytes of these pages that are not in the dump */
};

/** kl_explain_search() - all words in @pages that point to objects, to their starts and to their insides alike.
 * @ret: destroyed by the caller with kl_page_words_deinit(). Errors: out of memory, KL_ERROR_INTERRUPTED. */
struct kl_error *kl_explain_search(const struct kl_mark_input *in, const struct kl_roots *pages,
				   struct kl_page_words *ret);
void kl_page_words_deinit(struct kl_page_words *words);

/** kl_explain_mark() - fill the columns `explained` and `explained_by` of @mark for its white objects: those that
 * @words lead to, and everything white that they lead to by references that count. Objects that siblings.h made weak
 * are left out: it has judged the same words. May be called again when @mark has changed. Errors: out of memory. */
struct kl_error *kl_explain_mark(const struct kl_heap *heap, const struct kl_references *refs,
				 const struct kl_precise_settings *settings, const struct kl_page_words *words,
				 struct kl_mark *mark);

/** kl_explain_excused() - the same for objects that are excused otherwise, white ones and those that are grey because
 * their content changed: those of which @reasons[row], one per row, is not 0. That goes to `explained_by`, and @how to
 * `explained`. Errors: out of memory. */
struct kl_error *kl_explain_excused(const struct kl_heap *heap, const struct kl_references *refs,
				    const struct kl_precise_settings *settings, const uint64_t *reasons,
				    enum kl_explained how, struct kl_mark *mark);

#endif
