/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mark/siblings.h"

#include <stdlib.h>
#include <string.h>

#include "mark/likes.h"
#include "mark/written.h"

#define LOST_MIN 2   /* objects of one stack lost for certain, before the others are in doubt */
#define LOST_SHARE 3 /* one of so many is lost or in doubt */
#define ROUNDS_MAX 8 /* three sufficed on every dump so far; more rounds only find more */

/* What became of the objects of one stack. */
struct fate {
	uint32_t objects, lost, doubtful;
};

struct judge {
	const struct kl_mark_input *in;
	const struct kl_references *refs;
	const struct kl_page_words *pages;
	const struct kl_precise_settings *settings;
	struct kl_mark *mark;
	struct fate *fates;     /* by stack */
	uint8_t *reached;       /* per row: by the marking or, explained, by untracked pages */
	uint8_t *weakness;      /* per row: enum kl_weakness that this rule gives */
	uint8_t *stray;         /* per reference */
	uint8_t *in_page;       /* per row: a word of a page leads to it */
	uint8_t *believed_page; /* per row: one that is not stray */
	struct kl_likes likes;
	KL_VEC(struct kl_like) words; /* of the holder that is looked at */
	KL_VEC(bool) has_like;        /* each of them */
};

static void judge_deinit(struct judge *j)
{
	free(j->fates);
	free(j->reached);
	free(j->weakness);
	free(j->stray);
	free(j->in_page);
	free(j->believed_page);
	kl_likes_reset(&j->likes);
	kl_vec_deinit(&j->words);
	kl_vec_deinit(&j->has_like);
}

/* ---- how stacks fare ---- */

static bool is_lost(const struct kl_mark *mark, size_t row)
{
	return mark->colour[row] == KL_WHITE && mark->confirmed[row] && !mark->weak[row] && !mark->explained[row];
}

/* Whether any stack has lost enough. */
static bool count_lost(struct judge *j)
{
	const struct kl_heap *heap = j->in->heap;
	bool any = false;
	size_t row;

	for (row = 0; row < heap->rows; row++) {
		struct fate *fate = &j->fates[heap->stack[row]];

		/* who shares no more than a slab cache is no sibling */
		if (!heap->stack[row] || (heap->flags[row] & KL_OBJECT_NO_STACK) || j->mark->min_count[row] <= 0)
			continue;
		fate->objects++;
		fate->lost += is_lost(j->mark, row);
		any |= fate->lost >= LOST_MIN;
	}
	return any;
}

/* In doubt: reached by the marking, but not without the references that are stray now or were so before. */
static bool is_doubtful(const struct judge *j, const uint8_t *regular, size_t row)
{
	return j->reached[row] && (j->weakness[row] || !regular[row]);
}

static void count_doubtful(struct judge *j, const uint8_t *regular)
{
	const struct kl_heap *heap = j->in->heap;
	size_t row;

	for (row = 0; row < kl_intern_count(heap->stacks); row++)
		j->fates[row].doubtful = 0;
	for (row = 0; row < heap->rows; row++)
		j->fates[heap->stack[row]].doubtful += is_doubtful(j, regular, row);
}

/* ---- which references have their like ---- */

/* Objects of a kind come from one stack; their starts and their insides are two kinds. */
static uint64_t kind_of_target(const struct kl_heap *heap, uint32_t row, bool inside)
{
	return (uint64_t)heap->stack[row] << 1 | inside;
}

/* Holders are objects, and stacks, which have no kind. */
static struct kl_like like_of_reference(const struct judge *j, size_t holder, const struct kl_reference *ref)
{
	const struct kl_heap *heap = j->in->heap;
	bool object = holder < j->refs->objects;

	return (struct kl_like){
		.holder_kind = object ? heap->stack[holder] : UINT64_MAX - 1,
		.offset = ref->at - (object ? heap->address[holder] : 0),
		.target = ref->to,
		.target_kind = kind_of_target(heap, ref->to, ref->traits & KL_TRAIT_INTERIOR),
	};
}

static uint64_t page_of_word(const struct judge *j, const struct kl_page_word *word)
{
	return word->at >> j->in->rules->page_shift;
}

/* All pages are of one kind. */
static struct kl_like like_of_page_word(const struct judge *j, const struct kl_page_word *word)
{
	return (struct kl_like){
		.holder_kind = UINT64_MAX,
		.offset = word->at - (page_of_word(j, word) << j->in->rules->page_shift),
		.target = word->to,
		.target_kind = kind_of_target(j->in->heap, word->to, word->inside),
	};
}

