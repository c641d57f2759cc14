/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "debug/btf_type.h"

#include <string.h>

#include "util/bytes.h"

/* As in type.c: typedefs of typedefs, qualifiers, dimensions; real code has under ten. */
#define CHAIN_MAX 64
#define NESTED_MAX 256
#define INT_SIGNED 1

static const char *string_of(const struct kl_btf *btf, uint32_t offset)
{
	while (btf && offset < btf->first_string)
		btf = btf->base;
	if (!btf || offset - btf->first_string >= btf->strings_size || !btf->strings[offset - btf->first_string])
		return NULL;
	return btf->strings + (offset - btf->first_string);
}

bool kl_btf_type(const struct kl_btf *btf, uint32_t id, struct kl_btf_type *ret)
{
	const uint8_t *at;
	uint32_t info;

	while (btf && id < btf->first_id)
		btf = btf->base;
	if (!btf || !id || id - btf->first_id >= btf->offsets.count)
		return false;
	at = btf->types + btf->offsets.data[id - btf->first_id];
	info = kl_get_u32(at + 4);
	*ret = (struct kl_btf_type){
		.id = id,
		.name = string_of(btf, kl_get_u32(at)),
		.kind = (enum kl_btf_kind)kl_btf_info_kind(info),
		.flag = info >> 31,
		.count = kl_btf_info_count(info),
		.value = kl_get_u32(at + 8),
		.more = at + KL_BTF_TYPE_SIZE,
	};
	return true;
}

void kl_btf_member(const struct kl_btf *btf, const struct kl_btf_type *type, uint32_t index, struct kl_btf_member *ret)
{
	const uint8_t *at = type->more + 12 * (size_t)index;
	uint32_t place = kl_get_u32(at + 8);

	*ret = (struct kl_btf_member){.name = string_of(btf, kl_get_u32(at)), .type = kl_get_u32(at + 4)};
	ret->bit_offset = type->flag ? place & 0xffffff : place;
	ret->bit_size = type->flag ? place >> 24 : 0;
}

const char *kl_btf_enumerator(const struct kl_btf *btf, const struct kl_btf_type *type, uint32_t index, int64_t *value)
{
	bool wide = type->kind == KL_BTF_ENUM64;
	const uint8_t *at = type->more + (wide ? 12 : 8) * (size_t)index;
	uint32_t low = kl_get_u32(at + 4);

	if (wide)
		*value = (int64_t)(low | (uint64_t)kl_get_u32(at + 8) << 32);
	else /* before kind_flag told them apart (6.0), negative ones read as large ones */
		*value = type->flag ? (int32_t)low : (int64_t)low;
	return string_of(btf, kl_get_u32(at));
}

/* ---- names ------------------------------------------------------------------------------------------------------- */

static const char *name_text(const struct kl_btf *btf, const struct kl_btf_name *name)
{
	struct kl_btf_type type;
	int64_t value;

	if (!kl_btf_type(btf, name->id, &type))
		return NULL;
	return name->item == UINT32_MAX ? type.name : kl_btf_enumerator(btf, &type, name->item, &value);
}

/* The first of the chain for @hash in @cursor->btf or, when there is none, in what that one is split from. */
static void begin_chain(struct kl_btf_cursor *cursor, uint64_t hash)
{
	uint64_t first;

	for (cursor->next = 0; cursor->btf; cursor->btf = cursor->btf->base)
		if (kl_map_get(&cursor->btf->by_name, hash, &first)) {
			cursor->next = (uint32_t)first;
			return;
		}
}

bool kl_btf_next_name(const struct kl_btf *btf, struct kl_slice text, struct kl_btf_cursor *cursor)
{
	uint64_t hash = kl_hash_bytes(KL_HASH_SEED, text.text, text.length);

	if (!cursor->btf) {
		cursor->btf = btf;
		begin_chain(cursor, hash);
	}
	while (cursor->btf) {
		while (cursor->next) {
			const char *name;

			cursor->name = &cursor->btf->names.data[cursor->next - 1];
			cursor->next = cursor->name->next;
			name = name_text(cursor->btf, cursor->name);
			if (name && kl_slice_is(text, name))
				return true;
		}
		cursor->btf = cursor->btf->base;
		if (cursor->btf)
			begin_chain(cursor, hash);
	}
	return false;
}

/* ---- shapes ------------------------------------------------------------------------------------------------------ */

bool kl_btf_shape(const struct kl_btf *btf, uint32_t id, bool (*matches)(const char *name), struct kl_btf_shape *ret)
{
	struct kl_btf_type *type = &ret->type;
	int steps;

	*ret = (struct kl_btf_shape){.count = 1};
	for (steps = 0; id && steps < CHAIN_MAX; steps++) {
		if (!kl_btf_type(btf, id, type))
			return false;
		ret->matched |= matches && type->name && matches(type->name);
		switch (type->kind) {
		case KL_BTF_ARRAY:
			ret->is_array = true;
			if (__builtin_mul_overflow(ret->count, (uint64_t)kl_get_u32(type->more + 8), &ret->count))
				return false;
			id = kl_get_u32(type->more);
			break;
		case KL_BTF_TYPEDEF:
		case KL_BTF_VOLATILE:
		case KL_BTF_CONST:
		case KL_BTF_RESTRICT:
		case KL_BTF_TYPE_TAG:
			id = type->value;
			break;
		case KL_BTF_PTR:
			ret->has_size = true;
			ret->element_size = 8;
			return !__builtin_mul_overflow(ret->count, ret->element_size, &ret->size);
		case KL_BTF_INT:
		case KL_BTF_STRUCT:
		case KL_BTF_UNION:
		case KL_BTF_ENUM:
		case KL_BTF_ENUM64:
		case KL_BTF_FLOAT:
			ret->has_size = true;
			ret->element_size = type->value;
			return !__builtin_mul_overflow(ret->count, ret->element_size, &ret->size);
		default: /* a function, a mere declaration, a kind that is skipped */
			return true;
		}
		*type = (struct kl_btf_type){};
	}
	return !id;
}

