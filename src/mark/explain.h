/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain.h: a second chance for white objects: who, in memory that kmemleak does not track, holds their addresses?
 *
 * What is found explains an object, it never hides it: it stays white, and its verdict says where the reference is.
 */
#ifndef KL_MARK_EXPLAIN_H
#define KL_MARK_EXPLAIN_H

#include "mark/precise.h"

/** kl_explain_search() - for every row of the heap the address of a word in @pages that points to it, 0 if none does.
 * Addresses of starts and of insides count alike. @missing: how many bytes of @pages are not in the dump.
 * @ret: malloc'ed array. Errors: out of memory, KL_ERROR_INTERRUPTED.
 */
struct kl_error *kl_explain_search(const struct kl_mark_input *in, const struct kl_roots *pages, uint64_t *missing,
				   uint64_t **ret);

/** kl_explain_mark() - fill the columns `explained` and `explained_by` of @mark for its white objects: those that
 * @holders names, and everything white that they lead to by references that count. Errors: out of memory. */
struct kl_error *kl_explain_mark(const struct kl_heap *heap, const struct kl_references *refs,
				 const struct kl_precise_settings *settings, const uint64_t *holders,
				 struct kl_mark *mark);

#endif
