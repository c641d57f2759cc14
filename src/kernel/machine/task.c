/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/machine/task.h"

#include <inttypes.h>

#include "kernel/machine/list.h"
#include "kernel/machine/percpu.h"

#define ANOMALY "task"

static bool is_stack_size(uint64_t size)
{
	return size >= 4096 && size <= 1 << 20 && !(size & (size - 1));
}

/* The stack of the first task that was made lies in an area of vmalloc space (CONFIG_VMAP_STACK), with a page behind it
 * that is not mapped. 0 = there is no such area. */
static uint64_t mapped_stack_size(struct kl_kernel *k)
{
	const struct kl_layout_task_struct *l = &k->layouts.task_struct;
	uint64_t first = kl_kernel_variable(k, &k->layouts.symbols.init_task) + l->tasks.offset, area = 0, size = 0;
	struct kl_error *err;

	if (!l->stack_vm_area.present || !k->layouts.vm_struct.size.present)
		return 0;
	err = kl_kernel_read_u64(k, first, &first);
	if (!err)
		err = kl_kernel_read_member(k, first - l->tasks.offset, &l->stack_vm_area, &area);
	if (!err && area)
		err = kl_kernel_read_member(k, area, &k->layouts.vm_struct.size, &size);
	kl_error_destroy(err);
	return size >> k->page_shift ? size - (UINT64_C(1) << k->page_shift) : 0;
}

/* THREAD_SIZE is a macro, which nobody keeps: it is the size of the first task's stack, an array (a union before 4.16)
 * that the linker script fills up to its end. Who knows no more than where the next symbol begins has less of it:
 * __top_init_kernel_stack (6.9) lies inside. Then it is that of another task's stack; and 16 KiB, where none of this is
 * a size that a stack can have, is what x86-64 and aarch64 have by default. */
static uint64_t stack_size(struct kl_kernel *k)
{
	const struct kl_variable *stack = &k->layouts.variables.init_stack, *end = &k->layouts.symbols.__end_init_stack;
	uint64_t size = stack->present && end->present ? end->address - stack->address : stack->size;

	if (!is_stack_size(size))
		size = mapped_stack_size(k);
	return is_stack_size(size) ? size : 16384;
}

static struct kl_error *read_task(struct kl_kernel *k, uint64_t address, struct kl_tasks *tasks)
{
	const struct kl_layout_task_struct *l = &k->layouts.task_struct;
	struct kl_task task = {.address = address};
	uint64_t pid, tgid, references = 1, on_cpu = 0;
	struct kl_error *err;

	err = kl_kernel_read_member(k, address, &l->pid, &pid);
	if (!err)
		err = kl_kernel_read_member(k, address, &l->tgid, &tgid);
	if (!err)
		err = kl_kernel_read_member(k, address, &l->stack, &task.stack);
	if (!err && l->stack_refcount.present)
		err = kl_kernel_read_member(k, address, &l->stack_refcount, &references);
	if (!err && l->on_cpu.present)
		err = kl_kernel_read_member(k, address, &l->on_cpu, &on_cpu);
	if (!err && l->thread_sp.present)
		err = kl_kernel_read_member(k, address, &l->thread_sp, &task.sp);
	if (!err)
		err = kl_kernel_read(k, address + l->comm.offset, task.comm,
				     l->comm.size < sizeof(task.comm) ? l->comm.size : sizeof(task.comm) - 1);
	if (err)
		return kl_error_prepend(err, "task_struct %#" PRIx64, address);
	task.pid = (int32_t)pid;
	task.tgid = (int32_t)tgid;
	task.has_stack = references != 0;
	task.running = on_cpu != 0;
	task.stack = kl_untag(k, task.stack);
	return kl_vec_push(&tasks->list, task) ? NULL : kl_error_nomem();
}

/* Threads hang in their signal_struct since 3.14; before, they formed a ring through the leader. */
static struct kl_error *add_thread_group(struct kl_kernel *k, uint64_t leader, struct kl_tasks *tasks)
{
	const struct kl_layout_task_struct *l = &k->layouts.task_struct;
	bool in_signal = l->thread_node.present && k->layouts.signal_struct.thread_head.present;
	const struct kl_member *link = in_signal ? &l->thread_node : &l->thread_group;
	struct kl_list_walk walk;
	uint64_t head, node;
	struct kl_error *err;

