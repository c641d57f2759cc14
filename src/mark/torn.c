/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mark/torn.h"

#include "util/map.h"

#define PAGE_SHIFT 12
#define PIECE_SHIFT 11  /* half a page: what is written as two halves is torn in the middle */
#define KIND_MIN 32     /* objects elsewhere that show what their kind is like */
#define OBJECTS_MIN 4   /* in a piece */
#define ADDRESSES_MIN 8 /* that should stand in a piece */

/* Nearly all. */
static bool is_usual(uint64_t count, uint64_t all)
{
	return count * 16 >= all * 15;
}

/* Hardly any: a page that is another one may hold an address here and there. */
static bool is_unusual(uint64_t count, uint64_t all)
{
	return count * 16 <= all;
}

#define NO_PLACE SIZE_MAX

/* Objects of one stack and size. */
struct kind {
	uint64_t objects;
	size_t places;   /* the last one found: a chain */
	bool holds_lost; /* objects of it hold some of kinds of which others are lost */
	/* On the page that is being judged. Its objects are no witnesses: of a small kind it has too many. */
	uint64_t page, objects_there;
	uint64_t counted, usual_there; /* places, known since page @counted */
};

/* An offset at which objects of a kind hold addresses. */
struct place {
	uint64_t objects;
	size_t kind, next;
};

struct kinds {
	const struct kl_heap *heap;
	const struct kl_references *refs;
	KL_VEC(struct kind) list;
	KL_VEC(struct place) places;
	struct kl_map lost;           /* hash of stack and size -> 1: some objects of that kind are lost */
	struct kl_map by_hash;        /* of stack and size -> index in list */
	struct kl_map places_by_hash; /* of that and offset -> index in places */
};

static void kinds_deinit(struct kinds *kinds)
{
	kl_vec_deinit(&kinds->list);
	kl_vec_deinit(&kinds->places);
	kl_map_deinit(&kinds->lost);
	kl_map_deinit(&kinds->by_hash);
	kl_map_deinit(&kinds->places_by_hash);
}

static uint64_t hash_of_kind(const struct kl_heap *heap, size_t row)
{
	return kl_hash_u64((uint64_t)heap->stack[row] << 32 ^ heap->size[row]);
}

static uint64_t hash_of_place(const struct kl_heap *heap, size_t row, const struct kl_reference *r)
{
	return kl_hash_u64(hash_of_kind(heap, row) + (r->at - heap->address[row]));
}

/* Whether what @row holds is known in full, and lies in one piece. What nobody kept a stack of is of many kinds. What
 * is never reported is no kind of its own: the vectors of allocation tags, for one, are emptied while they live. */
static bool is_telling_object(const struct kinds *kinds, size_t row)
{
	const struct kl_heap *heap = kinds->heap;
	uint64_t last = heap->address[row] + heap->size[row] - 1;

	return heap->class_[row] == KLEAK_CLASS_VIRTUAL && (heap->flags[row] & KL_OBJECT_ALLOCATED) &&
	       !(heap->flags[row] & KL_OBJECT_NO_STACK) && heap->min_count[row] > 0 &&
	       heap->address[row] >> PIECE_SHIFT == last >> PIECE_SHIFT && !kinds->refs->missing[row];
}

static struct kind *kind_of_row(struct kinds *kinds, size_t row)
{
	uint64_t index;

	return kl_map_get(&kinds->by_hash, hash_of_kind(kinds->heap, row), &index) ? &kinds->list.data[index] : NULL;
}

static bool count_object(struct kinds *kinds, size_t row)
{
	struct kind *kind = kind_of_row(kinds, row);

	if (!kind) {
		if (!kl_map_put(&kinds->by_hash, hash_of_kind(kinds->heap, row), kinds->list.count))
			return false;
		kind = kl_vec_add(&kinds->list);
		if (!kind)
			return false;
		*kind = (struct kind){.places = NO_PLACE};
	}
	kind->objects++;
	return true;
}

static bool count_address(struct kinds *kinds, size_t row, const struct kl_reference *r)
{
	struct kind *kind = kind_of_row(kinds, row);
	uint64_t hash = hash_of_place(kinds->heap, row, r), index;

	if (!kl_map_get(&kinds->places_by_hash, hash, &index)) {
		struct place place = {.kind = (size_t)(kind - kinds->list.data), .next = kind->places};

		index = kinds->places.count;
		if (!kl_map_put(&kinds->places_by_hash, hash, index) || !kl_vec_push(&kinds->places, place))
			return false;
		kind->places = index;
	}
	kinds->places.data[index].objects++;
	return true;
}

static bool collect_lost(struct kinds *kinds, const struct kl_mark *mark)
{
	size_t row;

	for (row = 0; row < kinds->heap->rows; row++) {
		if (mark->colour[row] == KL_WHITE && !mark->explained[row] && !mark->weak[row] &&
		    !kl_map_put(&kinds->lost, hash_of_kind(kinds->heap, row), 1))
			return false;
	}
	return true;
}

