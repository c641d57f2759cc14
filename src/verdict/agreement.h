/* SPDX-License-Identifier: GPL-2.0-or-later */
/* agreement.h: the replay held against the kernel's own last scan.
 *
 * The kernel leaves the colours of its last scan behind: `count` against `min_count`. Objects that existed when that
 * scan began should have the same colour in our replay; the ones that do not are named with the reason where one can be
 * told.
 */
#ifndef KL_VERDICT_AGREEMENT_H
#define KL_VERDICT_AGREEMENT_H

#include "heap/heap.h"
#include "mark/mark.h"

struct kl_disagreement {
	uint32_t row;
	enum kl_colour stored; /* by the kernel */
	enum kl_colour ours;
	const char *reason; /* static text */
};

struct kl_agreement {
	size_t compared; /* objects that existed at the last scan */
	size_t agreed;
	KL_VEC(struct kl_disagreement) list; /* the others, ascending by row */
};

struct kl_agreement_params {
	uint64_t last_scan; /* jiffies at its start */
	bool has_checksums;
	uint32_t initial_checksum; /* of objects the kernel never looked at */
};

/** kl_agreement_make() - compare @mark with the colours stored in @heap. @ret: freed with kl_vec_deinit(&ret->list). */
struct kl_error *kl_agreement_make(const struct kl_heap *heap, const struct kl_mark *mark,
				   const struct kl_agreement_params *params, struct kl_agreement *ret);

#endif
