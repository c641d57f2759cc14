/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mark/replay.h"

#include <string.h>

#include "mark/checksum.h"
#include "mark/columns.h"
#include "mark/scan.h"

/* One replay. The queue is the kernel's gray_list: an object enters at most once per pass. */
struct marker {
	const struct kl_mark_input *in;
	const struct kl_heap *heap;
	const struct kl_replay_rules *rules;
	struct kl_mark *mark;
	uint8_t *suspect;
	uint64_t suspects;
	uint32_t *queue;
	size_t head, tail;
	struct kl_scan scan;
};

static enum kl_colour colour_in_replay(const struct marker *m, uint32_t row)
{
	return kl_colour_of(m->mark->min_count[row], m->mark->count[row]);
}

static void enqueue(struct marker *m, uint32_t row)
{
	m->queue[m->tail++] = row;
}

/* update_refs(): one more reference to a white object; enough of them make it grey and queue it. */
static void update_refs(struct marker *m, uint32_t row)
{
	if (colour_in_replay(m, row) != KL_WHITE)
		return;
	m->mark->count[row]++;
	if (colour_in_replay(m, row) != KL_GREY)
		return;
	if (m->suspect[row]) {
		m->suspect[row] = 0;
		m->suspects--;
	}
	enqueue(m, row);
}

/* The row that starts exactly at @address: surplus references are passed on without interior matches. */
static uint32_t find_exactly(const struct marker *m, uint64_t address)
{
	uint32_t row = kl_index_find(&m->heap->index[KLEAK_CLASS_VIRTUAL], address);

	return row != KL_NO_OBJECT && m->heap->address[row] == address ? row : KL_NO_OBJECT;
}

/* pointer_update_refs(): @word in one of the two address spaces. */
static void try_word(struct marker *m, enum kleak_class class_, uint32_t scanned, uint64_t word)
{
	uint32_t row = kl_index_find(&m->heap->index[class_], word);

	if (row == KL_NO_OBJECT)
		return;
	m->mark->stats.hits++;
	if (row == scanned) {
		m->mark->stats.self_references++;
		return;
	}
	if (colour_in_replay(m, row) != KL_GREY) {
		update_refs(m, row);
		return;
	}
	if (!m->heap->excess_ref[row])
		return;
	row = find_exactly(m, m->heap->excess_ref[row]);
	if (row == KL_NO_OBJECT || row == scanned)
		return;
	m->mark->stats.excess_references++;
	update_refs(m, row);
}

static void count_candidate(void *context, uint32_t scanned, uint64_t address, uint64_t word)
{
	struct marker *m = context;

	(void)address;
	if (kl_may_be_virtual(m->in->space, word))
		try_word(m, KLEAK_CLASS_VIRTUAL, scanned, word);
	if (kl_may_be_percpu(m->in->space, word))
		try_word(m, KLEAK_CLASS_PERCPU, scanned, word);
}

static void whiten_all(struct marker *m, bool full)
{
	uint32_t row;

	m->head = m->tail = 0;
	if (full)
		m->suspects = 0;
	kl_mark_paint_highmem(m->heap, m->rules, m->mark);
	for (row = 0; row < m->heap->rows; row++) {
		if (colour_in_replay(m, row) != KL_WHITE)
			m->mark->unref_scans[row] = 0;
		m->mark->count[row] = 0;
		if (full)
			m->suspect[row] = 0;
		if (colour_in_replay(m, row) == KL_GREY)
			enqueue(m, row);
	}
}

static struct kl_error *scan_roots(struct marker *m, const struct kl_root *roots, size_t n_roots)
{
	size_t i;

	for (i = 0; i < n_roots; i++) {
		uint64_t before = m->scan.bytes;
		struct kl_error *err = NULL;

		kl_scan_block(&m->scan, roots[i].start, roots[i].length, KL_NO_OBJECT);
		m->mark->stats.bytes[roots[i].kind] += m->scan.bytes - before;
		if (i % 256 == 0)
			err = kl_progress_tick(m->in->progress, "scanning roots", i, n_roots);
		if (err)
			return err;
	}
	return NULL;
}

