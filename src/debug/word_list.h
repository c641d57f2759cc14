/* SPDX-License-Identifier: GPL-2.0-or-later */
/* word_list.h: lists of structs and variables with what each of their words is. */
#ifndef KL_DEBUG_WORD_LIST_H
#define KL_DEBUG_WORD_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/intern.h"
#include "util/vec.h"

#define KL_WORD_SIZE 8

/* What a word may be; one that belongs to several views may be several. */
enum {
	KL_WORD_POINTER = 1 << 0,
	KL_WORD_LATE = 1 << 1, /* a pointer that nobody writes before the struct is on its way out */
};

/* One struct, union, or variable. */
struct kl_pointer_words {
	uint32_t name; /* identifier in kl_pointer_word_list.names: "dentry" */
	bool is_variable;
	bool present;      /* false: the file has no such struct */
	uint64_t address;  /* of a variable, as in the file */
	uint64_t size;     /* bytes */
	uint8_t *pointers; /* per word, the last one partial: KL_WORD_ bits; 0 = no pointer */
	uint32_t *members; /* per word: path of the member that it belongs to ("d_lockref.count"); 0 = a hole */
};

/* Answers; several structs of one name that differ in size are entries of their own. */
struct kl_pointer_word_list {
	KL_VEC(struct kl_pointer_words) list;
	struct kl_intern *names;
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

/** kl_words_hold_integers() - whether a word of @w is no pointer. */
bool kl_words_hold_integers(const struct kl_pointer_words *w);

/** kl_word_list_drop_last() - take the entry away that was added last. */
void kl_word_list_drop_last(struct kl_pointer_word_list *list);

#endif
