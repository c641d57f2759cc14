/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/facts/own_caches.h"

#include <stdlib.h>

#include "kernel/machine/machine.h"

/* Copies of a cache for cgroups are of the kind of what they are copies of. */
static uint32_t kind_of_cache(const struct kl_slab_caches *caches, const struct kl_slab_cache *cache)
{
	uint64_t index;

	if (cache->shared || !kl_map_get(&caches->by_address, cache->kind, &index))
		return 0;
	return (uint32_t)index + 1;
}

struct kl_error *kl_own_caches_find(struct kl_kernel *k, const struct kl_heap *heap, uint32_t **ret)
{
	const struct kl_index *index = &heap->index[KLEAK_CLASS_VIRTUAL];
	uint32_t *kinds = calloc(heap->rows + 1, sizeof(*kinds));
	const struct kl_slab_caches *caches;
	struct kl_slab slab = {};
	struct kl_error *err;
	size_t i;

	if (!kinds)
		return kl_error_nomem();
	err = kl_machine_slab_caches(k, &caches);
	for (i = 0; !err && caches->list.count && i < index->count; i++) {
		uint32_t row = index->spans[i].object;
		uint64_t address = heap->address[row];

		if (kl_slab_holds(&slab, address) || kl_slab_at(caches, address, &slab))
			kinds[row] = kind_of_cache(caches, slab.cache);
	}
	if (err)
		free(kinds);
	else
		*ret = kinds;
	return err;
}

const char *kl_own_cache_name(struct kl_kernel *k, uint32_t kind)
{
	const struct kl_slab_caches *caches;
	struct kl_error *err = kl_machine_slab_caches(k, &caches);

	if (err || !kind || kind > caches->list.count) {
		kl_error_destroy(err);
		return NULL;
	}
	return caches->list.data[kind - 1].name;
}
