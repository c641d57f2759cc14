/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/answer.h"

#include "analysis/chain.h"

struct maker {
	struct kl_inquiry *q;
	const struct kl_answer_options *options;
	struct kl_answers *ret;
	size_t at; /* the answer that words are added to */
};

/* ---- strings that stay ---- */

struct kl_error *kl_answers_keep(struct kl_answers *texts, const char **text)
{
	char *copy;

	if (!*text)
		return NULL;
	copy = strdup(*text);
	if (!copy || !kl_vec_push(&texts->texts, copy)) {
		free(copy);
		return kl_error_nomem();
	}
	*text = copy;
	return NULL;
}

struct kl_error *kl_answers_keep_holder(struct kl_answers *texts, struct kl_store_holder *holder)
{
	const char **const strings[] = {&holder->name, &holder->cache, &holder->type, &holder->member,
					&holder->allocator};
	struct kl_error *err = NULL;
	size_t i;

	/* kind is static */
	for (i = 0; i < sizeof(strings) / sizeof(*strings) && !err; i++)
		err = kl_answers_keep(texts, strings[i]);
	return err;
}

/* class_, why and grade are static. */
static struct kl_error *keep_word(struct kl_answers *texts, struct kl_store_word *word)
{
	struct kl_error *err = kl_answers_keep(texts, &word->traits);

	return err ? err : kl_answers_keep_holder(texts, &word->holder);
}

/* ---- objects ---- */

static void describe_verdict(const struct kl_inquiry *q, uint32_t row, struct kl_store_object *ret)
{
	const struct kl_findings *findings = &q->a->judgement.findings;
	const struct kl_finding *finding = kl_inquiry_finding(q, row);
	const struct kl_mark *mark = &q->a->marking.marked.mark;

	ret->count = mark->count[row];
	ret->needed = mark->min_count[row];
	ret->is_finding = finding != NULL;
	if (finding) {
		ret->verdict = kl_store_verdict_name(finding->verdict);
		ret->reason = kl_intern_get(findings->reasons, finding->reason, NULL);
	} else if (mark->colour[row] == KL_BLACK) {
		ret->verdict = "ignored";
		ret->reason = "the kernel told kmemleak to ignore it";
	} else if (!mark->min_count[row]) {
		ret->verdict = "never reported";
		ret->reason = "static data, or the kernel told kmemleak that it is no leak";
	} else {
		ret->verdict = "reachable";
	}
}

struct kl_error *kl_answer_object(struct kl_inquiry *q, uint32_t row, struct kl_answers *texts,
				  struct kl_store_object *ret)
{
	const struct kl_heap *heap = &q->a->snapshot.heap;
	struct kl_store_holder holder;
	struct kl_error *err =
		kl_place_of_object(&q->places, row, kl_object_start(heap, &q->a->marking.space, row), &holder);

	if (err)
		return err;
	*ret = (struct kl_store_object){
		.address = heap->address[row],
		.size = heap->size[row],
		.class_ = (enum kleak_class)heap->class_[row],
		.cache = holder.cache,
		.type = holder.type,
		.allocator = holder.allocator,
	};
	describe_verdict(q, row, ret);
	err = kl_answers_keep(texts, &ret->cache);
	if (!err)
		err = kl_answers_keep(texts, &ret->type);
	if (!err)
		err = kl_answers_keep(texts, &ret->allocator);
	return err ? err : kl_answers_keep(texts, &ret->reason);
}

/* ---- answers ---- */

static struct kl_error *add_word(void *context, uint32_t row, const struct kl_store_word *word)
{
	struct maker *m = context;
	struct kl_store_word copy = *word;
	struct kl_error *err;

	while (m->ret->rows.data[m->at] != row)
		m->at++;
	err = keep_word(m->ret, &copy);
	if (!err && !kl_vec_push(&m->ret->list.data[m->at].words, copy))
		err = kl_error_nomem();
	return err;
}

/* Words of untracked pages count for nothing in a marking, but may be all that holds an object. */
static struct kl_error *place_hop(struct maker *m, const struct kl_hop *hop, struct kl_store_word *word)
{
	struct kl_error *err;
	bool known;

	if (hop->node < m->q->a->marking.references.nodes)
		return kl_place_of_node(&m->q->places, hop->node, hop->at, hop->traits, &word->holder);
	word->counts = false;
	word->class_ = kl_owner_name(KL_OWNER_PAGE_UNTRACKED);
	word->why = kl_owner_why(KL_OWNER_PAGE_UNTRACKED);
	word->holder = (struct kl_store_holder){.kind = word->class_, .offset = KL_UNKNOWN};
	err = kl_owners_map(&m->q->owners);
	return err ? err : kl_place_of_address(&m->q->places, hop->at, &word->holder, &known);
}

