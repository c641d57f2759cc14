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

static struct kl_error *mask_member(uint64_t area, const struct kl_member *member, struct kl_knowledge *ret)
{
	return member->present ? add_mask(ret, area + member->offset, member->size, KL_TRAIT_VMAP) : NULL;
}

/* The areas linked at @head are free. Their borders are numbers: kmemleak leaves those out of areas in use, but not out
 * of free ones, whose end is where the next area in use begins. */
static struct kl_error *mask_areas(struct kl_kernel *k, const char *name, uint64_t head, struct kl_knowledge *ret)
{
	const struct kl_layout_vmap_area *l = &k->layouts.vmap_area;
	struct kl_list_walk walk;
	uint64_t node;

	kl_list_begin(&walk, k, name, head);
	while (kl_list_next(&walk, &node)) {
		uint64_t area = node - l->list.offset;
		struct kl_error *err = mask_member(area, &l->vm, ret);

		if (!err)
			err = mask_member(area, &l->va_start, ret);
		if (!err)
			err = mask_member(area, &l->va_end, ret);
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

/* The list whose head is the variable @head, where this kernel has it. */
static struct kl_error *mask_list(struct kl_kernel *k, const char *name, const struct kl_variable *head,
				  struct kl_knowledge *ret)
{
	return head->present ? mask_areas(k, name, kl_kernel_variable(k, head), ret) : NULL;
}

static struct kl_error *mask_free_areas(struct kl_kernel *k, struct kl_knowledge *ret)
{
	const struct kl_layouts *l = &k->layouts;
	struct kl_error *err;

	if (!l->vmap_area.list.present)
		return NULL;
	err = mask_list(k, "free_vmap_area_list", &l->variables.free_vmap_area_list, ret);
	if (err)
		return err;
	if (l->vmap_node.type.present && l->variables.vmap_nodes.present)
		return mask_nodes(k, ret);
	/* Before 5.13 the link of areas to be purged took the place of `vm` in a union. */
	return mask_list(k, "purge_vmap_area_list", &l->variables.purge_vmap_area_list, ret);
}

struct kl_error *kl_leftovers_read(struct kl_kernel *k, struct kl_knowledge *ret)
{
	struct kl_error *err = mask_metadata(k, ret);

	return err ? err : mask_free_areas(k, ret);
}
