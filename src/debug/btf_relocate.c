/* SPDX-License-Identifier: GPL-2.0-or-later */
/* btf_relocate.c: the BTF of a module's file that was built against a distilled base (.BTF.base, 6.12).
 *
 * Numbers of types and offsets of strings below a bound mean those of the base. Outside of the kernel's tree a module
 * brings its own one, which has but names and sizes of what it uses of the kernel's. As the kernel does when it loads
 * the module (tools/lib/bpf/btf_relocate.c), each is looked up in the kernel's BTF, and the module's is written anew.
 */
#include "debug/btf.h"

#include <stdlib.h>
#include <string.h>

#include "debug/btf_type.h"
#include "util/bytes.h"

struct relocation {
	const struct kl_btf *from, *to; /* the distilled base, the kernel */
	uint32_t *types;                /* number in `from` -> number in `to` */
	uint32_t strings_size;          /* of the module's own strings */
};

static uint32_t behind_last_type(const struct kl_btf *btf)
{
	return btf->first_id + (uint32_t)btf->offsets.count;
}

static uint32_t behind_last_string(const struct kl_btf *btf)
{
	return btf->first_string + btf->strings_size;
}

/* ---- the kernel's type for one of the base ----------------------------------------------------------------------- */

/* Whether @type of the kernel is what @wanted, of the base, stands for. A base has structs without members, those that
 * are only pointed to without sizes (FWD), and enums without enumerators. */
static bool stands_for(const struct kl_btf_type *wanted, const struct kl_btf_type *type)
{
	if (wanted->kind == KL_BTF_FWD)
		return type->kind == (wanted->flag ? KL_BTF_UNION : KL_BTF_STRUCT) || type->kind == KL_BTF_FWD;
	if (wanted->kind != type->kind || wanted->value != type->value)
		return false;
	return wanted->kind != KL_BTF_INT || kl_get_u32(wanted->more) == kl_get_u32(type->more);
}

static struct kl_error *find_in_kernel(struct relocation *r, uint32_t id)
{
	struct kl_btf_cursor cursor = {};
	struct kl_btf_type wanted, type;
	bool open = false;

	if (!kl_btf_type(r->from, id, &wanted) || !wanted.name)
		return kl_error_create(KL_ERROR_CORRUPT, "type %u of the base has no name", id);
	while (kl_btf_next_name(r->to, (struct kl_slice){wanted.name, strlen(wanted.name)}, &cursor)) {
		if (cursor.name->item != UINT32_MAX || !kl_btf_type(r->to, cursor.name->id, &type) ||
		    !stands_for(&wanted, &type))
			continue;
		open |= r->types[id] != 0;
		r->types[id] = type.id;
	}
	if (wanted.kind == KL_BTF_FWD) /* what is not in the kernel at all may be pointed to all the same */
		return NULL;
	if (!r->types[id] || open)
		return kl_error_create(KL_ERROR_MISMATCH, "the kernel has %s %s of %u bytes",
				       open ? "more than one" : "no", wanted.name, wanted.value);
	return NULL;
}

/* ---- numbers and offsets ----------------------------------------------------------------------------------------- */

static void put_number(uint8_t *at, uint32_t value)
{
	value = htole32(value);
	memcpy(at, &value, sizeof(value));
}

static void move_type(const struct relocation *r, uint8_t *at)
{
	uint32_t id = kl_get_u32(at), end = behind_last_type(r->from);

	put_number(at, id < end ? r->types[id] : behind_last_type(r->to) + (id - end));
}

/* The strings of the base are put behind those of the module. */
static void move_string(const struct relocation *r, uint8_t *at)
{
	uint32_t offset = kl_get_u32(at), end = behind_last_string(r->from), own = behind_last_string(r->to);

	if (offset)
		put_number(at, offset < end ? own + r->strings_size + offset : own + (offset - end));
}

/* What follows the 12 bytes of a type: @count entries of @size bytes, with a string and a type at their places. */
static void move_entries(const struct relocation *r, uint8_t *more, uint32_t count, size_t size, int string, int type)
{
	for (; count; count--, more += size) {
		if (string >= 0)
			move_string(r, more + string);
		if (type >= 0)
			move_type(r, more + type);
	}
}

static void move_one(const struct relocation *r, uint8_t *at)
{
	uint32_t info = kl_get_u32(at + 4), count = kl_btf_info_count(info);
	uint8_t *more = at + KL_BTF_TYPE_SIZE;

	move_string(r, at);
	switch ((enum kl_btf_kind)kl_btf_info_kind(info)) {
	case KL_BTF_PTR:
	case KL_BTF_TYPEDEF:
	case KL_BTF_VOLATILE:
	case KL_BTF_CONST:
	case KL_BTF_RESTRICT:
	case KL_BTF_FUNC:
	case KL_BTF_VAR:
	case KL_BTF_DECL_TAG:
	case KL_BTF_TYPE_TAG:
		move_type(r, at + 8);
		break;
	case KL_BTF_ARRAY:
		move_type(r, more);
		move_type(r, more + 4);
		break;
	case KL_BTF_STRUCT:
	case KL_BTF_UNION:
		move_entries(r, more, count, 12, 0, 4);
		break;
	case KL_BTF_ENUM:
		move_entries(r, more, count, 8, 0, -1);
		break;
	case KL_BTF_ENUM64:
		move_entries(r, more, count, 12, 0, -1);
		break;
	case KL_BTF_FUNC_PROTO:
		move_type(r, at + 8);
		move_entries(r, more, count, 8, 0, 4);
		break;
	case KL_BTF_DATASEC:
		move_entries(r, more, count, 12, -1, 0);
		break;
	default: /* numbers, declarations, kinds that are skipped */
		break;
	}
}

/* @split, taken apart on top of the base, as bytes on top of the kernel. */
static uint8_t *write_anew(const struct relocation *r, const struct kl_btf *split, size_t *size)
{
	uint32_t strings = split->strings_size + r->from->strings_size;
	uint8_t *data, *types;
	size_t i;

	*size = KL_BTF_HEADER + (size_t)split->types_size + strings;
	data = calloc(1, *size + 1);
	if (!data)
		return NULL;
	memcpy(data, split->data, 4); /* magic, version, flags */
	put_number(data + 4, KL_BTF_HEADER);
	put_number(data + 12, split->types_size);
	put_number(data + 16, split->types_size);
	put_number(data + 20, strings);
	types = data + KL_BTF_HEADER;
	memcpy(types, split->types, split->types_size);
	memcpy(types + split->types_size, split->strings, split->strings_size);
	memcpy(types + split->types_size + split->strings_size, r->from->strings, r->from->strings_size);
	for (i = 0; i < split->offsets.count; i++)
		move_one(r, types + split->offsets.data[i]);
	return data;
}

struct kl_error *kl_btf_relocate(const struct kl_btf *split, const struct kl_btf *kernel, struct kl_btf **ret)
{
	struct relocation r = {.from = split->base, .to = kernel, .strings_size = split->strings_size};
	_cleanup_free_ uint32_t *types = calloc(behind_last_type(split->base) + 1, sizeof(*types));
	struct kl_error *err = NULL;
	uint8_t *data;
	uint32_t id;
	size_t size;

	if (!types)
		return kl_error_nomem();
	r.types = types;
	for (id = 1; id < behind_last_type(split->base) && !err; id++)
		err = find_in_kernel(&r, id);
	if (err)
		return err;
	data = write_anew(&r, split, &size);
	return data ? kl_btf_parse(data, size, kernel, ret) : kl_error_nomem();
}
