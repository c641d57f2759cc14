/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mark/likes.h"

#include <stdlib.h>

#include "util/cleanup.h"
#include "util/error.h"
#include "util/search.h"

#define LIKES 3       /* so many alike are no accident */
#define TABLE_SHARE 4 /* a table names an object of its kind for every so many that it names */

static uint64_t hash_member(const struct kl_like *word)
{
	return kl_hash_u64(kl_hash_u64(kl_hash_u64(word->holder_kind) + word->offset) + word->target_kind);
}

bool kl_likes_add(struct kl_likes *likes, const struct kl_like *word)
{
	uint64_t *count = kl_map_value(&likes->members, hash_member(word));

	if (count)
		++*count;
	return count;
}

bool kl_likes_add_once(struct kl_likes *likes, const struct kl_like *word)
{
	uint64_t *seen = kl_map_value(&likes->named, kl_hash_u64(hash_member(word) + word->target));

	if (!seen || *seen)
		return seen;
	*seen = 1;
	return kl_likes_add(likes, word);
}

static bool is_member(const struct kl_likes *likes, const struct kl_like *word)
{
	uint64_t count = 0;

	return kl_map_get(&likes->members, hash_member(word), &count) && count >= LIKES;
}

/* ---- tables ---- */

/* What a holder names. An object that it names twice is of the kind that it was named as first. */
struct named_object {
	uint64_t target, kind;
	size_t order;
};

static int by_target(const void *a, const void *b)
{
	const struct named_object *x = a, *y = b;

	if (x->target != y->target)
		return x->target < y->target ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

static int by_kind(const void *a, const void *b)
{
	const struct named_object *x = a, *y = b;

	return x->kind < y->kind ? -1 : x->kind > y->kind;
}

/* Each object once, ascending by kind; returns how many. */
static size_t list_named_objects(const struct kl_like *words, size_t n, struct named_object *ret)
{
	size_t kept = 0, i;

	for (i = 0; i < n; i++)
		ret[i] = (struct named_object){.target = words[i].target, .kind = words[i].target_kind, .order = i};
	qsort(ret, n, sizeof(*ret), by_target);
	for (i = 0; i < n; i++) {
		if (!kept || ret[i].target != ret[kept - 1].target)
			ret[kept++] = ret[i];
	}
	qsort(ret, kept, sizeof(*ret), by_kind);
	return kept;
}

static bool find_in_tables(const struct kl_like *words, size_t n, bool *ret)
{
	_cleanup_free_ struct named_object *named = malloc(n * sizeof(*named));
	size_t all, in_table, i;

	if (!named) {
		kl_nomem_note();
		return false;
	}
	all = list_named_objects(words, n, named);
	for (i = 0; i < n; i++) {
		uint64_t kind = words[i].target_kind;

		in_table = kl_search_prefix(named, all, it, it->kind <= kind) -
			   kl_search_prefix(named, all, it, it->kind < kind);
		ret[i] |= in_table >= LIKES && in_table >= (all + TABLE_SHARE - 1) / TABLE_SHARE;
	}
	return true;
}

bool kl_likes_has(const struct kl_likes *likes, const struct kl_like *words, size_t n, bool *ret)
{
	bool every = true;
	size_t i;

	for (i = 0; i < n; i++) {
		ret[i] = is_member(likes, &words[i]);
		every &= ret[i];
	}
	return every || n < LIKES || find_in_tables(words, n, ret);
}

void kl_likes_reset(struct kl_likes *likes)
{
	kl_map_deinit(&likes->members);
	kl_map_deinit(&likes->named);
}
