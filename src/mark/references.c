/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mark/references.h"

#include <string.h>

#include "mark/scan.h"
#include "util/search.h"

/* A word that may be a reference waits here while what it leads to is brought from memory. On 3.5 million objects a
 * look-up misses the processor's caches twice, 100 ns each, and 32 of them overlap. */
#define WAITING 32
#define AHEAD 8 /* objects */

struct waiting_word {
	uint64_t address, word;
	uint32_t scanned;
	size_t node;
};

struct collector {
	const struct kl_heap *heap;
	const struct kl_facts *facts;
	const struct kl_address_space *space;
	struct kl_references *refs;
	size_t node; /* being read */
	size_t n_waiting;
	struct waiting_word waiting[WAITING];
	size_t mask; /* the first mask that ends after `mask_from`, the end of the one before */
	uint64_t mask_from, mask_to;
	bool out_of_memory, too_many;
	struct kl_scan scan;
};

/* Most words are near the one before. */
static const struct kl_mask *find_mask(struct collector *c, uint64_t address)
{
	const struct kl_mask *masks = c->facts->masks.data;
	size_t n = c->facts->masks.count;

	if (address < c->mask_from || address >= c->mask_to) {
		c->mask = kl_search_prefix(masks, n, mask, mask->end <= address);
		c->mask_from = c->mask ? masks[c->mask - 1].end : 0;
		c->mask_to = c->mask < n ? masks[c->mask].end : UINT64_MAX;
	}
	return c->mask < n && address >= masks[c->mask].start ? &masks[c->mask] : NULL;
}

/* Of what grade is the word at @address by the object it stands in? */
static enum kl_grade grade_in_object(const struct collector *c, uint32_t row, uint64_t address)
{
	const struct kl_facts *facts = c->facts;
	bool percpu = c->heap->class_[row] == KLEAK_CLASS_PERCPU, written;

	if (!percpu && facts->type_of && facts->type_of[row]) {
		const struct kl_object_type *type = &facts->types.data[facts->type_of[row]];
		uint64_t offset = address - kl_object_start(c->heap, c->space, row);

		if (offset >= type->size || !type->words[offset / 8])
			return KL_GRADE_WEAK;
		written = facts->zeroed && facts->zeroed[row];
		written |= !type->kmalloc && type->words[offset / 8] != KL_MAY_BE_LATE;
		return written ? KL_GRADE_TYPED : KL_GRADE_DECLARED;
	}
	/* Copies of per-CPU memory are erased when they are allocated. What can never be reported (sections of the
	 * image, early memory) was erased while booting, or written on purpose. */
	if (percpu || !c->heap->min_count[row] || (facts->zeroed && facts->zeroed[row]))
		return KL_GRADE_PLAIN;
	return KL_GRADE_THIN;
}

static uint16_t traits_of_root(const struct kl_facts *k, size_t root, uint64_t address)
{
	uint16_t traits = k->roots.list.data[root].kind == KL_ROOT_STACK ? KL_TRAIT_STACK : 0;

	return address < k->live.data[root] ? traits | KL_TRAIT_DEAD_STACK : traits;
}

/* What the place of @word says about it, wherever it points. */
static struct kl_reference judge_place(struct collector *c, const struct waiting_word *from)
{
	uint32_t scanned = from->scanned;
	uint64_t address = from->address;
	const struct kl_mask *mask = find_mask(c, address);
	bool root = scanned == KL_NO_OBJECT;
	struct kl_reference reference = {.at = address, .grade = KL_GRADE_PLAIN};

	if (mask)
		reference.traits |= root ? mask->traits & (uint16_t)~mask->in_objects : mask->traits;
	if (root)
		reference.traits |= traits_of_root(c->facts, from->node - c->refs->objects, address);
	else
		reference.grade = (uint8_t)grade_in_object(c, scanned, address);
	if (reference.grade == KL_GRADE_WEAK)
		reference.traits |= KL_TRAIT_INTEGER;
	if (reference.traits & KL_TRAIT_INTEGER)
		reference.grade = KL_GRADE_WEAK;
	if (kl_page_states_is_dead(&c->facts->pages, address, from->word))
		reference.traits |= KL_TRAIT_STRUCT_PAGE;
	return reference;
}

