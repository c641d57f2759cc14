/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/facts/stacks.h"

#include <inttypes.h>

#include "kernel/facts/sleepers.h"
#include "kernel/machine/percpu.h"
#include "kernel/machine/task.h"

#define ANOMALY "stack"
#define MAX_CPUS 8192

/* Stack pointers of the CPUs, and on whether each stands on a task's stack. */
struct cpus {
	KL_VEC(uint64_t) sp;
	KL_VEC(bool) on_task;
	bool complete; /* no CPU that was online lacks its registers */
};

static void cpus_deinit(struct cpus *cpus)
{
	kl_vec_deinit(&cpus->sp);
	kl_vec_deinit(&cpus->on_task);
}

/* ---- registers ---- */

static struct kl_error *read_registers(struct kl_kernel *k, struct cpus *cpus, struct kl_facts *ret)
{
	size_t n = k->image ? kl_image_cpus(k->image) : 0, cpu;
	unsigned i;

	for (cpu = 0; cpu < n && cpu < MAX_CPUS; cpu++) {
		struct kl_registers registers;
		struct kl_error *err = kl_image_registers(k->image, cpu, &registers);

		if (err) {
			kl_kernel_anomaly_error(k, "registers", 0, err);
			continue;
		}
		for (i = 0; i < registers.count; i++) {
			if (!kl_vec_push(&ret->registers, registers.gpr[i]))
				return kl_error_nomem();
		}
		if (!kl_vec_push(&cpus->sp, registers.sp) || !kl_vec_push(&cpus->on_task, (bool)false))
			return kl_error_nomem();
	}
	return NULL;
}

static struct kl_error *count_online(struct kl_kernel *k, size_t *ret)
{
	const unsigned *cpu;

	*ret = 0;
	kl_vec_for_each (cpu, &k->percpu.cpus) {
		bool online;
		struct kl_error *err = kl_percpu_online(k, *cpu, &online);

		if (err)
			return err;
		*ret += online;
	}
	return NULL;
}

/* A CPU whose registers are missing may be on any stack. (Where a live machine is looked at, all are.) */
static void check_registers(struct kl_kernel *k, struct cpus *cpus)
{
	size_t online;
	struct kl_error *err = count_online(k, &online);

	if (err) {
		kl_kernel_anomaly_error(k, "registers", 0, kl_error_prepend(err, "cpu_online_mask"));
		return;
	}
	cpus->complete = cpus->sp.count >= online;
	if (!cpus->complete && k->image && !kl_image_info(k->image)->live)
		kl_kernel_anomaly(k, "registers", 0, "the dump has the registers of %zu of %zu CPUs that were online",
				  cpus->sp.count, online);
}

/* The stack pointer of the CPU that stands on [start, start + size), 0 when none does. */
static uint64_t sp_inside(struct cpus *cpus, uint64_t start, uint64_t size, bool task)
{
	size_t i;

	for (i = 0; i < cpus->sp.count; i++) {
		if (cpus->sp.data[i] < start || cpus->sp.data[i] - start > size)
			continue;
		/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): as long as sp */
		cpus->on_task.data[i] |= task;
		return cpus->sp.data[i];
	}
	return 0;
}

/* ---- stacks of tasks ---- */

/* Where the live part of @task's stack begins; 0: all of it counts. */
static uint64_t live_from(struct kl_kernel *k, struct cpus *cpus, const struct kl_task *task, uint64_t size)
{
	uint64_t sp = sp_inside(cpus, task->stack, size, true);

	if (sp)
		return sp;
	if (task->running || !task->sp)
		return 0;
	if (task->sp >= task->stack && task->sp - task->stack <= size)
		return task->sp;
	kl_kernel_anomaly(k, ANOMALY, task->address,
			  "saved stack pointer %#" PRIx64 " of task %" PRId32 " is outside its stack at %#" PRIx64,
			  task->sp, task->pid, task->stack);
	return 0;
}

