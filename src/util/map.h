/* SPDX-License-Identifier: GPL-2.0-or-later */
/* map.h: a hash table from 64-bit keys to 64-bit values (open addressing, no deletion). */
#ifndef KL_UTIL_MAP_H
#define KL_UTIL_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/cleanup.h"

struct kl_map {
	struct kl_map_slot *slots;
	size_t count;
	size_t capacity; /* a power of two, or 0 before the first put */
};

/** kl_map_put() - set the value of @key; false when out of memory. */
bool kl_map_put(struct kl_map *m, uint64_t key, uint64_t value);

/** kl_map_value() - where the value of @key is kept, 0 at first; NULL when out of memory. Valid until the next put. */
uint64_t *kl_map_value(struct kl_map *m, uint64_t key);

/** kl_map_get() - true and the value in @ret when @key is there. */
bool kl_map_get(const struct kl_map *m, uint64_t key, uint64_t *ret);

void kl_map_deinit(struct kl_map *m);
#define _cleanup_map_ _cleanup_(kl_map_deinit)

/** kl_hash_u64() - a well-mixed hash of one integer (the finalizer of SplitMix64). */
static inline uint64_t kl_hash_u64(uint64_t x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

/** kl_hash_bytes() - 64-bit FNV-1a of @length bytes, continuing from @seed (KL_HASH_SEED to begin). Stable forever:
 * stack hashes in databases are made with it. */
#define KL_HASH_SEED 0xcbf29ce484222325ULL
uint64_t kl_hash_bytes(uint64_t seed, const void *bytes, size_t length);

#endif
