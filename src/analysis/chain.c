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

/* Holders and what they hold are of a kind with what comes from the same stack. */
static struct kl_like like_of_hop(const struct kl_chains *c, const struct kl_hop *hop)
{
	const struct kl_heap *heap = marking_of(c)->in.heap;

	return (struct kl_like){
		.holder_kind = heap->stack[hop->node],
		.offset = hop->reference->at - heap->address[hop->node],
		.target = hop->to,
		.target_kind = (uint64_t)heap->stack[hop->to] << 1 | !!(hop->reference->traits & KL_TRAIT_INTERIOR),
	};
}

static bool hop_is_thin(const struct kl_chains *c, const struct kl_hop *hop)
{
	return hop->node < marking_of(c)->references.objects && hop->reference->grade == KL_GRADE_THIN;
}

/* One that is no thin word. */
static bool hop_is_doubtful(const struct kl_chains *c, const struct kl_hop *hop)
{
	const struct kl_marking *m = marking_of(c);
	size_t root = hop->node - m->references.objects;
	enum kl_root_kind kind;

	if (hop->node < m->references.objects || root >= m->references.roots)
		return false; /* a register is no leftover */
	kind = m->facts.roots.list.data[root].kind;
	return kind == KL_ROOT_STACK || kind == KL_ROOT_PAGE;
}

static bool count_hops_alike(struct kl_chains *c, struct kl_likes *likes)
{
	const struct kl_references *refs = &marking_of(c)->references;
	size_t node, i;

	for (node = 0; node < refs->objects; node++) {
		for (i = refs->begin[node]; i < refs->end[node]; i++) {
			struct kl_hop hop = {
				.node = node, .to = refs->list.data[i].to, .reference = &refs->list.data[i]};
			struct kl_like like = like_of_hop(c, &hop);

			if (hop_is_thin(c, &hop) && kl_inquiry_counts(c->q, node, hop.reference) &&
			    !kl_likes_add(likes, &like))
				return false;
		}
	}
	return true;
}

/* The thin words of one object, and whether they have their like. */
struct thin_hops {
	const struct kl_likes *likes;
	KL_VEC(struct kl_like) words;
	KL_VEC(bool) has_like;
};

static void thin_hops_deinit(struct thin_hops *t)
{
	kl_vec_deinit(&t->words);
	kl_vec_deinit(&t->has_like);
}

static bool judge_thin_hops(const struct kl_chains *c, size_t node, struct thin_hops *t)
{
	const struct kl_references *refs = &marking_of(c)->references;
	size_t i;

	t->words.count = 0;
	for (i = refs->begin[node]; i < refs->end[node]; i++) {
		struct kl_hop hop = {.node = node, .to = refs->list.data[i].to, .reference = &refs->list.data[i]};

		if (hop_is_thin(c, &hop) && kl_inquiry_counts(c->q, node, hop.reference) &&
		    !kl_vec_push(&t->words, like_of_hop(c, &hop)))
			return false;
	}
	t->has_like.count = 0;
	return !t->words.count || (kl_vec_reserve(&t->has_like, t->words.count) &&
				   kl_likes_has(t->likes, t->words.data, t->words.count, t->has_like.data));
}

static bool visit_references(struct kl_chains *c, const struct kl_likes *likes)
{
	_cleanup_(thin_hops_deinit) struct thin_hops thin = {.likes = likes};
	const struct kl_references *refs = &marking_of(c)->references;
	size_t node, i, n;

	for (node = 0; node < refs->nodes; node++) {
		if (c->incoming && !judge_thin_hops(c, node, &thin))
			return false;
		n = 0;
		for (i = refs->begin[node]; i < refs->end[node]; i++) {
			struct kl_hop hop = {
				.node = node, .to = refs->list.data[i].to, .reference = &refs->list.data[i]};

			if (!kl_inquiry_counts(c->q, node, hop.reference))
				continue;
			if (c->incoming)
				hop.doubtful =
					hop_is_thin(c, &hop) ? !thin.has_like.data[n++] : hop_is_doubtful(c, &hop);
			add_incoming(c, &hop);
			hop.to = passed_to(marking_of(c), hop.to, node);
			hop.passed = true;
			if (hop.to != KL_NO_OBJECT)
				add_incoming(c, &hop);
		}
	}
	return true;
}

