/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/inquiry.h"

#include "analysis/raw_search.h"
#include "kernel/machine/percpu.h"
#include "util/search.h"

/* A reference to one of the objects asked about. */
struct incoming {
	uint32_t row;
	size_t node;
	const struct kl_reference *ref;
};

struct answer {
	struct kl_inquiry *q;
	KL_VEC(struct incoming) incoming; /* ascending by row, then by address of the word; registers last */
	struct kl_raw_hits hits;
	kl_word_fn *fn;
	void *context;
};

static void answer_deinit(struct answer *a)
{
	kl_vec_deinit(&a->incoming);
	kl_vec_deinit(&a->hits.list);
}

struct kl_error *kl_inquiry_begin(struct kl_analysis *a, struct kl_inquiry *q)
{
	q->a = a;
	q->places = (struct kl_places){.k = a->opened.kernel, .m = &a->marking, .owners = &q->owners};
	kl_naming_init(&q->naming, &a->opened, &a->snapshot.heap);
	q->places.naming = &q->naming;
	/* where pages were not profiled there is no memory model to ask */
	if (a->snapshot.profiling.profiling.memory)
		q->places.profiling = &a->snapshot.profiling.profiling;
	return kl_owners_read(a->opened.kernel, &a->snapshot.heap, &a->marking.facts, &q->owners);
}

void kl_inquiry_deinit(struct kl_inquiry *q)
{
	kl_naming_deinit(&q->naming);
	kl_places_deinit(&q->places);
	kl_owners_deinit(&q->owners);
}

bool kl_inquiry_has_references(const struct kl_inquiry *q)
{
	return q->a->marking.references.begin != NULL;
}

/* Cookies may look like addresses of the image: one that an object begins with means that object. */
static bool begins_percpu_object(const struct kl_heap *heap, uint64_t address, uint32_t *row)
{
	*row = kl_index_find(&heap->index[KLEAK_CLASS_PERCPU], address);
	return *row != KL_NO_OBJECT && heap->address[*row] == address;
}

uint32_t kl_inquiry_find(struct kl_inquiry *q, uint64_t address)
{
	const struct kl_heap *heap = &q->a->snapshot.heap;
	const struct kl_percpu *percpu = &q->a->opened.kernel->percpu;
	uint32_t row, cookie;
	const unsigned *cpu;

	row = kl_index_find(&heap->index[KLEAK_CLASS_VIRTUAL], address);
	if (row != KL_NO_OBJECT && heap->address[row] == address)
		return row;
	if (begins_percpu_object(heap, address, &cookie) || row == KL_NO_OBJECT)
		row = cookie;
	if (row == KL_NO_OBJECT)
		row = kl_index_find(&heap->index[KLEAK_CLASS_PHYSICAL], address - q->a->marking.space.direct_map);
	if (row == KL_NO_OBJECT)
		row = kl_index_find(&heap->index[KLEAK_CLASS_PHYSICAL], address);
	kl_vec_for_each (cpu, &percpu->cpus) {
		if (row == KL_NO_OBJECT && percpu->smp)
			row = kl_index_find(&heap->index[KLEAK_CLASS_PERCPU], address - percpu->offsets.data[*cpu]);
	}
	return row;
}

const struct kl_finding *kl_inquiry_finding(const struct kl_inquiry *q, uint32_t row)
{
	const struct kl_findings *findings = &q->a->judgement.findings;
	size_t i = kl_search_prefix(findings->list.data, findings->list.count, finding, finding->row < row);

	return i < findings->list.count && findings->list.data[i].row == row ? &findings->list.data[i] : NULL;
}

/* ---- what a reference is worth ---- */

static bool is_object_node(const struct kl_inquiry *q, size_t node)
{
	return node < q->a->marking.references.objects;
}

/* Traits that speak against a reference under the settings of this marking. */
static uint32_t honored_traits(const struct kl_inquiry *q, const struct kl_reference *ref)
{
	const struct kl_precise_settings *s = &q->a->marking.settings;

	return ref->traits & (s->disregard | (s->types ? KL_TRAIT_INTEGER : 0U));
}

