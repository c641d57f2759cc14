/* SPDX-License-Identifier: GPL-2.0-or-later */
/* show_print.h: what is at an address, printed. */
#ifndef KL_REPORT_SHOW_PRINT_H
#define KL_REPORT_SHOW_PRINT_H

#include <stdio.h>

#include "store/rows.h"
#include "util/error.h"

struct kl_show_print {
	FILE *out;
	bool color;
	bool json;
	int64_t run_id; /* 0: no run of the database */
};

/** kl_show_print() - JSON: {schema_version, run_id, address, physical, kind, place, object, ..., words: [{at, value,
 * name}]}. Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_show_print(const struct kl_show_print *p, const struct kl_store_thing *thing);

#endif
