/* SPDX-License-Identifier: GPL-2.0-or-later */
/* abbreviation.h: .debug_abbrev, which says for every code what tag and which attributes a DIE has.
 *
 * Private to src/debug. GCC gives each unit a table of its own, so the tables are parsed when first needed and only the
 * latest are kept.
 */
#ifndef KL_DEBUG_ABBREVIATION_H
#define KL_DEBUG_ABBREVIATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/vec.h"

struct kl_attribute {
	uint16_t name, form;
	int64_t constant; /* of DW_FORM_implicit_const */
};

struct kl_abbreviation {
	uint16_t tag; /* 0 = no such code */
	bool children;
	uint32_t first, count; /* into attributes */
};

struct kl_abbreviation_table {
	bool valid;
	uint64_t offset;
	KL_VEC(struct kl_abbreviation) codes; /* by code */
	KL_VEC(struct kl_attribute) attributes;
};

#define KL_ABBREVIATION_TABLES 64

struct kl_abbreviation_cache {
	struct kl_abbreviation_table tables[KL_ABBREVIATION_TABLES];
};

/** kl_abbreviations_at() - the table at @offset of .debug_abbrev (@data, @size); NULL when it is damaged, lies outside
 * or memory is short. Stays until the next call. */
const struct kl_abbreviation_table *kl_abbreviations_at(struct kl_abbreviation_cache *cache, const uint8_t *data,
							size_t size, uint64_t offset);

void kl_abbreviations_destroy(struct kl_abbreviation_cache *cache);

#endif
