/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/chain.h"

/* ---- references by what they lead to ---- */

static const struct kl_marking *marking_of(const struct kl_chains *c)
{
	return &c->q->a->marking;
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

/* Counts @hop in first[to + 1], or puts it into its place when there is room for it. */
static void add_incoming(struct kl_chains *c, const struct kl_hop *hop)
{
	if (c->incoming)
		c->incoming[c->first[hop->to]++] = *hop;
	else
		c->first[hop->to + 1]++;
}

static void visit_references(struct kl_chains *c)
{
	const struct kl_references *refs = &marking_of(c)->references;
	size_t node, i;

	for (node = 0; node < refs->nodes; node++) {
		for (i = refs->first[node]; i < refs->first[node + 1]; i++) {
			struct kl_hop hop = {
				.node = node, .to = refs->list.data[i].to, .reference = &refs->list.data[i]};

			if (!kl_inquiry_counts(c->q, node, hop.reference))
				continue;
			add_incoming(c, &hop);
			hop.to = passed_to(marking_of(c), hop.to, node);
			hop.passed = true;
			if (hop.to != KL_NO_OBJECT)
				add_incoming(c, &hop);
		}
	}
}

struct kl_error *kl_chains_begin(struct kl_inquiry *q, struct kl_chains *c)
{
	size_t rows = q->a->snapshot.heap.rows, row;

	c->q = q;
	c->first = calloc(rows + 2, sizeof(*c->first));
	c->seen = calloc(rows + 1, sizeof(*c->seen));
	c->queue = calloc(rows + 1, sizeof(*c->queue));
	c->next = calloc(rows + 1, sizeof(*c->next));
	if (!c->first || !c->seen || !c->queue || !c->next)
		return kl_error_nomem();
	visit_references(c);
	for (row = 0; row < rows; row++)
		c->first[row + 1] += c->first[row];
	c->incoming = calloc(c->first[rows] + 1, sizeof(*c->incoming));
	if (!c->incoming)
		return kl_error_nomem();
	visit_references(c);
	/* every start has moved to its end, which is the start of the next one */
	memmove(c->first + 1, c->first, rows * sizeof(*c->first));
	c->first[0] = 0;
	return NULL;
}

void kl_chains_deinit(struct kl_chains *c)
{
	free(c->first);
	free(c->incoming);
	free(c->seen);
	free(c->queue);
	free(c->next);
}

/* ---- the way ---- */

static bool begins_chain(const struct kl_chains *c, size_t node)
{
	const struct kl_marking *m = marking_of(c);

	/* what was written since the kernel's last look is alive without references */
	return node >= m->references.objects || m->marked.mark.min_count[node] <= 0 ||
	       m->marked.mark.checksum_state[node] == KL_CHECKSUM_MODIFIED;
}

static struct kl_error *write_chain(const struct kl_chains *c, size_t begin, uint32_t row, struct kl_hops *ret)
{
	const struct kl_hop *hop = &c->incoming[begin];

	for (;;) {
		if (!kl_vec_push(&ret->list, *hop))
			return kl_error_nomem();
		if (hop->to == row)
			return NULL;
		hop = &c->incoming[c->next[hop->to]];
	}
}

/* Backwards from @row, level by level; the first root that is met is a nearest one. */
struct kl_error *kl_chain_to(struct kl_chains *c, uint32_t row, struct kl_hops *ret)
{
	size_t head = 0, tail = 0, i;

	ret->list.count = 0;
	if (begins_chain(c, row))
		return NULL;
	c->seen[row] = ++c->questions;
	c->queue[tail++] = row;
	while (head < tail) {
		uint32_t at = c->queue[head++];

		for (i = c->first[at]; i < c->first[at + 1]; i++) {
			size_t node = c->incoming[i].node;

			if (begins_chain(c, node))
				return write_chain(c, i, row, ret);
			if (c->seen[node] == c->questions)
				continue;
			c->seen[node] = c->questions;
			c->next[node] = i;
			c->queue[tail++] = (uint32_t)node;
		}
	}
	return NULL;
}
