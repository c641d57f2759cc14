/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verdict/retained.h"

/* Vertices are numbered as a depth-first search meets them, from 1; 0 stands above all heads. */
struct graph {
	const struct kl_edges *edges;
	const uint32_t *heads;
	size_t rows;
	size_t *first;      /* rows + 1 entries: the edges from row r are [first[r], first[r + 1]) */
	size_t *next_edge;  /* of a row being visited */
	uint32_t *number;   /* row -> its number, 0 before it is met */
	uint32_t *row;      /* number -> row */
	uint32_t *above;    /* number -> that of the vertex the search came from */
	uint32_t *semi;     /* number -> that of its semidominator */
	uint32_t *best;     /* number -> the one with the least semi on the compressed path above */
	uint32_t *ancestor; /* number -> next on that path, 0: none yet */
	uint32_t *idom;     /* number -> that of its dominator */
	uint32_t *bucket;   /* number -> first of those whose semidominator it is, 0: none */
	uint32_t *sibling;  /* number -> next in the same bucket */
	size_t *first_in;   /* number -> its predecessors are before[first_in[n] .. first_in[n + 1]) */
	uint32_t *before;
	uint32_t *path; /* scratch */
	uint32_t count; /* highest number */
};

static void graph_deinit(struct graph *g)
{
	free(g->first);
	free(g->next_edge);
	free(g->number);
	free(g->row);
	free(g->above);
	free(g->semi);
	free(g->best);
	free(g->ancestor);
	free(g->idom);
	free(g->bucket);
	free(g->sibling);
	free(g->first_in);
	free(g->before);
	free(g->path);
}

/* False when out of memory. */
static bool dominance_init(struct graph *g, size_t rows, const struct kl_edges *edges, const uint32_t *heads)
{
	uint32_t **const columns[] = {&g->number,   &g->row,  &g->above,  &g->semi,    &g->best,
				      &g->ancestor, &g->idom, &g->bucket, &g->sibling, &g->path};
	size_t i, row = 0;

	g->edges = edges;
	g->heads = heads;
	g->rows = rows;
	g->first = calloc(rows + 1, sizeof(*g->first));
	g->next_edge = calloc(rows + 1, sizeof(*g->next_edge));
	g->first_in = calloc(rows + 3, sizeof(*g->first_in));
	g->before = calloc(edges->list.count + 1, sizeof(*g->before));
	if (!g->first || !g->next_edge || !g->first_in || !g->before)
		return false;
	for (i = 0; i < sizeof(columns) / sizeof(*columns); i++) {
		*columns[i] = calloc(rows + 1, sizeof(**columns[i]));
		if (!*columns[i])
			return false;
	}
	for (i = 0; i < edges->list.count; i++) {
		while (row <= edges->list.data[i].from)
			g->first[row++] = i;
	}
	while (row <= rows)
		g->first[row++] = edges->list.count;
	return true;
}

/* ---- numbering ---- */

static void number_row(struct graph *g, uint32_t row, uint32_t above, size_t *depth)
{
	uint32_t number = ++g->count;

	g->number[row] = number;
	g->row[number] = row;
	g->above[number] = above;
	g->semi[number] = g->best[number] = number;
	g->next_edge[row] = g->first[row];
	g->path[(*depth)++] = row;
}

static void number_below(struct graph *g, uint32_t head)
{
	size_t depth = 0;

	number_row(g, head, 0, &depth);
	while (depth) {
		uint32_t row = g->path[depth - 1], to;

		if (g->next_edge[row] == g->first[row + 1]) {
			depth--;
			continue;
		}
		to = g->edges->list.data[g->next_edge[row]++].to;
		if (g->heads[to] == head && !g->number[to])
			number_row(g, to, g->number[row], &depth);
	}
}

/* Is the edge one below a single head? */
static bool is_inside(const struct graph *g, const struct kl_edge *edge)
{
	return g->number[edge->from] && g->number[edge->to] && g->heads[edge->from] == g->heads[edge->to];
}

static void list_predecessors(struct graph *g)
{
	const struct kl_edge *edge;
	uint32_t i;

	kl_vec_for_each (edge, &g->edges->list) {
		if (is_inside(g, edge))
			g->first_in[g->number[edge->to] + 2]++;
	}
	for (i = 1; i <= g->count + 1; i++)
		g->first_in[i + 1] += g->first_in[i];
	kl_vec_for_each (edge, &g->edges->list) {
		if (is_inside(g, edge))
			g->before[g->first_in[g->number[edge->to] + 1]++] = g->number[edge->from];
	}
}

