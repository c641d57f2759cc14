/* SPDX-License-Identifier: GPL-2.0-or-later */
/* word_layout.h: which words of a struct or variable may be pointers, whoever describes its type. Private to src/debug.
 *
 * DWARF and BTF say the same about types in different ways. Here the types are asked for through two functions.
 */
#ifndef KL_DEBUG_WORD_LAYOUT_H
#define KL_DEBUG_WORD_LAYOUT_H

#include "debug/word_list.h"

/* Bounds of one struct or variable; the words of a larger one stay unknown. The largest of a kernel have a few thousand
 * members, arrays of structs included, and ten levels. */
#define KL_LAID_OUT_MAX (UINT64_C(1) << 24)

/* A type once typedefs, qualifiers and arrays are looked through. */
struct kl_word_shape {
	uint64_t type;    /* the (innermost element's) type itself */
	const char *name; /* NULL = none */
	bool is_compound; /* struct or union */
	bool is_pointer;
	bool matched;          /* a name on the way satisfied the predicate */
	uint64_t count;        /* of elements: 1 without arrays */
	uint64_t element_size; /* bytes */
	uint64_t size;         /* bytes, whole */
};

struct kl_word_member {
	const char *name; /* NULL = anonymous */
	uint64_t type;
	uint64_t offset; /* bytes */
	uint64_t bytes;  /* that a bit-field touches; 0 = those of its type */
};

typedef bool kl_visit_word_member(void *visitor, const struct kl_word_member *member);

/* Both return false when they cannot tell, or the visitor said so. */
struct kl_word_types {
	bool (*shape)(void *context, uint64_t type, bool (*matches)(const char *name), struct kl_word_shape *ret);
	bool (*members)(void *context, uint64_t type, kl_visit_word_member *visit, void *visitor);
	void *context;
};

/** kl_words_lay_out() - fill @w, whose size is known, from the type @type. @names are those of the list that @w is in.
 * False when it cannot be laid out, or with *err set when memory is short. */
bool kl_words_lay_out(const struct kl_word_types *types, struct kl_intern *names, uint64_t type,
		      const struct kl_pointer_words *w, struct kl_error **err);

#endif
