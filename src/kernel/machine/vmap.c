/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/machine/vmap.h"

#include <inttypes.h>

#include "kernel/machine/list.h"

#define ANOMALY "vmalloc"
/* One per CPU, at most 128 (mm/vmalloc.c). */
#define MAX_VMAP_NODES 1024

/* The array of struct vmap_node (6.9). */
struct vmap_nodes {
	uint64_t start, count;
};

static uint64_t vmap_node_at(const struct kl_kernel *k, const struct vmap_nodes *nodes, uint64_t index)
{
	return nodes->start + index * k->layouts.vmap_node.type.size;
}

/* As many as begin with the lists of one: where no symbol leads to their number (inferred.h). */
static uint64_t count_vmap_nodes(struct kl_kernel *k, const struct vmap_nodes *nodes)
{
	const struct kl_layout_vmap_node *l = &k->layouts.vmap_node;
	uint64_t count = 0;

	while (count < MAX_VMAP_NODES && kl_list_is_sound(k, vmap_node_at(k, nodes, count) + l->busy.offset) &&
	       kl_list_is_sound(k, vmap_node_at(k, nodes, count) + l->lazy.offset))
		count++;
	return count;
}

static struct kl_error *find_vmap_nodes(struct kl_kernel *k, struct vmap_nodes *ret)
{
	const struct kl_layouts *l = &k->layouts;
	struct kl_error *err;

	*ret = (struct vmap_nodes){};
	if (!l->vmap_node.type.present || !l->variables.vmap_nodes.present)
		return NULL;
	err = kl_kernel_read_value(k, &l->variables.vmap_nodes, 8, &ret->start);
	if (!err && !l->variables.nr_vmap_nodes.present)
		ret->count = count_vmap_nodes(k, ret);
	else if (!err)
		err = kl_kernel_read_value(k, &l->variables.nr_vmap_nodes, 4, &ret->count);
	if (!err && ret->count > MAX_VMAP_NODES)
		err = kl_error_create(KL_ERROR_CORRUPT, "nr_vmap_nodes is %" PRIu64, ret->count);
	if (!err)
		return NULL;
	ret->count = 0;
	kl_kernel_anomaly_error(k, ANOMALY, kl_kernel_variable(k, &l->variables.vmap_nodes), err);
	return NULL;
}

/* ---- free areas ---- */

static struct kl_error *add_free_list(struct kl_kernel *k, const char *name, uint64_t head, struct kl_vmap_areas *ret)
{
	struct kl_list_walk walk;
	uint64_t node;

	kl_list_begin(&walk, k, name, head);
	while (kl_list_next(&walk, &node)) {
		if (!kl_vec_push(&ret->free, node - k->layouts.vmap_area.list.offset))
			return kl_error_nomem();
	}
	return NULL;
}

/* The free lists of one node. */
static struct kl_error *add_free_of_node(struct kl_kernel *k, uint64_t node, struct kl_vmap_areas *ret)
{
	const struct kl_layout_vmap_node *l = &k->layouts.vmap_node;
	const struct kl_member *head = &k->layouts.vmap_pool.head;
	struct kl_error *err = NULL;
	uint32_t i;

	if (l->lazy.present)
		err = add_free_list(k, "vmap_node.lazy", node + l->lazy.offset, ret);
	if (!err && l->purge_list.present)
		err = add_free_list(k, "vmap_node.purge_list", node + l->purge_list.offset, ret);
	for (i = 0; l->pool.present && head->present && i < l->pool.count && !err; i++)
		err = add_free_list(k, "vmap_node.pool",
				    node + l->pool.offset + i * l->pool.element_size + head->offset, ret);
	return err;
}

static struct kl_error *read_free_areas(struct kl_kernel *k, const struct vmap_nodes *nodes, struct kl_vmap_areas *ret)
{
	const struct kl_variable *free_list = &k->layouts.variables.free_vmap_area_list;
	/* Before 5.13 the link of areas to be purged took the place of `vm` in a union, and there was no such list. */
	const struct kl_variable *purge_list = &k->layouts.variables.purge_vmap_area_list;
	struct kl_error *err = NULL;
	uint64_t i;