/* ---- dominators ---- */

/* The vertex with the least semidominator on the way up from @v, which is made shorter for the next one. */
static uint32_t find_best(struct graph *g, uint32_t v)
{
	size_t depth = 0;

	while (g->ancestor[v] && g->ancestor[g->ancestor[v]]) {
		g->path[depth++] = v;
		v = g->ancestor[v];
	}
	while (depth) {
		uint32_t up = v;

		v = g->path[--depth];
		if (g->semi[g->best[up]] < g->semi[g->best[v]])
			g->best[v] = g->best[up];
		g->ancestor[v] = g->ancestor[up];
	}
	return g->best[v];
}

static void find_semidominator(struct graph *g, uint32_t w)
{
	size_t i;

	for (i = g->first_in[w]; i < g->first_in[w + 1]; i++) {
		uint32_t best = find_best(g, g->before[i]);

		if (g->semi[best] < g->semi[w])
			g->semi[w] = g->semi[best];
	}
}

static void empty_bucket(struct graph *g, uint32_t above)
{
	uint32_t v, next;

	for (v = g->bucket[above]; v; v = next) {
		uint32_t best = find_best(g, v);

		next = g->sibling[v];
		g->idom[v] = g->semi[best] < g->semi[v] ? best : above;
	}
	g->bucket[above] = 0;
}

static void find_dominators(struct graph *g)
{
	uint32_t w;

	for (w = g->count; w >= 1; w--) {
		find_semidominator(g, w);
		if (!g->above[w])
			continue;
		g->sibling[w] = g->bucket[g->semi[w]];
		g->bucket[g->semi[w]] = w;
		g->ancestor[w] = g->above[w];
		empty_bucket(g, g->above[w]);
	}
	for (w = 1; w <= g->count; w++) {
		if (g->above[w] && g->idom[w] != g->semi[w])
			g->idom[w] = g->idom[g->idom[w]];
	}
}

static void sum_up(const struct graph *g, const struct kl_heap *heap, struct kl_retained *ret)
{
	uint32_t w;

	for (w = 1; w <= g->count; w++) {
		ret->parent[g->row[w]] = g->idom[w] ? g->row[g->idom[w]] : KL_NO_OBJECT;
		ret->bytes[g->row[w]] = heap->size[g->row[w]];
		ret->objects[g->row[w]] = 1;
	}
	/* a dominator has a lower number */
	for (w = g->count; w >= 1; w--) {
		uint32_t row = g->row[w], parent = ret->parent[row];

		if (parent == KL_NO_OBJECT)
			continue;
		ret->objects[parent] += ret->objects[row];
		if (__builtin_add_overflow(ret->bytes[parent], ret->bytes[row], &ret->bytes[parent]))
			ret->bytes[parent] = UINT64_MAX;
	}
}

struct kl_error *kl_retained_compute(const struct kl_heap *heap, const struct kl_edges *edges, const uint32_t *heads,
				     struct kl_retained *ret)
{
	_cleanup_(graph_deinit) struct graph g = {};
	bool ready = dominance_init(&g, heap->rows, edges, heads);
	uint32_t row;

	*ret = (struct kl_retained){
		.parent = calloc(heap->rows + 1, sizeof(*ret->parent)),
		.bytes = calloc(heap->rows + 1, sizeof(*ret->bytes)),
		.objects = calloc(heap->rows + 1, sizeof(*ret->objects)),
	};
	if (!ready || !ret->parent || !ret->bytes || !ret->objects) {
		kl_retained_deinit(ret);
		return kl_error_nomem();
	}
	for (row = 0; row < heap->rows; row++) {
		ret->parent[row] = KL_NO_OBJECT;
		if (heads[row] == row)
			number_below(&g, row);
	}
	list_predecessors(&g);
	find_dominators(&g);
	sum_up(&g, heap, ret);
	return NULL;
}

void kl_retained_deinit(struct kl_retained *retained)
{
	free(retained->parent);
	free(retained->bytes);
	free(retained->objects);
	*retained = (struct kl_retained){};
}
