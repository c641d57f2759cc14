/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mark/explain.h"

#include "mark/scan.h"

struct search {
	const struct kl_heap *heap;
	const struct kl_address_space *space;
	uint64_t *holders;
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

static void note_holder(void *context, uint32_t scanned, uint64_t address, uint64_t word)
{
	struct search *s = context;
	uint32_t row = find_named_object(s, word);

	(void)scanned;
	if (row != KL_NO_OBJECT && !s->holders[row])
		s->holders[row] = address;
}

struct kl_error *kl_explain_search(const struct kl_mark_input *in, const struct kl_roots *pages, uint64_t *missing,
				   uint64_t **ret)
{
	_cleanup_free_ uint64_t *holders = calloc(in->heap->rows + 1, sizeof(*holders));
	struct search search = {.heap = in->heap, .space = in->space, .holders = holders};
	struct kl_scan scan = {.in = in, .candidate = note_holder, .context = &search};
	size_t i;

	if (!holders)
		return kl_error_nomem();
	for (i = 0; i < pages->list.count; i++) {
		struct kl_error *err =
			kl_progress_tick(in->progress, "looking into untracked memory", i, pages->list.count);

		if (err)
			return err;
		kl_scan_block(&scan, pages->list.data[i].start, pages->list.data[i].length, KL_NO_OBJECT);
	}
	*missing = scan.missing;
	*ret = kl_take(holders);
	return NULL;
}

/* Gives everything white that @row leads to the same explanation; returns the new end of @queue. */
static size_t explain_children(const struct kl_heap *heap, const struct kl_references *refs,
			       const struct kl_precise_settings *settings, struct kl_mark *mark, uint32_t row,
			       uint32_t *queue, size_t tail)
{
	size_t i;

	for (i = refs->first[row]; i < refs->first[row + 1]; i++) {
		uint32_t to = refs->list.data[i].to;

		if (mark->colour[to] != KL_WHITE || mark->explained[to] ||
		    (refs->list.data[i].traits & settings->disregard))
			continue;
		mark->explained[to] = KL_EXPLAINED_THROUGH;
		mark->explained_by[to] = heap->address[row];
		queue[tail++] = to;
	}
	return tail;
}

struct kl_error *kl_explain_mark(const struct kl_heap *heap, const struct kl_references *refs,
				 const struct kl_precise_settings *settings, const uint64_t *holders,
				 struct kl_mark *mark)
{
	_cleanup_free_ uint32_t *queue = calloc(heap->rows + 1, sizeof(*queue));
	size_t head = 0, tail = 0;
	uint32_t row;

	if (!queue)
		return kl_error_nomem();
	for (row = 0; row < heap->rows; row++) {
		if (mark->colour[row] != KL_WHITE || !holders[row])
			continue;
		mark->explained[row] = KL_EXPLAINED_UNTRACKED;
		mark->explained_by[row] = holders[row];
		queue[tail++] = row;
	}
	while (head < tail)
		tail = explain_children(heap, refs, settings, mark, queue[head++], queue, tail);
	return NULL;
}
