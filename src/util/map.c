/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "util/map.h"

#include <stdlib.h>
#include <string.h>

#include "util/error.h"

struct kl_map_slot {
	uint64_t key;
	uint64_t value;
	bool used;
};

static struct kl_map_slot *find_slot(struct kl_map_slot *slots, size_t capacity, uint64_t key)
{
	size_t i = kl_hash_u64(key) & (capacity - 1);

	while (slots[i].used && slots[i].key != key)
		i = (i + 1) & (capacity - 1);
	return &slots[i];
}

static bool grow_map(struct kl_map *m)
{
	size_t capacity = m->capacity ? m->capacity * 2 : 64;
	struct kl_map_slot *slots = calloc(capacity, sizeof(*slots));
	size_t i;

	if (!slots) {
		kl_nomem_note();
		return false;
	}
	for (i = 0; i < m->capacity; i++) {
		if (m->slots[i].used)
			*find_slot(slots, capacity, m->slots[i].key) = m->slots[i];
	}
	free(m->slots);
	m->slots = slots;
	m->capacity = capacity;
	return true;
}

uint64_t *kl_map_value(struct kl_map *m, uint64_t key)
{
	struct kl_map_slot *slot;

	/* Two thirds full at most, so that probes stay short. */
	if (m->count >= m->capacity - m->capacity / 3 && !grow_map(m))
		return NULL;
	slot = find_slot(m->slots, m->capacity, key);
	if (!slot->used) {
		*slot = (struct kl_map_slot){.key = key, .used = true};
		m->count++;
	}
	return &slot->value;
}

bool kl_map_put(struct kl_map *m, uint64_t key, uint64_t value)
{
	uint64_t *kept = kl_map_value(m, key);

	if (kept)
		*kept = value;
	return kept;
}

bool kl_map_get(const struct kl_map *m, uint64_t key, uint64_t *ret)
{
	const struct kl_map_slot *slot;

	if (!m->capacity)
		return false;
	slot = find_slot(m->slots, m->capacity, key);
	if (!slot->used)
		return false;
	*ret = slot->value;
	return true;
}

void kl_map_deinit(struct kl_map *m)
{
	free(m->slots);
	memset(m, 0, sizeof(*m));
}

uint64_t kl_hash_bytes(uint64_t seed, const void *bytes, size_t length)
{
	const uint8_t *p = bytes;
	size_t i;

	for (i = 0; i < length; i++)
		seed = (seed ^ p[i]) * 0x100000001b3ULL;
	return seed;
}
