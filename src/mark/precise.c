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
	uint16_t unsure;        /* of references that others with the same bedrock may ignore */
	struct kl_mark *mark;   /* NULL when only what is reached is asked */
	uint8_t *needs;         /* per row */
	struct kl_map many;     /* of rows that need many references: how many were found */
	uint32_t *queue;        /* nodes whose references are to be followed; each enters once per phase */
	size_t head, tail;
	uint32_t *weak_nodes; /* of the strong phase, those that hold weak references, in its order */
	size_t n_weak_nodes;
	uint64_t excess; /* references passed on to the area that their object stands for */
	bool weak_phase, thin_is_sure, out_of_memory;
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
	p->excess++;
	add_counted_reference(p, area);
}

static bool is_object(const struct precise *p, uint32_t node)
{
	return node < p->refs->objects;
}

/* Which references of a node a walk follows. */
enum walk {
	WALK_SURE,   /* those that every setting and every limit leaves */
	WALK_REST,   /* the strong ones among the others */
	WALK_STRONG, /* all strong ones */
	WALK_WEAK,
};

/* No setting disregards it, no limit of this walk leaves it out. */
static bool is_sure(const struct precise *p, const struct kl_reference *ref)
{
	return !(ref->traits & p->unsure) && (p->thin_is_sure || !kl_reference_is_thin(ref));
}

static bool is_left_out(const struct precise *p, const struct kl_reference *ref, enum walk walk)
{
	bool weak = ref->traits & p->weak;

	return walk == WALK_SURE ? !is_sure(p, ref) : weak != (walk == WALK_WEAK);
}

/* Whether references were left that another walk would follow. */
static bool follow_all(struct precise *p, uint32_t node, enum walk walk)
{
	uint32_t i, end = p->refs->end[node];
	bool left = false;

	if (p->limits.objects && is_object(p, node) && p->limits.objects[node])
		return false;
	for (i = p->refs->begin[node]; i < end; i++) {
		const struct kl_reference *ref = &p->refs->list.data[i];

		if ((ref->traits & p->ignored) || (p->limits.references && p->limits.references[i]) ||
		    (walk == WALK_REST && is_sure(p, ref)))
			continue;
		if (is_left_out(p, ref, walk))
			left = true;
		else
			follow(p, node, ref->to);
	}
	return left;
}

/* The nodes that come next, in no order of their places: their references are brought from memory meanwhile. */
static void prefetch_nodes(const struct precise *p, const uint32_t *nodes, size_t i, size_t n)
{
	enum { FAR = 16, NEAR = 8 };

	if (i + FAR >= n)
		return;
	__builtin_prefetch(&p->refs->begin[nodes[i + FAR]]);
	__builtin_prefetch(&p->refs->end[nodes[i + FAR]]);
	__builtin_prefetch(p->refs->list.data + p->refs->begin[nodes[i + NEAR]]);
}

/* In the strong phase, weak references wait for the other one. */
static void follow_strong(struct precise *p, uint32_t node, enum walk walk)
{
	if (follow_all(p, node, walk) && p->weak_nodes && !p->weak_phase)
		p->weak_nodes[p->n_weak_nodes++] = node;
}

static void drain(struct precise *p)
{
	while (p->head < p->tail) {
		uint32_t node = p->queue[p->head];

		prefetch_nodes(p, p->queue, p->head++, p->tail);
		follow_strong(p, node, WALK_STRONG);
		if (p->weak_phase)
			follow_all(p, node, WALK_WEAK);
	}
}

static bool is_held(const struct precise *p, uint32_t row)
{
	return p->limits.held && p->limits.held[row];
}

static void begin_at_roots(struct precise *p, const struct kl_mark_input *in)
{
	uint32_t node;

	for (node = 0; node < p->refs->nodes; node++) {
		if (is_object(p, node))
			p->needs[node] = needs_at_first(min_count_of(p, in, node));
		if (!is_object(p, node) || p->needs[node] == NEEDS_NOTHING)
			p->queue[p->tail++] = node;
	}
}

static void begin_at_bedrock(struct precise *p, const struct kl_bedrock *bedrock)
{
	size_t i;

	memcpy(p->needs, bedrock->needs, p->refs->objects);
	p->excess = bedrock->excess;
	for (i = 0; i < bedrock->n_unfinished; i++) {
		prefetch_nodes(p, bedrock->unfinished, i, bedrock->n_unfinished);
		follow_strong(p, bedrock->unfinished[i], WALK_REST);
	}
}

static void begin_at_held(struct precise *p)
{
	uint32_t row;

	for (row = 0; p->limits.held && row < p->refs->objects; row++) {
		if (!is_held(p, row) || !is_white(p, row))
			continue;
		p->needs[row] = NEEDS_NOTHING;
		p->queue[p->tail++] = row;
	}
}

/* Half of all references lead to the inside of objects, and few settings disregard them. */
static struct kl_bedrock *const *bedrocks_of(const struct kl_references *refs, const struct kl_precise_settings *s)
{
	return refs->bedrock[s->percpu][(s->disregard & KL_TRAIT_INTERIOR) != 0];
}