/* Does the reference count as a thin one, from something that is in use as far as anybody knows? */
static bool is_thin(const struct judge *j, size_t holder, const struct kl_reference *ref)
{
	bool in_use = holder >= j->refs->objects || (j->reached[holder] && !j->weakness[holder]);

	return kl_reference_is_thin(ref) && !(ref->traits & j->settings->disregard) && in_use && j->reached[ref->to];
}

static bool count_likes_of_object(struct judge *j, uint32_t row)
{
	size_t i;

	for (i = j->refs->begin[row]; i < j->refs->end[row]; i++) {
		const struct kl_reference *ref = &j->refs->list.data[i];
		struct kl_like like;

		if (!is_thin(j, row, ref))
			continue;
		like = like_of_reference(j, row, ref);
		if (!kl_likes_add(&j->likes, &like))
			return false;
	}
	return true;
}

static bool count_likes(struct judge *j)
{
	const uint32_t *row;
	size_t i;

	kl_likes_reset(&j->likes);
	kl_vec_for_each (row, &j->refs->thin_holders) {
		if (*row < j->refs->objects && !count_likes_of_object(j, *row))
			return false;
	}
	for (i = 0; j->pages && i < j->pages->list.count; i++) {
		struct kl_like like = like_of_page_word(j, &j->pages->list.data[i]);

		if (!kl_likes_add_once(&j->likes, &like))
			return false;
	}
	return true;
}

/* Asks for all of the holder's words that were gathered at once; the answers are in `has_like` then. */
static bool look_for_likes(struct judge *j)
{
	j->has_like.count = 0;
	return kl_vec_reserve(&j->has_like, j->words.count) &&
	       kl_likes_has(&j->likes, j->words.data, j->words.count, j->has_like.data);
}

/* On the stack of a task that sleeps others may write, too, but in structs that they know of: these link back, as on a
 * list, or are a table of results. */
static bool was_written(const struct judge *j, size_t holder, uint64_t at)
{
	if (holder < j->refs->objects)
		return kl_word_is_written(j->in, (uint32_t)holder, at);
	return kl_word_is_answered(j->in, at);
}

static bool find_strays_of(struct judge *j, size_t holder)
{
	const struct kl_reference *list = j->refs->list.data;
	size_t i, n = 0;

	j->words.count = 0;
	for (i = j->refs->begin[holder]; i < j->refs->end[holder]; i++) {
		if (is_thin(j, holder, &list[i]) && !kl_vec_push(&j->words, like_of_reference(j, holder, &list[i])))
			return false;
	}
	if (!j->words.count)
		return true;
	if (!look_for_likes(j))
		return false;
	for (i = j->refs->begin[holder]; i < j->refs->end[holder]; i++) {
		if (is_thin(j, holder, &list[i]))
			j->stray[i] = !j->has_like.data[n++] && !was_written(j, holder, list[i].at);
	}
	return true;
}

/* @first: the first of the words of one page, which follow each other. Returns the first of the next, 0 without
 * memory. */
static size_t believe_words_of_page(struct judge *j, size_t first)
{
	const struct kl_page_word *list = j->pages->list.data;
	size_t end, i;

	j->words.count = 0;
	for (end = first; end < j->pages->list.count && page_of_word(j, &list[end]) == page_of_word(j, &list[first]);
	     end++) {
		if (!kl_vec_push(&j->words, like_of_page_word(j, &list[end])))
			return 0;
	}
	if (!look_for_likes(j))
		return 0;
	for (i = first; i < end; i++)
		j->believed_page[list[i].to] |= j->has_like.data[i - first];
	return end;
}

static bool find_strays(struct judge *j)
{
	const uint32_t *holder;
	size_t i;

	memset(j->stray, 0, j->refs->list.count);
	kl_vec_for_each (holder, &j->refs->thin_holders) {
		if (!find_strays_of(j, *holder))
			return false;
	}
	memset(j->believed_page, 0, j->in->heap->rows);
	for (i = 0; j->pages && i < j->pages->list.count;) {
		i = believe_words_of_page(j, i);
		if (!i)
			return false;
	}
	return true;
}

/* ---- verdict ---- */

static bool siblings_are_lost(const struct fate *fate)
{
	return fate->lost >= LOST_MIN && ((uint64_t)fate->lost + fate->doubtful) * LOST_SHARE >= fate->objects;
}

