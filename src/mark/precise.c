/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mark/precise.h"

#include <string.h>

#include "mark/checksum.h"
#include "mark/columns.h"
#include "util/map.h"

/* What a row still needs, in one byte: a marking asks this once per reference, in no order, and of 3.5 million objects
 * columns of words would not fit any cache. */
enum {
	NEEDS_NOTHING, /* grey */
	/* so many references are missing */
	NEEDS_MANY = 254, /* or more: count and min_count tell */
	NEEDS_BLACK = 255,
};

struct precise {
	const struct kl_heap *heap;
	const struct kl_references *refs;
	const struct kl_precise_settings *settings;
	uint16_t ignored, weak; /* traits, by the settings */
	struct kl_mark *mark;   /* NULL when only what is reached is asked */
	uint8_t *needs;         /* per row */
	struct kl_map many;     /* of rows that need many references: how many were found */
	uint32_t *queue;        /* nodes whose references are to be followed; each enters once per phase */
	size_t head, tail;
	uint32_t *weak_nodes; /* of the strong phase, those that hold weak references, in its order */
	size_t n_weak_nodes;
	bool weak_phase, out_of_memory;
	struct kl_reach_limits limits;
};

static int32_t min_count_of(const struct precise *p, const struct kl_mark_input *in, uint32_t row)
{
	/* One reference is what kernels ask for since they look for references to per-CPU memory (6.12). */
	if (p->settings->percpu && (p->heap->flags[row] & KL_OBJECT_UNCOUNTED))
		return 1;
	return kl_mark_is_highmem(p->heap, in->rules, row) ? -1 : p->heap->min_count[row];
}

static uint8_t needs_at_first(int32_t min_count)
{
	if (min_count == -1)
		return NEEDS_BLACK;
	if (min_count <= 0)
		return NEEDS_NOTHING;
	return min_count < NEEDS_MANY ? (uint8_t)min_count : NEEDS_MANY;
}

static bool is_white(const struct precise *p, uint32_t row)
{
	return p->needs[row] != NEEDS_NOTHING && p->needs[row] != NEEDS_BLACK;
}

/* One of more references than a byte counts; min_count comes from the dump. Returns whether it was the last. */
static bool count_of_many(struct precise *p, uint32_t row)
{
	uint64_t found = 0;

	(void)kl_map_get(&p->many, row, &found);
	if (!kl_map_put(&p->many, row, found + 1))
		p->out_of_memory = true;
	return found + 1 >= (uint64_t)p->heap->min_count[row];
}

static void add_counted_reference(struct precise *p, uint32_t row)
{
	if (!is_white(p, row))
		return;
	if (p->needs[row] != NEEDS_MANY)
		p->needs[row]--;
	else if (count_of_many(p, row))
		p->needs[row] = NEEDS_NOTHING;
	if (p->needs[row] != NEEDS_NOTHING)
		return;
	if (p->weak_phase)
		p->mark->weak[row] = KL_WEAK_INTEGER;
	p->queue[p->tail++] = row;
}

/* A reference to something grey is passed on to the area that it stands for, as in the kernel. */
static void follow(struct precise *p, uint32_t node, uint32_t to)
{
	uint32_t area;

	if (is_white(p, to)) {
		add_counted_reference(p, to);
		return;
	}
	if (!p->heap->excess_ref[to] || p->needs[to] == NEEDS_BLACK)
		return;
	area = kl_index_find(&p->heap->index[KLEAK_CLASS_VIRTUAL], p->heap->excess_ref[to]);
	if (area == KL_NO_OBJECT || area == node || p->heap->address[area] != p->heap->excess_ref[to])
		return;
	if (p->mark)
		p->mark->stats.excess_references++;
	add_counted_reference(p, area);
}

static bool is_object(const struct precise *p, uint32_t node)
{
	return node < p->refs->objects;
}

/* In the weak phase only the references that the strong one left are new. Whether there were any. */
static bool follow_all(struct precise *p, uint32_t node, bool weak)
{
	uint32_t i, end = p->refs->end[node];
	bool left = false;

	if (p->limits.objects && is_object(p, node) && p->limits.objects[node])
		return false;
	for (i = p->refs->begin[node]; i < end; i++) {
		const struct kl_reference *ref = &p->refs->list.data[i];

		if ((ref->traits & p->ignored) || (p->limits.references && p->limits.references[i]))
			continue;
		if (!(ref->traits & p->weak) != weak)
			follow(p, node, ref->to);
		else
			left = true;
	}
	return left;
}

static void count_missing_bytes(struct precise *p, uint32_t node)
{
	if (!p->mark || !p->refs->missing_bytes)
		return;
	p->mark->stats.missing_bytes += p->refs->missing[node];
	if (p->refs->missing[node] && is_object(p, node))
		p->mark->incomplete[node] = 1;
}

