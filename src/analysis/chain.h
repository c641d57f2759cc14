/* SPDX-License-Identifier: GPL-2.0-or-later */
/* chain.h: how an object is reached from a root, over references that count.
 *
 * In memory that had other owners before, most objects have more than one way, and the shortest one often leads over a
 * leftover: on a dirty machine of the lab the chains of 355 of 2641 live objects named a word that does not hold them.
 * So the way with the fewest doubtful words is told, and only among those a short one. Doubtful is a word in memory
 * that nobody is known to have initialized (KL_GRADE_THIN) unless it has its like (mark/likes.h), and what stands on a
 * stack or in a struct page, where variables and unions are left behind.
 */
#ifndef KL_ANALYSIS_CHAIN_H
#define KL_ANALYSIS_CHAIN_H

#include "analysis/inquiry.h"
#include "mark/likes.h"

/* One word on the way, from the root on. */
struct kl_hop {
	size_t node; /* of the references: what the word stands in */
	uint32_t to; /* row */
	const struct kl_reference *reference;
	bool doubtful; /* the word may be a leftover */
	bool passed;   /* the word holds a vm_struct, which stands for the area that is `to` */
};

struct kl_hops {
	KL_VEC(struct kl_hop) list;
};

/* All references that count, by the object they lead to. */
struct kl_chains {
	struct kl_inquiry *q;
	size_t *first; /* rows + 1 entries: those to row r are incoming[first[r] .. first[r + 1]) */
	struct kl_hop *incoming;
	uint32_t *seen;    /* per row: number of the question that reached it last */
	uint32_t *put_off; /* likewise: over one doubtful word more than what is visited now */
	uint32_t *queue;   /* rows to be visited */
	uint32_t *later;   /* rows that were put off */
	size_t *next;      /* per row: the reference in it that leads on to the object, as an index of `incoming` */
	uint32_t questions;
};

/** kl_chains_begin() - sort the references. @c: zeroed; freed with kl_chains_deinit(), after an error too.
 * Errors: KL_ERROR_NOMEM. Cost: two visits per reference. */
struct kl_error *kl_chains_begin(struct kl_inquiry *q, struct kl_chains *c);
void kl_chains_deinit(struct kl_chains *c);

/** kl_chain_to() - how @row is reached: @ret begins at a root, a register, or an object that is never reported (static
 * data, and what the kernel said is no leak) or was written since the kernel's last look. Empty when nothing leads to
 * it, or it is itself such an object. Errors: KL_ERROR_NOMEM.
 * Cost: one visit per reference at most. Cycles are no trouble: every object is visited once. */
struct kl_error *kl_chain_to(struct kl_chains *c, uint32_t row, struct kl_hops *ret);

#endif
