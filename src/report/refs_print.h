/* SPDX-License-Identifier: GPL-2.0-or-later */
/* refs_print.h: references to an object, or those that stand in it, one after the other. */
#ifndef KL_REPORT_REFS_PRINT_H
#define KL_REPORT_REFS_PRINT_H

#include "report/emitter.h"
#include "store/rows.h"
#include "util/error.h"

struct kl_refs_print {
	FILE *out;
	bool json;
	bool from;        /* references that stand in the object */
	bool stored;      /* told by the database, not by the dump */
	int64_t run_id;   /* 0: no run of the database */
	uint64_t address; /* of the object */
	struct kl_emitter emitter;
	size_t count; /* printed so far */
};

/** kl_refs_begin(), kl_refs_word() for each reference, kl_refs_end().
 * JSON: {schema_version, run_id, address, from, stored, references: [word]}. Errors: KL_ERROR_NOMEM. */
void kl_refs_begin(struct kl_refs_print *p);
struct kl_error *kl_refs_word(struct kl_refs_print *p, const struct kl_store_word *word);
void kl_refs_end(struct kl_refs_print *p);

#endif
