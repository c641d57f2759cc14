/* SPDX-License-Identifier: GPL-2.0-or-later */
/* whatis.h: what is at an address: an object with its whole history, or whatever else the memory belongs to. */
#ifndef KL_ANALYSIS_WHATIS_H
#define KL_ANALYSIS_WHATIS_H

#include "analysis/answer.h"

struct kl_whatis {
	struct kl_store_thing thing;
	struct kl_answers texts; /* what its strings point to */
};

/** kl_whatis_find() - what is at @address, with at most @content bytes of what stands there.
 * @ret: zeroed; freed with kl_whatis_deinit(), after an error too.
 * Errors: KL_ERROR_NOT_FOUND when nothing is mapped there, KL_ERROR_MISSING when the dump lacks the page or one of its
 * page tables; KL_ERROR_NOMEM. */
struct kl_error *kl_whatis_find(struct kl_inquiry *q, uint64_t address, size_t content, struct kl_whatis *ret);
void kl_whatis_deinit(struct kl_whatis *w);

#endif