static struct kl_error *add_stack_mask(struct kl_facts *ret, uint64_t start, uint64_t end, uint16_t traits,
				       bool objects_only)
{
	struct kl_mask mask = {.start = start, .end = end, .traits = traits, .in_objects = objects_only ? traits : 0};

	if (start >= end)
		return NULL;
	return kl_vec_push(&ret->masks, mask) ? NULL : kl_error_nomem();
}

static struct kl_error *add_task_stacks(struct kl_kernel *k, const struct kl_tasks *tasks, struct cpus *cpus,
					struct kl_facts *ret)
{
	_cleanup_free_ uint64_t *asleep = calloc(tasks->list.count + 1, sizeof(*asleep));
	const struct kl_task *task;
	struct kl_error *err;

	if (!asleep)
		return kl_error_nomem();
	err = kl_sleepers_read(k, tasks, asleep);
	if (err)
		return err;
	kl_vec_for_each (task, &tasks->list) {
		struct kl_root root = {.start = task->stack,
				       .length = tasks->stack_size,
				       .kind = KL_ROOT_STACK,
				       .asleep_since = asleep[task - tasks->list.data]};

		if (!task->has_stack)
			continue;
		if (!kl_vec_push(&ret->roots.list, root) ||
		    !kl_vec_push(&ret->live, live_from(k, cpus, task, tasks->stack_size)))
			return kl_error_nomem();
		/* With VMAP_STACK the stack is a vmalloc object as well. */
		err = add_stack_mask(ret, root.start, root.start + root.length, KL_TRAIT_STACK_TWICE, true);
		if (err)
			return err;
	}
	return NULL;
}

/* The stack that cached_stacks[] keeps at @slot, if any. */
static struct kl_error *mask_cached_stack(struct kl_kernel *k, uint64_t slot, struct kl_facts *ret)
{
	const struct kl_layout_vm_struct *l = &k->layouts.vm_struct;
	uint64_t vm, start, size;
	struct kl_error *err = kl_kernel_read_u64(k, slot, &vm);

	if (err || !vm)
		return err;
	err = kl_kernel_read_member(k, vm, &l->addr, &start);
	if (!err)
		err = kl_kernel_read_member(k, vm, &l->size, &size);
	return err ? err : add_stack_mask(ret, start, start + size, KL_TRAIT_DEAD_STACK, false);
}

/* Stacks kept for the next tasks hold what the last ones left there. */
static struct kl_error *mask_cached_stacks(struct kl_kernel *k, struct kl_facts *ret)
{
	const struct kl_variable *v = &k->layouts.variables.cached_stacks;
	const unsigned *cpu;
	uint64_t i;

	if (!v->present || !k->layouts.vm_struct.addr.present || !k->layouts.vm_struct.size.present)
		return NULL;
	kl_vec_for_each (cpu, &k->percpu.cpus) {
		for (i = 0; i < v->count; i++) {
			struct kl_error *err = NULL;
			uint64_t slot;

			if (kl_percpu_address(k, kl_kernel_variable(k, v) + 8 * i, *cpu, &slot))
				err = kl_kernel_go_on(k, ANOMALY, slot, mask_cached_stack(k, slot, ret));
			if (err)
				return err;
		}
	}
	return NULL;
}

/* ---- stacks of CPUs ---- */

/* A CPU that stands on a task's stack uses none of its special ones. Registers are matched to CPUs only when every
 * possible CPU has some; otherwise all CPUs must have some and stand on tasks' stacks. */
static bool special_stacks_are_dead(const struct kl_kernel *k, const struct cpus *cpus, size_t index)
{
	size_t i;

	if (!cpus->sp.count || !cpus->complete)
		return false;
	if (cpus->sp.count == k->percpu.cpus.count)
		return cpus->on_task.data[index];
	for (i = 0; i < cpus->sp.count; i++) {
		if (!cpus->on_task.data[i])
			return false;
	}
	return true;
}

#define SPECIAL_STACKS 5

