/* SPDX-License-Identifier: GPL-2.0-or-later */
/* location.h: where a variable is while the program runs: DWARF's location lists, read beside die.h.
 *
 * Private to src/debug. An entry says that within [start, end) of the code the variable is what an expression tells.
 * Bounded by the sections; damage ends the list and is recorded (dwarf.h).
 * Source: DWARF 2 .. 4 (.debug_loc) and 5 (.debug_loclists), and GCC's pairs of views, which are passed over.
 */
#ifndef KL_DEBUG_LOCATION_H
#define KL_DEBUG_LOCATION_H

#include "debug/cursor.h"
#include "debug/die.h"

struct kl_locations {
	struct kl_dwarf *dw;
	struct kl_dwarf_section old_lists, lists; /* .debug_loc, .debug_loclists */
};

struct kl_location {
	uint64_t start, end; /* [start, end), addresses of the file */
	const uint8_t *expression;
	uint64_t length;
};

/* A walk along one list. */
struct kl_location_walk {
	struct kl_dwarf *dw;
	const struct kl_unit_header *unit;
	struct kl_cursor at;
	uint64_t base;
};

/** kl_locations_open() - the sections of @dw, which must outlive @ret; a file may have none. Damage is recorded. */
void kl_locations_open(struct kl_dwarf *dw, struct kl_locations *ret);

/** kl_location_begin() - begin with the list that @attribute, a DW_AT_location, leads to; false when it is none.
 * @unit: of the DIE that has the attribute. */
bool kl_location_begin(const struct kl_locations *l, const struct kl_unit_header *unit,
		       const struct kl_attribute_value *attribute, struct kl_location_walk *ret);

/** kl_location_next() - the next entry; false after the last. */
bool kl_location_next(struct kl_location_walk *w, struct kl_location *ret);

#endif