struct kl_error *kl_chains_begin(struct kl_inquiry *q, struct kl_chains *c)
{
	_cleanup_(kl_likes_reset) struct kl_likes likes = {};
	size_t rows = q->a->snapshot.heap.rows, row;

	c->q = q;
	c->first = calloc(rows + 2, sizeof(*c->first));
	c->seen = calloc(rows + 1, sizeof(*c->seen));
	c->put_off = calloc(rows + 1, sizeof(*c->put_off));
	c->queue = calloc(rows + 1, sizeof(*c->queue));
	c->later = calloc(rows + 1, sizeof(*c->later));
	c->next = calloc(rows + 1, sizeof(*c->next));
	if (!c->first || !c->seen || !c->put_off || !c->queue || !c->later || !c->next)
		return kl_error_nomem();
	if (!count_hops_alike(c, &likes))
		return kl_error_nomem();
	if (!visit_references(c, &likes))
		return kl_error_nomem();
	for (row = 0; row < rows; row++)
		c->first[row + 1] += c->first[row];
	c->incoming = calloc(c->first[rows] + 1, sizeof(*c->incoming));
	if (!c->incoming)
		return kl_error_nomem();
	if (!visit_references(c, &likes))
		return kl_error_nomem();
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
	free(c->put_off);
	free(c->queue);
	free(c->later);
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

#define NO_HOP SIZE_MAX

/* One level of the search: rows that lead to the object over the same number of doubtful words. */
struct level {
	size_t head, tail, put_off; /* of the queue; length of `later` */
	size_t begin;               /* a hop from a root, over one doubtful word more; NO_HOP */
};

static void reach_row(struct kl_chains *c, struct level *level, size_t row, size_t hop)
{
	if (c->seen[row] == c->questions)
		return;
	c->seen[row] = c->questions;
	c->next[row] = hop;
	c->queue[level->tail++] = (uint32_t)row;
}

static void put_row_off(struct kl_chains *c, struct level *level, size_t row, size_t hop)
{
	if (c->seen[row] == c->questions || c->put_off[row] == c->questions)
		return;
	c->put_off[row] = c->questions;
	c->next[row] = hop;
	c->later[level->put_off++] = (uint32_t)row;
}

/* Visits what leads to the rows of the level; returns the hop from a root that it met, or NO_HOP. */
static size_t search_level(struct kl_chains *c, struct level *level)
{
	size_t i;

	while (level->head < level->tail) {
		uint32_t at = c->queue[level->head++];

		for (i = c->first[at]; i < c->first[at + 1]; i++) {
			bool begins = begins_chain(c, c->incoming[i].node), doubtful = c->incoming[i].doubtful;

			if (begins && !doubtful)
				return i;
			if (begins)
				level->begin = level->begin == NO_HOP ? i : level->begin;
			else if (doubtful)
				put_row_off(c, level, c->incoming[i].node, i);
			else
				reach_row(c, level, c->incoming[i].node, i);
		}
	}
	return NO_HOP;
}

/* Those put off that were not reached without. */
static void next_level(struct kl_chains *c, struct level *level)
{
	size_t n = level->put_off, i;

	*level = (struct level){.begin = NO_HOP};
	for (i = 0; i < n; i++)
		reach_row(c, level, c->later[i], c->next[c->later[i]]);
}

/* Backwards from @row: first over no doubtful words, then over one, and so on. */
struct kl_error *kl_chain_to(struct kl_chains *c, uint32_t row, struct kl_hops *ret)
{
	struct level level = {.begin = NO_HOP};
	size_t begin = NO_HOP;

	ret->list.count = 0;
	if (begins_chain(c, row))
		return NULL;
	c->questions++;
	reach_row(c, &level, row, NO_HOP);
	while (level.tail && begin == NO_HOP) {
		begin = search_level(c, &level);
		if (begin == NO_HOP)
			begin = level.begin;
		if (begin == NO_HOP)
			next_level(c, &level);
	}
	return begin == NO_HOP ? NULL : write_chain(c, begin, row, ret);
}