bool kl_inquiry_counts(const struct kl_inquiry *q, size_t node, const struct kl_reference *ref)
{
	const struct kl_mark *mark = &q->a->marking.marked.mark;

	return !honored_traits(q, ref) && mark->weak[ref->to] != KL_WEAK_SIBLINGS &&
	       (!is_object_node(q, node) || (mark->colour[node] == KL_GREY && !mark->weak[node]));
}

/* The holder is an object that is itself no proof of life. */
static void classify_holder(const struct kl_mark *mark, size_t node, struct kl_store_word *word)
{
	if (mark->weak[node]) {
		word->class_ = "weak";
		word->why = "in an object that is itself only weakly referenced";
	} else if (mark->explained[node]) {
		word->class_ = "explained";
		word->why = "in an object that only untracked memory refers to";
	} else if (mark->colour[node] == KL_BLACK) {
		word->class_ = "ignored";
		word->why = "in an object that the kernel told kmemleak to ignore";
	} else {
		word->class_ = "leaked";
		word->why = "in an object that is itself unreferenced";
	}
}

static void classify_reference(const struct kl_inquiry *q, size_t node, const struct kl_reference *ref,
			       struct kl_store_word *word)
{
	uint32_t honored = honored_traits(q, ref);
	int bit;

	word->counts = kl_inquiry_counts(q, node, ref);
	word->class_ = "reference";
	word->why = "counts";
	for (bit = 0; bit < KL_TRAIT_COUNT; bit++) {
		if (!(honored >> bit & 1))
			continue;
		word->class_ = kl_trait_name(bit);
		word->why = kl_trait_why(bit);
		return;
	}
	if (word->counts)
		return;
	if (!is_object_node(q, node) || (q->a->marking.marked.mark.colour[node] == KL_GREY)) {
		word->class_ = "stray";
		word->why = "a stray word in memory that nobody is known to have initialized";
	} else {
		classify_holder(&q->a->marking.marked.mark, node, word);
	}
}

static void append_traits(uint32_t traits, struct kl_strbuf *sb)
{
	int bit;

	for (bit = 0; bit < KL_TRAIT_COUNT; bit++) {
		if (traits >> bit & 1)
			kl_strbuf_printf(sb, "%s%s", sb->length ? "," : "", kl_trait_name(bit));
	}
}

/* @word: where it is, and what it holds. */
static struct kl_error *deliver_reference(struct answer *a, uint32_t row, const struct incoming *in,
					  struct kl_store_word *word)
{
	_cleanup_strbuf_ struct kl_strbuf traits = {};
	struct kl_error *err;

	classify_reference(a->q, in->node, in->ref, word);
	append_traits(in->ref->traits, &traits);
	if (traits.failed)
		return kl_error_nomem();
	word->traits = kl_strbuf_string(&traits);
	word->grade = kl_grade_name((enum kl_grade)in->ref->grade);
	word->at = in->ref->at;
	err = kl_place_of_node(&a->q->places, in->node, in->ref->at, in->ref->traits, &word->holder);
	word->in_memory = word->holder.has_address;
	return err ? err : a->fn(a->context, row, word);
}

/* ---- words that no reference stands for ---- */

/* @offset: of the word in the holder. */
static void classify_object(const struct kl_heap *heap, uint32_t row, uint32_t holder, uint64_t offset,
			    struct kl_store_word *word)
{
	if (holder == row) {
		word->class_ = "self";
		word->why = "in the object itself";
	} else if (heap->flags[holder] & KL_OBJECT_NO_SCAN) {
		word->class_ = "no-scan";
		word->why = "in an object that holds no references, as the kernel told kmemleak";
	} else if (heap->area_count[holder]) {
		word->class_ = "outside-scan-areas";
		word->why = "in an object of which the kernel told kmemleak to scan only parts";
	} else if (offset + 8 > heap->size[holder]) {
		word->class_ = "across-end";
		word->why = "across the end of an object: a scan looks at whole words inside";
	} else if (heap->address[holder] % 8) {
		word->class_ = "across-chunks";
		word->why = "across two of the chunks in which a large object that is not aligned is scanned";
	} else {
		word->class_ = kl_owner_name(KL_OWNER_NOBODY);
		word->why = "not understood: in an object, and no scan sees it";
	}
}

