/* SPDX-License-Identifier: GPL-2.0-or-later */
/* audit_print.h: whether the counters of /proc/allocinfo can be believed, printed. */
#ifndef KL_REPORT_AUDIT_PRINT_H
#define KL_REPORT_AUDIT_PRINT_H

#include <stdio.h>

#include "store/reader.h"

struct kl_audit_print {
	FILE *out;
	struct kl_reader *reader;
	bool all; /* name every call site that differs */
	bool json;
};

/** kl_print_audit() - run @run_id (0: the newest). @partial: whether the run is.
 * Errors: KL_ERROR_NOT_FOUND when there is no such run, or no profiling in its kernel. */
struct kl_error *kl_print_audit(const struct kl_audit_print *p, int64_t run_id, bool *partial);

#endif
