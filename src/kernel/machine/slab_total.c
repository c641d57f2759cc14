/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/machine/slab_total.h"

#include "kernel/machine/percpu.h"

/* What @cpu has counted of item @item, and not added to the total of @node yet. */
static struct kl_error *read_rest(struct kl_kernel *k, uint64_t node, unsigned cpu, uint64_t item, uint64_t *sum)
{
	const struct kl_layouts *l = &k->layouts;
	uint64_t cookie, address = 0;
	int8_t rest = 0;
	struct kl_error *err = kl_kernel_read_member(k, node, &l->pglist_data.per_cpu_nodestats, &cookie);

	if (err)
		return err;
	if (!kl_percpu_address(k, cookie, cpu, &address) ||
	    !kl_kernel_read_partial(k, address + l->per_cpu_nodestat.vm_node_stat_diff.offset + item, &rest, 1))
		return kl_error_create(KL_ERROR_MISSING, "the counts of CPU %u", cpu);
	*sum += (uint64_t)(int64_t)rest;
	return NULL;
}

static struct kl_error *read_item(struct kl_kernel *k, const struct kl_memmap *m, const struct kl_enumerator *item,
				  uint64_t *sum)
{
	uint64_t all, number = (uint64_t)item->value;
	struct kl_error *err =
		kl_kernel_read_u64(k, kl_kernel_variable(k, &k->layouts.symbols.vm_node_stat) + 8 * number, &all);
	const uint64_t *node;
	const unsigned *cpu;

	if (err)
		return err;
	*sum += all;
	kl_vec_for_each (node, &m->nodes) {
		kl_vec_for_each (cpu, &k->percpu.cpus) {
			err = read_rest(k, *node, *cpu, number, sum);
			if (err)
				return err;
		}
	}
	return NULL;
}

bool kl_slab_total_read(struct kl_kernel *k, const struct kl_memmap *m, uint64_t *ret)
{
	const struct kl_layouts *l = &k->layouts;
	const struct kl_enumerator *items[] = {&l->enumerators.NR_SLAB_RECLAIMABLE,
					       &l->enumerators.NR_SLAB_UNRECLAIMABLE};
	const struct kl_member *rests = &l->per_cpu_nodestat.vm_node_stat_diff;
	struct kl_error *err = NULL;
	uint64_t sum = 0;
	size_t i;

	if (!l->symbols.vm_node_stat.present || !rests->present || !l->pglist_data.per_cpu_nodestats.present)
		return false;
	for (i = 0; i < sizeof(items) / sizeof(*items) && !err; i++) {
		if (!items[i]->present || items[i]->value < 0 || (uint64_t)items[i]->value >= rests->size)
			return false;
		err = read_item(k, m, items[i], &sum);
	}
	*ret = sum;
	if (!err)
		return sum <= INT64_MAX;
	kl_error_destroy(err);
	return false;
}
