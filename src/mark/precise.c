/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mark/precise.h"

#include <string.h>

#include "mark/checksum.h"
#include "mark/columns.h"

struct precise {
	const struct kl_heap *heap;
	const struct kl_references *refs;
	const struct kl_precise_settings *settings;
	struct kl_mark *mark;
	uint32_t *queue; /* nodes whose references are to be followed; each enters once per phase */
	size_t head, tail;
	bool weak_phase;
	struct kl_reach_limits limits;
};

static enum kl_colour colour_in_marking(const struct precise *p, uint32_t row)
{
	return kl_colour_of(p->mark->min_count[row], p->mark->count[row]);
}

static bool is_white(const struct precise *p, uint32_t row)
{
	return colour_in_marking(p, row) == KL_WHITE;
}

static void add_counted_reference(struct precise *p, uint32_t row)
{
	if (!is_white(p, row))
		return;
	p->mark->count[row]++;
	if (colour_in_marking(p, row) != KL_GREY)
		return;
	p->mark->weak[row] = p->weak_phase ? KL_WEAK_INTEGER : KL_WEAK_NOT;
	p->queue[p->tail++] = row;
}

/* A reference to something grey is passed on to the area that it stands for, as in the kernel. */
static void follow(struct precise *p, uint32_t node, const struct kl_reference *ref)
{
	uint32_t area;

	if (is_white(p, ref->to)) {
		add_counted_reference(p, ref->to);
		return;
	}
	if (!p->heap->excess_ref[ref->to] || colour_in_marking(p, ref->to) == KL_BLACK)
		return;
	area = kl_index_find(&p->heap->index[KLEAK_CLASS_VIRTUAL], p->heap->excess_ref[ref->to]);
	if (area == KL_NO_OBJECT || area == node || p->heap->address[area] != p->heap->excess_ref[ref->to])
		return;
	p->mark->stats.excess_references++;
	add_counted_reference(p, area);
}

/* Does @ref count in this phase? In the weak one only the references that the strong one left are new. */
static bool counts(const struct precise *p, const struct kl_reference *ref, bool weak)
{
	bool is_weak = ref->traits & kl_precise_weak(p->settings);

	return !(ref->traits & kl_precise_ignored(p->settings)) && is_weak == weak;
}

static bool is_object(const struct precise *p, uint32_t node)
{
	return node < p->refs->objects;
}

static void follow_all(struct precise *p, uint32_t node, bool weak)
{
	size_t i;

	if (p->limits.objects && is_object(p, node) && p->limits.objects[node])
		return;
	for (i = p->refs->begin[node]; i < p->refs->end[node]; i++) {
		if (p->limits.references && p->limits.references[i])
			continue;
		if (counts(p, &p->refs->list.data[i], weak))
			follow(p, node, &p->refs->list.data[i]);
	}
}

static void count_missing_bytes(struct precise *p, uint32_t node)
{
	p->mark->stats.missing_bytes += p->refs->missing[node];
	if (p->refs->missing[node] && is_object(p, node))
		p->mark->incomplete[node] = 1;
}

static void drain(struct precise *p)
{
	while (p->head < p->tail) {
		uint32_t node = p->queue[p->head++];

		count_missing_bytes(p, node);
		follow_all(p, node, false);
		if (p->weak_phase)
			follow_all(p, node, true);
	}
}

static bool is_held(const struct precise *p, uint32_t row)
{
	return p->limits.held && p->limits.held[row];
}

static void strong_phase(struct precise *p)
{
	uint32_t node;

	for (node = 0; node < p->refs->nodes; node++) {
		if (is_object(p, node))
			p->mark->count[node] = is_held(p, node) ? p->mark->min_count[node] : 0;
		if (!is_object(p, node) || colour_in_marking(p, node) == KL_GREY)
			p->queue[p->tail++] = node;
	}
	drain(p);
}

