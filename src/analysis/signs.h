/* SPDX-License-Identifier: GPL-2.0-or-later */
/* signs.h: what findings of which nobody kept a stack are, by what they hold: a table of operations, a function, a
 * variable of the kernel or of a module. Findings of one slab cache are told apart by it, as far as they can be.
 *
 * It is a guess: what stands in an object need not be its own, and memory that nobody erased holds what was there
 * before. So it never changes a verdict. It becomes the frame behind that of the cache: "holds vidcap_ops [vidcap]".
 */
#ifndef KL_ANALYSIS_SIGNS_H
#define KL_ANALYSIS_SIGNS_H

#include "analysis/judgement.h"
#include "analysis/snapshot.h"

/** kl_signs_find() - give the findings of @j that have no stack a second frame, where they hold a sign.
 * Reads the content of these objects. Errors: KL_ERROR_NOMEM, KL_ERROR_INTERRUPTED. */
struct kl_error *kl_signs_find(const struct kl_opened *o, const struct kl_judgement *j, struct kl_snapshot *s);

#endif
