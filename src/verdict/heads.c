/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verdict/heads.h"

#define UNVISITED UINT32_MAX

/* Tarjan's strongly connected components with an explicit stack. */
struct graph {
	uint32_t rows;
	const struct kl_edge *edges;
	const uint8_t *leaked;
	uint32_t *first;     /* rows + 1 entries: the arrows of row r are edges[first[r] .. first[r + 1]) */
	uint32_t *order;     /* visiting number, UNVISITED before */
	uint32_t *low;       /* lowest visiting number reachable */
	uint32_t *component; /* row -> number of its component, UNVISITED before */
	uint32_t *stack;     /* rows whose component is not complete */
	uint32_t *path;      /* rows being visited, outermost first */
	uint32_t *next;      /* next arrow to follow of a row being visited */
	uint32_t visited, components, stacked;
};

static void graph_destroy(struct graph *g)
{
	free(g->first);
	free(g->order);
	free(g->low);
	free(g->component);
	free(g->stack);
	free(g->path);
	free(g->next);
}

static struct kl_error *graph_init(struct graph *g, const struct kl_heap *heap, const struct kl_edges *edges,
				   const uint8_t *leaked)
{
	size_t n = heap->rows + 1, i;
	uint32_t row = 0;

	if (edges->list.count >= UINT32_MAX)
		return kl_error_create(KL_ERROR_UNSUPPORTED, "more than %u references between leaked objects",
				       UINT32_MAX);
	*g = (struct graph){.rows = (uint32_t)heap->rows, .edges = edges->list.data, .leaked = leaked};
	g->first = calloc(n, sizeof(*g->first));
	g->order = calloc(n, sizeof(*g->order));
	g->low = calloc(n, sizeof(*g->low));
	g->component = calloc(n, sizeof(*g->component));
	g->stack = calloc(n, sizeof(*g->stack));
	g->path = calloc(n, sizeof(*g->path));
	g->next = calloc(n, sizeof(*g->next));
	if (!g->first || !g->order || !g->low || !g->component || !g->stack || !g->path || !g->next)
		return kl_error_nomem();
	for (i = 0; i < edges->list.count; i++) {
		while (row <= g->edges[i].from)
			g->first[row++] = (uint32_t)i;
	}
	while (row <= g->rows)
		g->first[row++] = (uint32_t)edges->list.count;
	for (i = 0; i < heap->rows; i++)
		g->order[i] = g->component[i] = UNVISITED;
	return NULL;
}

static void enter_node(struct graph *g, uint32_t row, uint32_t *depth)
{
	g->order[row] = g->low[row] = g->visited++;
	g->next[row] = g->first[row];
	g->stack[g->stacked++] = row;
	g->path[(*depth)++] = row;
}

/* All of @row's arrows are followed: close its component if it is the root of one. */
static void leave(struct graph *g, uint32_t row)
{
	uint32_t member;

	if (g->low[row] != g->order[row])
		return;
	do {
		member = g->stack[--g->stacked];
		g->component[member] = g->components;
	} while (member != row);
	g->components++;
}

static void visit(struct graph *g, uint32_t start)
{
	uint32_t depth = 0;

	enter_node(g, start, &depth);
	while (depth) {
		uint32_t row = g->path[depth - 1], to;

		if (g->next[row] == g->first[row + 1]) {
			leave(g, row);
			depth--;
			if (depth && g->low[g->path[depth - 1]] > g->low[row])
				g->low[g->path[depth - 1]] = g->low[row];
			continue;
		}
		to = g->edges[g->next[row]++].to;
		if (!g->leaked[to])
			continue;
		if (g->order[to] == UNVISITED)
			enter_node(g, to, &depth);
		else if (g->component[to] == UNVISITED && g->order[to] < g->low[row])
			g->low[row] = g->order[to];
	}
}

/* Older first; the earlier row decides between equals. Signed difference, as jiffies wrap. */
static bool older(const struct kl_heap *heap, uint64_t now, uint32_t a, uint32_t b)
{
	int64_t age_a = (int64_t)(now - heap->jiffies[a]), age_b = (int64_t)(now - heap->jiffies[b]);

	return age_a != age_b ? age_a > age_b : a < b;
}

/* @oldest: component -> its oldest member, UNVISITED where a leaked object outside points into the component. */
static void find_sources(const struct graph *g, const struct kl_heap *heap, uint64_t now, uint32_t *oldest)
{
	uint32_t row, i;

	for (i = 0; i < g->components; i++)
		oldest[i] = UNVISITED;
	for (row = 0; row < g->rows; row++) {
		uint32_t component = g->component[row];

		if (component != UNVISITED &&
		    (oldest[component] == UNVISITED || older(heap, now, row, oldest[component])))
			oldest[component] = row;
	}
	for (row = 0; row < g->rows; row++) {
		if (!g->leaked[row])
			continue;
		for (i = g->first[row]; i < g->first[row + 1]; i++) {
			uint32_t to = g->edges[i].to;

			if (g->leaked[to] && g->component[to] != g->component[row])
				oldest[g->component[to]] = UNVISITED;
		}
	}
}

struct head {
	uint32_t row;
	int64_t age;
};

static int compare_heads(const void *a, const void *b)
{
	const struct head *x = a, *y = b;

	if (x->age != y->age)
		return x->age > y->age ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

/* Everything that @head reaches and no older head has claimed. g->stack serves as the queue. */
static void claim(struct graph *g, uint32_t head, uint32_t *heads)
{
	uint32_t i, queued = 0;

	heads[head] = head;
	g->stack[queued++] = head;
	while (queued) {
		uint32_t row = g->stack[--queued];

		for (i = g->first[row]; i < g->first[row + 1]; i++) {
			uint32_t to = g->edges[i].to;

			if (!g->leaked[to] || heads[to] != KL_NO_OBJECT)
				continue;
			heads[to] = head;
			g->stack[queued++] = to;
		}
	}
}

static struct kl_error *assign_heads(struct graph *g, const struct kl_heap *heap, uint64_t now, uint32_t *heads)
{
	_cleanup_free_ uint32_t *oldest = calloc(g->components + 1, sizeof(*oldest));
	_cleanup_free_ struct head *sources = calloc(g->components + 1, sizeof(*sources));
	size_t count = 0, i;

	if (!oldest || !sources)
		return kl_error_nomem();
	find_sources(g, heap, now, oldest);
	for (i = 0; i < g->components; i++) {
		if (oldest[i] != UNVISITED)
			sources[count++] =
				(struct head){.row = oldest[i], .age = (int64_t)(now - heap->jiffies[oldest[i]])};
	}
	qsort(sources, count, sizeof(*sources), compare_heads);
	for (i = 0; i < count; i++)
		claim(g, sources[i].row, heads);
	return NULL;
}

struct kl_error *kl_heads_find(const struct kl_heap *heap, const struct kl_edges *edges, const uint8_t *leaked,
			       uint64_t now, uint32_t **ret)
{
	_cleanup_(graph_destroy) struct graph g = {};
	_cleanup_free_ uint32_t *heads = calloc(heap->rows + 1, sizeof(*heads));
	struct kl_error *err;
	uint32_t row;

	if (!heads)
		return kl_error_nomem();
	err = graph_init(&g, heap, edges, leaked);
	if (err)
		return err;
	for (row = 0; row < g.rows; row++) {
		heads[row] = KL_NO_OBJECT;
		if (leaked[row] && g.order[row] == UNVISITED)
			visit(&g, row);
	}
	err = assign_heads(&g, heap, now, heads);
	if (err)
		return err;
	*ret = kl_take(heads);
	return NULL;
}
