/* SPDX-License-Identifier: GPL-2.0-or-later */
/* doubts.h: how far a word that counts may be doubted, for telling how an object is reached.
 *
 * In memory that had other owners before, most objects are named by more words than hold them, and no single word tells
 * which it is. But what programs write is regular: structs of a kind hold structs of a kind at the same offset, lists
 * and trees link one offset to one offset, and neighbors point back; what was left behind does none of it. On eight
 * dirty boots of the lab, where it is known which words hold the living objects, the shares of true words were those
 * given here.
 *
 * Costs are compared tier by tier: no number of words of a lower tier outweighs one of a higher.
 */
#ifndef KL_ANALYSIS_DOUBTS_H
#define KL_ANALYSIS_DOUBTS_H

#include "analysis/inquiry.h"
#include "util/map.h"

/* Identifier, tier, cost within it, what the reader is told: NULL where there is nothing to doubt. */
#define KL_DOUBTS(X)                                                                             \
	/* erased memory, known roots, registers: 100 % */                                       \
	X(NONE, 0, 2, NULL)                                                                      \
	/* three alike, a link of a list or tree, a member declared as a pointer: 99.9 % */      \
	X(REGULAR, 0, 3, NULL)                                                                   \
	/* a table of objects of a kind, or of places in objects: 98 % */                        \
	X(TABLE, 1, 1, NULL)                                                                     \
	/* what was written to struct pages: 99 % */                                             \
	X(STRUCT_PAGE, 1, 1, NULL)                                                               \
	/* the only word among zeroes: 99 % */                                                   \
	X(ALONE, 1, 2, NULL)                                                                     \
	/* one of the above in a page that nobody tracks: 99 %, but who wrote it is not known */ \
	X(PAGE_REGULAR, 2, 1, "nobody tracks that page")                                         \
	/* two alike, of which one links like others: 88 % */                                    \
	X(AKIN, 2, 2, "may be left over")                                                        \
	/* the frame may have a hole there: 84 % */                                              \
	X(STACK, 3, 1, "may be left over")                                                       \
	/* links like others, but has nothing else for it: 35 % */                               \
	X(FAINT, 3, 2, "may be left over")                                                       \
	X(PAGE, 4, 2, "nobody tracks that page, and the word may be left over") /* 4 % */        \
	X(STRAY, 4, 3, "may be left over")                                      /* 1 % */

enum kl_doubt {
#define X(id, tier, cost, why) KL_DOUBT_##id,
	KL_DOUBTS(X)
#undef X
};

/** kl_doubt_cost() - to be added up along a way; kl_doubt_why() - what to tell of the word, or NULL. */
uint64_t kl_doubt_cost(enum kl_doubt doubt);
const char *kl_doubt_why(enum kl_doubt doubt);

/* How many different things were seen under each key. */
struct kl_tally {
	struct kl_map counts, seen;
};

/* What is regular among all words that count. */
struct kl_doubts {
	const struct kl_inquiry *q;
	struct kl_tally tally;
};

/** kl_doubts_begin() - count what is alike. @d: zeroed; freed with kl_doubts_deinit(), after an error too.
 * Errors: KL_ERROR_NOMEM. Cost: every word that counts is read once. */
struct kl_error *kl_doubts_begin(const struct kl_inquiry *q, struct kl_doubts *d);
void kl_doubts_deinit(struct kl_doubts *d);

/** kl_doubt_of() - of reference @ref in node @node, which counts; kl_doubt_of_page_word() - of one of
 * kl_doubts_page_words(). Cost: some reads. */
enum kl_doubt kl_doubt_of(const struct kl_doubts *d, size_t node, const struct kl_reference *ref);
enum kl_doubt kl_doubt_of_page_word(const struct kl_doubts *d, const struct kl_page_word *word);

/** kl_doubts_page_words() - the words of untracked pages that were searched; may be NULL. */
const struct kl_page_words *kl_doubts_page_words(const struct kl_doubts *d);

#endif
