/* SPDX-License-Identifier: GPL-2.0-or-later */
/* task.h: the tasks of the dead kernel and where their stacks are.
 *
 * Walks init_task.tasks and every thread group, as for_each_process_thread() does; kernels that find stacks through
 * init_pid_ns instead (7.x and some stable ones) visit the same tasks. Idle tasks are in neither walk.
 * Source: include/linux/sched/signal.h, kernel/fork.c; docs/kernel-layouts.md 2.3.
 */
#ifndef KL_KERNEL_MACHINE_TASK_H
#define KL_KERNEL_MACHINE_TASK_H

#include "heap/root.h"
#include "kernel/kernel.h"

struct kl_task {
	uint64_t address;
	uint64_t stack; /* lowest address of the stack */
	uint64_t sp;    /* saved when it was switched out, 0 when unknown; means nothing while it runs */
	int32_t pid, tgid;
	bool running;   /* on a CPU */
	bool has_stack; /* false: the stack was given back already (stack_refcount is 0) */
	char comm[17];  /* bytes from the dump, NUL-terminated */
};

struct kl_tasks {
	KL_VEC(struct kl_task) list; /* ascending by pid: the order of the PID walk */
	uint64_t stack_size;         /* THREAD_SIZE */
};

/** kl_tasks_read() - every task but the idle ones. A damaged list ends with an anomaly, what was found stays. */
struct kl_error *kl_tasks_read(struct kl_kernel *k, struct kl_tasks *ret);
void kl_tasks_deinit(struct kl_tasks *tasks);
#define _cleanup_tasks_ _cleanup_(kl_tasks_deinit)

/** kl_tasks_add_idle() - append the idle tasks, which no task walk visits: init_task and one per further possible CPU.
 * A task that is there already is not added again. */
struct kl_error *kl_tasks_add_idle(struct kl_kernel *k, struct kl_tasks *tasks);

/** kl_tasks_stack_roots() - append each task's whole stack to @roots, dead part below the stack pointer included. */
struct kl_error *kl_tasks_stack_roots(const struct kl_tasks *tasks, struct kl_roots *roots);

#endif
