/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/machine/sheaf.h"

#include <inttypes.h>

#include "kernel/machine/list.h"
#include "kernel/machine/percpu.h"

#define ANOMALY "sheaf"
/* The kernel's own bound is far lower: a sheaf comes from kmalloc(). */
#define MAX_CAPACITY 65536

struct walker {
	struct kl_kernel *k;
	struct kl_sheaves *ret;
	const struct kl_slab_cache *cache;
	uint64_t capacity; /* of the cache's sheaves */
	uint64_t nodes;    /* of the machine: a cache has room for so many */
};

/* What could not be read is an anomaly, and the cache's list is not whole. */
static struct kl_error *go_on_without(struct walker *w, uint64_t address, struct kl_error *err)
{
	if (err && !kl_map_put(&w->ret->damaged, w->cache->address, 1)) {
		kl_error_destroy(err);
		return kl_error_nomem();
	}
	return kl_kernel_go_on(w->k, ANOMALY, address, err);
}

static struct kl_error *add_sheaf(struct walker *w, uint64_t address)
{
	const struct kl_layout_slab_sheaf *l = &w->k->layouts.slab_sheaf;
	struct kl_sheaf sheaf = {.cache = w->cache, .slots = address + l->objects.offset};
	uint64_t size;
	struct kl_error *err = kl_kernel_read_member(w->k, address, &l->size, &size);

	if (err)
		return err;
	if (size > w->capacity)
		return kl_error_create(KL_ERROR_CORRUPT,
				       "sheaf %#" PRIx64 " of %" PRIu64 " slots claims %" PRIu64 " objects", address,
				       w->capacity, size);
	sheaf.size = (uint32_t)size;
	sheaf.capacity = (uint32_t)w->capacity;
	return kl_vec_push(&w->ret->list, sheaf) ? NULL : kl_error_nomem();
}

/* The sheaf that the pointer @member of one CPU's set names, if any. */
static struct kl_error *add_sheaf_at(struct walker *w, uint64_t set, const struct kl_member *member)
{
	uint64_t sheaf = 0;
	struct kl_error *err = NULL;

	if (member->present)
		err = kl_kernel_read_member(w->k, set, member, &sheaf);
	if (!err && sheaf)
		err = add_sheaf(w, sheaf);
	return go_on_without(w, set, err);
}

static struct kl_error *add_sheaves_of_cpus(struct walker *w, uint64_t cookie)
{
	const struct kl_layout_slub_percpu_sheaves *l = &w->k->layouts.slub_percpu_sheaves;
	const unsigned *cpu;

	kl_vec_for_each (cpu, &w->k->percpu.cpus) {
		struct kl_error *err;
		uint64_t set;

		if (!kl_percpu_address(w->k, cookie, *cpu, &set))
			continue;
		err = add_sheaf_at(w, set, &l->main);
		if (!err)
			err = add_sheaf_at(w, set, &l->spare);
		if (!err)
			err = add_sheaf_at(w, set, &l->rcu_free);
		if (err)
			return err;
	}
	return NULL;
}

static struct kl_error *add_sheaves_of_list(struct walker *w, const char *name, uint64_t head)
{
	struct kl_list_walk walk;
	uint64_t node;

	kl_list_begin(&walk, w->k, name, head);
	while (kl_list_next(&walk, &node)) {
		uint64_t sheaf = node - w->k->layouts.slab_sheaf.barn_list.offset;
		struct kl_error *err = go_on_without(w, node, add_sheaf(w, sheaf));

		if (err)
			return err;
	}
	/* the walk has said what is wrong */
	return walk.broken && !kl_map_put(&w->ret->damaged, w->cache->address, 1) ? kl_error_nomem() : NULL;
}

static struct kl_error *add_sheaves_of_barn(struct walker *w, uint64_t barn)
{
	const struct kl_layout_node_barn *l = &w->k->layouts.node_barn;
	struct kl_error *err = add_sheaves_of_list(w, "node_barn.sheaves_full", barn + l->sheaves_full.offset);

	return err ? err : add_sheaves_of_list(w, "node_barn.sheaves_empty", barn + l->sheaves_empty.offset);
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
static struct kl_error *add_sheaves_of_nodes(struct walker *w, uint64_t cache)
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
			err = add_sheaves_of_barn(w, address);
		err = go_on_without(w, cache, err);
		if (err)
			return err;
	}
	return NULL;
}