/* The two flags in a cookie of percpu_ref do not lead further inside. */
static bool is_address_of_start(const struct collector *c, uint32_t row, uint64_t word)
{
	uint64_t cookie = c->heap->address[row];

	if (c->heap->class_[row] != KLEAK_CLASS_PERCPU)
		return word == cookie;
	return word - cookie <= KL_COOKIE_FLAGS || !kl_object_offset(c->heap, c->space, row, word);
}

/* Where cookies are small integers: may @word be one that merely lies in the range of the object's? What is aligned
 * like a pointer, and stands in memory that was erased or in a member declared as one, leads to a member of it. */
static bool is_inexact(const struct collector *c, uint64_t cookie, uint64_t word, const struct kl_reference *reference)
{
	if (kl_is_cookie(c->space, cookie, word))
		return false;
	return word % 8 || reference->grade > KL_GRADE_DECLARED || (reference->traits & KL_TRAIT_STACK);
}

/* References of one node come in one piece. */
static bool add_thin_holder(struct kl_references *refs, size_t node)
{
	size_t n = refs->thin_holders.count;

	return node >= refs->objects + refs->roots || (n && refs->thin_holders.data[n - 1] == node) ||
	       kl_vec_push(&refs->thin_holders, (uint32_t)node);
}

static void push_reference(struct collector *c, size_t node, struct kl_reference reference)
{
	struct kl_references *refs = c->refs;

	refs->traits |= reference.traits;
	if (refs->list.count == UINT32_MAX)
		c->too_many = true;
	else if (!kl_vec_push(&refs->list, reference))
		c->out_of_memory = true;
	if (kl_reference_is_thin(&reference) && !add_thin_holder(refs, node))
		c->out_of_memory = true;
	if (!refs->end[node])
		refs->begin[node] = (uint32_t)refs->list.count - 1;
	refs->end[node] = (uint32_t)refs->list.count;
}

/* Does @from stand on the stack of a task that has slept since before @to was allocated? It did not write the word. */
static bool slept_before(const struct collector *c, uint32_t to, const struct waiting_word *from)
{
	size_t root = from->node - c->refs->objects;
	uint64_t since;

	if (from->node < c->refs->objects || root >= c->refs->roots)
		return false;
	since = c->facts->roots.list.data[root].asleep_since;
	return since && c->heap->jiffies[to] != KL_UNKNOWN_JIFFIES && (int64_t)(c->heap->jiffies[to] - since) > 0;
}

static void add_reference_to(struct collector *c, uint32_t to, const struct waiting_word *from,
			     struct kl_reference reference)
{
	reference.to = to;
	if (reference.grade == KL_GRADE_PLAIN && slept_before(c, to, from))
		reference.grade = KL_GRADE_THIN;
	if (!is_address_of_start(c, to, from->word))
		reference.traits |= KL_TRAIT_INTERIOR;
	push_reference(c, from->node, reference);
}

/* To the per-CPU object whose cookie @from may be. */
static void add_reference_of_cookie(struct collector *c, const struct waiting_word *from, struct kl_reference reference)
{
	uint32_t to = KL_NO_OBJECT;

	if (kl_may_be_percpu(c->space, from->word))
		to = kl_index_find(&c->heap->index[KLEAK_CLASS_PERCPU], from->word);
	if (to == KL_NO_OBJECT)
		return;
	if (!kl_is_cookie(c->space, c->heap->address[to], from->word))
		reference.traits |= KL_TRAIT_PERCPU_INEXACT;
	add_reference_to(c, to, from, reference);
}

static void collect_references_of_word(struct collector *c, const struct waiting_word *from)
{
	uint32_t virtual_ = KL_NO_OBJECT, percpu = KL_NO_OBJECT;
	uint64_t word = from->word;
	struct kl_reference reference;

	if (kl_may_be_virtual(c->space, word))
		virtual_ = kl_heap_find_virtual(c->heap, word);
	if (kl_may_be_percpu(c->space, word))
		percpu = kl_index_find(&c->heap->index[KLEAK_CLASS_PERCPU], word);
	/* Without SMP a cookie is the address of the only copy. */
	if (percpu == virtual_)
		virtual_ = KL_NO_OBJECT;
	/* A root is scanned for KL_NO_OBJECT, which nothing found is. */
	if (virtual_ == from->scanned && virtual_ != KL_NO_OBJECT) {
		c->refs->self_references++;
		virtual_ = KL_NO_OBJECT;
	}
	if (percpu == from->scanned && percpu != KL_NO_OBJECT) {
		c->refs->self_references++;
		percpu = KL_NO_OBJECT;
	}
	if (virtual_ == KL_NO_OBJECT && percpu == KL_NO_OBJECT)
		return;
	reference = judge_place(c, from);
	if (virtual_ != KL_NO_OBJECT)
		add_reference_to(c, virtual_, from, reference);
	if (percpu == KL_NO_OBJECT)
		return;
	if (is_inexact(c, c->heap->address[percpu], word, &reference))
		reference.traits |= KL_TRAIT_PERCPU_INEXACT;
	add_reference_to(c, percpu, from, reference);
}