/* The nodes that come next, in no order of their places: their references are brought from memory meanwhile. */
static void prefetch_nodes(const struct precise *p)
{
	enum { FAR = 16, NEAR = 8 };

	if (p->head + FAR >= p->tail)
		return;
	__builtin_prefetch(&p->refs->begin[p->queue[p->head + FAR]]);
	__builtin_prefetch(&p->refs->end[p->queue[p->head + FAR]]);
	__builtin_prefetch(p->refs->list.data + p->refs->begin[p->queue[p->head + NEAR]]);
}

static void drain(struct precise *p)
{
	while (p->head < p->tail) {
		uint32_t node = p->queue[p->head++];

		prefetch_nodes(p);
		count_missing_bytes(p, node);
		if (follow_all(p, node, false) && p->weak_nodes && !p->weak_phase)
			p->weak_nodes[p->n_weak_nodes++] = node;
		if (p->weak_phase)
			follow_all(p, node, true);
	}
}

static bool is_held(const struct precise *p, uint32_t row)
{
	return p->limits.held && p->limits.held[row];
}

static void strong_phase(struct precise *p, const struct kl_mark_input *in)
{
	uint32_t node;

	for (node = 0; node < p->refs->nodes; node++) {
		if (is_object(p, node)) {
			p->needs[node] = needs_at_first(min_count_of(p, in, node));
			if (is_white(p, node) && is_held(p, node))
				p->needs[node] = NEEDS_NOTHING;
		}
		if (!is_object(p, node) || p->needs[node] == NEEDS_NOTHING)
			p->queue[p->tail++] = node;
	}
	drain(p);
}

/* Everything grey so far holds weak references, too. What they reach counts with all its references. */
static void weak_phase(struct precise *p)
{
	size_t i;

	if (!p->weak)
		return;
	p->weak_phase = true;
	for (i = 0; i < p->n_weak_nodes; i++)
		follow_all(p, p->weak_nodes[i], true);
	drain(p);
	p->weak_phase = false;
}

/* ---- signs of life ---- */

struct kl_error *kl_checksums_init(struct kl_checksums *c, const struct kl_heap *heap)
{
	c->state = calloc(heap->rows + 1, sizeof(*c->state));
	c->value = calloc(heap->rows + 1, sizeof(*c->value));
	if (c->state && c->value)
		return NULL;
	kl_checksums_deinit(c);
	return kl_error_nomem();
}

void kl_checksums_deinit(struct kl_checksums *c)
{
	free(c->state);
	free(c->value);
	c->state = NULL;
	c->value = NULL;
}

static enum kl_checksum_state take_checksum(const struct kl_mark_input *in, struct kl_checksums *c, uint32_t row)
{
	if (!in->rules->checksums || c->state[row] != KL_CHECKSUM_NOT_TAKEN)
		return (enum kl_checksum_state)c->state[row];
	if (!kl_checksum_object(in, row, &c->value[row]))
		c->state[row] = KL_CHECKSUM_UNREADABLE;
	else
		c->state[row] =
			c->value[row] == in->heap->checksum[row] ? KL_CHECKSUM_UNMODIFIED : KL_CHECKSUM_MODIFIED;
	return (enum kl_checksum_state)c->state[row];
}

/* Content that changed since the kernel's last look: somebody uses the object, and what it leads to. */
static void spare_modified(struct precise *p, const struct kl_mark_input *in, struct kl_checksums *c)
{
	uint32_t row;

	for (row = 0; row < p->heap->rows; row++) {
		uint16_t flags = p->heap->flags[row];

		/* what the kernel does not judge it never looked at */
		if (!is_white(p, row) || !(flags & KL_OBJECT_ALLOCATED) || (flags & KL_OBJECT_UNCOUNTED))
			continue;
		p->mark->checksum_state[row] = (uint8_t)take_checksum(in, c, row);
		p->mark->checksum[row] = c->value[row];
		if (p->mark->checksum_state[row] != KL_CHECKSUM_MODIFIED ||
		    p->heap->checksum[row] == in->rules->initial_checksum)
			continue;
		p->needs[row] = NEEDS_NOTHING;
		p->queue[p->tail++] = row;
	}
	drain(p);
}

/* ---- before and after ---- */

static int32_t counted_references_of(const struct precise *p, uint32_t row)
{
	int32_t min_count = p->mark->min_count[row];
	uint64_t found = 0;

	if (min_count <= 0)
		return 0;
	if (p->needs[row] != NEEDS_MANY)
		return min_count - p->needs[row];
	(void)kl_map_get(&p->many, row, &found);
	return (int32_t)found;
}

