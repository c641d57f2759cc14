/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pointer_words.h: which words of a struct or a static variable may hold a pointer, and what the others are called.
 *
 * A word of eight bytes may be a pointer when any byte of it belongs to one: in pointers, arrays of them, any view of a
 * union, nested structs. Integers, floats, enums, characters, bit-fields, padding and holes are not pointers, except
 * for the integers that the kernel keeps pointers in on purpose; pointers that nobody relies on are not, either
 * (pointer_words_table.h).
 */
#ifndef KL_DEBUG_POINTER_WORDS_H
#define KL_DEBUG_POINTER_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "debug/debug.h"
#include "debug/word_list.h"

/* What to look for. */
struct kl_pointer_words_query {
	const char *const *names; /* of structs and unions */
	size_t n_names;
	uint64_t start, end; /* variables that lie in [start, end) of the file's addresses; 0, 0 = none */
};

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
