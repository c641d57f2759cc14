/* SPDX-License-Identifier: GPL-2.0-or-later */
/* type.h: what DWARF says about a type, and where a member lies.
 *
 * Private to src/debug. Typedefs, const, volatile and their like are looked through. Chains and nesting are bounded,
 * whatever the file says.
 */
#ifndef KL_DEBUG_TYPE_H
#define KL_DEBUG_TYPE_H

#include <stdbool.h>
#include <stdint.h>

#include "debug/die.h"
#include "debug/request.h"
#include "debug/unit.h"

struct kl_type_facts {
	Dwarf_Die die; /* of the (innermost element's) type itself, borrowed; NULL for void */
	uint16_t tag;
	bool is_pointer;
	bool is_signed;
	bool is_array;
	uint64_t size; /* bytes, whole */
	uint64_t count;
	uint64_t element_size; /* 0 = no array */
};

/** kl_type_of() - describe the type that the DW_AT_type of @die names. False when there is none (void). */
bool kl_type_of(struct kl_dwarf *dw, Dwarf_Die die, struct kl_type_facts *ret);

/** kl_type_describe() - describe the type @die itself. False when it has no size (a declaration, a function). */
bool kl_type_describe(struct kl_dwarf *dw, Dwarf_Die die, struct kl_type_facts *ret);

/** kl_type_member() - find the dotted @path inside the struct, union or typedef @die. */
bool kl_type_member(struct kl_dwarf *dw, Dwarf_Die die, struct kl_slice path, struct kl_member *ret);

#endif