static void strong_phase(struct precise *p, const struct kl_mark_input *in)
{
	const struct kl_bedrock *bedrock;

	p->thin_is_sure = !p->limits.references && !p->limits.objects;
	bedrock = bedrocks_of(p->refs, p->settings)[p->thin_is_sure];
	if (bedrock)
		begin_at_bedrock(p, bedrock);
	else
		begin_at_roots(p, in);
	begin_at_held(p);
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
		follow_all(p, p->weak_nodes[i], WALK_WEAK);
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

static enum kl_checksum_state judge_checksum(const struct kl_mark_input *in, uint32_t row, uint32_t *ret)
{
	uint32_t stored = in->heap->checksum[row];

	if (!kl_checksum_object(in, row, ret))
		return KL_CHECKSUM_UNREADABLE;
	if (*ret != stored)
		return KL_CHECKSUM_MODIFIED;
	return stored == in->rules->initial_checksum ? KL_CHECKSUM_SILENT : KL_CHECKSUM_UNMODIFIED;
}

static enum kl_checksum_state take_checksum(const struct kl_mark_input *in, struct kl_checksums *c, uint32_t row)
{
	if (in->rules->checksums && c->state[row] == KL_CHECKSUM_NOT_TAKEN)
		c->state[row] = (uint8_t)judge_checksum(in, row, &c->value[row]);
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

/* In how many looks it was found unreferenced: the kernel's, or this one. */
static uint32_t looks_at(const struct precise *p, uint32_t row)
{
	return p->heap->unref_scans[row] ? p->heap->unref_scans[row] : 1;
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
					  looks_at(p, row) >= p->settings->min_unref_scans;
	}
}

/* What the marking would have read and the dump lacks: of roots, and of objects that are reached. */
static void count_missing_bytes(struct precise *p)
{
	uint32_t node;

	for (node = 0; p->refs->missing_bytes && node < p->refs->nodes; node++) {
		if (!p->refs->missing[node] || (is_object(p, node) && p->needs[node] != NEEDS_NOTHING))
			continue;
		p->mark->stats.missing_bytes += p->refs->missing[node];
		if (is_object(p, node))
			p->mark->incomplete[node] = 1;
	}
}

/* What reading cost is the references' affair: every marking over them has the same. */
static void add_stats(const struct precise *p, struct kl_mark_stats *stats)
{
	const struct kl_references *refs = p->refs;

	stats->excess_references = p->excess;
	stats->passes = 1;
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
	p->unsure = (uint16_t) ~(KL_TRAIT_INTERIOR & ~p->settings->disregard);
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
	count_missing_bytes(&p);
	add_stats(&p, &mark.stats);
	*ret = mark;
	memset(&mark, 0, sizeof(mark));
	return NULL;
}

static uint32_t *list_of_nodes(const uint8_t *chosen, size_t nodes, size_t *n)
{
	uint32_t *ret, node;

	*n = 0;
	for (node = 0; node < nodes; node++)
		*n += chosen[node];
	ret = malloc((*n + 1) * sizeof(*ret));
	*n = 0;
	for (node = 0; ret && node < nodes; node++) {
		if (chosen[node])
			ret[(*n)++] = node;
	}
	return ret;
}

static struct kl_error *lay_bedrock(const struct kl_mark_input *in, const struct kl_precise_settings *wanted, bool thin,
				    const struct kl_references *refs, struct kl_bedrock **ret)
{
	struct kl_precise_settings settings = {.percpu = wanted->percpu,
					       .disregard = wanted->disregard & KL_TRAIT_INTERIOR};
	_cleanup_(precise_deinit) struct precise p = {
		.heap = in->heap, .refs = refs, .settings = &settings, .thin_is_sure = thin};
	_cleanup_free_ uint8_t *unfinished = calloc(refs->nodes + 1, 1);
	struct kl_bedrock *bedrock;

	if (!unfinished || !allocate_marking(&p))
		return kl_error_nomem();
	p.ignored = 0;
	begin_at_roots(&p, in);
	while (p.head < p.tail) {
		uint32_t node = p.queue[p.head];

		prefetch_nodes(&p, p.queue, p.head++, p.tail);
		unfinished[node] = follow_all(&p, node, WALK_SURE);
	}
	if (p.many.count) /* of a dump where kmemleak's records are damaged */
		return NULL;
	*ret = bedrock = calloc(1, sizeof(*bedrock));
	if (!bedrock)
		return kl_error_nomem();
	bedrock->excess = p.excess;
	bedrock->unfinished = list_of_nodes(unfinished, refs->nodes, &bedrock->n_unfinished);
	bedrock->needs = kl_take(p.needs);
	return bedrock->unfinished ? NULL : kl_error_nomem();
}

struct kl_error *kl_precise_lay_bedrock(const struct kl_mark_input *in, const struct kl_precise_settings *settings,
					struct kl_references *refs)
{
	struct kl_bedrock **beds = refs->bedrock[settings->percpu][(settings->disregard & KL_TRAIT_INTERIOR) != 0];
	struct kl_error *err = NULL;

	if (!beds[true])
		err = lay_bedrock(in, settings, true, refs, &beds[true]);
	if (!err && settings->siblings && !beds[false])
		err = lay_bedrock(in, settings, false, refs, &beds[false]);
	return err;
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
