/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/facts/leftovers.h"

#include <inttypes.h>

#include "kernel/machine/list.h"
#include "kernel/machine/percpu.h"
#include "kernel/machine/percpu_chunk.h"
#include "kernel/machine/slab.h"
#include "util/map.h"

#define ANOMALY "vmalloc"
/* One per CPU, at most 128 (mm/vmalloc.c). */
#define MAX_VMAP_NODES 1024

static struct kl_error *add_mask(struct kl_facts *ret, uint64_t start, uint64_t length, uint16_t traits)
{
	struct kl_mask mask = {.start = start, .end = start + length, .traits = traits};

	return kl_vec_push(&ret->masks, mask) ? NULL : kl_error_nomem();
}

static struct kl_error *mask_metadata(struct kl_kernel *k, struct kl_facts *ret)
{
	const struct kl_variable *pool = &k->layouts.variables.mem_pool;

	return pool->present && pool->size ? add_mask(ret, kl_kernel_variable(k, pool), pool->size, KL_TRAIT_METADATA)
					   : NULL;
}

static struct kl_error *mask_member(uint64_t area, const struct kl_member *member, struct kl_facts *ret)
{
	return member->present ? add_mask(ret, area + member->offset, member->size, KL_TRAIT_VMAP) : NULL;
}

/* A free area still names the vm_struct that it once had. Its borders are numbers: kmemleak leaves those out of areas
 * in use, but not out of free ones, whose end is where the next area in use begins. */
static struct kl_error *mask_area(struct kl_kernel *k, uint64_t area, struct kl_facts *ret)
{
	const struct kl_layout_vmap_area *l = &k->layouts.vmap_area;
	struct kl_error *err = mask_member(area, &l->vm, ret);

	if (!err)
		err = mask_member(area, &l->va_start, ret);
	return err ? err : mask_member(area, &l->va_end, ret);
}

/* The areas linked at @head are free. */
static struct kl_error *mask_areas(struct kl_kernel *k, const char *name, uint64_t head, struct kl_facts *ret)
{
	const struct kl_layout_vmap_area *l = &k->layouts.vmap_area;
	struct kl_list_walk walk;
	uint64_t node;

	kl_list_begin(&walk, k, name, head);
	while (kl_list_next(&walk, &node)) {
		struct kl_error *err = mask_area(k, node - l->list.offset, ret);

		if (err)
			return err;
	}
	return NULL;
}

/* The areas on the free lists of one node. Lists that this kernel does not have are passed over. */
static struct kl_error *mask_node(struct kl_kernel *k, uint64_t node, struct kl_facts *ret)
{
	const struct kl_layout_vmap_node *l = &k->layouts.vmap_node;
	const struct kl_member *head = &k->layouts.vmap_pool.head;
	struct kl_error *err = NULL;
	uint32_t i;

	if (l->lazy.present)
		err = mask_areas(k, "vmap_node.lazy", node + l->lazy.offset, ret);
	if (!err && l->purge_list.present)
		err = mask_areas(k, "vmap_node.purge_list", node + l->purge_list.offset, ret);
	for (i = 0; l->pool.present && head->present && i < l->pool.count && !err; i++)
		err = mask_areas(k, "vmap_node.pool",
				 node + l->pool.offset + i * l->pool.element_size + k->layouts.vmap_pool.head.offset,
				 ret);
	return err;
}

/* The array of nodes; none before 6.9. */
static struct kl_error *find_nodes(struct kl_kernel *k, uint64_t *nodes, uint64_t *count)
{
	const struct kl_layouts *l = &k->layouts;
	struct kl_error *err;

	*count = 0;
	if (!l->vmap_node.type.present || !l->variables.vmap_nodes.present)
		return NULL;
	err = kl_kernel_read_value(k, &l->variables.vmap_nodes, 8, nodes);
	if (!err)
		err = kl_kernel_read_value(k, &l->variables.nr_vmap_nodes, 4, count);
	if (!err && *count > MAX_VMAP_NODES)
		err = kl_error_create(KL_ERROR_CORRUPT, "nr_vmap_nodes is %" PRIu64, *count);
	if (!err)
		return NULL;
	*count = 0;
	kl_kernel_anomaly_error(k, ANOMALY, kl_kernel_variable(k, &l->variables.vmap_nodes), err);
	return NULL;
}

/* The list whose head is the variable @head, where this kernel has it. */
static struct kl_error *mask_list(struct kl_kernel *k, const char *name, const struct kl_variable *head,
				  struct kl_facts *ret)
{
	return head->present ? mask_areas(k, name, kl_kernel_variable(k, head), ret) : NULL;
}

static struct kl_error *mask_free_areas(struct kl_kernel *k, uint64_t nodes, uint64_t count, struct kl_facts *ret)
{
	const struct kl_layouts *l = &k->layouts;
	struct kl_error *err = mask_list(k, "free_vmap_area_list", &l->variables.free_vmap_area_list, ret);
	uint64_t i;

	/* Before 5.13 the link of areas to be purged took the place of `vm` in a union. */
	if (!err)
		err = mask_list(k, "purge_vmap_area_list", &l->variables.purge_vmap_area_list, ret);
	for (i = 0; i < count && !err; i++)
		err = mask_node(k, nodes + i * l->vmap_node.type.size, ret);
	return err;
}

/* ---- areas on no list ---- */

/* Adds the areas linked at @head to @busy. A damaged list clears *whole. */
static struct kl_error *note_busy(struct kl_kernel *k, uint64_t head, struct kl_map *busy, bool *whole)
{
	struct kl_list_walk walk;
	uint64_t node;

