/* SPDX-License-Identifier: GPL-2.0-or-later */
/* btf_type.h: single types of a BTF. Private to src/debug.
 *
 * Types are named by their numbers; 0 is void. A reference to a type that is not there fails, one that leads back to
 * itself ends after KL_BTF_CHAIN_MAX steps.
 */
#ifndef KL_DEBUG_BTF_TYPE_H
#define KL_DEBUG_BTF_TYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "debug/request.h"
#include "debug/slice.h"
#include "util/map.h"
#include "util/vec.h"

enum kl_btf_kind {
	KL_BTF_INT = 1,
	KL_BTF_PTR,
	KL_BTF_ARRAY,
	KL_BTF_STRUCT,
	KL_BTF_UNION,
	KL_BTF_ENUM,
	KL_BTF_FWD,
	KL_BTF_TYPEDEF,
	KL_BTF_VOLATILE,
	KL_BTF_CONST,
	KL_BTF_RESTRICT,
	KL_BTF_FUNC,
	KL_BTF_FUNC_PROTO,
	KL_BTF_VAR,
	KL_BTF_DATASEC,
	KL_BTF_FLOAT,
	KL_BTF_DECL_TAG,
	KL_BTF_TYPE_TAG,
	KL_BTF_ENUM64,
};

/* The only section whose variables BTF knows. */
#define KL_BTF_PERCPU_SECTION ".data..percpu"

/* A name, and who has it. Those of one hash are a chain. */
struct kl_btf_name {
	uint32_t id;
	uint32_t item; /* of an enumerator: its place in the enum; UINT32_MAX = the type itself */
	uint32_t next; /* one more than the index of the next in the chain; 0 = the last */
};

struct kl_btf {
	const struct kl_btf *base;
	uint8_t *data;
	size_t size;
	const uint8_t *types, *layout; /* layout: how long each kind is, 4 bytes each */
	const char *strings;
	uint32_t types_size, strings_size, layout_size;
	uint32_t first_id, first_string;
	KL_VEC(uint32_t) offsets; /* of each type into `types` */
	struct kl_map by_name;    /* hash -> one more than the index of the chain's first name */
	KL_VEC(struct kl_btf_name) names;
};

#define KL_BTF_TYPE_SIZE 12 /* what every type begins with */

/* vlen had 16 bits and the kind 5 up to 7.1; what they grew into was zero before. */
static inline uint32_t kl_btf_info_count(uint32_t info)
{
	return info & 0xffffff;
}

static inline unsigned kl_btf_info_kind(uint32_t info)
{
	return info >> 24 & 0x7f;
}

struct kl_btf_type {
	uint32_t id;
	const char *name; /* NULL = none */
	enum kl_btf_kind kind;
	bool flag;           /* of a struct: its members tell bit-fields; of an enum: signed */
	uint32_t count;      /* of members, enumerators, variables */
	uint32_t value;      /* the size, or the number of the type that this one refers to */
	const uint8_t *more; /* what follows, as long as the kind says */
};

/** kl_btf_type() - type number @id; false for void and numbers that do not exist. */
bool kl_btf_type(const struct kl_btf *btf, uint32_t id, struct kl_btf_type *ret);

/* What a type is once typedefs, qualifiers and arrays are looked through. */
struct kl_btf_shape {
	struct kl_btf_type type; /* the (innermost element's) type itself; id 0: void */
	bool is_array;
	bool has_size; /* not void, a function, or a mere declaration */
	bool matched;  /* a name on the way satisfied the predicate */
	uint64_t count, element_size, size;
};

/** kl_btf_shape() - of type @id; @matches as kl_type_shape(). False when it cannot be told. */
bool kl_btf_shape(const struct kl_btf *btf, uint32_t id, bool (*matches)(const char *name), struct kl_btf_shape *ret);

struct kl_btf_member {
	const char *name; /* NULL = anonymous */
	uint32_t type;
	uint32_t bit_offset; /* from the start of the struct */
	uint32_t bit_size;   /* 0 = no bit-field */
};

/** kl_btf_member() - member number @index (below count) of the struct or union @type. */
void kl_btf_member(const struct kl_btf *btf, const struct kl_btf_type *type, uint32_t index, struct kl_btf_member *ret);

/** kl_btf_enumerator() - enumerator number @index of the enum @type; returns its name. */
const char *kl_btf_enumerator(const struct kl_btf *btf, const struct kl_btf_type *type, uint32_t index, int64_t *value);

/** kl_btf_find_member() - find the dotted @path inside the struct, union or typedef number @id. */
bool kl_btf_find_member(const struct kl_btf *btf, uint32_t id, struct kl_slice path, struct kl_member *ret);

/** kl_btf_each_name() - the next that has the name @text after *@at (0 to begin with), first those of @btf, then those
 * of its base; false when there is none. *@from is the BTF it stands in. */
struct kl_btf_cursor {
	const struct kl_btf *btf; /* in which `name` stands; NULL to begin with */
	uint32_t next;
	const struct kl_btf_name *name;
};
bool kl_btf_next_name(const struct kl_btf *btf, struct kl_slice text, struct kl_btf_cursor *cursor);

static inline bool kl_btf_is_compound(enum kl_btf_kind kind)
{
	return kind == KL_BTF_STRUCT || kind == KL_BTF_UNION;
}

#endif