static bool holds_lost_kind(const struct kinds *kinds, size_t row)
{
	uint64_t one;
	size_t i;

	for (i = kinds->refs->begin[row]; i < kinds->refs->end[row]; i++) {
		if (kl_map_get(&kinds->lost, hash_of_kind(kinds->heap, kinds->refs->list.data[i].to), &one))
			return true;
	}
	return false;
}

static bool count_objects(struct kinds *kinds)
{
	size_t row;

	for (row = 0; row < kinds->heap->rows; row++) {
		if (!is_telling_object(kinds, row))
			continue;
		if (!count_object(kinds, row))
			return false;
		kind_of_row(kinds, row)->holds_lost |= holds_lost_kind(kinds, row);
	}
	return true;
}

static bool count_addresses(struct kinds *kinds)
{
	size_t row, i;

	for (row = 0; row < kinds->heap->rows; row++) {
		if (!is_telling_object(kinds, row) || !kind_of_row(kinds, row)->holds_lost)
			continue;
		for (i = kinds->refs->begin[row]; i < kinds->refs->end[row]; i++) {
			if (!count_address(kinds, row, &kinds->refs->list.data[i]))
				return false;
		}
	}
	return true;
}

/* ---- one page ---- */

static bool is_usual_place(const struct kinds *kinds, const struct place *place)
{
	const struct kind *kind = &kinds->list.data[place->kind];
	uint64_t elsewhere = kind->objects - kind->objects_there;

	return elsewhere >= KIND_MIN && is_usual(place->objects, elsewhere);
}

static void count_usual_places(struct kinds *kinds, struct kind *kind)
{
	size_t i;

	if (kind->counted == kind->page)
		return;
	kind->counted = kind->page;
	kind->usual_there = 0;
	for (i = kind->places; i != NO_PLACE; i = kinds->places.data[i].next)
		kind->usual_there += is_usual_place(kinds, &kinds->places.data[i]);
}

static void prepare_page(struct kinds *kinds, const struct kl_span *spans, size_t n)
{
	uint64_t page = spans[0].start >> PAGE_SHIFT;
	struct kind *kind;
	size_t i;

	for (i = 0; i < n; i++) {
		if (!is_telling_object(kinds, spans[i].object))
			continue;
		kind = kind_of_row(kinds, spans[i].object);
		kind->objects_there = kind->page == page ? kind->objects_there + 1 : 1;
		kind->page = page;
	}
	for (i = 0; i < n; i++) {
		if (is_telling_object(kinds, spans[i].object))
			count_usual_places(kinds, kind_of_row(kinds, spans[i].object));
	}
}

/* Whether @row holds any of the addresses that others of its kind hold. */
static bool is_like_its_kind(const struct kinds *kinds, size_t row)
{
	uint64_t index;
	size_t i;

	for (i = kinds->refs->begin[row]; i < kinds->refs->end[row]; i++) {
		uint64_t hash = hash_of_place(kinds->heap, row, &kinds->refs->list.data[i]);

		if (kl_map_get(&kinds->places_by_hash, hash, &index) &&
		    is_usual_place(kinds, &kinds->places.data[index]))
			return true;
	}
	return false;
}

static bool is_torn(struct kinds *kinds, const struct kl_span *spans, size_t n)
{
	uint64_t objects = 0, alike = 0, expected = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		size_t row = spans[i].object;
		const struct kind *kind = is_telling_object(kinds, row) ? kind_of_row(kinds, row) : NULL;

		if (!kind || !kind->usual_there)
			continue;
		objects++;
		alike += is_like_its_kind(kinds, row);
		expected += kind->usual_there;
	}
	return objects >= OBJECTS_MIN && expected >= ADDRESSES_MIN && is_unusual(alike, objects);
}

/* How many spans from the first on begin in the same unit of memory. */
static size_t spans_together(const struct kl_span *spans, size_t n, unsigned shift)
{
	size_t i;

	for (i = 0; i < n && spans[i].start >> shift == spans[0].start >> shift; i++)
		;
	return i;
}

static bool judge_page(struct kinds *kinds, const struct kl_span *spans, size_t n, struct kl_torn *ret)
{
	size_t i, together;

	prepare_page(kinds, spans, n);
	for (i = 0; i < n; i += together) {
		together = spans_together(spans + i, n - i, PIECE_SHIFT);
		if (is_torn(kinds, spans + i, together) && !kl_vec_push(&ret->places, spans[i].start))
			return false;
	}
	return true;
}

struct kl_error *kl_torn_find(const struct kl_heap *heap, const struct kl_references *refs, const struct kl_mark *mark,
			      struct kl_torn *ret)
{
	const struct kl_index *index = &heap->index[KLEAK_CLASS_VIRTUAL];
	_cleanup_(kinds_deinit) struct kinds kinds = {.heap = heap, .refs = refs};
	size_t i, together;

	if (!collect_lost(&kinds, mark))
		return kl_error_nomem();
	if (!kinds.lost.count)
		return NULL;
	if (!count_objects(&kinds) || !count_addresses(&kinds))
		return kl_error_nomem();
	for (i = 0; i < index->count; i += together) {
		together = spans_together(index->spans + i, index->count - i, PAGE_SHIFT);
		if (!judge_page(&kinds, index->spans + i, together, ret))
			return kl_error_nomem();
	}
	return NULL;
}