/* ---- members ----------------------------------------------------------------------------------------------------- */

/* Where the search for a member goes on: a struct and its place in the owner, in bytes. */
struct nested_type {
	struct kl_btf_type type;
	uint64_t offset;
};

/* Before kind_flag (4.20) an integer type of its own said which of its bits a bit-field has. */
static void apply_integer_bits(const struct kl_btf_shape *shape, struct kl_btf_member *member)
{
	uint32_t data, bits;

	if (shape->type.kind != KL_BTF_INT || shape->is_array || member->bit_size)
		return;
	data = kl_get_u32(shape->type.more);
	bits = data & 0xff;
	if (bits && bits < shape->type.value * 8 && bits <= 64) {
		member->bit_offset += data >> 16 & 0xff;
		member->bit_size = bits;
	}
}

static bool is_signed_integer(const struct kl_btf_shape *shape)
{
	return shape->type.kind == KL_BTF_INT && (kl_get_u32(shape->type.more) >> 24 & INT_SIGNED);
}

/* Fills @ret from @member of a struct that lies at @base in the owner. */
static bool fill_member_answer(struct kl_btf_member member, const struct kl_btf_shape *shape, uint64_t base,
			       struct kl_member *ret)
{
	uint64_t offset, size = shape->size;

	apply_integer_bits(shape, &member);
	if (member.bit_size > 64)
		return false;
	offset = base + member.bit_offset / 8;
	*ret = (struct kl_member){
		.present = true,
		.is_pointer = shape->type.kind == KL_BTF_PTR && !shape->is_array,
		.is_signed = is_signed_integer(shape),
		.is_array = shape->is_array,
	};
	if (member.bit_size) {
		ret->bit_size = (uint8_t)member.bit_size;
		ret->bit_offset = member.bit_offset % 8;
		size = (member.bit_offset % 8 + member.bit_size + 7) / 8;
	}
	if (offset > UINT32_MAX || size > UINT32_MAX || shape->count > UINT32_MAX || shape->element_size > UINT32_MAX)
		return false;
	ret->offset = (uint32_t)offset;
	ret->size = (uint32_t)size;
	if (shape->is_array) {
		ret->count = (uint32_t)shape->count;
		ret->element_size = (uint32_t)shape->element_size;
	}
	return true;
}

/* Looks for @name among the members of @place. When it is none, anonymous structs and unions are put on the list.
 * @next becomes where a path goes on. */
static bool find_member_of(const struct kl_btf *btf, struct nested_type place, struct kl_slice name,
			   struct nested_type *list, size_t *listed, struct kl_member *ret, struct nested_type *next)
{
	uint32_t i;

	for (i = 0; kl_btf_is_compound(place.type.kind) && i < place.type.count; i++) {
		struct kl_btf_member member;
		struct kl_btf_shape shape;

		kl_btf_member(btf, &place.type, i, &member);
		if ((member.name && !kl_slice_is(name, member.name)) || !kl_btf_shape(btf, member.type, NULL, &shape) ||
		    !shape.has_size)
			continue;
		if (member.name) {
			if (!fill_member_answer(member, &shape, place.offset, ret))
				return false;
			*next = (struct nested_type){shape.type, ret->offset};
			return true;
		}
		if (!kl_btf_is_compound(shape.type.kind) || shape.is_array)
			continue;
		if (*listed == NESTED_MAX)
			return false;
		list[(*listed)++] = (struct nested_type){shape.type, place.offset + member.bit_offset / 8};
	}
	return false;
}

/* One component of a path, looked for in @place and the anonymous structs and unions in it, outermost first. */
static bool find_name_below(const struct kl_btf *btf, struct nested_type *place, struct kl_slice name,
			    struct kl_member *ret)
{
	struct nested_type list[NESTED_MAX];
	size_t i, listed = 1;

	list[0] = *place;
	for (i = 0; i < listed; i++)
		if (find_member_of(btf, list[i], name, list, &listed, ret, place))
			return true;
	return false;
}

bool kl_btf_find_member(const struct kl_btf *btf, uint32_t id, struct kl_slice path, struct kl_member *ret)
{
	struct nested_type place = {};
	struct kl_btf_shape owner;

	*ret = (struct kl_member){0};
	if (!kl_btf_shape(btf, id, NULL, &owner) || !owner.has_size)
		return false;
	place.type = owner.type;
	for (;;) {
		const char *dot = memchr(path.text, '.', path.length);
		size_t length = dot ? (size_t)(dot - path.text) : path.length;

		if (!find_name_below(btf, &place, (struct kl_slice){path.text, length}, ret)) {
			*ret = (struct kl_member){0};
			return false;
		}
		if (!dot)
			return true;
		path.text += length + 1;
		path.length -= length + 1;
	}
}