static enum kl_colour colour_in_marking(const struct precise *p, uint32_t row)
{
	if (p->needs[row] == NEEDS_BLACK)
		return KL_BLACK;
	return is_white(p, row) ? KL_WHITE : KL_GREY;
}

static void colour_objects(struct precise *p, uint64_t now)
{
	uint32_t row;

	for (row = 0; row < p->heap->rows; row++) {
		int64_t age;
		bool old = !kl_heap_age(p->heap, row, now, &age) || age - (int64_t)p->settings->min_age >= 0;
		enum kl_colour colour = p->mark->weak[row] ? KL_WHITE : colour_in_marking(p, row);

		p->mark->count[row] = counted_references_of(p, row);
		p->mark->colour[row] = (uint8_t)colour;
		p->mark->confirmed[row] = colour == KL_WHITE && (p->heap->flags[row] & KL_OBJECT_ALLOCATED) && old &&
					  p->heap->unref_scans[row] >= p->settings->min_unref_scans;
	}
}

/* What reading cost is the references' affair: every marking over them has the same. */
static void add_stats(const struct kl_references *refs, struct kl_mark_stats *stats)
{
	memcpy(stats->bytes, refs->bytes, sizeof(stats->bytes));
	stats->object_bytes = refs->object_bytes;
	stats->words = refs->words;
	stats->candidates = refs->candidates;
	stats->self_references = refs->self_references;
	stats->hits = refs->list.count + refs->self_references;
}

static void precise_deinit(struct precise *p)
{
	free(p->needs);
	free(p->queue);
	free(p->weak_nodes);
	kl_map_deinit(&p->many);
}

static bool allocate_marking(struct precise *p)
{
	p->ignored = kl_precise_ignored(p->settings);
	p->weak = kl_precise_weak(p->settings);
	p->needs = calloc(p->refs->objects + 1, 1);
	p->queue = malloc(p->refs->nodes * sizeof(*p->queue));
	if (p->mark && p->weak)
		p->weak_nodes = malloc(p->refs->nodes * sizeof(*p->weak_nodes));
	return p->needs && p->queue && (p->weak_nodes || !p->mark || !p->weak);
}

struct kl_error *kl_precise_run(const struct kl_mark_input *in, const struct kl_references *refs,
				const struct kl_precise_settings *settings, struct kl_checksums *checksums,
				struct kl_mark *ret)
{
	_cleanup_mark_ struct kl_mark mark = {};
	_cleanup_(precise_deinit) struct precise p = {
		.heap = in->heap, .refs = refs, .settings = settings, .mark = &mark};
	struct kl_error *err = kl_mark_allocate(in->heap, &mark);
	uint32_t row;

	if (err)
		return err;
	if (!allocate_marking(&p))
		return kl_error_nomem();
	for (row = 0; row < in->heap->rows; row++)
		mark.min_count[row] = min_count_of(&p, in, row);
	strong_phase(&p, in);
	weak_phase(&p);
	spare_modified(&p, in, checksums);
	colour_objects(&p, in->now);
	if (p.out_of_memory)
		return kl_error_nomem();
	mark.stats.passes = 1;
	add_stats(refs, &mark.stats);
	*ret = mark;
	memset(&mark, 0, sizeof(mark));
	return NULL;
}

struct kl_error *kl_precise_reach(const struct kl_mark_input *in, const struct kl_references *refs,
				  const struct kl_precise_settings *settings, const struct kl_reach_limits *limits,
				  uint8_t **ret)
{
	_cleanup_(precise_deinit) struct precise p = {
		.heap = in->heap, .refs = refs, .settings = settings, .limits = *limits};
	uint32_t row;

	if (!allocate_marking(&p))
		return kl_error_nomem();
	strong_phase(&p, in);
	if (p.out_of_memory)
		return kl_error_nomem();
	for (row = 0; row < in->heap->rows; row++)
		p.needs[row] = !is_white(&p, row);
	*ret = kl_take(p.needs);
	return NULL;
}

struct kl_error *kl_precise_white_edges(const struct kl_references *refs, const struct kl_mark *mark,
					const struct kl_precise_settings *settings, struct kl_edges *ret)
{
	uint16_t left_out = kl_precise_ignored(settings) | kl_precise_weak(settings);
	uint32_t row;
	size_t i;

	ret->list.count = 0;
	for (row = 0; row < refs->objects; row++) {
		if (mark->colour[row] != KL_WHITE)
			continue;
		for (i = refs->begin[row]; i < refs->end[row]; i++) {
			struct kl_edge edge = {.from = row, .to = refs->list.data[i].to};

			if (mark->colour[edge.to] == KL_WHITE && !(refs->list.data[i].traits & left_out) &&
			    !kl_vec_push(&ret->list, edge))
				return kl_error_nomem();
		}
	}
	kl_edges_sort(ret);
	return NULL;
}
