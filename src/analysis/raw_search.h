/* SPDX-License-Identifier: GPL-2.0-or-later */
/* raw_search.h: every word of a dump that holds an address, whoever's memory it stands in.
 *
 * Knows no roots, no objects' contents and no rules: it reads every page of RAM that the dump has, once, and compares
 * every aligned word. What the marking and the answers about it say is held against this.
 */
#ifndef KL_ANALYSIS_RAW_SEARCH_H
#define KL_ANALYSIS_RAW_SEARCH_H

#include "analysis/marking.h"

struct kl_raw_hit {
	uint32_t row;      /* whose address it holds, or one inside */
	uint64_t physical; /* address of the word */
	uint64_t word;     /* with its tag reset where pointers have tags */
};

struct kl_raw_hits {
	KL_VEC(struct kl_raw_hit) list; /* ascending by row, then by physical address */
};

/** kl_raw_search() - look for the addresses of @rows, @n of them.
 * Of an object any address inside counts, of a per-CPU object any inside its copies. Its cookie does so only where
 * cookies look like addresses; where they are small integers (kl_address_space.small_cookies) the exact one is looked
 * for, with the flags of percpu_ref or without. Physical objects are named by their addresses in the direct map.
 * @ret: freed with kl_vec_deinit(&ret->list). Errors: KL_ERROR_NOMEM, KL_ERROR_INTERRUPTED. Cost: one pass over all
 * pages, however many addresses: 128 MiB take 0.06 s. */
struct kl_error *kl_raw_search(struct kl_image *image, const struct kl_marking *m, const uint32_t *rows, size_t n,
			       struct kl_raw_hits *ret);

#endif
