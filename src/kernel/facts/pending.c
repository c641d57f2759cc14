/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/facts/pending.h"

#include <inttypes.h>

#include "kernel/machine/list.h"
#include "kernel/machine/memmap.h"
#include "kernel/machine/percpu.h"

#define ANOMALY "rcu callbacks"

/* Brent's cycle detection: the list has no back links that could prove its order. */
static struct kl_error *walk_callbacks(struct kl_kernel *k, uint64_t node, struct kl_facts *ret)
{
	uint64_t landmark = 0, steps = 0, limit = 1;

	while (node) {
		struct kl_error *err;

		if (node == landmark)
			return kl_error_create(KL_ERROR_CORRUPT, "the callback list runs in a circle through %#" PRIx64,
					       node);
		if (++steps == limit) {
			landmark = node;
			limit *= 2;
		}
		if (!kl_vec_push(&ret->words, node))
			return kl_error_nomem();
		/* struct rcu_head begins with its link */
		err = kl_kernel_read_u64(k, node, &node);
		if (err)
			return err;
		node = kl_untag(k, node);
	}
	return NULL;
}

static struct kl_error *walk_list(struct kl_kernel *k, uint64_t cpu_data, const struct kl_member *head,
				  struct kl_facts *ret)
{
	uint64_t first = 0;
	struct kl_error *err;

	if (!head->present)
		return NULL;
	err = kl_kernel_read_member(k, cpu_data, head, &first);
	if (!err)
		err = walk_callbacks(k, kl_untag(k, first), ret);
	return kl_kernel_go_on(k, ANOMALY, cpu_data, err);
}

static struct kl_error *walk_callback_lists(struct kl_kernel *k, uint64_t cpu_data, struct kl_facts *ret)
{
	const struct kl_layout_rcu_data *l = &k->layouts.rcu_data;
	struct kl_error *err = walk_list(k, cpu_data, &l->cblist_head, ret);

	return err ? err : walk_list(k, cpu_data, &l->bypass_head, ret);
}

/* ---- kvfree_rcu() ---- */

/* Blocks and pages kept for them are pages of their own. */
static struct kl_error *note_page(struct kl_kernel *k, uint64_t address, struct kl_facts *ret)
{
	uint64_t direct_map, page = UINT64_C(1) << k->page_shift;

	if (address & (page - 1) || !kl_memmap_direct_map(k, &direct_map))
		return kl_error_create(KL_ERROR_CORRUPT, "%#" PRIx64 " is no page of kvfree_rcu()", address);
	return kl_vec_push(&ret->data_pages, (address - direct_map) >> k->page_shift) ? NULL : kl_error_nomem();
}

static struct kl_error *take_record_block(struct kl_kernel *k, uint64_t block, struct kl_facts *ret)
{
	const struct kl_layout_kvfree_rcu_bulk_data *l = &k->layouts.kvfree_rcu_bulk_data;
	uint64_t count = 0, i, record, room = ((UINT64_C(1) << k->page_shift) - l->records.offset) / 8;
	struct kl_error *err = kl_kernel_read_member(k, block, &l->nr_records, &count);

	if (!err && count > room)
		err = kl_error_create(KL_ERROR_CORRUPT, "a block of %" PRIu64 " records with %" PRIu64, room, count);
	for (i = 0; i < count && !err; i++) {
		err = kl_kernel_read_u64(k, block + l->records.offset + 8 * i, &record);
		if (!err && !kl_vec_push(&ret->words, record))
			err = kl_error_nomem();
	}
	return err ? err : note_page(k, block, ret);
}

/* @head: a struct list_head in the per-CPU data. */
static struct kl_error *take_record_blocks(struct kl_kernel *k, uint64_t head, struct kl_facts *ret)
{
	size_t pages = ret->data_pages.count;
	struct kl_list_walk walk;
	uint64_t node;
	struct kl_error *err = kl_kernel_read_u64(k, head, &node);

