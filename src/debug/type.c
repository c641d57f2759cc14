/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "debug/type.h"

#include <string.h>

/* Typedefs of typedefs, qualifiers and arrays of arrays on the way to a type; real code has under ten. */
#define CHAIN_MAX 64
/* Dimensions of one array. */
#define DIMENSIONS_MAX 64
/* Anonymous structs and unions inside one another that are searched for one name. */
#define NESTED_MAX 256

/* Where the search for a member goes on: a struct and its place in the owner. */
struct nested_struct {
	uint64_t type;
	uint64_t offset;
};

/* Elements of one dimension; 0 for `[]` and `[0]`. GCC gives the upper bound (-1 for [0]), Clang the count. */
static uint64_t dimension_elements(const struct kl_die *subrange)
{
	int64_t value = (int64_t)subrange->count;

	if (subrange->has & KL_DIE_HAS_COUNT)
		return value > 0 ? (uint64_t)value : 0;
	if (!(subrange->has & KL_DIE_HAS_UPPER_BOUND) || value < 0 || value == INT64_MAX)
		return 0;
	/* the same in the unsigned forms: 0xff...ff of 4 bytes for [0] */
	return value == UINT32_MAX ? 0 : (uint64_t)value + 1;
}

/* Multiplies @count by all dimensions of an array type. False when that is more than any kernel has. */
static bool multiply_dimensions(struct kl_dwarf *dw, const struct kl_die *array, uint64_t *count)
{
	struct kl_die die;
	bool more;
	int i = 0;

	for (more = kl_die_child(dw, array, &die); more; more = kl_die_next(dw, &die))
		if (i++ == DIMENSIONS_MAX || (die.tag == DW_TAG_subrange_type &&
					      __builtin_mul_overflow(*count, dimension_elements(&die), count)))
			return false;
	return true;
}

/* Typedefs, qualifiers and arrays, which stand for another type. */
static bool is_looked_through(uint16_t tag)
{
	switch (tag) {
	case DW_TAG_typedef:
	case DW_TAG_const_type:
	case DW_TAG_volatile_type:
	case DW_TAG_restrict_type:
	case DW_TAG_atomic_type:
	case DW_TAG_array_type:
		return true;
	default:
		return false;
	}
}

static bool measure_shape(struct kl_type_shape *shape)
{
	shape->has_size = (shape->die.has & KL_DIE_HAS_SIZE) || kl_tag_is_pointer(shape->die.tag);
	shape->element_size = shape->die.has & KL_DIE_HAS_SIZE ? shape->die.size : shape->has_size ? 8 : 0;
	return !__builtin_mul_overflow(shape->count, shape->element_size, &shape->size);
}

bool kl_type_shape(struct kl_dwarf *dw, uint64_t type, bool (*matches)(const char *name), struct kl_type_shape *ret)
{
	struct kl_die *die = &ret->die;
	int steps;

	*ret = (struct kl_type_shape){.count = 1};
	for (steps = 0; type && steps < CHAIN_MAX; steps++) {
		if (!kl_die_at(dw, type, die))
			return false;
		ret->matched |= matches && die->name && matches(die->name);
		if (!is_looked_through(die->tag))
			return measure_shape(ret);
		if (die->tag == DW_TAG_array_type) {
			ret->is_array = true;
			if (!multiply_dimensions(dw, die, &ret->count))
				return false;
		}
		type = die->type;
		*die = (struct kl_die){};
	}
	if (type)
		kl_dwarf_damaged(dw, "a type refers to itself");
	return !type;
}

static uint64_t member_offset(struct kl_dwarf *dw, const struct kl_die *member)
{
	if (member->has & KL_DIE_IS_MISPLACED)
		kl_dwarf_damaged(dw, "a member has no plain offset");
	return member->place;
}

/* Bits from the start of the struct to the first bit of a bit-field, little-endian. DWARF 4 and GCC before 11 count
 * from the most significant bit of a storage unit, DWARF 5 simply counts. */
static uint64_t bit_field_position(struct kl_dwarf *dw, const struct kl_die *member, uint64_t type_size)
{
	uint64_t storage = member->has & KL_DIE_HAS_SIZE ? member->size : type_size;

	if (member->has & KL_DIE_HAS_DATA_BIT_OFFSET)
		return member->bit_offset;
	return member_offset(dw, member) * 8 + storage * 8 - member->bit_offset - member->bit_size;
}

