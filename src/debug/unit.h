/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unit.h: the compilation units of a file and the names that they define.
 *
 * Private to src/debug. All units are listed once with their names. What a unit defines at its top level is indexed
 * the first time it is asked for; dwz's partial units that it imports count as its own.
 */
#ifndef KL_DEBUG_UNIT_H
#define KL_DEBUG_UNIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "debug/die.h"
#include "debug/slice.h"
#include "util/error.h"
#include "util/vec.h"

struct kl_name {
	uint64_t hash; /* of the name */
	uint64_t offset;
	uint16_t tag;
};

struct kl_unit {
	const char *name; /* NULL for a partial unit */
	uint16_t tag;     /* of its root DIE */
	bool indexed;
	bool closed;                  /* `reachable` is filled */
	KL_VEC(struct kl_name) names; /* sorted by hash, then offset */
	KL_VEC(uint32_t) imports;     /* indices of imported units */
	KL_VEC(uint32_t) reachable;   /* this unit and all it imports, directly or not */
};

struct kl_units {
	struct kl_dwarf *dw;
	KL_VEC(struct kl_unit) all; /* of the same index as its header in dw->headers */
};

/** kl_units_load() - list the units of @dw, which must outlive the list. */
struct kl_error *kl_units_load(struct kl_dwarf *dw, struct kl_units *ret);
void kl_units_deinit(struct kl_units *units);

/** kl_units_find() - index of the first unit, from @from on, whose name ends in @name at a '/' boundary; SIZE_MAX when
 * there is none.
 */
size_t kl_units_find(const struct kl_units *units, struct kl_slice name, size_t from);

/** kl_units_at() - index of the unit that holds @offset of .debug_info; SIZE_MAX when none does. */
size_t kl_units_at(const struct kl_units *units, uint64_t offset);

/** kl_unit_root() - the root DIE of unit @index; false (recorded) when it is damaged. */
bool kl_unit_root(const struct kl_units *units, size_t index, struct kl_die *ret);

/** kl_unit_index() - make the names of unit @index, and of all it imports, known. */
struct kl_error *kl_unit_index(struct kl_units *units, size_t index);

/** kl_unit_forget() - release what kl_unit_index() of this one unit stored (not its imports). */
void kl_unit_forget(struct kl_units *units, size_t index);

/** kl_unit_find_name() - call @visit for every top-level DIE of @name in unit @index and its imports that has one of
 * the @tags (0-terminated), until it returns true. Returns whether it did.
 * Indexed are structs, unions, enums, typedefs, base types and variables with a name, and every enumerator. The DIE of
 * a definition has the name and type of the declaration that it completes.
 */
bool kl_unit_find_name(struct kl_units *units, size_t index, struct kl_slice name, const uint16_t *tags,
		       bool (*visit)(struct kl_dwarf *dw, const struct kl_die *die, void *context), void *context);

#endif