static struct kl_error *add_sheaves_of_cache(struct walker *w, uint64_t cache)
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
	err = add_sheaves_of_cpus(w, cookie);
	return err ? err : add_sheaves_of_nodes(w, cache);
}

/* ---- SLAB's arrays ---- */

static struct kl_error *add_array(struct walker *w, uint64_t address)
{
	const struct kl_layout_array_cache *l = &w->k->layouts.array_cache;
	struct kl_sheaf sheaf = {.cache = w->cache, .slots = address + l->entry.offset};
	uint64_t avail, limit;
	struct kl_error *err = kl_kernel_read_member(w->k, address, &l->avail, &avail);

	if (!err)
		err = kl_kernel_read_member(w->k, address, &l->limit, &limit);
	if (err)
		return err;
	if (limit > MAX_CAPACITY || avail > limit)
		return kl_error_create(KL_ERROR_CORRUPT,
				       "an array of %" PRIu64 " slots claims %" PRIu64 " free objects", limit, avail);
	sheaf.size = (uint32_t)avail;
	sheaf.capacity = (uint32_t)limit;
	return kl_vec_push(&w->ret->list, sheaf) ? NULL : kl_error_nomem();
}

/* What was freed on @node and belongs to each of the others. */
static struct kl_error *add_alien_arrays(struct walker *w, uint64_t node)
{
	const struct kl_layouts *l = &w->k->layouts;
	uint64_t table = 0, alien, i;
	struct kl_error *err = NULL;

	if (l->slab_arrays_node.alien.present && l->alien_cache.type.present)
		err = kl_kernel_read_member(w->k, node, &l->slab_arrays_node.alien, &table);
	for (i = 0; !err && table && i < w->nodes; i++) {
		err = kl_kernel_read_u64(w->k, table + 8 * i, &alien);
		if (!err && alien)
			err = add_array(w, alien + l->alien_cache.ac.offset);
	}
	return err;
}

static struct kl_error *add_arrays_of_node(struct walker *w, uint64_t node)
{
	uint64_t shared = 0;
	struct kl_error *err = kl_kernel_read_member(w->k, node, &w->k->layouts.slab_arrays_node.shared, &shared);

	if (!err && shared)
		err = add_array(w, shared);
	return err ? err : add_alien_arrays(w, node);
}

static struct kl_error *add_arrays_of_cache(struct walker *w)
{
	const struct kl_layout_slab_arrays *l = &w->k->layouts.slab_arrays;
	uint64_t cache = w->cache->address, cookie, array, node = 0, i;
	struct kl_error *err = kl_kernel_read_member(w->k, cache, &w->k->layouts.kmem_cache.cpu_cache, &cookie);
	const unsigned *cpu;

	kl_vec_for_each (cpu, &w->k->percpu.cpus) {
		if (!err && cookie && kl_percpu_address(w->k, cookie, *cpu, &array))
			err = go_on_without(w, array, add_array(w, array));
	}
	for (i = 0; !err && l->node.present && i < l->node.count && i < w->nodes; i++) {
		err = kl_kernel_read_u64(w->k, cache + l->node.offset + 8 * i, &node);
		if (!err && node)
			err = add_arrays_of_node(w, node);
		err = go_on_without(w, cache, err);
	}
	return err;
}

/* ---- all caches ---- */

static bool has_sheaves(const struct kl_kernel *k)
{
	const struct kl_layout_sheaf_cache *l = &k->layouts.sheaf_cache;

	return l->cpu_sheaves.present && l->sheaf_capacity.present && k->layouts.slab_sheaf.objects.present &&
	       k->layouts.slab_sheaf.size.present;
}

struct kl_error *kl_sheaves_list(struct kl_kernel *k, const struct kl_slab_caches *caches, struct kl_sheaves *ret)
{
	struct walker w = {.k = k, .ret = ret};
	struct kl_error *err = NULL;

	*ret = (struct kl_sheaves){};
	if (!kl_slab_has_arrays(k) && !has_sheaves(k))
		return NULL;
	w.nodes = count_nodes(k);
	kl_vec_for_each (w.cache, &caches->list) {
		err = kl_slab_has_arrays(k) ? add_arrays_of_cache(&w) : add_sheaves_of_cache(&w, w.cache->address);
		err = go_on_without(&w, w.cache->address, err);
		if (err)
			break;
	}
	if (err)
		kl_sheaves_deinit(ret);
	return err;
}

void kl_sheaves_deinit(struct kl_sheaves *sheaves)
{
	kl_vec_deinit(&sheaves->list);
	kl_map_deinit(&sheaves->damaged);
}
