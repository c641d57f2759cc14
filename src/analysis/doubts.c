/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/doubts.h"

#include "mark/written.h"
#include "util/bytes.h"

#define ALIKE 3       /* so many different ones are no accident */
#define TABLE_SHARE 4 /* of all objects that a table names one in so many is of its kind */
#define TIER_BITS 12  /* longer ways than this compare their lower tiers a little wrong */

uint64_t kl_doubt_cost(enum kl_doubt doubt)
{
	static const uint64_t costs[] = {
#define X(id, tier, cost, why) [KL_DOUBT_##id] = UINT64_C(cost) << TIER_BITS * (tier),
		KL_DOUBTS(X)
#undef X
	};

	return costs[doubt];
}

const char *kl_doubt_why(enum kl_doubt doubt)
{
	static const char *const whys[] = {
#define X(id, tier, cost, why) [KL_DOUBT_##id] = why,
		KL_DOUBTS(X)
#undef X
	};

	return whys[doubt];
}

/* ---- words ---- */

/* A word that holds an address of an object. */
struct word {
	uint64_t holder, holder_kind; /* an object and its stack; a page and a number that is no stack's */
	uint64_t start, length;       /* of the holder's memory */
	uint64_t at, value;
	uint32_t to, to_kind;
	uint64_t into; /* which word of the object it points to, in bytes: marks in low bits do not count */
};

static const struct kl_mark_input *input_of(const struct kl_doubts *d)
{
	return &d->q->a->marking.in;
}

static bool describe_word(const struct kl_doubts *d, uint64_t at, uint32_t to, struct word *ret)
{
	const struct kl_mark_input *in = input_of(d);
	uint8_t bytes[8];

	if (in->memory.read(in->memory.context, at, bytes, sizeof(bytes)) != sizeof(bytes))
		return false;
	ret->at = at;
	ret->value = kl_get_u64(bytes);
	ret->to = to;
	ret->to_kind = in->heap->stack[to];
	ret->into = (ret->value - in->heap->address[to]) & ~UINT64_C(7);
	return true;
}

/* Only virtual objects can have unerased memory. */
static bool describe_reference(const struct kl_doubts *d, size_t node, const struct kl_reference *ref, struct word *ret)
{
	const struct kl_heap *heap = input_of(d)->heap;

	if (node >= d->q->a->marking.references.objects || heap->class_[node] != KLEAK_CLASS_VIRTUAL)
		return false;
	ret->holder = node;
	ret->holder_kind = heap->stack[node];
	ret->start = heap->address[node];
	ret->length = heap->size[node];
	return describe_word(d, ref->at, ref->to, ret);
}

static bool describe_page_word(const struct kl_doubts *d, const struct kl_page_word *word, struct word *ret)
{
	unsigned shift = input_of(d)->rules->page_shift;

	ret->holder = UINT64_MAX - (word->at >> shift);
	ret->holder_kind = UINT64_MAX;
	ret->start = word->at >> shift << shift;
	ret->length = UINT64_C(1) << shift;
	return describe_word(d, word->at, word->to, ret);
}

/* ---- what is alike ---- */

enum subject {
	MEMBER,    /* objects that holders of a kind name at this offset, of a kind */
	LINK_FROM, /* objects that holders of a kind name at this offset, at that one of theirs */
	LINK_TO,   /* objects of a kind that are named at that offset of theirs, from this one of any holder */
	TABLE,     /* objects of a kind that the holder names */
	PLACES,    /* objects that it names at that offset */
	NAMED,     /* objects that it names at all */
	REPEATED,  /* places in the holder where this very word stands */
};

static uint64_t key_of(const struct word *w, enum subject subject)
{
	uint64_t offset = w->at - w->start;
	const uint64_t keys[][4] = {
		[MEMBER] = {MEMBER, w->holder_kind, offset, (uint64_t)w->to_kind << 1 | (w->into != 0)},
		[LINK_FROM] = {LINK_FROM, w->holder_kind, offset, w->into},
		[LINK_TO] = {LINK_TO, w->to_kind, offset, w->into},
		[TABLE] = {TABLE, w->holder, w->to_kind},
		[PLACES] = {PLACES, w->holder, w->into},
		[NAMED] = {NAMED, w->holder},
		[REPEATED] = {REPEATED, w->holder, w->value},
	};

	return kl_hash_bytes(KL_HASH_SEED, keys[subject], sizeof(keys[subject]));
}

static uint64_t tallied(const struct kl_doubts *d, const struct word *w, enum subject subject)
{
	uint64_t count = 0;

	kl_map_get(&d->tally.counts, key_of(w, subject), &count);
	return count;
}

static bool tally_word(struct kl_tally *t, const struct word *w, enum subject subject)
{
	const uint64_t key = key_of(w, subject), pair[] = {key, subject == REPEATED ? w->at : w->to};
	uint64_t seen = kl_hash_bytes(KL_HASH_SEED, pair, sizeof(pair)), count = 0;

	if (kl_map_get(&t->seen, seen, &count))
		return true;
	kl_map_get(&t->counts, key, &count);
	return kl_map_put(&t->seen, seen, 1) && kl_map_put(&t->counts, key, count + 1);
}

static bool tally_all(struct kl_tally *t, const struct word *w)
{
	enum subject subject;

	for (subject = MEMBER; subject <= REPEATED; subject++) {
		if (!tally_word(t, w, subject))
			return false;
	}
	return true;
}