	err = kl_kernel_go_on(k, ANOMALY, leader, read_task(k, leader, tasks));
	if (err || !link->present)
		return err;
	head = leader + link->offset;
	if (in_signal) {
		err = kl_kernel_read_member(k, leader, &l->signal, &head);
		if (err)
			return kl_kernel_go_on(k, ANOMALY, leader, err);
		head = kl_untag(k, head) + k->layouts.signal_struct.thread_head.offset;
	}
	kl_list_begin(&walk, k, "thread group", head);
	while (!err && kl_list_next(&walk, &node)) {
		if (node - link->offset != leader)
			err = kl_kernel_go_on(k, ANOMALY, node - link->offset,
					      read_task(k, node - link->offset, tasks));
	}
	return err;
}

static int compare_tasks(const void *a, const void *b)
{
	const struct kl_task *x = a, *y = b;

	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	return x->address < y->address ? -1 : x->address > y->address;
}

struct kl_error *kl_tasks_read(struct kl_kernel *k, struct kl_tasks *ret)
{
	const struct kl_member *link = &k->layouts.task_struct.tasks;
	uint64_t init_task = kl_kernel_variable(k, &k->layouts.symbols.init_task), node;
	uint64_t anomalies = k->anomalies_met;
	struct kl_list_walk walk;
	struct kl_error *err = NULL;

	*ret = (struct kl_tasks){.stack_size = stack_size(k)};
	kl_list_begin(&walk, k, "init_task.tasks", init_task + link->offset);
	while (!err && kl_list_next(&walk, &node))
		err = add_thread_group(k, node - link->offset, ret);
	if (k->anomalies_met != anomalies)
		kl_kernel_incomplete(k, "the list of tasks");
	if (err) {
		kl_tasks_deinit(ret);
		return err;
	}
	if (ret->list.count)
		qsort(ret->list.data, ret->list.count, sizeof(*ret->list.data), compare_tasks);
	return NULL;
}

static bool has_task(const struct kl_tasks *tasks, uint64_t address)
{
	const struct kl_task *task;

	kl_vec_for_each (task, &tasks->list) {
		if (task->address == address)
			return true;
	}
	return false;
}

static struct kl_error *add_idle_task(struct kl_kernel *k, uint64_t address, struct kl_tasks *tasks)
{
	if (!address || has_task(tasks, address))
		return NULL;
	return kl_kernel_go_on(k, ANOMALY, address, read_task(k, address, tasks));
}

struct kl_error *kl_tasks_add_idle(struct kl_kernel *k, struct kl_tasks *tasks)
{
	uint64_t idle_threads = kl_kernel_variable(k, &k->layouts.variables.idle_threads), address, task;
	struct kl_error *err = add_idle_task(k, kl_kernel_variable(k, &k->layouts.symbols.init_task), tasks);
	const unsigned *cpu;

	if (err || !k->layouts.variables.idle_threads.present)
		return err;
	kl_vec_for_each (cpu, &k->percpu.cpus) {
		if (!kl_percpu_address(k, idle_threads, *cpu, &address))
			continue;
		err = kl_kernel_read_u64(k, address, &task);
		err = err ? kl_kernel_go_on(k, ANOMALY, address, err) : add_idle_task(k, task, tasks);
		if (err)
			return err;
	}
	return NULL;
}

void kl_tasks_deinit(struct kl_tasks *tasks)
{
	kl_vec_deinit(&tasks->list);
}

struct kl_error *kl_tasks_stack_roots(const struct kl_tasks *tasks, struct kl_roots *roots)
{
	const struct kl_task *task;

	kl_vec_for_each (task, &tasks->list) {
		struct kl_root root = {.start = task->stack, .length = tasks->stack_size, .kind = KL_ROOT_STACK};

		if (task->has_stack && !kl_vec_push(&roots->list, root))
			return kl_error_nomem();
	}
	return NULL;
}