/* The per-CPU variables that are stacks; not all are present. */
static void list_special_stacks(const struct kl_kernel *k, const struct kl_variable *ret[SPECIAL_STACKS])
{
	ret[0] = &k->layouts.variables.irq_stack_backing_store;
	ret[1] = &k->layouts.variables.exception_stacks;
	ret[2] = &k->layouts.variables.entry_stack_storage;
	ret[3] = &k->layouts.variables.irq_stack;
	ret[4] = &k->layouts.variables.overflow_stack;
}

bool kl_stacks_is_storage(const struct kl_kernel *k, uint64_t cookie)
{
	const struct kl_variable *stacks[SPECIAL_STACKS];
	size_t i;

	list_special_stacks(k, stacks);
	for (i = 0; i < SPECIAL_STACKS; i++) {
		if (stacks[i]->present && kl_kernel_variable(k, stacks[i]) == cookie)
			return true;
	}
	return false;
}

bool kl_stacks_reach(const struct kl_kernel *k, uint64_t cookie, uint64_t length)
{
	const struct kl_variable *stacks[SPECIAL_STACKS];
	size_t i;

	list_special_stacks(k, stacks);
	for (i = 0; i < SPECIAL_STACKS; i++) {
		uint64_t start = kl_kernel_variable(k, stacks[i]);

		if (stacks[i]->present && start < cookie + length && cookie < start + stacks[i]->size)
			return true;
	}
	return false;
}

static struct kl_error *mask_special_stacks(struct kl_kernel *k, const struct cpus *cpus, struct kl_facts *ret)
{
	const struct kl_variable *stacks[SPECIAL_STACKS];
	size_t i, index;

	list_special_stacks(k, stacks);
	for (index = 0; index < k->percpu.cpus.count; index++) {
		if (!special_stacks_are_dead(k, cpus, index))
			continue;
		for (i = 0; i < SPECIAL_STACKS; i++) {
			uint64_t start;
			struct kl_error *err = NULL;

			if (stacks[i]->present &&
			    kl_percpu_address(k, kl_kernel_variable(k, stacks[i]), k->percpu.cpus.data[index], &start))
				err = add_stack_mask(ret, start, start + stacks[i]->size, KL_TRAIT_DEAD_STACK, false);
			if (err)
				return err;
		}
	}
	return NULL;
}

/* aarch64 with VMAP_STACK allocates its interrupt stacks, as large as those of tasks. */
static struct kl_error *mask_irq_stack_pointers(struct kl_kernel *k, const struct cpus *cpus, uint64_t size,
						struct kl_facts *ret)
{
	const struct kl_variable *v = &k->layouts.variables.irq_stack_ptr;
	size_t index;

	for (index = 0; v->present && index < k->percpu.cpus.count; index++) {
		uint64_t slot, start;
		struct kl_error *err;

		if (!special_stacks_are_dead(k, cpus, index) ||
		    !kl_percpu_address(k, kl_kernel_variable(k, v), k->percpu.cpus.data[index], &slot))
			continue;
		err = kl_kernel_read_u64(k, slot, &start);
		if (!err && start)
			err = add_stack_mask(ret, start, start + size, KL_TRAIT_DEAD_STACK, false);
		err = kl_kernel_go_on(k, ANOMALY, slot, err);
		if (err)
			return err;
	}
	return NULL;
}

struct kl_error *kl_stacks_read(struct kl_kernel *k, struct kl_facts *ret)
{
	_cleanup_(cpus_deinit) struct cpus cpus = {};
	_cleanup_tasks_ struct kl_tasks tasks = {};
	struct kl_error *err = read_registers(k, &cpus, ret);

	if (!err)
		check_registers(k, &cpus);
	if (!err)
		err = kl_tasks_read(k, &tasks);
	if (!err)
		err = kl_tasks_add_idle(k, &tasks);
	if (!err)
		err = add_task_stacks(k, &tasks, &cpus, ret);
	if (!err)
		err = mask_cached_stacks(k, ret);
	if (!err)
		err = mask_special_stacks(k, &cpus, ret);
	if (!err)
		err = mask_irq_stack_pointers(k, &cpus, tasks.stack_size, ret);
	return err;
}