const struct kl_page_words *kl_doubts_page_words(const struct kl_doubts *d)
{
	const struct kl_marking *m = &d->q->a->marking;

	return m->page_words[m->settings.untracked];
}

struct kl_error *kl_doubts_begin(const struct kl_inquiry *q, struct kl_doubts *d)
{
	const struct kl_references *refs = &q->a->marking.references;
	const struct kl_page_words *pages;
	size_t node, i;
	struct word w;

	d->q = q;
	pages = kl_doubts_page_words(d);
	for (node = 0; node < refs->objects; node++) {
		for (i = refs->begin[node]; i < refs->end[node]; i++) {
			const struct kl_reference *ref = &refs->list.data[i];

			if (kl_inquiry_counts(q, node, ref) && describe_reference(d, node, ref, &w) &&
			    !tally_all(&d->tally, &w))
				return kl_error_nomem();
		}
	}
	for (i = 0; pages && i < pages->list.count; i++) {
		if (describe_page_word(d, &pages->list.data[i], &w) && !tally_all(&d->tally, &w))
			return kl_error_nomem();
	}
	return NULL;
}

void kl_doubts_deinit(struct kl_doubts *d)
{
	kl_map_deinit(&d->tally.counts);
	kl_map_deinit(&d->tally.seen);
}

/* ---- what speaks for a word ---- */

/* The same struct in the holder and in the object, or places in objects that are linked again and again. */
static bool is_link(const struct kl_doubts *d, const struct word *w)
{
	bool from = tallied(d, w, LINK_FROM) >= ALIKE, to = tallied(d, w, LINK_TO) >= ALIKE;
	bool same = w->into == w->at - w->start;

	return (from && to && (w->into || same)) || ((from || to) && w->into && same);
}

static bool is_in_table(const struct kl_doubts *d, const struct word *w)
{
	uint64_t of_kind = tallied(d, w, TABLE), at_place = tallied(d, w, PLACES), all = tallied(d, w, NAMED);

	return (of_kind >= ALIKE && of_kind >= (all + TABLE_SHARE - 1) / TABLE_SHARE) ||
	       (w->into && at_place >= ALIKE && 2 * at_place >= all);
}

/* The last word of an object may lie behind what its owner asked for and erased. */
static bool is_alone(const struct kl_doubts *d, const struct word *w)
{
	return w->at + 16 <= w->start + w->length && kl_word_is_alone(input_of(d), w->start, w->length, w->at);
}

/* One address many times in one holder is what the leftovers of a slab look like: then only who points back counts. */
static enum kl_doubt doubt_of_unerased(const struct kl_doubts *d, const struct word *w)
{
	bool once = tallied(d, w, REPEATED) == 1;
	uint64_t alike = once ? tallied(d, w, MEMBER) : 0;

	if (alike >= ALIKE || kl_word_is_answered(input_of(d), w->at) || is_link(d, w))
		return KL_DOUBT_REGULAR;
	if (once && is_in_table(d, w))
		return KL_DOUBT_TABLE;
	if (is_alone(d, w))
		return KL_DOUBT_ALONE;
	if (alike == ALIKE - 1 && tallied(d, w, LINK_FROM) >= ALIKE)
		return KL_DOUBT_AKIN;
	if (once && ((tallied(d, w, LINK_FROM) >= ALIKE && tallied(d, w, LINK_TO) >= ALIKE) ||
		     (w->into && w->into == w->at - w->start)))
		return KL_DOUBT_FAINT;
	return KL_DOUBT_STRAY;
}

static enum kl_doubt doubt_of_root(const struct kl_doubts *d, size_t node, const struct kl_reference *ref)
{
	const struct kl_marking *m = &d->q->a->marking;
	size_t root = node - m->references.objects;

	if (root >= m->references.roots)
		return KL_DOUBT_NONE; /* a register is no leftover */
	switch (m->facts.roots.list.data[root].kind) {
	case KL_ROOT_STACK:
		/* of a task that has slept since before the object was allocated */
		return ref->grade == KL_GRADE_THIN && !kl_word_is_answered(input_of(d), ref->at) ? KL_DOUBT_STRAY
												 : KL_DOUBT_STACK;
	case KL_ROOT_PAGE:
		return KL_DOUBT_STRUCT_PAGE;
	case KL_ROOT_UNTRACKED:
		return KL_DOUBT_PAGE;
	default:
		return KL_DOUBT_NONE;
	}
}

enum kl_doubt kl_doubt_of(const struct kl_doubts *d, size_t node, const struct kl_reference *ref)
{
	const struct kl_marking *m = &d->q->a->marking;
	struct word w;

	if (node >= m->references.objects)
		return doubt_of_root(d, node, ref);
	if (ref->grade == KL_GRADE_TYPED)
		return m->facts.zeroed && m->facts.zeroed[node] ? KL_DOUBT_NONE : KL_DOUBT_REGULAR;
	if (ref->grade == KL_GRADE_PLAIN || !describe_reference(d, node, ref, &w))
		return KL_DOUBT_NONE;
	return doubt_of_unerased(d, &w);
}

enum kl_doubt kl_doubt_of_page_word(const struct kl_doubts *d, const struct kl_page_word *word)
{
	struct word w;

	return describe_page_word(d, word, &w) && doubt_of_unerased(d, &w) <= KL_DOUBT_ALONE ? KL_DOUBT_PAGE_REGULAR
											     : KL_DOUBT_PAGE;
}
