/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/machine/kvfree_rcu.h"

#include <inttypes.h>

#include "kernel/machine/list.h"
#include "kernel/machine/percpu.h"

#define ANOMALY "kvfree_rcu"
/* How long a single chain may be: none of a real kernel is near. Ends one that runs in a circle. */
#define CHAIN_MAX (1 << 20)

struct krc_reader {
	struct kl_kernel *k;
	struct kl_kvfree_rcu *ret;
	uint8_t *block; /* one page */
};

/* ---- blocks of pointers ---- */

/* Blocks are pages of their own. */
static struct kl_error *add_block(struct krc_reader *r, uint64_t address)
{
	if (address & ((UINT64_C(1) << r->k->page_shift) - 1))
		return kl_error_create(KL_ERROR_CORRUPT, "%#" PRIx64 " is no page of kvfree_rcu()", address);
	return kl_vec_push(&r->ret->blocks, address) ? NULL : kl_error_nomem();
}

/* The pages of a list that is damaged, those from number @blocks on, may be anybody's. */
static struct kl_error *end_blocks(struct krc_reader *r, uint64_t list, size_t blocks, struct kl_error *err)
{
	if (err)
		r->ret->blocks.count = blocks;
	return kl_kernel_go_on(r->k, ANOMALY, list, err);
}

/* Notes the block at @address, and in *@next the one that its link names, where links are single. */
static struct kl_error *read_block(struct krc_reader *r, uint64_t address, uint64_t *next)
{
	const struct kl_layout_kvfree_rcu_bulk_data *l = &r->k->layouts.kvfree_rcu_bulk_data;
	uint64_t page = UINT64_C(1) << r->k->page_shift, records, i;
	struct kl_error *err = kl_kernel_read(r->k, address, r->block, page);

	if (err)
		return err;
	records = kl_member_get(&l->nr_records, r->block);
	if (records > (page - l->records.offset) / 8)
		return kl_error_create(KL_ERROR_CORRUPT, "a block of %" PRIu64 " records", records);
	*next = kl_untag(r->k, kl_member_get(&l->next, r->block));
	for (i = 0; i < records; i++) {
		uint64_t object = kl_get_u64(r->block + l->records.offset + 8 * i);

		if (!kl_vec_push(&r->ret->freed, kl_untag(r->k, object)))
			return kl_error_nomem();
	}
	return add_block(r, address);
}

static struct kl_error *read_block_list(struct krc_reader *r, uint64_t head)
{
	size_t blocks = r->ret->blocks.count;
	struct kl_list_walk walk;
	uint64_t node, unused;
	struct kl_error *err = kl_kernel_read_u64(r->k, head, &node);

	if (!err && !node)
		return NULL; /* not made yet */
	kl_list_begin(&walk, r->k, "blocks of kvfree_rcu()", head);
	while (!err && kl_list_next(&walk, &node))
		err = read_block(r, node - r->k->layouts.kvfree_rcu_bulk_data.list.offset, &unused);
	if (walk.broken)
		r->ret->blocks.count = blocks;
	return end_blocks(r, head, blocks, err);
}

static struct kl_error *read_block_chain(struct krc_reader *r, uint64_t first)
{
	size_t blocks = r->ret->blocks.count;
	uint64_t block = first, count;
	struct kl_error *err = NULL;

	for (count = 0; block && count < CHAIN_MAX && !err; count++)
		err = read_block(r, block, &block);
	return end_blocks(r, first, blocks, err);
}

/* One array of lists, or of chains, that lies at @address. */
static struct kl_error *read_channels(struct krc_reader *r, uint64_t address, const struct kl_member *lists,
				      const struct kl_member *chains)
{
	const struct kl_member *array = lists->present ? lists : chains;
	struct kl_error *err = NULL;
	uint64_t first = 0;
	uint32_t i;

	for (i = 0; array->present && i < array->count && !err; i++) {
		uint64_t at = address + array->offset + (uint64_t)i * array->element_size;

		if (lists->present) {
			err = read_block_list(r, at);
			continue;
		}
		err = kl_kernel_read_u64(r->k, at, &first);
		if (!err)
			err = read_block_chain(r, kl_untag(r->k, first));
	}
	return err;
}

/* ---- chains through the objects ---- */

