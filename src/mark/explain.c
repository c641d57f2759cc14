/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mark/explain.h"

#include <string.h>

#include "mark/scan.h"

struct search {
	const struct kl_heap *heap;
	const struct kl_address_space *space;
	struct kl_page_words *words;
	bool out_of_memory;
};

static uint32_t find_named_object(const struct search *s, uint64_t word)
{
	uint32_t row = KL_NO_OBJECT;

	if (kl_may_be_virtual(s->space, word))
		row = kl_heap_find_virtual(s->heap, word);
	if (row != KL_NO_OBJECT || !kl_may_be_percpu(s->space, word))
		return row;
	row = kl_index_find(&s->heap->index[KLEAK_CLASS_PERCPU], word);
	return row != KL_NO_OBJECT && kl_is_cookie(s->space, s->heap->address[row], word) ? row : KL_NO_OBJECT;
}

static void add_page_word(void *context, uint32_t scanned, uint64_t address, uint64_t word)
{
	struct search *s = context;
	uint32_t row = find_named_object(s, word);

	(void)scanned;
	if (row != KL_NO_OBJECT) {
		bool inside = kl_object_offset(s->heap, s->space, row, word);
		struct kl_page_word found = {.at = address, .to = row, .inside = inside};

		s->out_of_memory |= !kl_vec_push(&s->words->list, found);
	}
}

struct kl_error *kl_explain_search(const struct kl_mark_input *in, const struct kl_roots *pages,
				   struct kl_page_words *ret)
{
	struct kl_page_words words = {};
	struct search search = {.heap = in->heap, .space = in->space, .words = &words};
	struct kl_scan scan = {.in = in, .candidate = add_page_word, .context = &search};
	struct kl_error *err = NULL;
	size_t i;

	for (i = 0; i < pages->list.count && !err; i++) {
		err = kl_progress_tick(in->progress, "looking into untracked memory", i, pages->list.count);
		if (!err)
			kl_scan_block(&scan, pages->list.data[i].start, pages->list.data[i].length, KL_NO_OBJECT);
		if (!err && search.out_of_memory)
			err = kl_error_nomem();
	}
	if (err) {
		kl_page_words_deinit(&words);
		return err;
	}
	words.missing = scan.missing;
	*ret = words;
	return NULL;
}

void kl_page_words_deinit(struct kl_page_words *words)
{
	kl_vec_deinit(&words->list);
}

static bool may_be_explained(const struct kl_mark *mark, uint32_t row)
{
	return mark->colour[row] == KL_WHITE && !mark->explained[row] && mark->weak[row] != KL_WEAK_SIBLINGS &&
	       mark->weak[row] != KL_WEAK_THROUGH;
}

/* Gives everything white that @row leads to the same explanation; returns the new end of @queue. */
static size_t explain_children(const struct kl_heap *heap, const struct kl_references *refs,
			       const struct kl_precise_settings *settings, struct kl_mark *mark, uint32_t row,
			       uint32_t *queue, size_t tail)
{
	size_t i;

	for (i = refs->begin[row]; i < refs->end[row]; i++) {
		uint32_t to = refs->list.data[i].to;

		if (!may_be_explained(mark, to) || (refs->list.data[i].traits & kl_precise_ignored(settings)))
			continue;
		mark->explained[to] = KL_EXPLAINED_THROUGH;
		mark->explained_by[to] = heap->address[row];
		queue[tail++] = to;
	}
	return tail;
}

struct kl_error *kl_explain_mark(const struct kl_heap *heap, const struct kl_references *refs,
				 const struct kl_precise_settings *settings, const struct kl_page_words *words,
				 struct kl_mark *mark)
{
	_cleanup_free_ uint32_t *queue = calloc(heap->rows + 1, sizeof(*queue));
	const struct kl_page_word *word;
	size_t head = 0, tail = 0;

	if (!queue)
		return kl_error_nomem();
	memset(mark->explained, KL_EXPLAINED_NOT, heap->rows);
	kl_vec_for_each (word, &words->list) {
		if (!may_be_explained(mark, word->to))
			continue;
		mark->explained[word->to] = KL_EXPLAINED_UNTRACKED;
		mark->explained_by[word->to] = word->at;
		queue[tail++] = word->to;
	}
	while (head < tail)
		tail = explain_children(heap, refs, settings, mark, queue[head++], queue, tail);
	return NULL;
}

struct kl_error *kl_explain_excused(const struct kl_heap *heap, const struct kl_references *refs,
				    const struct kl_precise_settings *settings, const uint64_t *reasons,
				    enum kl_explained how, struct kl_mark *mark)
{
	_cleanup_free_ uint32_t *queue = calloc(heap->rows + 1, sizeof(*queue));
	size_t head = 0, tail = 0;
	uint32_t row;

	if (!queue)
		return kl_error_nomem();
	for (row = 0; row < heap->rows; row++) {
		if (!reasons[row] ||
		    (mark->colour[row] != KL_WHITE && mark->checksum_state[row] != KL_CHECKSUM_MODIFIED))
			continue;
		mark->explained[row] = (uint8_t)how;
		mark->explained_by[row] = reasons[row];
		queue[tail++] = row;
	}
	while (head < tail)
		tail = explain_children(heap, refs, settings, mark, queue[head++], queue, tail);
	return NULL;
}
