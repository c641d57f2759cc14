/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/leftovers.h"

#include <inttypes.h>

#include "kernel/list.h"

#define ANOMALY "vmalloc"
/* One per CPU, at most 128 (mm/vmalloc.c). */
#define MAX_VMAP_NODES 1024

static struct kl_error *add_mask(struct kl_knowledge *ret, uint64_t start, uint64_t length, uint16_t traits)
{
	struct kl_mask mask = {.start = start, .end = start + length, .traits = traits};

	return kl_vec_push(&ret->masks, mask) ? NULL : kl_error_nomem();
}

static struct kl_error *mask_metadata(struct kl_kernel *k, struct kl_knowledge *ret)
{
	const struct kl_variable *pool = &k->layouts.variables.mem_pool;

	return pool->present && pool->size ? add_mask(ret, kl_kernel_variable(k, pool), pool->size, KL_TRAIT_METADATA)
					   : NULL;
}

/* The areas linked at @head are free. */
static struct kl_error *mask_areas(struct kl_kernel *k, const char *name, uint64_t head, struct kl_knowledge *ret)
{
	const struct kl_layout_vmap_area *l = &k->layouts.vmap_area;
	struct kl_list_walk walk;
	uint64_t node;

	kl_list_begin(&walk, k, name, head);
	while (kl_list_next(&walk, &node)) {
		struct kl_error *err = add_mask(ret, node - l->list.offset + l->vm.offset, l->vm.size, KL_TRAIT_VMAP);

		if (err)
			return err;
	}
	return NULL;
}

/* Lists that this kernel does not have are passed over. */
static struct kl_error *mask_node(struct kl_kernel *k, uint64_t node, struct kl_knowledge *ret)
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

static struct kl_error *mask_nodes(struct kl_kernel *k, struct kl_knowledge *ret)
{
	uint64_t nodes, count, i;
	struct kl_error *err = kl_kernel_read_value(k, &k->layouts.variables.vmap_nodes, 8, &nodes);

	if (!err)
		err = kl_kernel_read_value(k, &k->layouts.variables.nr_vmap_nodes, 4, &count);
	if (!err && count > MAX_VMAP_NODES)
		err = kl_error_create(KL_ERROR_CORRUPT, "nr_vmap_nodes is %" PRIu64, count);
	if (err) {
		kl_kernel_anomaly_error(k, ANOMALY, kl_kernel_variable(k, &k->layouts.variables.vmap_nodes), err);
		return NULL;
	}
	for (i = 0; i < count && !err; i++)
		err = mask_node(k, nodes + i * k->layouts.vmap_node.type.size, ret);
	return err;
}

static struct kl_error *mask_free_areas(struct kl_kernel *k, struct kl_knowledge *ret)
{
	const struct kl_variable *purge = &k->layouts.variables.purge_vmap_area_list;

	if (!k->layouts.vmap_area.vm.present || !k->layouts.vmap_area.list.present)
		return NULL;
	if (k->layouts.vmap_node.type.present && k->layouts.variables.vmap_nodes.present)
		return mask_nodes(k, ret);
	/* Before 5.13 the link of freed areas took the place of `vm` in a union. */
	return purge->present ? mask_areas(k, "purge_vmap_area_list", kl_kernel_variable(k, purge), ret) : NULL;
}

struct kl_error *kl_leftovers_read(struct kl_kernel *k, struct kl_knowledge *ret)
{
	struct kl_error *err = mask_metadata(k, ret);

	return err ? err : mask_free_areas(k, ret);
}