	if (!err && !node)
		return NULL; /* not made yet */
	kl_list_begin(&walk, k, "blocks of kvfree_rcu()", head);
	while (!err && kl_list_next(&walk, &node))
		err = take_record_block(k, node - k->layouts.kvfree_rcu_bulk_data.list.offset, ret);
	if (err || walk.broken)
		ret->data_pages.count = pages;
	return kl_kernel_go_on(k, ANOMALY, head, err);
}

/* Both channels: objects of slabs, areas of vmalloc space. */
static struct kl_error *take_channels(struct kl_kernel *k, uint64_t owner, const struct kl_member *heads,
				      struct kl_facts *ret)
{
	struct kl_error *err = NULL;
	uint64_t i;

	for (i = 0; i < heads->count && !err; i++)
		err = take_record_blocks(k, owner + heads->offset + i * heads->element_size, ret);
	return err;
}

static struct kl_error *take_kept_pages(struct kl_kernel *k, uint64_t cpu_data, struct kl_facts *ret)
{
	const struct kl_layout_kfree_rcu_cpu *l = &k->layouts.kfree_rcu_cpu;
	size_t pages = ret->data_pages.count;
	uint64_t node = 0, count = 0, i;
	struct kl_error *err = kl_kernel_read_member(k, cpu_data, &l->bkvcache, &node);

	if (!err)
		err = kl_kernel_read_member(k, cpu_data, &l->nr_bkv_objs, &count);
	/* a struct llist_node is its link */
	for (i = 0; node && i < count && !err; i++) {
		err = note_page(k, kl_untag(k, node), ret);
		if (!err)
			err = kl_kernel_read_u64(k, kl_untag(k, node), &node);
	}
	if (!err && (node || i < count))
		err = kl_error_create(KL_ERROR_CORRUPT, "kvfree_rcu() does not keep %" PRIu64 " pages", count);
	if (err)
		ret->data_pages.count = pages;
	return kl_kernel_go_on(k, ANOMALY, cpu_data, err);
}

static struct kl_error *take_kvfree(struct kl_kernel *k, uint64_t cpu_data, struct kl_facts *ret)
{
	const struct kl_layout_kfree_rcu_cpu *l = &k->layouts.kfree_rcu_cpu;
	const struct kl_layout_kfree_rcu_cpu_work *w = &k->layouts.kfree_rcu_cpu_work;
	struct kl_error *err = walk_list(k, cpu_data, &l->head, ret);
	uint64_t i;

	if (!err)
		err = take_channels(k, cpu_data, &l->bulk_head, ret);
	for (i = 0; i < l->krw_arr.count && !err; i++) {
		uint64_t work = cpu_data + l->krw_arr.offset + i * l->krw_arr.element_size;

		err = walk_list(k, work, &w->head_free, ret);
		if (!err)
			err = take_channels(k, work, &w->bulk_head_free, ret);
	}
	return err ? err : take_kept_pages(k, cpu_data, ret);
}

/* ---- all CPUs ---- */

static struct kl_error *for_each_copy(struct kl_kernel *k, const struct kl_variable *v, struct kl_facts *ret,
				      struct kl_error *(*take)(struct kl_kernel *, uint64_t, struct kl_facts *))
{
	struct kl_error *err = NULL;
	const unsigned *cpu;
	uint64_t address;

	if (!v->present)
		return NULL;
	kl_vec_for_each (cpu, &k->percpu.cpus) {
		if (!err && kl_percpu_address(k, kl_kernel_variable(k, v), *cpu, &address))
			err = take(k, address, ret);
	}
	return err;
}

struct kl_error *kl_pending_read(struct kl_kernel *k, struct kl_facts *ret)
{
	const struct kl_layouts *l = &k->layouts;
	struct kl_error *err = for_each_copy(k, &l->variables.rcu_data, ret, walk_callback_lists);

	if (err || !l->kfree_rcu_cpu.bulk_head.present || !l->kvfree_rcu_bulk_data.nr_records.present)
		return err;
	return for_each_copy(k, &l->variables.krc, ret, take_kvfree);
}
