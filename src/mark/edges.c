/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mark/columns.h"
#include "mark/scan.h"

struct edge_finder {
	const struct kl_heap *heap;
	const struct kl_mark *mark;
	const struct kl_mark_params *params;
	struct kl_edges *edges;
	bool out_of_memory;
};

static void add_edge(struct edge_finder *f, uint32_t from, uint32_t to)
{
	struct kl_edge edge = {.from = from, .to = to};

	if (to == KL_NO_OBJECT || to == from || f->mark->colour[to] != KL_WHITE)
		return;
	if (!kl_vec_push(&f->edges->list, edge))
		f->out_of_memory = true;
}

static void candidate(void *context, uint32_t scanned, uint64_t address, uint64_t word)
{
	struct edge_finder *f = context;

	(void)address;
	if (kl_scan_in_virtual(f->params, word)) {
		uint32_t to = kl_index_find(&f->heap->index[KLEAK_CLASS_VIRTUAL], word);

		add_edge(f, scanned, to);
		/* A reference to a vm_struct is one to its area, too. */
		if (to != KL_NO_OBJECT && f->heap->excess_ref[to])
			add_edge(f, scanned,
				 kl_index_find(&f->heap->index[KLEAK_CLASS_VIRTUAL], f->heap->excess_ref[to]));
	}
	if (kl_scan_in_percpu(f->params, word))
		add_edge(f, scanned, kl_index_find(&f->heap->index[KLEAK_CLASS_PERCPU], word));
}

struct kl_error *kl_mark_white_edges(const struct kl_heap *heap, const struct kl_mark *mark,
				     const struct kl_mark_memory *memory, const struct kl_mark_params *params,
				     struct kl_edges *ret)
{
	struct edge_finder finder = {.heap = heap, .mark = mark, .params = params, .edges = ret};
	struct kl_scan scan = {
		.heap = heap, .memory = memory, .params = params, .candidate = candidate, .context = &finder};
	uint32_t row;

	ret->list.count = 0;
	for (row = 0; row < heap->rows && !finder.out_of_memory; row++) {
		if (mark->colour[row] == KL_WHITE)
			kl_scan_object(&scan, row);
	}
	if (finder.out_of_memory)
		return kl_error_nomem();
	kl_edges_sort(ret);
	return NULL;
}
