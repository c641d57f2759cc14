/* SPDX-License-Identifier: GPL-2.0-or-later */
/* select.h: which groups of a run a report is about. */
#ifndef KL_REPORT_SELECT_H
#define KL_REPORT_SELECT_H

#include <stdbool.h>

#include "store/rows.h"
#include "util/error.h"

/* Zeroed: all of them. */
struct kl_selection {
	unsigned verdicts;  /* bits, kl_selection_verdicts() */
	const char *module; /* of the blamed frame: a name, "kernel", "unloaded"; NULL = any */
	const char *site;   /* glob for its file:line, for its function, or for the call site; NULL = any */
	int64_t top;        /* this many, the largest ones; 0 = all */
};

/** kl_selection_verdicts() - parse "leak,weak" or "leaked" (leak and indirect). Errors: KL_ERROR_USAGE. */
struct kl_error *kl_selection_verdicts(const char *list, unsigned *ret);

/** kl_selection_is_all() - whether nothing is left out. */
bool kl_selection_is_all(const struct kl_selection *selection);

/** kl_selection_has() - whether @group, with the @frames of its representative, is selected; `top` is not looked at.
 * Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_selection_has(const struct kl_selection *selection, const struct kl_store_group *group,
				  const struct kl_store_frame *frames, size_t n, bool *ret);

#endif
