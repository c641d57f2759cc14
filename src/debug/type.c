/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "debug/type.h"

#include <string.h>

#include "debug/cursor.h"

/* Typedefs of typedefs, qualifiers and arrays of arrays on the way to a type; real code has under ten. */
#define CHAIN_MAX 64
/* Anonymous structs and unions inside one another that are searched for one name. */
#define NESTED_MAX 256

/* Where the search for a member goes on: a struct and its place in the owner. */
struct place {
	Dwarf_Die die; /* borrowed */
	uint64_t offset;
};

/* Elements of one dimension; 0 for `[]` and `[0]`. GCC gives the upper bound (-1 for [0]), Clang the count. */
static uint64_t dimension(struct kl_dwarf *dw, Dwarf_Die die)
{
	int64_t value;

	if (kl_die_constant(dw, die, DW_AT_count, &value))
		return value > 0 ? (uint64_t)value : 0;
	if (!kl_die_constant(dw, die, DW_AT_upper_bound, &value) || value < 0 || value >= INT64_MAX)
		return 0;
	/* the same in the unsigned forms: 0xff…ff of 4 bytes for [0] */
	return value == UINT32_MAX ? 0 : (uint64_t)value + 1;
}

/* All dimensions of an array type, multiplied. False when that is more than any kernel has. */
static bool array_count(struct kl_dwarf *dw, Dwarf_Die array, uint64_t *count)
{
	_cleanup_die_ Dwarf_Die die = kl_die_child(dw, array);

	for (; die; die = kl_die_next(dw, die))
		if (kl_die_tag(dw, die) == DW_TAG_subrange_type &&
		    __builtin_mul_overflow(*count, dimension(dw, die), count))
			return false;
	return true;
}

static bool is_signed_encoding(struct kl_dwarf *dw, Dwarf_Die die)
{
	int64_t encoding;

	return kl_die_constant(dw, die, DW_AT_encoding, &encoding) &&
	       (encoding == DW_ATE_signed || encoding == DW_ATE_signed_char);
}

/* Fills @ret from a type that is not looked through. */
static bool describe_plain(struct kl_dwarf *dw, Dwarf_Die die, uint16_t tag, struct kl_type_facts *ret)
{
	int64_t size;

	ret->die = die;
	ret->tag = tag;
	ret->is_pointer = tag == DW_TAG_pointer_type;
	ret->is_signed = tag == DW_TAG_base_type && is_signed_encoding(dw, die);
	if (!kl_die_constant(dw, die, DW_AT_byte_size, &size))
		size = ret->is_pointer ? 8 : -1;
	if (size < 0)
		return false;
	ret->element_size = (uint64_t)size;
	return true;
}

bool kl_type_describe(struct kl_dwarf *dw, Dwarf_Die die, struct kl_type_facts *ret)
{
	uint64_t offset;
	int depth;

	*ret = (struct kl_type_facts){.count = 1};
	for (depth = 0; die && depth < CHAIN_MAX; depth++) {
		uint16_t tag = kl_die_tag(dw, die);

		switch (tag) {
		case DW_TAG_array_type:
			ret->is_array = true;
			if (!array_count(dw, die, &ret->count))
				return false;
			break;
		case DW_TAG_typedef:
		case DW_TAG_const_type:
		case DW_TAG_volatile_type:
		case DW_TAG_restrict_type:
		case DW_TAG_atomic_type:
			break;
		default:
			if (!describe_plain(dw, die, tag, ret) ||
			    __builtin_mul_overflow(ret->count, ret->element_size, &ret->size))
				return false;
			if (!ret->is_array)
				ret->element_size = ret->count = 0;
			return true;
		}
		if (!kl_die_reference(dw, die, DW_AT_type, &offset))
			return false;
		die = kl_die_at(dw, offset);
	}
	if (die)
		kl_dwarf_damaged(dw, "a type refers to itself");
	return false;
}

bool kl_type_of(struct kl_dwarf *dw, Dwarf_Die die, struct kl_type_facts *ret)
{
	uint64_t offset;

	if (!kl_die_reference(dw, die, DW_AT_type, &offset))
		return false;
	die = kl_die_at(dw, offset);
	return die && kl_type_describe(dw, die, ret);
}

/* DW_AT_data_member_location: a constant, or before DWARF 4 the expression DW_OP_plus_uconst N. Members of unions
 * may have none. */
static uint64_t member_offset(struct kl_dwarf *dw, Dwarf_Die die)
{
	const uint8_t *bytes;
	struct kl_cursor c;
	uint64_t offset = 0;
	int64_t value;
	size_t size;

	if (kl_die_constant(dw, die, DW_AT_data_member_location, &value))
		return (uint64_t)value;
	if (!kl_die_expression(dw, die, DW_AT_data_member_location, &bytes, &size))
		return 0;
	c = (struct kl_cursor){bytes, bytes + size, false};
	if (kl_cursor_uint(&c, 1) == DW_OP_plus_uconst)
		offset = kl_cursor_uleb(&c);
	else
		c.failed = true;
	if (c.failed)
		kl_dwarf_damaged(dw, "a member has no plain offset");
	return c.failed ? 0 : offset;
}

