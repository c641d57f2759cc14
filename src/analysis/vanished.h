/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vanished.h: objects that the kernel's last scan found referenced, and that no word of the dump leads to any more.
 *
 * A leak that happened between that scan and the dump looks so. So does a living object whose holder was damaged on the
 * way into the dump, and there are many of those at once. Stale words count here: an object that is white only because
 * such a word is known to mean nothing has not vanished. More of them than leaks can account for are an anomaly.
 */
#ifndef KL_ANALYSIS_VANISHED_H
#define KL_ANALYSIS_VANISHED_H

#include "analysis/marking.h"

struct kl_vanished {
	uint8_t *rows; /* one byte per row of the heap, 1 = vanished; NULL when there is none */
	size_t count;
};

/** kl_vanished_find() - fill @ret. None where the kernel keeps no counts, or has never scanned, or was scanning.
 * @ret: zeroed; freed with kl_vanished_deinit(), after an error too. Errors: out of memory.
 * Cost: nothing but a look at each white object, and one marking when one of them was seen referenced. */
struct kl_error *kl_vanished_find(const struct kl_opened *o, const struct kl_snapshot *s, const struct kl_marking *m,
				  struct kl_vanished *ret);
void kl_vanished_deinit(struct kl_vanished *v);

#endif
