/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mark/edges.h"

#include <stdlib.h>

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