/* Bits from the start of the struct to the first bit of a bit-field, little-endian. DWARF 4 and GCC before 11 count
 * from the most significant bit of a storage unit, DWARF 5 simply counts. */
static uint64_t bit_position(struct kl_dwarf *dw, Dwarf_Die die, uint64_t type_size, uint64_t bit_size)
{
	int64_t value, storage;

	if (kl_die_constant(dw, die, DW_AT_data_bit_offset, &value))
		return (uint64_t)value;
	if (!kl_die_constant(dw, die, DW_AT_bit_offset, &value))
		value = 0;
	if (!kl_die_constant(dw, die, DW_AT_byte_size, &storage))
		storage = (int64_t)type_size;
	return member_offset(dw, die) * 8 + (uint64_t)storage * 8 - (uint64_t)value - bit_size;
}

/* Fills @ret from the member @die of a struct that lies at @base in the owner. */
static bool fill_member(struct kl_dwarf *dw, Dwarf_Die die, const struct kl_type_facts *type, uint64_t base,
			struct kl_member *ret)
{
	uint64_t offset, size = type->size;
	int64_t bits;

	*ret = (struct kl_member){
		.present = true,
		.is_pointer = type->is_pointer && !type->is_array,
		.is_signed = type->is_signed,
		.is_array = type->is_array,
		.count = (uint32_t)type->count,
		.element_size = (uint32_t)type->element_size,
	};
	if (kl_die_constant(dw, die, DW_AT_bit_size, &bits)) {
		uint64_t position = bit_position(dw, die, type->size, (uint64_t)bits);

		if (bits <= 0 || bits > 64) {
			kl_dwarf_damaged(dw, "a bit-field has an impossible size");
			return false;
		}
		ret->bit_size = (uint8_t)bits;
		ret->bit_offset = position % 8;
		offset = position / 8;
		size = (position % 8 + (uint64_t)bits + 7) / 8;
	} else {
		offset = member_offset(dw, die);
	}
	if (__builtin_add_overflow(offset, base, &offset) || offset > UINT32_MAX || size > UINT32_MAX ||
	    type->count > UINT32_MAX || type->element_size > UINT32_MAX) {
		kl_dwarf_damaged(dw, "a member has an impossible place or size");
		return false;
	}
	ret->offset = (uint32_t)offset;
	ret->size = (uint32_t)size;
	return true;
}

/* Looks for @name among the members of @place. When it is none, anonymous structs and unions are put on the list.
 * @next becomes where a path goes on. */
static bool search_one(struct kl_dwarf *dw, struct place place, struct kl_slice name, struct place *list,
		       size_t *listed, struct kl_member *ret, struct place *next)
{
	_cleanup_die_ Dwarf_Die die = kl_die_child(dw, place.die);

	for (; die; die = kl_die_next(dw, die)) {
		struct kl_type_facts type;
		const char *text;

		if (kl_die_tag(dw, die) != DW_TAG_member)
			continue;
		text = kl_die_name(dw, die);
		if (text && (strlen(text) != name.length || memcmp(text, name.text, name.length)))
			continue;
		if (!kl_type_of(dw, die, &type))
			continue;
		if (text) {
			*next = (struct place){.die = type.die};
			if (!fill_member(dw, die, &type, place.offset, ret))
				return false;
			next->offset = ret->offset;
			return true;
		}
		if ((type.tag != DW_TAG_structure_type && type.tag != DW_TAG_union_type) || type.is_array)
			continue;
		if (*listed == NESTED_MAX) {
			kl_dwarf_damaged(dw, "too many anonymous structs inside one another");
			return false;
		}
		list[(*listed)++] = (struct place){type.die, place.offset + member_offset(dw, die)};
	}
	return false;
}

/* One component of a path, looked for in @place and the anonymous structs and unions in it, outermost first. */
static bool search(struct kl_dwarf *dw, struct place *place, struct kl_slice name, struct kl_member *ret)
{
	struct place list[NESTED_MAX];
	size_t i, listed = 1;

	list[0] = *place;
	for (i = 0; i < listed; i++)
		if (search_one(dw, list[i], name, list, &listed, ret, place))
			return true;
	return false;
}

bool kl_type_member(struct kl_dwarf *dw, Dwarf_Die die, struct kl_slice path, struct kl_member *ret)
{
	struct kl_type_facts owner;
	struct place place;
	size_t length;

	*ret = (struct kl_member){0};
	if (!kl_type_describe(dw, die, &owner))
		return false;
	place = (struct place){.die = owner.die};
	for (;;) {
		const char *dot = memchr(path.text, '.', path.length);

		length = dot ? (size_t)(dot - path.text) : path.length;
		if (!search(dw, &place, (struct kl_slice){path.text, length}, ret)) {
			*ret = (struct kl_member){0};
			return false;
		}
		if (!dot)
			return true;
		path.text += length + 1;
		path.length -= length + 1;
	}
}
