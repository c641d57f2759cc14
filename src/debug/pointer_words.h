/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pointer_words.h: which words of a struct or a static variable may hold a pointer, and what the others are called.
 *
 * A word of eight bytes may be a pointer when any byte of it belongs to one: in pointers, arrays of them, any view of a
 * union, nested structs. Integers, floats, enums, characters, bit-fields, padding and holes are not pointers, except
 * for the integers that the kernel keeps pointers in on purpose (pointer_words_table.h).
 */
#ifndef KL_DEBUG_POINTER_WORDS_H
#define KL_DEBUG_POINTER_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "debug/debug.h"
#include "util/intern.h"
#include "util/vec.h"

#define KL_WORD_SIZE 8

/* One struct, union, or variable. */
struct kl_pointer_words {
	uint32_t name; /* identifier in kl_pointer_word_list.names: "dentry" */
	bool is_variable;
	bool present;      /* false: the file has no such struct */
	uint64_t address;  /* of a variable, as in the file */
	uint64_t size;     /* bytes */
	uint8_t *pointers; /* per word, the last one partial: 1 = may be a pointer */
	uint32_t *members; /* per word: path of the member that it belongs to ("d_lockref.count"); 0 = a hole */
};

/* Answers; several structs of one name that differ in size are entries of their own. */
struct kl_pointer_word_list {
	KL_VEC(struct kl_pointer_words) list;
	struct kl_intern *names;
};

/* What to look for. */
struct kl_pointer_words_query {
	const char *const *names; /* of structs and unions */
	size_t n_names;
	uint64_t start, end; /* variables that lie in [start, end) of the file's addresses; 0, 0 = none */
};

struct kl_error *kl_word_list_init(struct kl_pointer_word_list *list);
void kl_word_list_deinit(struct kl_pointer_word_list *list);
#define _cleanup_word_list_ _cleanup_(kl_word_list_deinit)

/** kl_word_list_add() - a new entry of @size bytes, all words no pointers; NULL when out of memory. */
struct kl_pointer_words *kl_word_list_add(struct kl_pointer_word_list *list, uint32_t name, uint64_t size);

/** kl_word_list_find() - the struct @name of @size bytes, or with a @size of 0 any entry for it; NULL when unknown. */
const struct kl_pointer_words *kl_word_list_find(const struct kl_pointer_word_list *list, const char *name,
						 uint64_t size);

/** kl_word_count() - the words of @size bytes. */
static inline size_t kl_word_count(uint64_t size)
{
	return (size_t)((size + KL_WORD_SIZE - 1) / KL_WORD_SIZE);
}

/** kl_pointer_words_find() - append the answers to @query to @ret, from all units of @dbg.
 *
 * Where units have different structs of one name and size, a word that may be a pointer in one may be a pointer.
 * Names that the file does not have get an entry that is not `present`. Variables are those at the top level of a unit
 * that begin at a whole word; one without integers gets no entry. A struct that cannot be laid out (too large, nested
 * too deep, damaged) counts as not present.
 * Errors: KL_ERROR_UNSUPPORTED without DWARF, KL_ERROR_CORRUPT, KL_ERROR_NOMEM. Cost: one pass over .debug_info.
 */
struct kl_error *kl_pointer_words_find(struct kl_debug *dbg, const struct kl_pointer_words_query *query,
				       struct kl_pointer_word_list *ret);

#endif
