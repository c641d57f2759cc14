/* SPDX-License-Identifier: GPL-2.0-or-later */
/* likes.h: is an address that stands in memory which nobody is known to have initialized one of many alike?
 *
 * What programs write is regular, what a former owner of the memory left is not. A word has its like
 *
 *	as a member	where three holders of a kind have the address of an object of the same kind at the same offset;
 *	in a table	where its holder names three objects of that kind, and they are a quarter of all that it names.
 *
 * A table is known by what it mostly names: what is left in a large piece of memory names a few objects of every kind.
 * And it names different objects: one address many times is what the leftovers of a slab look like, whose objects all
 * had it in the same member.
 */
#ifndef KL_MARK_LIKES_H
#define KL_MARK_LIKES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/map.h"

/* An address in a holder. Numbers mean what the caller likes. */
struct kl_like {
	uint64_t holder_kind;
	uint64_t offset; /* in the holder */
	uint64_t target, target_kind;
};

struct kl_likes {
	struct kl_map members; /* hash of kind of holder, offset, kind of target -> holders */
	struct kl_map named;   /* of those counted once: and of the target -> 1 */
};

/** kl_likes_add() - count @word; false when out of memory. */
bool kl_likes_add(struct kl_likes *likes, const struct kl_like *word);

/** kl_likes_add_once() - the same, but however many holders have the address of one object at that offset, they count
 * as one: for holders of which nobody knows the kind. */
bool kl_likes_add_once(struct kl_likes *likes, const struct kl_like *word);

/** kl_likes_has() - whether each of @words, which are all that were counted of one holder, has its like.
 * @ret: as many. False when out of memory. Cost: one look-up per word, and sorting them where that does not do. */
bool kl_likes_has(const struct kl_likes *likes, const struct kl_like *words, size_t n, bool *ret);

/** kl_likes_reset() - forget all; also frees the memory. */
void kl_likes_reset(struct kl_likes *likes);

#endif