static struct kl_error *add_hop(struct maker *m, struct kl_store_answer *answer, const struct kl_hop *hop)
{
	struct kl_store_word word = {
		.target = m->q->a->snapshot.heap.address[hop->to],
		.into = KL_UNKNOWN,
		.at = hop->at,
		.physical = KL_UNKNOWN,
		.counts = true,
		.class_ = "reference",
		.why = hop->passed ? "holds the vm_struct, which stands for the area" : "counts",
		.doubt = kl_doubt_why(hop->doubt),
		.traits = "",
	};
	struct kl_error *err = place_hop(m, hop, &word);

	word.in_memory = word.holder.has_address;
	if (!err)
		err = keep_word(m->ret, &word);
	return err || kl_vec_push(&answer->chain, word) ? err : kl_error_nomem();
}

static struct kl_error *add_hops(struct maker *m, struct kl_store_answer *answer, const struct kl_hops *hops)
{
	struct kl_error *err = NULL;
	const struct kl_hop *hop;

	kl_vec_for_each (hop, &hops->list) {
		if (!err)
			err = add_hop(m, answer, hop);
	}
	return err;
}

static bool has_reachable(const struct kl_answers *answers)
{
	const struct kl_store_answer *answer;

	kl_vec_for_each (answer, &answers->list) {
		if (!answer->object.is_finding)
			return true;
	}
	return false;
}

static struct kl_error *add_chains(struct maker *m)
{
	struct kl_chains chains = {};
	struct kl_hops hops = {};
	struct kl_error *err = kl_chains_begin(m->q, &chains);
	size_t i;

	for (i = 0; i < m->ret->list.count && !err; i++) {
		if (m->ret->list.data[i].object.is_finding)
			continue;
		err = kl_chain_to(&chains, m->ret->rows.data[i], &hops);
		if (!err)
			err = add_hops(m, &m->ret->list.data[i], &hops);
	}
	kl_vec_deinit(&hops.list);
	kl_chains_deinit(&chains);
	return err;
}

static struct kl_error *add_words(struct maker *m)
{
	_cleanup_free_ uint32_t *rows = calloc(m->ret->rows.count + 1, sizeof(*rows));
	struct kl_error *err = NULL;
	size_t i, n = 0;

	if (!rows)
		return kl_error_nomem();
	for (i = 0; i < m->ret->rows.count; i++) {
		if (!m->options->all && !m->ret->list.data[i].object.is_finding)
			continue;
		rows[n++] = m->ret->rows.data[i];
		m->ret->list.data[i].searched = m->options->search;
	}
	if (m->options->search)
		return n ? kl_inquiry_words(m->q, rows, n, add_word, m) : NULL;
	for (i = 0; i < n && !err; i++)
		err = kl_inquiry_references(m->q, rows[i], false, add_word, m);
	return err;
}

static int compare_rows(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* Ascending, each once. */
static struct kl_error *list_rows(struct kl_answers *ret, const uint32_t *rows, size_t n)
{
	size_t i, kept = 0;

	for (i = 0; i < n; i++) {
		if (!kl_vec_push(&ret->rows, rows[i]))
			return kl_error_nomem();
	}
	if (n)
		qsort(ret->rows.data, n, sizeof(*ret->rows.data), compare_rows);
	for (i = 0; i < n; i++) {
		if (!kept || ret->rows.data[i] != ret->rows.data[kept - 1])
			ret->rows.data[kept++] = ret->rows.data[i];
	}
	ret->rows.count = kept;
	return NULL;
}

struct kl_error *kl_answers_make(struct kl_inquiry *q, const uint32_t *rows, size_t n,
				 const struct kl_answer_options *options, struct kl_answers *ret)
{
	struct maker m = {.q = q, .options = options, .ret = ret};
	struct kl_error *err = list_rows(ret, rows, n);
	size_t i;

	for (i = 0; i < ret->rows.count && !err; i++) {
		struct kl_store_answer *answer = kl_vec_add(&ret->list);

		err = answer ? kl_answer_object(q, ret->rows.data[i], ret, &answer->object) : kl_error_nomem();
	}
	if (!err && has_reachable(ret))
		err = add_chains(&m);
	return err ? err : add_words(&m);
}

void kl_answers_deinit(struct kl_answers *answers)
{
	struct kl_store_answer *answer;
	char **text;

	kl_vec_for_each (answer, &answers->list) {
		kl_vec_deinit(&answer->words);
		kl_vec_deinit(&answer->chain);
	}
	kl_vec_for_each (text, &answers->texts)
		free(*text);
	kl_vec_deinit(&answers->list);
	kl_vec_deinit(&answers->rows);
	kl_vec_deinit(&answers->texts);
}
