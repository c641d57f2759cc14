/* SPDX-License-Identifier: GPL-2.0-or-later */
/* type.h: what DWARF says about a type, and where a member lies.
 *
 * Private to src/debug. Chains and nesting are bounded, whatever the file says.
 */
#ifndef KL_DEBUG_TYPE_H
#define KL_DEBUG_TYPE_H

#include <stdbool.h>
#include <stdint.h>

#include "debug/die.h"
#include "debug/request.h"
#include "debug/unit.h"

/* What a type is once typedefs, qualifiers and arrays are looked through. */
struct kl_type_shape {
	struct kl_die die; /* the (innermost element's) type itself; tag 0: void */
	bool is_array;
	bool has_size;         /* not void, a function, or a mere declaration */
	bool matched;          /* a name on the way satisfied the predicate */
	uint64_t count;        /* of elements, all dimensions multiplied: 1 without arrays, 0 for [] and [0] */
	uint64_t element_size; /* bytes of one (innermost) element, or of the type when it is no array */
	uint64_t size;         /* bytes, whole */
};

static inline bool kl_tag_is_pointer(uint16_t tag)
{
	return tag == DW_TAG_pointer_type || tag == DW_TAG_reference_type || tag == DW_TAG_rvalue_reference_type ||
	       tag == DW_TAG_ptr_to_member_type;
}

static inline bool kl_tag_is_compound(uint16_t tag)
{
	return tag == DW_TAG_structure_type || tag == DW_TAG_union_type || tag == DW_TAG_class_type;
}

/** kl_type_shape() - the shape of the type at @type, a DW_AT_type; 0 is void.
 * @matches: asked about every name on the way, the last included ("atomic_long_t", for what is then a struct or a
 * long); NULL = nobody asks. False when it cannot be told: damaged, or larger than an address space.
 */
bool kl_type_shape(struct kl_dwarf *dw, uint64_t type, bool (*matches)(const char *name), struct kl_type_shape *ret);

/** kl_type_member() - find the dotted @path inside the struct, union or typedef at @type. */
bool kl_type_member(struct kl_dwarf *dw, uint64_t type, struct kl_slice path, struct kl_member *ret);

#endif
