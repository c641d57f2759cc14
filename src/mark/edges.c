/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mark/edges.h"

#include <stdlib.h>

#include "util/cleanup.h"
#include "util/search.h"

void kl_edges_deinit(struct kl_edges *edges)
{
	kl_vec_deinit(&edges->list);
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

void kl_edges_sort(struct kl_edges *edges)
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

struct kl_error *kl_edges_reach(const struct kl_edges *edges, size_t rows, const uint8_t *open, uint8_t *reached)
{
	_cleanup_free_ uint32_t *queue = calloc(rows + 1, sizeof(*queue));
	size_t head = 0, tail = 0;
	uint32_t row;

	if (!queue)
		return kl_error_nomem();
	for (row = 0; row < rows; row++) {
		if (reached[row])
			queue[tail++] = row;
	}
	while (head < tail) {
		uint32_t from = queue[head++];
		size_t i = kl_search_prefix(edges->list.data, edges->list.count, e, e->from < from);

		for (; i < edges->list.count && edges->list.data[i].from == from; i++) {
			uint32_t to = edges->list.data[i].to;

			if (!open[to] || reached[to])
				continue;
			reached[to] = 1;
			queue[tail++] = to;
		}
	}
	return NULL;
}