static void classify_owner(const struct kl_inquiry *q, uint32_t row, const struct kl_owner *owner,
			   struct kl_store_word *word)
{
	word->class_ = kl_owner_name(owner->kind);
	word->why = kl_owner_why(owner->kind);
	if (owner->kind == KL_OWNER_OBJECT)
		classify_object(&q->a->snapshot.heap, row, owner->row, owner->address - owner->start, word);
	else if (owner->kind == KL_OWNER_SLACK && owner->row == row)
		word->why = "behind the size of the object itself, in memory that came with it";
	else if (owner->kind == KL_OWNER_KMEMLEAK && owner->row == row)
		word->why = "kmemleak's record of the object itself";
}

static struct kl_error *deliver_unscanned(struct answer *a, const struct kl_raw_hit *hit, struct kl_store_word *word)
{
	struct kl_owner owner;
	struct kl_error *err;

	kl_owner_of(&a->q->owners, hit->physical, &owner);
	classify_owner(a->q, hit->row, &owner, word);
	word->at = owner.address;
	word->traits = "";
	err = kl_place_of_owner(&a->q->places, &owner, &word->holder);
	return err ? err : a->fn(a->context, hit->row, word);
}

/* ---- joining both ---- */

static int compare_incoming(const void *a, const void *b)
{
	const struct incoming *x = a, *y = b;

	if (x->row != y->row)
		return x->row < y->row ? -1 : 1;
	if (x->ref->at != y->ref->at)
		return x->ref->at < y->ref->at ? -1 : 1;
	return x->node < y->node ? -1 : x->node > y->node;
}

/* @wanted: one byte per row. */
static struct kl_error *collect_incoming(struct answer *a, const uint8_t *wanted)
{
	const struct kl_references *refs = &a->q->a->marking.references;
	size_t node, i;

	for (node = 0; node < refs->nodes; node++) {
		for (i = refs->begin[node]; i < refs->end[node]; i++) {
			struct incoming in = {.row = refs->list.data[i].to, .node = node, .ref = &refs->list.data[i]};

			if (wanted[in.row] && !kl_vec_push(&a->incoming, in))
				return kl_error_nomem();
		}
	}
	if (a->incoming.count)
		qsort(a->incoming.data, a->incoming.count, sizeof(*a->incoming.data), compare_incoming);
	return NULL;
}

static bool is_last_node(const struct answer *a, const struct incoming *in)
{
	return in->node == a->q->a->marking.references.nodes - 1;
}

/* Of references to @row in the word at @at the one that counts, or else any; NULL when there is none. A word may be
 * read twice: as part of a root and of an object. */
static const struct incoming *find_incoming(const struct answer *a, uint32_t row, uint64_t at)
{
	size_t i = kl_search_prefix(a->incoming.data, a->incoming.count, in,
				    in->row < row || (in->row == row && in->ref->at < at));
	const struct incoming *best = NULL;

	for (; i < a->incoming.count && a->incoming.data[i].row == row && a->incoming.data[i].ref->at == at; i++) {
		const struct incoming *in = &a->incoming.data[i];

		if (!is_last_node(a, in) && (!best || kl_inquiry_counts(a->q, in->node, in->ref)))
			best = in;
	}
	return best;
}

static struct kl_error *deliver_hit(struct answer *a, const struct kl_raw_hit *hit)
{
	const struct kl_inquiry *q = a->q;
	const struct kl_heap *heap = &q->a->snapshot.heap;
	struct kl_store_word word = {
		.target = heap->address[hit->row],
		.into = (int64_t)kl_object_offset(heap, &q->a->marking.space, hit->row, hit->word),
		.in_memory = true,
		.physical = (int64_t)hit->physical,
	};
	uint64_t addresses[KL_MAPPINGS_MAX];
	size_t n = kl_mappings_find(&q->owners.mappings, hit->physical, addresses), i;
	const struct incoming *best = NULL;

	for (i = 0; i < n; i++) {
		const struct incoming *in = find_incoming(a, hit->row, addresses[i]);

		if (in && (!best || kl_inquiry_counts(q, in->node, in->ref)))
			best = in;
	}
	return best ? deliver_reference(a, hit->row, best, &word) : deliver_unscanned(a, hit, &word);
}