static struct kl_error *drain_queue(struct marker *m)
{
	while (m->head < m->tail) {
		uint64_t bytes = m->scan.bytes, missing = m->scan.missing;
		uint32_t row = m->queue[m->head++];
		struct kl_error *err = NULL;

		kl_scan_object(&m->scan, row);
		m->mark->stats.object_bytes += m->scan.bytes - bytes;
		if (m->scan.missing != missing)
			m->mark->incomplete[row] = 1;
		if (m->head % 256 == 0)
			err = kl_progress_tick(m->in->progress, "marking", m->head, m->heap->rows);
		if (err)
			return err;
	}
	return NULL;
}

/* Wrap-safe like the kernel's time_before_eq(). */
static bool old_enough(const struct marker *m, uint32_t row)
{
	int64_t age;

	return !kl_heap_age(m->heap, row, m->in->now, &age) || age - (int64_t)m->rules->min_age >= 0;
}

static bool unreferenced(const struct marker *m, uint32_t row)
{
	return colour_in_replay(m, row) == KL_WHITE && (m->heap->flags[row] & KL_OBJECT_ALLOCATED) &&
	       old_enough(m, row);
}

static void compare_checksum(struct marker *m, uint32_t row)
{
	uint32_t *checksum = &m->mark->checksum[row];
	uint8_t *state = &m->mark->checksum_state[row];

	if (!kl_checksum_object(m->in, row, checksum)) {
		*state = KL_CHECKSUM_UNREADABLE;
		m->mark->incomplete[row] = 1;
	} else if (*checksum == m->heap->checksum[row]) {
		*state = KL_CHECKSUM_UNMODIFIED;
	} else {
		*state = KL_CHECKSUM_MODIFIED;
	}
}

/* Content that changed since the last look is a sign of life: grey until the next scan. */
static struct kl_error *look_at_white(struct marker *m)
{
	uint32_t row;

	for (row = 0; row < m->heap->rows; row++) {
		struct kl_error *err;

		if (colour_in_replay(m, row) != KL_WHITE)
			continue;
		if (m->rules->checksums && (m->heap->flags[row] & KL_OBJECT_ALLOCATED))
			compare_checksum(m, row);
		if (m->mark->checksum_state[row] == KL_CHECKSUM_MODIFIED) {
			m->mark->count[row] = m->mark->min_count[row];
			enqueue(m, row);
		} else if (unreferenced(m, row) && !(m->heap->flags[row] & KL_OBJECT_REPORTED)) {
			m->suspect[row] = 1;
			m->suspects++;
		}
		err = kl_progress_tick(m->in->progress, "comparing checksums", row, m->heap->rows);
		if (err)
			return err;
	}
	return NULL;
}

static struct kl_error *one_pass(struct marker *m, const struct kl_root *roots, size_t n_roots, bool full)
{
	struct kl_error *err;

	m->mark->stats.passes++;
	whiten_all(m, full);
	err = scan_roots(m, roots, n_roots);
	if (!err)
		err = drain_queue(m);
	if (err || !full)
		return err;
	err = look_at_white(m);
	if (!err)
		err = drain_queue(m);
	return err;
}

/* What this scan would report, and what was reported before and is white still. */
static void confirm(struct marker *m)
{
	uint32_t row;

	for (row = 0; row < m->heap->rows; row++) {
		m->mark->colour[row] = (uint8_t)colour_in_replay(m, row);
		if (!unreferenced(m, row))
			continue;
		if ((m->heap->flags[row] & KL_OBJECT_REPORTED) || !m->rules->confirm) {
			m->mark->confirmed[row] = 1;
		} else if (m->suspect[row]) {
			m->mark->unref_scans[row]++;
			m->mark->confirmed[row] = m->mark->unref_scans[row] >= m->rules->min_unref_scans;
		}
	}
}

