/* SPDX-License-Identifier: GPL-2.0-or-later */
/* request.h: what a reader needs to know about the kernel's types and variables, as data.
 *
 * A table of requests is resolved in one go by kl_debug_resolve() (debug.h) or taken from the layout cache
 * (layout_cache.h). Each request names the field of a result structure that receives its answer. What a kernel lacks
 * stays `present == false`; readers ask for presence, never for a kernel version.
 */
#ifndef KL_DEBUG_REQUEST_H
#define KL_DEBUG_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/bytes.h"

/** A struct, union, enum, base type, or a typedef of one: its size in bytes. */
struct kl_type {
	bool present;
	uint64_t size;
};

/** A member of a struct or union. */
struct kl_member {
	bool present;
	bool is_pointer;
	bool is_signed;
	bool is_array;
	uint8_t bit_offset;    /* from the least significant bit of the `size` bytes at `offset`; below 8 */
	uint8_t bit_size;      /* 0 = no bit-field */
	uint32_t offset;       /* bytes from the start of the owner */
	uint32_t size;         /* bytes: the whole array, or just the bytes that a bit-field touches (1..9) */
	uint32_t count;        /* elements of an array, all dimensions multiplied; 0 for a flexible array */
	uint32_t element_size; /* bytes of one (innermost) element of an array; 0 = no array */
};

/** An enumerator of a named or anonymous enum. */
struct kl_enumerator {
	bool present;
	int64_t value;
};

/** A variable (from DWARF), or just a symbol (from .symtab: only `address` and `size` are known). */
struct kl_variable {
	bool present;
	bool is_pointer;
	bool is_array;
	uint32_t element_size; /* bytes of one (innermost) element of an array; 0 = no array */
	uint64_t address;      /* as linked: without KASLR, a zero-based per-CPU variable is an offset */
	uint64_t size;         /* bytes; 0 = unknown */
	uint64_t count;        /* elements of an array, all dimensions multiplied */
};

enum kl_request_kind {
	KL_REQUEST_TYPE,       /* target: struct kl_type */
	KL_REQUEST_MEMBER,     /* target: struct kl_member */
	KL_REQUEST_ENUMERATOR, /* target: struct kl_enumerator */
	KL_REQUEST_VARIABLE,   /* target: struct kl_variable; needs DWARF */
	KL_REQUEST_SYMBOL,     /* target: struct kl_variable; .symtab only, for what the linker made (_sdata) */
};

/** kl_request_target_size() - bytes of the structure that answers a request of @kind. */
static inline size_t kl_request_target_size(enum kl_request_kind kind)
{
	switch (kind) {
	case KL_REQUEST_TYPE:
		return sizeof(struct kl_type);
	case KL_REQUEST_MEMBER:
		return sizeof(struct kl_member);
	case KL_REQUEST_ENUMERATOR:
		return sizeof(struct kl_enumerator);
	case KL_REQUEST_VARIABLE:
	case KL_REQUEST_SYMBOL:
		break;
	}
	return sizeof(struct kl_variable);
}

/** One request. Every string may hold alternatives separated by '|': the first that is present wins.
 *
 * @unit:     where to look: the end of the compilation unit's name, at a '/' boundary ("mm/kmemleak.c"). A unit that
 *            does not exist is passed over, so the next alternative counts; NULL = any unit (a full scan when the
 *            name exists nowhere: prefer to name the unit).
 * @owner:    of a member: struct, union or typedef; of an enumerator: its enum, or NULL for any.
 * @path:     of a member: its name or a dotted path through members ("tree_node.rb_node", "flags.f|flags").
 *            Anonymous structs and unions are looked through; pointers are not followed; a path through an array
 *            means its first element. Otherwise the name of the type, enumerator, variable or symbol.
 * @required: its absence is an error of the whole resolution.
 * @target:   offsetof() into the result structure.
 * @type:     of a variable, for sources that know its address alone; NULL = nothing is known. The first of its
 *            alternatives that exists and has room: "T" the struct, union or typedef, "*" a pointer, "4" four bytes,
 *            "T[]" an array as long as there is room, "T[64]" one of 64 elements or more, "8+T" a T behind 8 bytes.
 */
struct kl_request {
	enum kl_request_kind kind;
	const char *unit;
	const char *owner;
	const char *path;
	bool required;
	size_t target;
	const char *type;
};

/** kl_member_get() - the value of @m inside the bytes of its owner, zero-extended.
 * @raw must hold at least `m->offset + m->size` bytes. An absent member, or one that is no integer or pointer of
 * 1, 2, 4 or 8 bytes, gives 0; an array gives 0 too unless it has one such size as a whole.
 */
static inline uint64_t kl_member_get(const struct kl_member *m, const void *raw)
{
	const uint8_t *bytes = (const uint8_t *)raw + m->offset;
	uint64_t value = 0;
	uint32_t i;

	if (!m->present)
		return 0;
	if (!m->bit_size)
		return kl_get_uint(bytes, m->size);
	for (i = 0; i < m->size && i < 8; i++)
		value |= (uint64_t)bytes[i] << (8 * i);
	value >>= m->bit_offset;
	if (m->size == 9) /* a packed bit-field of more than 56 bits may straddle nine bytes */
		value |= (uint64_t)bytes[8] << (64 - m->bit_offset);
	return m->bit_size < 64 ? value & ((UINT64_C(1) << m->bit_size) - 1) : value;
}

/** kl_member_get_signed() - the same, sign-extended from the member's own width, whatever its type says. */
static inline int64_t kl_member_get_signed(const struct kl_member *m, const void *raw)
{
	uint64_t value = kl_member_get(m, raw);
	unsigned int width = m->bit_size ? m->bit_size : m->size * 8;

	if (width == 0 || width >= 64)
		return (int64_t)value;
	value <<= 64 - width;
	return (int64_t)value >> (64 - width);
}

#endif