	if (free_list->present)
		err = add_free_list(k, "free_vmap_area_list", kl_kernel_variable(k, free_list), ret);
	if (!err && purge_list->present)
		err = add_free_list(k, "purge_vmap_area_list", kl_kernel_variable(k, purge_list), ret);
	for (i = 0; i < nodes->count && !err; i++)
		err = add_free_of_node(k, vmap_node_at(k, nodes, i), ret);
	return err;
}

/* ---- areas in use ---- */

static struct kl_error *add_busy_list(struct kl_kernel *k, uint64_t head, struct kl_vmap_areas *ret)
{
	struct kl_list_walk walk;
	uint64_t node;

	kl_list_begin(&walk, k, "busy vmap areas", head);
	while (kl_list_next(&walk, &node)) {
		uint64_t area = node - k->layouts.vmap_area.list.offset;

		if (!kl_map_put(&ret->busy, area, 1) || !kl_vec_push(&ret->in_use, area))
			return kl_error_nomem();
	}
	ret->busy_known &= !walk.broken;
	return NULL;
}

static struct kl_error *read_busy_areas(struct kl_kernel *k, const struct vmap_nodes *nodes, struct kl_vmap_areas *ret)
{
	const struct kl_member *busy = &k->layouts.vmap_node.busy;
	const struct kl_variable *list = &k->layouts.variables.vmap_area_list;
	struct kl_error *err = NULL;
	uint64_t i;

	ret->busy_known = list->present || (nodes->count && busy->present);
	if (list->present)
		err = add_busy_list(k, kl_kernel_variable(k, list), ret);
	for (i = 0; i < nodes->count && busy->present && !err; i++)
		err = add_busy_list(k, vmap_node_at(k, nodes, i) + busy->offset, ret);
	return err;
}

/* SLUB merges caches of like size: then nothing tells an area from its neighbours. */
static void find_own_cache(struct kl_kernel *k, struct kl_vmap_areas *ret)
{
	uint64_t cache, users;
	struct kl_error *err = kl_kernel_read_value(k, &k->layouts.variables.vmap_area_cachep, 8, &cache);

	if (!err && cache)
		err = kl_kernel_read_member(k, cache, &k->layouts.kmem_cache.refcount, &users);
	if (err)
		kl_kernel_anomaly_error(k, ANOMALY, 0, kl_error_prepend(err, "vmap_area_cachep"));
	else if (cache && users == 1)
		ret->cache = cache;
}

static struct kl_error *read_vmap_areas(struct kl_kernel *k, struct kl_vmap_areas *ret)
{
	struct vmap_nodes nodes;
	struct kl_error *err = find_vmap_nodes(k, &nodes);

	if (!err)
		err = read_free_areas(k, &nodes, ret);
	if (err || !k->layouts.variables.vmap_area_cachep.present || !k->layouts.kmem_cache.refcount.present)
		return err;
	err = read_busy_areas(k, &nodes, ret);
	if (!err && ret->busy_known)
		find_own_cache(k, ret);
	return err;
}

struct kl_error *kl_vmap_areas_read(struct kl_kernel *k, struct kl_vmap_areas *ret)
{
	struct kl_error *err;

	*ret = (struct kl_vmap_areas){};
	if (!k->layouts.vmap_area.list.present)
		return NULL;
	err = read_vmap_areas(k, ret);
	if (err)
		kl_vmap_areas_deinit(ret);
	return err;
}

void kl_vmap_areas_deinit(struct kl_vmap_areas *areas)
{
	kl_vec_deinit(&areas->free);
	kl_map_deinit(&areas->busy);
	kl_vec_deinit(&areas->in_use);
	*areas = (struct kl_vmap_areas){};
}