/* Everything grey so far holds weak references, too. What they reach counts with all its references. */
static void weak_phase(struct precise *p)
{
	size_t strong = p->tail, i;

	if (!kl_precise_weak(p->settings))
		return;
	p->weak_phase = true;
	for (i = 0; i < strong; i++)
		follow_all(p, p->queue[i], true);
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
		p->mark->count[row] = p->mark->min_count[row];
		p->queue[p->tail++] = row;
	}
	drain(p);
}

/* ---- before and after ---- */

/* One reference is what kernels ask for since they look for references to per-CPU memory (6.12). */
static void judge_uncounted(struct precise *p)
{
	uint32_t row;

	for (row = 0; p->settings->percpu && row < p->heap->rows; row++) {
		if (p->heap->flags[row] & KL_OBJECT_UNCOUNTED)
			p->mark->min_count[row] = 1;
	}
}

static void colour_objects(struct precise *p, uint64_t now)
{
	uint32_t row;

	for (row = 0; row < p->heap->rows; row++) {
		int64_t age;
		bool old = !kl_heap_age(p->heap, row, now, &age) || age - (int64_t)p->settings->min_age >= 0;
		enum kl_colour colour = p->mark->weak[row] ? KL_WHITE : colour_in_marking(p, row);

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
	free(p->queue);
}

struct kl_error *kl_precise_run(const struct kl_mark_input *in, const struct kl_references *refs,
				const struct kl_precise_settings *settings, struct kl_checksums *checksums,
				struct kl_mark *ret)
{
	_cleanup_mark_ struct kl_mark mark = {};
	_cleanup_(precise_deinit) struct precise p = {
		.heap = in->heap, .refs = refs, .settings = settings, .mark = &mark};
	struct kl_error *err = kl_mark_allocate(in->heap, &mark);

	if (err)
		return err;
	p.queue = calloc(refs->nodes, sizeof(*p.queue));
	if (!p.queue)
		return kl_error_nomem();
	kl_mark_paint_highmem(in->heap, in->rules, &mark);
	judge_uncounted(&p);
	strong_phase(&p);
	weak_phase(&p);
	spare_modified(&p, in, checksums);
	colour_objects(&p, in->now);
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
	_cleanup_mark_ struct kl_mark mark = {};
	_cleanup_(precise_deinit) struct precise p = {
		.heap = in->heap, .refs = refs, .settings = settings, .mark = &mark, .limits = *limits};
	_cleanup_free_ uint8_t *reached = calloc(in->heap->rows + 1, 1);
	struct kl_error *err = kl_mark_allocate(in->heap, &mark);
	uint32_t row;

	if (err)
		return err;
	p.queue = calloc(refs->nodes, sizeof(*p.queue));
	if (!p.queue || !reached)
		return kl_error_nomem();
	kl_mark_paint_highmem(in->heap, in->rules, &mark);
	judge_uncounted(&p);
	strong_phase(&p);
	for (row = 0; row < in->heap->rows; row++)
		reached[row] = !is_white(&p, row);
	*ret = kl_take(reached);
	return NULL;
}

struct kl_error *kl_precise_white_edges(const struct kl_references *refs, const struct kl_mark *mark,
					const struct kl_precise_settings *settings, struct kl_edges *ret)
{
	const struct precise p = {.settings = settings};
	uint32_t row;
	size_t i;

	ret->list.count = 0;
	for (row = 0; row < refs->objects; row++) {
		if (mark->colour[row] != KL_WHITE)
			continue;
		for (i = refs->begin[row]; i < refs->end[row]; i++) {
			struct kl_edge edge = {.from = row, .to = refs->list.data[i].to};

			if (mark->colour[edge.to] == KL_WHITE && counts(&p, &refs->list.data[i], false) &&
			    !kl_vec_push(&ret->list, edge))
				return kl_error_nomem();
		}
	}
	kl_edges_sort(ret);
	return NULL;
}
