/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inquiry.h: who holds this? Every word of the dump that holds an object's address, and what it is worth.
 *
 * Two sources are held against each other: the references that the marking knows (mark/references.h), and a raw search
 * of all memory (raw_search.h). What only the search finds stands in memory that no scan looks at, and the owner of
 * that memory (kernel/facts/owner.h) says why. So every word gets one class, and the classes add up to what the search
 * found. */
#ifndef KL_ANALYSIS_INQUIRY_H
#define KL_ANALYSIS_INQUIRY_H

#include "analysis/analysis.h"
#include "analysis/places.h"
#include "kernel/facts/owner.h"
#include "store/rows.h"

struct kl_inquiry {
	struct kl_analysis *a; /* borrowed */
	struct kl_owners owners;
	struct kl_places places;
	struct kl_naming naming; /* by plugins */
};

/** kl_inquiry_begin() - get ready to answer questions about @a.
 * @q: zeroed; destroyed by the caller with kl_inquiry_deinit(), after an error too. Must not be moved.
 * Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_inquiry_begin(struct kl_analysis *a, struct kl_inquiry *q);
void kl_inquiry_deinit(struct kl_inquiry *q);

/** kl_inquiry_find() - the row of the object that holds @address: a virtual address, a physical object's own, or a
 * per-CPU cookie or the address of a copy. KL_NO_OBJECT when none does. */
uint32_t kl_inquiry_find(struct kl_inquiry *q, uint64_t address);

/** kl_inquiry_has_references() - was @a marked under the policy precise, which keeps references? Without them objects
 * can be named, and the functions below find nothing. */
bool kl_inquiry_has_references(const struct kl_inquiry *q);

/** kl_inquiry_finding() - the finding that row @row is; NULL when it is none. */
const struct kl_finding *kl_inquiry_finding(const struct kl_inquiry *q, uint32_t row);

/* @row: whom the word holds. The strings of @word are valid during the call. */
typedef struct kl_error *kl_word_fn(void *context, uint32_t row, const struct kl_store_word *word);

/** kl_inquiry_words() - all words that hold the addresses of @rows, @n of them: row by row in ascending order,
 * words by physical address, then registers.
 * Errors: of @fn, KL_ERROR_NOMEM, KL_ERROR_INTERRUPTED. Cost: that of kl_raw_search(), however many rows. */
struct kl_error *kl_inquiry_words(struct kl_inquiry *q, const uint32_t *rows, size_t n, kl_word_fn *fn, void *context);

/** kl_inquiry_references() - without a search, only the references that the marking knows: those to @row, or, with
 * @from, those that stand in it. Likewise. */
struct kl_error *kl_inquiry_references(struct kl_inquiry *q, uint32_t row, bool from, kl_word_fn *fn, void *context);

/** kl_inquiry_all_references() - to all objects that have a byte set in @wanted (one per row), in the order of
 * rows. */
struct kl_error *kl_inquiry_all_references(struct kl_inquiry *q, const uint8_t *wanted, kl_word_fn *fn, void *context);

/** kl_inquiry_counts() - does reference @ref, of node @node, keep its object from being a finding? */
bool kl_inquiry_counts(const struct kl_inquiry *q, size_t node, const struct kl_reference *ref);

#endif