static void collect_waiting(struct collector *c)
{
	const struct kl_index *index = &c->heap->index[KLEAK_CLASS_VIRTUAL];
	size_t i;

	for (i = 0; i < c->n_waiting; i++)
		kl_index_prefetch(index, c->waiting[i].word, true);
	for (i = 0; i < c->n_waiting; i++)
		collect_references_of_word(c, &c->waiting[i]);
	c->n_waiting = 0;
}

static void let_word_wait(void *context, uint32_t scanned, uint64_t address, uint64_t word)
{
	struct collector *c = context;

	if (c->n_waiting == WAITING)
		collect_waiting(c);
	kl_index_prefetch(&c->heap->index[KLEAK_CLASS_VIRTUAL], word, false);
	c->waiting[c->n_waiting++] =
		(struct waiting_word){.address = address, .word = word, .scanned = scanned, .node = c->node};
}

static struct kl_error *collector_error(const struct collector *c)
{
	if (c->too_many)
		return kl_error_create(KL_ERROR_UNSUPPORTED, "more than %u references", UINT32_MAX);
	return c->out_of_memory ? kl_error_nomem() : NULL;
}

/* Everything read since then belongs to the node that was read. */
static void count_missing_of_node(struct collector *c, uint64_t missing_before)
{
	uint64_t missing = c->scan.missing - missing_before;

	c->refs->missing[c->node] = missing < UINT32_MAX ? (uint32_t)missing : UINT32_MAX;
}

/* All rows, those that can be found by address first, and in that order. */
static uint32_t *order_by_address(const struct kl_heap *heap)
{
	_cleanup_free_ uint8_t *done = calloc(heap->rows + 1, 1);
	_cleanup_free_ uint32_t *order = calloc(heap->rows + 1, sizeof(*order));
	size_t n = 0, i;
	uint32_t row;
	int class_;

	if (!order || !done)
		return NULL;
	for (class_ = 0; class_ < KL_CLASSES; class_++) {
		for (i = 0; i < heap->index[class_].count; i++) {
			row = heap->index[class_].spans[i].object;
			done[row] = 1;
			order[n++] = row;
		}
	}
	for (row = 0; row < heap->rows; row++) {
		if (!done[row])
			order[n++] = row;
	}
	return kl_take(order);
}

/* What kl_scan_object() asks of a row; those that come next lie anywhere in the columns. */
static void prefetch_row(const struct kl_heap *heap, uint32_t row)
{
	__builtin_prefetch(&heap->flags[row]);
	__builtin_prefetch(&heap->class_[row]);
	__builtin_prefetch(&heap->area_count[row]);
	__builtin_prefetch(&heap->address[row]);
	__builtin_prefetch(&heap->size[row]);
}

static struct kl_error *collect_from_objects(struct collector *c, const struct kl_progress *progress)
{
	_cleanup_free_ uint32_t *order = order_by_address(c->heap);
	struct kl_error *err = NULL;
	size_t i;

	if (!order)
		return kl_error_nomem();
	for (i = 0; i < c->heap->rows && !err; i++) {
		uint64_t missing = c->scan.missing;

		if (i + AHEAD < c->heap->rows)
			prefetch_row(c->heap, order[i + AHEAD]);
		c->node = order[i];
		kl_scan_object(&c->scan, order[i]);
		count_missing_of_node(c, missing);
		if (i % 256 == 0)
			err = kl_progress_tick(progress, "finding references", i, c->heap->rows);
		if (!err)
			err = collector_error(c);
	}
	c->node = c->heap->rows;
	return err;
}

static struct kl_error *collect_from_roots(struct collector *c, const struct kl_progress *progress)
{
	size_t i;

