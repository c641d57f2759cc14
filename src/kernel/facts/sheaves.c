/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/facts/sheaves.h"

#include <inttypes.h>

#include "kernel/machine/list.h"
#include "kernel/machine/machine.h"
#include "kernel/machine/percpu.h"

#define ANOMALY "sheaf"
/* The kernel's own bound is far lower: a sheaf comes from kmalloc(). */
#define MAX_CAPACITY 65536

struct walker {
	struct kl_kernel *k;
	struct kl_facts *facts;
	uint64_t capacity; /* of the cache's sheaves */
	uint64_t nodes;    /* of the machine: a cache has room for so many */
};

static struct kl_error *mask_sheaf(struct walker *w, uint64_t sheaf)
{
	const struct kl_layout_slab_sheaf *l = &w->k->layouts.slab_sheaf;
	struct kl_mask mask = {.traits = KL_TRAIT_SHEAF};
	uint64_t size, slots = sheaf + l->objects.offset;
	struct kl_error *err = kl_kernel_read_member(w->k, sheaf, &l->size, &size);

	if (err)
		return err;
	if (size > w->capacity)
		return kl_error_create(KL_ERROR_CORRUPT,
				       "sheaf %#" PRIx64 " of %" PRIu64 " slots claims %" PRIu64 " objects", sheaf,
				       w->capacity, size);
	mask.start = slots + 8 * size;
	mask.end = slots + 8 * w->capacity;
	if (mask.start == mask.end)
		return NULL;
	return kl_vec_push(&w->facts->masks, mask) ? NULL : kl_error_nomem();
}

/* The sheaf that the pointer @member of one CPU's set names, if any. */
static struct kl_error *mask_pointer(struct walker *w, uint64_t set, const struct kl_member *member)
{
	uint64_t sheaf = 0;
	struct kl_error *err = NULL;

	if (member->present)
		err = kl_kernel_read_member(w->k, set, member, &sheaf);
	if (!err && sheaf)
		err = mask_sheaf(w, sheaf);
	return kl_kernel_go_on(w->k, ANOMALY, set, err);
}

static struct kl_error *mask_cpus(struct walker *w, uint64_t cookie)
{
	const struct kl_layout_slub_percpu_sheaves *l = &w->k->layouts.slub_percpu_sheaves;
	const unsigned *cpu;

	kl_vec_for_each (cpu, &w->k->percpu.cpus) {
		struct kl_error *err;
		uint64_t set;

		if (!kl_percpu_address(w->k, cookie, *cpu, &set))
			continue;
		err = mask_pointer(w, set, &l->main);
		if (!err)
			err = mask_pointer(w, set, &l->spare);
		if (!err)
			err = mask_pointer(w, set, &l->rcu_free);
		if (err)
			return err;
	}
	return NULL;
}

static struct kl_error *mask_list(struct walker *w, const char *name, uint64_t head)
{
	struct kl_list_walk walk;
	uint64_t node;

	kl_list_begin(&walk, w->k, name, head);
	while (kl_list_next(&walk, &node)) {
		struct kl_error *err = kl_kernel_go_on(w->k, ANOMALY, node,
						       mask_sheaf(w, node - w->k->layouts.slab_sheaf.barn_list.offset));

		if (err)
			return err;
	}
	return NULL;
}

static struct kl_error *mask_barn(struct walker *w, uint64_t barn)
{
	const struct kl_layout_node_barn *l = &w->k->layouts.node_barn;
	struct kl_error *err = mask_list(w, "node_barn.sheaves_full", barn + l->sheaves_full.offset);

	return err ? err : mask_list(w, "node_barn.sheaves_empty", barn + l->sheaves_empty.offset);
}

/* A struct kmem_cache is declared with one element for each of 2^NODES_SHIFT nodes, and allocated only up to the last
 * node that can exist (kmem_cache_init()): with NODES_SHIFT=10 the array of a 7.3 kernel runs 16 KiB through the caches
 * that lie after it, and what was taken for their barns led into nowhere 2.6 million times. */
static uint64_t count_nodes(struct kl_kernel *k)
{
	const struct kl_variable *v = &k->layouts.symbols.nr_node_ids;
	uint64_t nodes = 1; /* a macro where there can be only one */
	struct kl_error *err;

	if (!v->present)
		return nodes;
	err = kl_kernel_read_value(k, v, 4, &nodes);
	if (!err)
		return nodes;
	kl_kernel_anomaly_error(k, ANOMALY, kl_kernel_variable(k, v), kl_error_prepend(err, "nr_node_ids"));
	return 0;
}

/* Per node the cache keeps its barn itself (7.1), or in the kmem_cache_node. */
static struct kl_error *mask_nodes(struct walker *w, uint64_t cache)
{
	const struct kl_member *per_node = &w->k->layouts.sheaf_cache.per_node;
	const struct kl_member *node = &w->k->layouts.sheaf_cache.node;
	const struct kl_member *array = per_node->present ? per_node : node;
	const struct kl_member *barn =
		per_node->present ? &w->k->layouts.kmem_cache_per_node_ptrs.barn : &w->k->layouts.kmem_cache_node.barn;
	uint64_t i;

	for (i = 0; array->present && barn->present && i < array->count && i < w->nodes; i++) {
		uint64_t at = cache + array->offset + i * array->element_size, address = 0;
		struct kl_error *err = NULL;

		if (!per_node->present) {
			err = kl_kernel_read_u64(w->k, at, &at);
			if (!err && !at)
				continue;
		}
		if (!err)
			err = kl_kernel_read_member(w->k, at, barn, &address);
		if (!err && address)
			err = mask_barn(w, address);
		err = kl_kernel_go_on(w->k, ANOMALY, cache, err);
		if (err)
			return err;
	}
	return NULL;
}

static struct kl_error *mask_cache(struct walker *w, uint64_t cache)
{
	const struct kl_layout_sheaf_cache *l = &w->k->layouts.sheaf_cache;
	uint64_t cookie;
	struct kl_error *err = kl_kernel_read_member(w->k, cache, &l->cpu_sheaves, &cookie);

	if (!err)
		err = kl_kernel_read_member(w->k, cache, &l->sheaf_capacity, &w->capacity);
	if (err || !cookie || !w->capacity)
		return err;
	if (w->capacity > MAX_CAPACITY)
		return kl_error_create(KL_ERROR_CORRUPT, "kmem_cache %#" PRIx64 " has sheaves of %" PRIu64 " slots",
				       cache, w->capacity);
	err = mask_cpus(w, cookie);
	return err ? err : mask_nodes(w, cache);
}

struct kl_error *kl_sheaves_read(struct kl_kernel *k, struct kl_facts *ret)
{
	const struct kl_layout_sheaf_cache *l = &k->layouts.sheaf_cache;
	struct walker w = {.k = k, .facts = ret};
	const struct kl_slab_caches *caches;
	const struct kl_slab_cache *cache;
	struct kl_error *err;

	if (!l->cpu_sheaves.present || !l->sheaf_capacity.present || !k->layouts.slab_sheaf.objects.present ||
	    !k->layouts.slab_sheaf.size.present)
		return NULL;
	err = kl_machine_slab_caches(k, &caches);
	if (err)
		return err;
	w.nodes = count_nodes(k);
	kl_vec_for_each (cache, &caches->list) {
		err = kl_kernel_go_on(k, ANOMALY, cache->address, mask_cache(&w, cache->address));
		if (err)
			break;
	}
	return err;
}
