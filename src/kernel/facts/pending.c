/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/facts/pending.h"

#include <inttypes.h>

#include "kernel/machine/machine.h"
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

/* ---- what else waits ---- */

/* What is to be freed is referenced; pages that say so hold nothing else that is. */
static struct kl_error *take_waiting(struct kl_kernel *k, struct kl_facts *ret)
{
	struct kl_waiting *waiting;
	struct kl_error *err = kl_machine_waiting(k, &waiting);
	const uint64_t *address;
	uint64_t direct_map;

	if (err)
		return err;
	kl_vec_for_each (address, &waiting->freed) {
		if (!kl_vec_push(&ret->words, *address))
			return kl_error_nomem();
	}
	if (!kl_memmap_direct_map(k, &direct_map))
		return NULL;
	kl_vec_for_each (address, &waiting->pages) {
		if (!kl_vec_push(&ret->data_pages, (*address - direct_map) >> k->page_shift))
			return kl_error_nomem();
	}
	return NULL;
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
	struct kl_error *err = for_each_copy(k, &k->layouts.variables.rcu_data, ret, walk_callback_lists);

	return err ? err : take_waiting(k, ret);
}
