/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explanation.h: objects that are known to look leaked without being it, and why. Made by readers of src/kernel,
 * honoured by src/verdict. */
#ifndef KL_HEAP_EXPLANATION_H
#define KL_HEAP_EXPLANATION_H

#include <stdint.h>

#include "util/intern.h"
#include "util/vec.h"

struct kl_explanation {
	uint32_t row;    /* of the heap */
	uint32_t reason; /* identifier in kl_explanations.reasons */
};

struct kl_explanations {
	KL_VEC(struct kl_explanation) list; /* ascending by row */
	struct kl_intern *reasons;          /* words; may hold bytes from the dump */
};

static inline void kl_explanations_deinit(struct kl_explanations *e)
{
	kl_vec_deinit(&e->list);
	kl_intern_destroy(e->reasons);
	e->reasons = NULL;
}

#endif