	for (i = 0; i < c->facts->roots.list.count; i++) {
		const struct kl_root *root = &c->facts->roots.list.data[i];
		uint64_t missing = c->scan.missing, bytes = c->scan.bytes;
		struct kl_error *err = NULL;

		kl_scan_block(&c->scan, root->start, root->length, KL_NO_OBJECT);
		c->refs->bytes[root->kind] += c->scan.bytes - bytes;
		count_missing_of_node(c, missing);
		c->node++;
		if (i % 256 == 0)
			err = kl_progress_tick(progress, "scanning roots", i, c->facts->roots.list.count);
		if (!err)
			err = collector_error(c);
		if (err)
			return err;
	}
	return NULL;
}

/* Words that stand in no scanned memory; @at of the references is their number. */
static void collect_from_words(struct collector *c, const uint64_t *words, size_t n, uint16_t traits)
{
	size_t i;

	for (i = 0; i < n; i++) {
		uint64_t word = c->space->reset_tags ? kl_reset_tag(words[i]) : words[i];
		struct kl_reference reference = {.at = i, .traits = traits, .grade = KL_GRADE_PLAIN};
		struct waiting_word from = {.word = word, .node = c->node};
		uint32_t to = KL_NO_OBJECT;

		if (kl_may_be_virtual(c->space, word))
			to = kl_heap_find_virtual(c->heap, word);
		if (to != KL_NO_OBJECT)
			add_reference_to(c, to, &from, reference);
		else
			add_reference_of_cookie(c, &from, reference);
	}
}

static struct kl_error *collect_from_registers(struct collector *c)
{
	collect_waiting(c);
	collect_from_words(c, c->facts->words.data, c->facts->words.count, 0);
	collect_from_words(c, c->facts->registers.data, c->facts->registers.count, KL_TRAIT_REGISTER);
	return collector_error(c);
}

static struct kl_error *collect_from_everywhere(struct collector *c, const struct kl_progress *progress)
{
	struct kl_references *refs = c->refs;
	struct kl_error *err;

	refs->objects = c->heap->rows;
	refs->roots = c->facts->roots.list.count;
	refs->nodes = refs->objects + refs->roots + 1;
	refs->begin = calloc(refs->nodes, sizeof(*refs->begin));
	refs->end = calloc(refs->nodes, sizeof(*refs->end));
	refs->missing = calloc(refs->nodes, sizeof(*refs->missing));
	if (!refs->begin || !refs->end || !refs->missing)
		return kl_error_nomem();
	err = collect_from_objects(c, progress);
	refs->object_bytes = c->scan.bytes;
	if (!err)
		err = collect_from_roots(c, progress);
	if (!err)
		err = collect_from_registers(c);
	refs->words = c->scan.words;
	refs->candidates = c->scan.candidates;
	refs->missing_bytes = c->scan.missing;
	return err;
}

static void collector_destroy(struct collector *c)
{
	free(c);
}
KL_DEFINE_CLEANUP(struct collector *, collector_destroy)

struct kl_error *kl_references_collect(const struct kl_mark_input *in, const struct kl_facts *facts,
				       struct kl_references *ret)
{
	_cleanup_(collector_destroyp) struct collector *c = calloc(1, sizeof(*c));
	struct kl_error *err;

	*ret = (struct kl_references){};
	if (!c)
		return kl_error_nomem();
	c->heap = in->heap;
	c->facts = facts;
	c->space = in->space;
	c->refs = ret;
	c->scan = (struct kl_scan){.in = in, .candidate = let_word_wait, .context = c};
	err = collect_from_everywhere(c, in->progress);
	if (err)
		kl_references_deinit(ret);
	return err;
}

static void bedrock_destroy(struct kl_bedrock *bedrock)
{
	if (!bedrock)
		return;
	free(bedrock->needs);
	free(bedrock->unfinished);
	free(bedrock);
}

void kl_references_deinit(struct kl_references *refs)
{
	int i;

	for (i = 0; i < 8; i++)
		bedrock_destroy(refs->bedrock[i / 4][i / 2 % 2][i % 2]);
	kl_vec_deinit(&refs->thin_holders);
	free(refs->begin);
	free(refs->end);
	free(refs->missing);
	kl_vec_deinit(&refs->list);
	*refs = (struct kl_references){};
}
