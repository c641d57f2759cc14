/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/facts/pending.h"

#include <inttypes.h>

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

struct kl_error *kl_pending_read(struct kl_kernel *k, struct kl_facts *ret)
{
	const struct kl_layout_rcu_data *l = &k->layouts.rcu_data;
	uint64_t variable = kl_kernel_variable(k, &k->layouts.variables.rcu_data), address;
	const unsigned *cpu;

	if (!k->layouts.variables.rcu_data.present)
		return NULL;
	kl_vec_for_each (cpu, &k->percpu.cpus) {
		struct kl_error *err;

		if (!kl_percpu_address(k, variable, *cpu, &address))
			continue;
		err = walk_list(k, address, &l->cblist_head, ret);
		if (!err)
			err = walk_list(k, address, &l->bypass_head, ret);
		if (err)
			return err;
	}
	return NULL;
}
