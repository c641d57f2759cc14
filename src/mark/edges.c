/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mark/mark.h"
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

static void candidate(void *context, uint32_t scanned, uint64_t word)
{
	struct edge_finder *f = context;

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

static int compare_edges(const void *a, const void *b)
{
	const struct kl_edge *x = a, *y = b;

	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	if (x->to != y->to)
		return x->to < y->to ? -1 : 1;
	return 0;
}

static void sort_and_deduplicate(struct kl_edges *edges)
{
	size_t kept = 0, i;

	if (!edges->list.count)
		return;
	qsort(edges->list.data, edges->list.count, sizeof(*edges->list.data), compare_edges);
	for (i = 1; i < edges->list.count; i++) {
		if (compare_edges(&edges->list.data[kept], &edges->list.data[i]))
			edges->list.data[++kept] = edges->list.data[i];
	}
	edges->list.count = kept + 1;
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
	sort_and_deduplicate(ret);
	return NULL;
}
