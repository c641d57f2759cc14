/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "debug/word_list.h"

#include <string.h>

struct kl_error *kl_word_list_init(struct kl_pointer_word_list *list)
{
	*list = (struct kl_pointer_word_list){};
	return kl_intern_create(&list->names);
}

static void words_deinit(struct kl_pointer_words *w)
{
	free(w->pointers);
	free(w->members);
}

void kl_word_list_deinit(struct kl_pointer_word_list *list)
{
	struct kl_pointer_words *w;

	kl_vec_for_each (w, &list->list)
		words_deinit(w);
	kl_vec_deinit(&list->list);
	kl_intern_destroy(list->names);
	list->names = NULL;
}

struct kl_pointer_words *kl_word_list_add(struct kl_pointer_word_list *list, uint32_t name, uint64_t size)
{
	size_t count = kl_word_count(size);
	struct kl_pointer_words w = {.name = name, .present = true, .size = size};

	w.pointers = calloc(count + 1, sizeof(*w.pointers));
	w.members = calloc(count + 1, sizeof(*w.members));
	if (w.pointers && w.members && kl_vec_push(&list->list, w))
		return &list->list.data[list->list.count - 1];
	words_deinit(&w);
	return NULL;
}

void kl_word_list_drop_last(struct kl_pointer_word_list *list)
{
	words_deinit(&list->list.data[--list->list.count]);
}

bool kl_words_hold_integers(const struct kl_pointer_words *w)
{
	return memchr(w->pointers, 0, kl_word_count(w->size)) != NULL;
}

const struct kl_pointer_words *kl_word_list_find(const struct kl_pointer_word_list *list, const char *name,
						 uint64_t size)
{
	const struct kl_pointer_words *w;

	kl_vec_for_each (w, &list->list) {
		if (!w->is_variable && (!size || (w->present && w->size == size)) &&
		    !strcmp(kl_intern_get(list->names, w->name, NULL), name))
			return w;
	}
	return NULL;
}
