/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/chain.h"

static const struct kl_marking *marking_of(const struct kl_chains *c)
{
	return &c->q->a->marking;
}

/* ---- the rows ahead, a binary heap ---- */

/* Rows of equal cost in their order, so that answers repeat. */
static bool step_is_before(const struct kl_chain_step *a, const struct kl_chain_step *b)
{
	return a->cost != b->cost ? a->cost < b->cost : a->row < b->row;
}

static bool push_step(struct kl_chains *c, struct kl_chain_step step)
{
	size_t i = c->ahead.count;

	if (!kl_vec_push(&c->ahead, step))
		return false;
	while (i && step_is_before(&step, &c->ahead.data[(i - 1) / 2])) {
		c->ahead.data[i] = c->ahead.data[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	c->ahead.data[i] = step;
	return true;
}

static struct kl_chain_step pop_step(struct kl_chains *c)
{
	struct kl_chain_step *heap = c->ahead.data, first = heap[0], moved = heap[--c->ahead.count];
	size_t n = c->ahead.count, i = 0, child;

	while ((child = 2 * i + 1) < n) {
		if (child + 1 < n && step_is_before(&heap[child + 1], &heap[child]))
			child++;
		if (!step_is_before(&heap[child], &moved))
			break;
		heap[i] = heap[child];
		i = child;
	}
	heap[i] = moved;
	return first;
}

/* ---- the ways ---- */

static bool begins_chain(const struct kl_chains *c, size_t node)
{
	const struct kl_marking *m = marking_of(c);

	/* what was written since the kernel's last look is alive without references */
	return node >= m->references.objects || m->marked.mark.min_count[node] <= 0 ||
	       m->marked.mark.checksum_state[node] == KL_CHECKSUM_MODIFIED;
}

/* The area that a reference to @row is passed on to, as from a vm_struct; KL_NO_OBJECT when there is none. */
static uint32_t passed_to(const struct kl_marking *m, uint32_t row, size_t node)
{
	uint64_t address = m->in.heap->excess_ref[row];
	uint32_t area = address ? kl_index_find(&m->in.heap->index[KLEAK_CLASS_VIRTUAL], address) : KL_NO_OBJECT;

	if (area == KL_NO_OBJECT || area == node || m->in.heap->address[area] != address)
		return KL_NO_OBJECT;
	return area;
}

/* @so_far: what the way to @hop costs. False when out of memory. */
static bool go_on_over(struct kl_chains *c, uint64_t so_far, const struct kl_hop *hop)
{
	struct kl_chain_step step = {.row = hop->to};

	if (begins_chain(c, hop->to))
		return true;
	if (__builtin_add_overflow(so_far, kl_doubt_cost(hop->doubt), &step.cost))
		step.cost = UINT64_MAX - 1;
	if (step.cost >= c->cost[hop->to])
		return true;
	c->cost[hop->to] = step.cost;
	c->last[hop->to] = *hop;
	return push_step(c, step);
}

static bool go_on_from(struct kl_chains *c, size_t node, uint64_t so_far)
{
	const struct kl_references *refs = &marking_of(c)->references;
	size_t i;

	for (i = refs->begin[node]; i < refs->end[node]; i++) {
		const struct kl_reference *ref = &refs->list.data[i];
		struct kl_hop hop = {.node = node, .to = ref->to, .at = ref->at, .traits = ref->traits};

		if (!kl_inquiry_counts(c->q, node, ref))
			continue;
		hop.doubt = kl_doubt_of(&c->doubts, node, ref);
		if (!go_on_over(c, so_far, &hop))
			return false;
		hop.to = passed_to(marking_of(c), hop.to, node);
		hop.passed = true;
		if (hop.to != KL_NO_OBJECT && !go_on_over(c, so_far, &hop))
			return false;
	}
	return true;
}

static bool begin_in_pages(struct kl_chains *c)
{
	const struct kl_page_words *pages = kl_doubts_page_words(&c->doubts);
	const struct kl_marking *m = marking_of(c);
	size_t i;

	for (i = 0; pages && i < pages->list.count; i++) {
		const struct kl_page_word *word = &pages->list.data[i];
		struct kl_hop hop = {.node = m->references.nodes, .to = word->to, .at = word->at};

		if (m->marked.mark.colour[word->to] != KL_GREY)
			continue;
		hop.doubt = kl_doubt_of_page_word(&c->doubts, word);
		if (!go_on_over(c, 0, &hop))
			return false;
	}
	return true;
}

/* Roots and what begins a chain first, then always the row that costs the least. */
static bool find_ways(struct kl_chains *c)
{
	size_t node, nodes = marking_of(c)->references.nodes;

	for (node = 0; node < nodes; node++) {
		if (begins_chain(c, node) && !go_on_from(c, node, 0))
			return false;
	}
	if (!begin_in_pages(c))
		return false;
	while (c->ahead.count) {
		struct kl_chain_step step = pop_step(c);

		/* a dearer way to a row that was gone on from already */
		if (step.cost == c->cost[step.row] && !go_on_from(c, step.row, step.cost))
			return false;
	}
	return true;
}

struct kl_error *kl_chains_begin(struct kl_inquiry *q, struct kl_chains *c)
{
	size_t rows = q->a->snapshot.heap.rows;
	struct kl_error *err;

	c->q = q;
	c->last = calloc(rows + 1, sizeof(*c->last));
	c->cost = malloc((rows + 1) * sizeof(*c->cost));
	if (!c->last || !c->cost)
		return kl_error_nomem();
	memset(c->cost, 0xff, (rows + 1) * sizeof(*c->cost));
	err = kl_inquiry_has_references(q) ? kl_doubts_begin(q, &c->doubts) : NULL;
	if (err || !kl_inquiry_has_references(q))
		return err;
	return find_ways(c) ? NULL : kl_error_nomem();
}

void kl_chains_deinit(struct kl_chains *c)
{
	kl_doubts_deinit(&c->doubts);
	free(c->last);
	free(c->cost);
	kl_vec_deinit(&c->ahead);
}

static void reverse_hops(struct kl_hops *hops)
{
	size_t i, n = hops->list.count;

	for (i = 0; i < n / 2; i++) {
		struct kl_hop swapped = hops->list.data[i];

		hops->list.data[i] = hops->list.data[n - 1 - i];
		hops->list.data[n - 1 - i] = swapped;
	}
}

struct kl_error *kl_chain_to(const struct kl_chains *c, uint32_t row, struct kl_hops *ret)
{
	size_t node = row;

	ret->list.count = 0;
	while (!begins_chain(c, node)) {
		if (c->cost[node] == UINT64_MAX)
			return NULL;
		if (!kl_vec_push(&ret->list, c->last[node]))
			return kl_error_nomem();
		node = c->last[node].node;
	}
	reverse_hops(ret);
	return NULL;
}