static bool is_signed_type(struct kl_dwarf *dw, const struct kl_die *type)
{
	int64_t encoding;

	return type->tag == DW_TAG_base_type && kl_die_constant(dw, type, DW_AT_encoding, &encoding) &&
	       (encoding == DW_ATE_signed || encoding == DW_ATE_signed_char);
}

/* Fills @ret from the member @die of a struct that lies at @base in the owner. */
static bool fill_member(struct kl_dwarf *dw, const struct kl_die *die, const struct kl_type_shape *type, uint64_t base,
			struct kl_member *ret)
{
	uint64_t offset, size = type->size;

	*ret = (struct kl_member){
		.present = true,
		.is_pointer = kl_tag_is_pointer(type->die.tag) && !type->is_array,
		.is_signed = is_signed_type(dw, &type->die),
		.is_array = type->is_array,
	};
	if (die->has & KL_DIE_IS_BIT_FIELD) {
		uint64_t position = bit_field_position(dw, die, type->size);

		if (!die->bit_size || die->bit_size > 64) {
			kl_dwarf_damaged(dw, "a bit-field has an impossible size");
			return false;
		}
		ret->bit_size = (uint8_t)die->bit_size;
		ret->bit_offset = position % 8;
		offset = position / 8;
		size = (position % 8 + die->bit_size + 7) / 8;
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
	if (type->is_array) {
		ret->count = (uint32_t)type->count;
		ret->element_size = (uint32_t)type->element_size;
	}
	return true;
}

/* Looks for @name among the members of @place. When it is none, anonymous structs and unions are put on the list.
 * @next becomes where a path goes on. */
static bool find_member_in(struct kl_dwarf *dw, struct nested_struct place, struct kl_slice name,
			   struct nested_struct *list, size_t *listed, struct kl_member *ret,
			   struct nested_struct *next)
{
	struct kl_die owner, die;
	bool more;

	more = kl_die_at(dw, place.type, &owner) && kl_die_child(dw, &owner, &die);
	for (; more; more = kl_die_next(dw, &die)) {
		struct kl_type_shape type;

		if (die.tag != DW_TAG_member || (die.name && !kl_slice_is(name, die.name)) ||
		    !kl_type_shape(dw, die.type, NULL, &type) || !type.has_size)
			continue;
		if (die.name) {
			if (!fill_member(dw, &die, &type, place.offset, ret))
				return false;
			*next = (struct nested_struct){type.die.offset, ret->offset};
			return true;
		}
		if (!kl_tag_is_compound(type.die.tag) || type.is_array)
			continue;
		if (*listed == NESTED_MAX) {
			kl_dwarf_damaged(dw, "too many anonymous structs inside one another");
			return false;
		}
		list[(*listed)++] = (struct nested_struct){type.die.offset, place.offset + member_offset(dw, &die)};
	}
	return false;
}

/* One component of a path, looked for in @place and the anonymous structs and unions in it, outermost first. */
static bool find_path_component(struct kl_dwarf *dw, struct nested_struct *place, struct kl_slice name,
				struct kl_member *ret)
{
	struct nested_struct list[NESTED_MAX];
	size_t i, listed = 1;

	list[0] = *place;
	for (i = 0; i < listed; i++)
		if (find_member_in(dw, list[i], name, list, &listed, ret, place))
			return true;
	return false;
}

bool kl_type_member(struct kl_dwarf *dw, uint64_t type, struct kl_slice path, struct kl_member *ret)
{
	struct kl_type_shape owner;
	struct nested_struct place;
	size_t length;

	*ret = (struct kl_member){0};
	if (!kl_type_shape(dw, type, NULL, &owner) || !owner.has_size)
		return false;
	place = (struct nested_struct){.type = owner.die.offset};
	for (;;) {
		const char *dot = memchr(path.text, '.', path.length);

		length = dot ? (size_t)(dot - path.text) : path.length;
		if (!find_path_component(dw, &place, (struct kl_slice){path.text, length}, ret)) {
			*ret = (struct kl_member){0};
			return false;
		}
		if (!dot)
			return true;
		path.text += length + 1;
		path.length -= length + 1;
	}
}