	kl_list_begin(&walk, k, "busy vmap areas", head);
	while (kl_list_next(&walk, &node)) {
		if (!kl_map_put(busy, node - k->layouts.vmap_area.list.offset, 1))
			return kl_error_nomem();
	}
	*whole &= !walk.broken;
	return NULL;
}

/* All areas in use. @known: whether this kernel says which these are. */
static struct kl_error *find_busy(struct kl_kernel *k, uint64_t nodes, uint64_t count, struct kl_map *busy, bool *known)
{
	const struct kl_layouts *l = &k->layouts;
	const struct kl_variable *list = &l->variables.vmap_area_list;
	struct kl_error *err = NULL;
	uint64_t i;

	*known = list->present || (count && l->vmap_node.busy.present);
	if (list->present)
		err = note_busy(k, kl_kernel_variable(k, list), busy, known);
	for (i = 0; i < count && l->vmap_node.busy.present && !err; i++)
		err = note_busy(k, nodes + i * l->vmap_node.type.size + l->vmap_node.busy.offset, busy, known);
	return err;
}

static struct kl_error *mask_idle_in(struct kl_kernel *k, const struct kl_heap *heap, uint64_t cachep,
				     struct kl_slab_caches *caches, const struct kl_map *busy, struct kl_facts *ret)
{
	const struct kl_index *index = &heap->index[KLEAK_CLASS_VIRTUAL];
	struct kl_slab slab = {};
	uint64_t unused;
	size_t i;

	for (i = 0; i < index->count; i++) {
		uint64_t area = index->spans[i].start;
		struct kl_error *err;

		if (heap->size[index->spans[i].object] != k->layouts.vmap_area.type.size ||
		    kl_map_get(busy, area, &unused))
			continue;
		if (!kl_slab_holds(&slab, area) && !kl_slab_at(caches, area, &slab))
			continue;
		if (slab.cache->address != cachep)
			continue;
		err = mask_area(k, area, ret);
		if (err)
			return err;
	}
	return NULL;
}

/* An area that is not in use is free, wherever it is: a purge moves it to a list on its own stack, the pool hands it
 * out again before `vm` is set. So what the areas' own slab cache holds and no busy list knows is masked, too. (In a
 * cache shared with others nothing tells an area from its neighbours.) */
static struct kl_error *mask_idle_areas(struct kl_kernel *k, const struct kl_heap *heap, const struct kl_map *busy,
					struct kl_facts *ret)
{
	_cleanup_memmap_ struct kl_memmap memory = {};
	_cleanup_slab_caches_ struct kl_slab_caches caches = {};
	uint64_t cachep, users;
	struct kl_error *err = kl_kernel_read_value(k, &k->layouts.variables.vmap_area_cachep, 8, &cachep);

	if (!err && cachep)
		err = kl_kernel_read_member(k, cachep, &k->layouts.kmem_cache.refcount, &users);
	if (err) {
		kl_kernel_anomaly_error(k, ANOMALY, 0, kl_error_prepend(err, "vmap_area_cachep"));
		return NULL;
	}
	if (!cachep || users != 1)
		return NULL;
	err = kl_memmap_read(k, &memory);
	if (!err)
		err = kl_slab_caches_read(k, &memory, &caches);
	return err ? err : mask_idle_in(k, heap, cachep, &caches, busy, ret);
}

static struct kl_error *mask_vmap(struct kl_kernel *k, const struct kl_heap *heap, struct kl_facts *ret)
{
	const struct kl_layouts *l = &k->layouts;
	_cleanup_map_ struct kl_map busy = {};
	uint64_t nodes = 0, count;
	struct kl_error *err;
	bool known = false;

	if (!l->vmap_area.list.present)
		return NULL;
	err = find_nodes(k, &nodes, &count);
	if (!err)
		err = mask_free_areas(k, nodes, count, ret);
	if (!err && l->variables.vmap_area_cachep.present && l->kmem_cache.refcount.present)
		err = find_busy(k, nodes, count, &busy, &known);
	return err || !known ? err : mask_idle_areas(k, heap, &busy, ret);
}

/* ---- per-CPU memory ---- */

static struct kl_error *mask_copies(struct kl_kernel *k, uint64_t cookie, uint64_t size, struct kl_facts *ret)
{
	struct kl_error *err = NULL;
	const unsigned *cpu;
	uint64_t start;

	kl_vec_for_each (cpu, &k->percpu.cpus) {
		if (!err && kl_percpu_address(k, cookie, *cpu, &start))
			err = add_mask(ret, start, size, KL_TRAIT_PERCPU_FREE);
	}
	return err;
}

/* Objects that the allocator has back already. free_percpu() tells kmemleak first, so there are none but where memory
 * was freed behind its back or a record is damaged. */
static struct kl_error *mask_percpu(struct kl_kernel *k, const struct kl_heap *heap, struct kl_facts *ret)
{
	const struct kl_index *index = &heap->index[KLEAK_CLASS_PERCPU];
	_cleanup_percpu_chunks_ struct kl_percpu_chunks chunks = {};
	struct kl_error *err = index->count ? kl_percpu_chunks_read(k, &chunks) : NULL;
	size_t i;

	for (i = 0; i < index->count && !err; i++) {
		uint64_t cookie = index->spans[i].start;

		if (kl_percpu_is_free(&chunks, cookie))
			err = mask_copies(k, cookie, heap->size[index->spans[i].object], ret);
	}
	return err;
}

struct kl_error *kl_leftovers_read(struct kl_kernel *k, const struct kl_heap *heap, struct kl_facts *ret)
{
	struct kl_error *err = mask_metadata(k, ret);

	if (!err)
		err = mask_vmap(k, heap, ret);
	return err ? err : mask_percpu(k, heap, ret);
}