/* A reference of which nothing but its address is known. */
static struct kl_error *deliver_incoming(struct answer *a, const struct incoming *in)
{
	struct kl_store_word word = {
		.target = a->q->a->snapshot.heap.address[in->row], .into = KL_UNKNOWN, .physical = KL_UNKNOWN};

	return deliver_reference(a, in->row, in, &word);
}

static struct kl_error *deliver_registers(struct answer *a, uint32_t row)
{
	const struct incoming *in;
	struct kl_error *err = NULL;

	kl_vec_for_each (in, &a->incoming) {
		if (!err && in->row == row && is_last_node(a, in))
			err = deliver_incoming(a, in);
	}
	return err;
}

static int compare_rows_by_address(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* @rows: ascending. */
static struct kl_error *deliver_rows(struct answer *a, const uint32_t *rows, size_t n)
{
	struct kl_error *err = NULL;
	size_t hit = 0, i;

	for (i = 0; i < n && !err; i++) {
		for (; hit < a->hits.list.count && a->hits.list.data[hit].row == rows[i] && !err; hit++)
			err = deliver_hit(a, &a->hits.list.data[hit]);
		if (!err)
			err = deliver_registers(a, rows[i]);
	}
	return err;
}

struct kl_error *kl_inquiry_words(struct kl_inquiry *q, const uint32_t *rows, size_t n, kl_word_fn *fn, void *context)
{
	_cleanup_(answer_deinit) struct answer a = {.q = q, .fn = fn, .context = context};
	_cleanup_free_ uint8_t *wanted = calloc(q->a->snapshot.heap.rows + 1, 1);
	_cleanup_free_ uint32_t *sorted = calloc(n + 1, sizeof(*sorted));
	struct kl_error *err;
	size_t i;

	if (!wanted || !sorted)
		return kl_error_nomem();
	for (i = 0; i < n; i++) {
		wanted[rows[i]] = 1;
		sorted[i] = rows[i];
	}
	qsort(sorted, n, sizeof(*sorted), compare_rows_by_address);
	err = kl_owners_map(&q->owners);
	if (!err)
		err = collect_incoming(&a, wanted);
	if (!err)
		err = kl_raw_search(q->a->opened.image, &q->a->marking, rows, n, &a.hits);
	return err ? err : deliver_rows(&a, sorted, n);
}

/* ---- references alone ---- */

static struct kl_error *references_from(struct answer *a, uint32_t row)
{
	const struct kl_references *refs = &a->q->a->marking.references;
	struct kl_error *err = NULL;
	size_t i;

	for (i = refs->begin[row]; i < refs->end[row] && !err; i++) {
		struct incoming in = {.row = refs->list.data[i].to, .node = row, .ref = &refs->list.data[i]};

		err = deliver_incoming(a, &in);
	}
	return err;
}

struct kl_error *kl_inquiry_all_references(struct kl_inquiry *q, const uint8_t *wanted, kl_word_fn *fn, void *context)
{
	_cleanup_(answer_deinit) struct answer a = {.q = q, .fn = fn, .context = context};
	struct kl_error *err = collect_incoming(&a, wanted);
	const struct incoming *in;

	kl_vec_for_each (in, &a.incoming) {
		size_t done = (size_t)(in - a.incoming.data);

		if (!err && done % 256 == 0)
			err = kl_progress_tick(q->a->opened.options->progress, "naming references", done,
					       a.incoming.count);
		if (!err)
			err = deliver_incoming(&a, in);
	}
	return err;
}

static struct kl_error *references_to(struct kl_inquiry *q, uint32_t row, kl_word_fn *fn, void *context)
{
	_cleanup_free_ uint8_t *wanted = calloc(q->a->snapshot.heap.rows + 1, 1);

	if (!wanted)
		return kl_error_nomem();
	wanted[row] = 1;
	return kl_inquiry_all_references(q, wanted, fn, context);
}

struct kl_error *kl_inquiry_references(struct kl_inquiry *q, uint32_t row, bool from, kl_word_fn *fn, void *context)
{
	_cleanup_(answer_deinit) struct answer a = {.q = q, .fn = fn, .context = context};

	if (!kl_inquiry_has_references(q))
		return NULL;
	return from ? references_from(&a, row) : references_to(q, row, fn, context);
}
