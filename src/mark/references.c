/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mark/references.h"

#include <string.h>

#include "mark/scan.h"
#include "util/search.h"

struct collector {
	const struct kl_heap *heap;
	const struct kl_facts *facts;
	const struct kl_address_space *space;
	struct kl_references *refs;
	size_t node; /* being read */
	bool out_of_memory;
	struct kl_scan scan;
};

static const struct kl_mask *find_mask(const struct kl_facts *k, uint64_t address)
{
	return kl_search_range(k->masks.data, k->masks.count, address);
}

/* Of what grade is the word at @address by the object it stands in? */
static enum kl_grade grade_in_object(const struct collector *c, uint32_t row, uint64_t address)
{
	const struct kl_facts *facts = c->facts;
	bool percpu = c->heap->class_[row] == KLEAK_CLASS_PERCPU;

	if (!percpu && facts->type_of && facts->type_of[row]) {
		const struct kl_object_type *type = &facts->types.data[facts->type_of[row]];
		uint64_t offset = address - kl_object_start(c->heap, c->space, row);

		return offset >= type->size || !type->words[offset / 8] ? KL_GRADE_WEAK : KL_GRADE_TYPED;
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
static struct kl_reference judge_place(const struct collector *c, uint32_t scanned, uint64_t address, uint64_t word)
{
	const struct kl_mask *mask = find_mask(c->facts, address);
	bool root = scanned == KL_NO_OBJECT;
	struct kl_reference reference = {.at = address, .grade = KL_GRADE_PLAIN};

	if (mask)
		reference.traits |= root ? mask->traits & (uint16_t)~mask->in_objects : mask->traits;
	if (root)
		reference.traits |= traits_of_root(c->facts, c->node - c->refs->objects, address);
	else
		reference.grade = (uint8_t)grade_in_object(c, scanned, address);
	if (reference.grade == KL_GRADE_WEAK)
		reference.traits |= KL_TRAIT_INTEGER;
	if (reference.traits & KL_TRAIT_INTEGER)
		reference.grade = KL_GRADE_WEAK;
	if (kl_page_states_is_dead(&c->facts->pages, address, word))
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
	return word % 8 || reference->grade > KL_GRADE_PLAIN || (reference->traits & KL_TRAIT_STACK);
}

static void add_reference_to(struct collector *c, uint32_t to, uint64_t word, struct kl_reference reference)
{
	reference.to = to;
	if (!is_address_of_start(c, to, word))
		reference.traits |= KL_TRAIT_INTERIOR;
	if (!kl_vec_push(&c->refs->list, reference))
		c->out_of_memory = true;
}

/* To the per-CPU object whose cookie @word may be. */
static void add_reference_of_cookie(struct collector *c, uint64_t word, struct kl_reference reference)
{
	uint32_t to = KL_NO_OBJECT;

	if (kl_may_be_percpu(c->space, word))
		to = kl_index_find(&c->heap->index[KLEAK_CLASS_PERCPU], word);
	if (to == KL_NO_OBJECT)
		return;
	if (!kl_is_cookie(c->space, c->heap->address[to], word))
		reference.traits |= KL_TRAIT_PERCPU_INEXACT;
	add_reference_to(c, to, word, reference);
}

static void collect_references_of_word(void *context, uint32_t scanned, uint64_t address, uint64_t word)
{
	struct collector *c = context;
	uint32_t virtual_ = KL_NO_OBJECT, percpu = KL_NO_OBJECT;
	struct kl_reference reference;

	if (kl_may_be_virtual(c->space, word))
		virtual_ = kl_heap_find_virtual(c->heap, word);
	if (kl_may_be_percpu(c->space, word))
		percpu = kl_index_find(&c->heap->index[KLEAK_CLASS_PERCPU], word);
	/* Without SMP a cookie is the address of the only copy. */
	if (percpu == virtual_)
		virtual_ = KL_NO_OBJECT;
	/* A root is scanned for KL_NO_OBJECT, which nothing found is. */
	if (virtual_ == scanned && virtual_ != KL_NO_OBJECT) {
		c->refs->self_references++;
		virtual_ = KL_NO_OBJECT;
	}
	if (percpu == scanned && percpu != KL_NO_OBJECT) {
		c->refs->self_references++;
		percpu = KL_NO_OBJECT;
	}
	if (virtual_ == KL_NO_OBJECT && percpu == KL_NO_OBJECT)
		return;
	reference = judge_place(c, scanned, address, word);
	if (virtual_ != KL_NO_OBJECT)
		add_reference_to(c, virtual_, word, reference);
	if (percpu == KL_NO_OBJECT)
		return;
	if (is_inexact(c, c->heap->address[percpu], word, &reference))
		reference.traits |= KL_TRAIT_PERCPU_INEXACT;
	add_reference_to(c, percpu, word, reference);
}

/* Everything read since the last call belongs to node @node. */
static void close_node(struct collector *c, uint64_t missing_before)
{
	uint64_t missing = c->scan.missing - missing_before;

	c->refs->missing[c->node] = missing < UINT32_MAX ? (uint32_t)missing : UINT32_MAX;
	c->refs->first[++c->node] = c->refs->list.count;
}

static struct kl_error *collect_from_objects(struct collector *c, const struct kl_progress *progress)
{
	uint32_t row;

	for (row = 0; row < c->heap->rows; row++) {
		uint64_t missing = c->scan.missing;
		struct kl_error *err = NULL;

		kl_scan_object(&c->scan, row);
		close_node(c, missing);
		if (row % 256 == 0)
			err = kl_progress_tick(progress, "finding references", row, c->heap->rows);
		if (err || c->out_of_memory)
			return err ? err : kl_error_nomem();
	}
	return NULL;
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
		close_node(c, missing);
		if (i % 256 == 0)
			err = kl_progress_tick(progress, "scanning roots", i, c->facts->roots.list.count);
		if (err || c->out_of_memory)
			return err ? err : kl_error_nomem();
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
		uint32_t to = KL_NO_OBJECT;

		if (kl_may_be_virtual(c->space, word))
			to = kl_heap_find_virtual(c->heap, word);
		if (to != KL_NO_OBJECT)
			add_reference_to(c, to, word, reference);
		else
			add_reference_of_cookie(c, word, reference);
	}
}

static struct kl_error *collect_from_registers(struct collector *c)
{
	collect_from_words(c, c->facts->words.data, c->facts->words.count, 0);
	collect_from_words(c, c->facts->registers.data, c->facts->registers.count, KL_TRAIT_REGISTER);
	close_node(c, c->scan.missing);
	return c->out_of_memory ? kl_error_nomem() : NULL;
}

static struct kl_error *collect_from_everywhere(struct collector *c, const struct kl_progress *progress)
{
	struct kl_references *refs = c->refs;
	struct kl_error *err;

	refs->objects = c->heap->rows;
	refs->roots = c->facts->roots.list.count;
	refs->nodes = refs->objects + refs->roots + 1;
	refs->first = calloc(refs->nodes + 1, sizeof(*refs->first));
	refs->missing = calloc(refs->nodes, sizeof(*refs->missing));
	if (!refs->first || !refs->missing)
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
	c->scan = (struct kl_scan){.in = in, .candidate = collect_references_of_word, .context = c};
	err = collect_from_everywhere(c, in->progress);
	if (err)
		kl_references_deinit(ret);
	return err;
}

void kl_references_deinit(struct kl_references *refs)
{
	free(refs->first);
	free(refs->missing);
	kl_vec_deinit(&refs->list);
	*refs = (struct kl_references){};
}