static struct kl_error *allocate(struct marker *m)
{
	size_t n = m->heap->rows ? m->heap->rows : 1;

	m->suspect = calloc(n, sizeof(*m->suspect));
	m->queue = calloc(n, sizeof(*m->queue));
	return m->suspect && m->queue ? kl_mark_allocate(m->heap, m->mark) : kl_error_nomem();
}

static void marker_destroy(struct marker *m)
{
	free(m->suspect);
	free(m->queue);
	free(m);
}
KL_DEFINE_CLEANUP(struct marker *, marker_destroy)

struct kl_error *kl_replay_run(const struct kl_mark_input *in, const struct kl_root *roots, size_t n_roots,
			       struct kl_mark *ret)
{
	_cleanup_(marker_destroyp) struct marker *m = calloc(1, sizeof(*m));
	_cleanup_mark_ struct kl_mark mark = {};
	struct kl_error *err;

	if (!m)
		return kl_error_nomem();
	m->in = in;
	m->heap = in->heap;
	m->rules = in->rules;
	m->mark = &mark;
	m->scan = (struct kl_scan){.in = in, .candidate = count_candidate, .context = m};
	err = allocate(m);
	if (err)
		return err;
	err = one_pass(m, roots, n_roots, true);
	if (err)
		return err;
	mark.stats.suspects = m->suspects;
	if (in->rules->confirm && m->suspects) {
		err = one_pass(m, roots, n_roots, false);
		if (err)
			return err;
	}
	confirm(m);
	mark.stats.words = m->scan.words;
	mark.stats.candidates = m->scan.candidates;
	mark.stats.missing_bytes = m->scan.missing;
	*ret = mark;
	memset(&mark, 0, sizeof(mark));
	return NULL;
}

/* ---- arrows between white objects ---- */

struct edge_finder {
	const struct kl_mark_input *in;
	const struct kl_mark *mark;
	struct kl_edges *edges;
	bool out_of_memory;
};

static void add_white_edge(struct edge_finder *f, uint32_t from, uint32_t to)
{
	struct kl_edge edge = {.from = from, .to = to};

	if (to == KL_NO_OBJECT || to == from || f->mark->colour[to] != KL_WHITE)
		return;
	if (!kl_vec_push(&f->edges->list, edge))
		f->out_of_memory = true;
}

static void collect_white_edges(void *context, uint32_t scanned, uint64_t address, uint64_t word)
{
	struct edge_finder *f = context;

	(void)address;
	if (kl_may_be_virtual(f->in->space, word)) {
		uint32_t to = kl_index_find(&f->in->heap->index[KLEAK_CLASS_VIRTUAL], word);

		add_white_edge(f, scanned, to);
		/* A reference to a vm_struct is one to its area, too. */
		if (to != KL_NO_OBJECT && f->in->heap->excess_ref[to])
			add_white_edge(
				f, scanned,
				kl_index_find(&f->in->heap->index[KLEAK_CLASS_VIRTUAL], f->in->heap->excess_ref[to]));
	}
	if (kl_may_be_percpu(f->in->space, word))
		add_white_edge(f, scanned, kl_index_find(&f->in->heap->index[KLEAK_CLASS_PERCPU], word));
}

struct kl_error *kl_replay_white_edges(const struct kl_mark_input *in, const struct kl_mark *mark, struct kl_edges *ret)
{
	struct edge_finder finder = {.in = in, .mark = mark, .edges = ret};
	struct kl_scan scan = {.in = in, .candidate = collect_white_edges, .context = &finder};
	uint32_t row;

	ret->list.count = 0;
	for (row = 0; row < in->heap->rows && !finder.out_of_memory; row++) {
		if (mark->colour[row] == KL_WHITE)
			kl_scan_object(&scan, row);
	}
	if (finder.out_of_memory)
		return kl_error_nomem();
	kl_edges_sort(ret);
	return NULL;
}