static struct kl_error *read_object_chain(struct krc_reader *r, uint64_t address, const struct kl_member *head)
{
	uint64_t node = 0, count;
	struct kl_error *err = head->present ? kl_kernel_read_member(r->k, address, head, &node) : NULL;

	/* struct rcu_head begins with its link */
	for (count = 0; node && count < CHAIN_MAX && !err; count++) {
		node = kl_untag(r->k, node);
		if (!kl_vec_push(&r->ret->freed, node))
			return kl_error_nomem();
		err = kl_kernel_read_u64(r->k, node, &node);
	}
	return kl_kernel_go_on(r->k, ANOMALY, address, err);
}

/* Blocks that nothing waits in, linked through their first word. */
static struct kl_error *read_spare_blocks(struct krc_reader *r, uint64_t address)
{
	const struct kl_layout_kfree_rcu_cpu *l = &r->k->layouts.kfree_rcu_cpu;
	size_t blocks = r->ret->blocks.count;
	uint64_t block = 0, count = 0, i;
	struct kl_error *err = NULL;

	if (!l->bkvcache.present || !l->nr_bkv_objs.present)
		return NULL;
	err = kl_kernel_read_member(r->k, address, &l->bkvcache, &block);
	if (!err)
		err = kl_kernel_read_member(r->k, address, &l->nr_bkv_objs, &count);
	for (i = 0; block && i < count && !err; i++) {
		err = add_block(r, kl_untag(r->k, block));
		if (!err)
			err = kl_kernel_read_u64(r->k, kl_untag(r->k, block), &block);
	}
	if (!err && (block || i < count))
		err = kl_error_create(KL_ERROR_CORRUPT, "kvfree_rcu() does not keep %" PRIu64 " pages", count);
	return end_blocks(r, address, blocks, err);
}

/* ---- CPUs ---- */

static struct kl_error *read_batches(struct krc_reader *r, uint64_t krc)
{
	const struct kl_layout_kfree_rcu_cpu_work *l = &r->k->layouts.kfree_rcu_cpu_work;
	const struct kl_member *array = &r->k->layouts.kfree_rcu_cpu.krw_arr;
	struct kl_error *err = NULL;
	uint32_t i;

	for (i = 0; array->present && i < array->count && !err; i++) {
		uint64_t batch = krc + array->offset + (uint64_t)i * array->element_size;

		err = read_channels(r, batch, &l->bulk_head_free, &l->bkvhead_free);
		if (!err)
			err = read_object_chain(r, batch, &l->head_free);
	}
	return err;
}

static struct kl_error *read_krc(struct krc_reader *r, uint64_t krc)
{
	const struct kl_layout_kfree_rcu_cpu *l = &r->k->layouts.kfree_rcu_cpu;
	struct kl_error *err = read_channels(r, krc, &l->bulk_head, &l->bkvhead);

	if (!err)
		err = read_object_chain(r, krc, &l->head);
	if (!err)
		err = read_batches(r, krc);
	return err ? err : read_spare_blocks(r, krc);
}

struct kl_error *kl_kvfree_rcu_read(struct kl_kernel *k, struct kl_kvfree_rcu *ret)
{
	_cleanup_free_ uint8_t *block = malloc((size_t)1 << k->page_shift);
	struct krc_reader r = {.k = k, .ret = ret, .block = block};
	uint64_t variable = kl_kernel_variable(k, &k->layouts.variables.krc), krc;
	struct kl_error *err = NULL;
	const unsigned *cpu;

	*ret = (struct kl_kvfree_rcu){};
	if (!block)
		return kl_error_nomem();
	if (!k->layouts.variables.krc.present || !k->layouts.kvfree_rcu_bulk_data.records.present)
		return NULL;
	kl_vec_for_each (cpu, &k->percpu.cpus) {
		if (!err && kl_percpu_address(k, variable, *cpu, &krc))
			err = kl_kernel_go_on(k, ANOMALY, krc, read_krc(&r, krc));
	}
	if (err)
		kl_kvfree_rcu_deinit(ret);
	return err;
}

void kl_kvfree_rcu_deinit(struct kl_kvfree_rcu *r)
{
	kl_vec_deinit(&r->freed);
	kl_vec_deinit(&r->blocks);
}
