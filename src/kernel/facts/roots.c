/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/facts/roots.h"

#include "kernel/machine/machine.h"
#include "kernel/machine/percpu.h"
#include "kernel/machine/task.h"

static struct kl_error *add_root_range(struct kl_roots *roots, uint64_t start, uint64_t end, enum kl_root_kind kind)
{
	struct kl_root root = {.start = start, .length = end - start, .kind = kind};

	if (!start || end <= start)
		return NULL;
	return kl_vec_push(&roots->list, root) ? NULL : kl_error_nomem();
}

static struct kl_error *add_data(struct kl_kernel *k, const struct kl_heap *heap, struct kl_roots *roots)
{
	const struct kl_index *index = &heap->index[KLEAK_CLASS_VIRTUAL];
	uint64_t data = kl_kernel_variable(k, &k->layouts.symbols._sdata);
	uint64_t data_end = kl_kernel_variable(k, &k->layouts.symbols._edata);
	uint64_t bss = kl_kernel_variable(k, &k->layouts.symbols.__bss_start);
	uint64_t ro = kl_kernel_variable(k, &k->layouts.symbols.__start_ro_after_init);
	struct kl_error *err;

	if (kl_index_find(index, data) != KL_NO_OBJECT)
		return NULL;
	err = add_root_range(roots, data, data_end, KL_ROOT_DATA);
	if (!err)
		err = add_root_range(roots, bss, kl_kernel_variable(k, &k->layouts.symbols.__bss_stop), KL_ROOT_DATA);
	/* 4.10: constants that are written once lie outside .data on x86-64 and aarch64 */
	if (!err && (ro < data || ro >= data_end))
		err = add_root_range(roots, ro, kl_kernel_variable(k, &k->layouts.symbols.__end_ro_after_init),
				     KL_ROOT_DATA);
	return err;
}

static struct kl_error *add_percpu(struct kl_kernel *k, struct kl_roots *roots)
{
	const unsigned *cpu;

	if (!k->percpu.smp)
		return NULL;
	kl_vec_for_each (cpu, &k->percpu.cpus) {
		uint64_t start, end;
		struct kl_error *err = NULL;

		if (kl_percpu_address(k, k->percpu.start, *cpu, &start) &&
		    kl_percpu_address(k, k->percpu.end, *cpu, &end))
			err = add_root_range(roots, start, end, KL_ROOT_PERCPU);
		if (err)
			return err;
	}
	return NULL;
}

static struct kl_error *add_pages(struct kl_kernel *k, struct kl_roots *roots)
{
	const struct kl_memmap *memmap;
	struct kl_error *err = kl_machine_memmap(k, &memmap);

	return err ? err : kl_memmap_page_roots(k, memmap, roots);
}

static struct kl_error *add_stacks(struct kl_kernel *k, struct kl_roots *roots)
{
	_cleanup_tasks_ struct kl_tasks tasks = {};
	struct kl_error *err = kl_tasks_read(k, &tasks);

	return err ? err : kl_tasks_stack_roots(&tasks, roots);
}

struct kl_error *kl_kernel_roots(struct kl_kernel *k, const struct kl_heap *heap, bool stacks, struct kl_roots *ret)
{
	struct kl_error *err;

	*ret = (struct kl_roots){};
	err = add_data(k, heap, ret);
	if (!err)
		err = add_percpu(k, ret);
	if (!err)
		err = add_pages(k, ret);
	if (!err && stacks)
		err = add_stacks(k, ret);
	if (err)
		kl_vec_deinit(&ret->list);
	return err;
}
