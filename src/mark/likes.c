/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mark/likes.h"

#define LIKES 3       /* so many alike are no accident */
#define TABLE_SHARE 4 /* a table names an object of its kind for every so many that it names */

static uint64_t hash_three(uint64_t a, uint64_t b, uint64_t c)
{
	const uint64_t all[] = {a, b, c};

	return kl_hash_bytes(KL_HASH_SEED, all, sizeof(all));
}

static uint64_t hash_member(const struct kl_like *word)
{
	return hash_three(word->holder_kind, word->offset, word->target_kind);
}

static uint64_t hash_table(const struct kl_like *word)
{
	return hash_three(word->holder, 0, word->target_kind);
}

static uint64_t hash_named(const struct kl_like *word)
{
	return hash_three(word->holder, 1, word->target);
}

static uint64_t counted(const struct kl_map *map, uint64_t key)
{
	uint64_t count = 0;

	kl_map_get(map, key, &count);
	return count;
}

static bool add_one_to(struct kl_map *map, uint64_t key)
{
	return kl_map_put(map, key, counted(map, key) + 1);
}

bool kl_likes_add(struct kl_likes *likes, const struct kl_like *word)
{
	if (!add_one_to(&likes->members, hash_member(word)))
		return false;
	if (counted(&likes->named, hash_named(word)))
		return true;
	return add_one_to(&likes->named, hash_named(word)) && add_one_to(&likes->tables, hash_table(word)) &&
	       add_one_to(&likes->all, word->holder);
}

bool kl_likes_has(const struct kl_likes *likes, const struct kl_like *word)
{
	uint64_t in_table = counted(&likes->tables, hash_table(word));

	return counted(&likes->members, hash_member(word)) >= LIKES ||
	       (in_table >= LIKES && in_table >= (counted(&likes->all, word->holder) + TABLE_SHARE - 1) / TABLE_SHARE);
}

void kl_likes_reset(struct kl_likes *likes)
{
	kl_map_deinit(&likes->members);
	kl_map_deinit(&likes->tables);
	kl_map_deinit(&likes->all);
	kl_map_deinit(&likes->named);
	*likes = (struct kl_likes){};
}