/* @regular: reached without stray references. Whether there are any new ones. */
static bool suspect_siblings(struct judge *j, const uint8_t *regular)
{
	const struct kl_heap *heap = j->in->heap;
	bool any = false;
	size_t row;

	for (row = 0; row < heap->rows; row++) {
		if (!j->reached[row] || j->weakness[row] || regular[row] || !heap->stack[row] ||
		    !siblings_are_lost(&j->fates[heap->stack[row]]))
			continue;
		j->weakness[row] = KL_WEAK_SIBLINGS;
		any = true;
	}
	return any;
}

/* What only suspects lead to. */
static struct kl_error *suspect_what_follows(struct judge *j)
{
	struct kl_reach_limits limits = {.objects = j->weakness, .held = j->in_page};
	_cleanup_free_ uint8_t *without = NULL;
	struct kl_error *err = kl_precise_reach(j->in, j->refs, j->settings, &limits, &without);
	size_t row;

	for (row = 0; !err && row < j->in->heap->rows; row++) {
		if (j->reached[row] && !j->weakness[row] && !without[row])
			j->weakness[row] = KL_WEAK_THROUGH;
	}
	return err;
}

/* @more: whether the next round may find anything. */
static struct kl_error *judge_once(struct judge *j, bool *more)
{
	struct kl_reach_limits limits = {.references = j->stray, .objects = j->weakness, .held = j->believed_page};
	_cleanup_free_ uint8_t *regular = NULL;
	struct kl_error *err;

	if (!count_likes(j) || !find_strays(j))
		return kl_error_nomem();
	err = kl_precise_reach(j->in, j->refs, j->settings, &limits, &regular);
	if (err)
		return err;
	count_doubtful(j, regular);
	*more = suspect_siblings(j, regular);
	return *more ? suspect_what_follows(j) : NULL;
}

static void weaken(struct judge *j)
{
	const struct kl_heap *heap = j->in->heap;
	size_t row;

	for (row = 0; row < heap->rows; row++) {
		int64_t age;
		bool old = !kl_heap_age(heap, row, j->in->now, &age) || age >= (int64_t)j->settings->min_age;

		if (!j->weakness[row])
			continue;
		j->mark->weak[row] = j->weakness[row];
		j->mark->explained_by[row] = 0;
		j->mark->colour[row] = KL_WHITE;
		j->mark->confirmed[row] = old && (heap->flags[row] & KL_OBJECT_ALLOCATED);
	}
}

/* Where the reader finds the word of a page that was not believed. */
static void note_page_words(const struct judge *j)
{
	size_t i;

	for (i = j->pages ? j->pages->list.count : 0; i-- > 0;) {
		const struct kl_page_word *word = &j->pages->list.data[i];

		if (j->weakness[word->to])
			j->mark->explained_by[word->to] = word->at;
	}
}

static bool allocate_judge(struct judge *j)
{
	size_t i, rows = j->in->heap->rows;

	j->fates = calloc(kl_intern_count(j->in->heap->stacks), sizeof(*j->fates));
	j->weakness = calloc(rows + 1, 1);
	j->stray = calloc(j->refs->list.count + 1, 1);
	j->in_page = calloc(rows + 1, 1);
	j->believed_page = calloc(rows + 1, 1);
	for (i = 0; j->in_page && j->pages && i < j->pages->list.count; i++)
		j->in_page[j->pages->list.data[i].to] = 1;
	return j->fates && j->weakness && j->stray && j->in_page && j->believed_page;
}

struct kl_error *kl_siblings_judge(const struct kl_mark_input *in, const struct kl_references *refs,
				   const struct kl_page_words *pages, const struct kl_precise_settings *settings,
				   struct kl_mark *mark)
{
	_cleanup_(judge_deinit) struct judge j = {
		.in = in, .refs = refs, .pages = pages, .settings = settings, .mark = mark};
	struct kl_reach_limits limits = {};
	bool more = true;
	struct kl_error *err;
	int round;

	if (!settings->siblings)
		return NULL;
	if (!allocate_judge(&j))
		return kl_error_nomem();
	if (!count_lost(&j))
		return NULL;
	limits.held = j.in_page;
	err = kl_precise_reach(in, refs, settings, &limits, &j.reached);
	for (round = 0; round < ROUNDS_MAX && more && !err; round++)
		err = judge_once(&j, &more);
	if (err)
		return err;
	weaken(&j);
	note_page_words(&j);
	return NULL;
}
