// SPDX-License-Identifier: GPL-2.0-or-later
/* run.c: the builder threads, which leave no address behind. Shared with the modules of the dirty lab. */
#include "lab.h"

#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/sched/task_stack.h>

struct job {
	void (*build)(void);
	struct completion done;
};

/* A kilobyte per level, down to what the deepest call below still needs. */
static noinline void wipe_below(void)
{
	unsigned long pad[128];
	unsigned long left = (unsigned long)pad - (unsigned long)task_stack_page(current);

	memset(pad, 0, sizeof(pad));
	barrier_data(pad);
	if (left > 3 * sizeof(pad))
		wipe_below();
	barrier_data(pad);
}

void lab_wipe_stack(void)
{
	wipe_below();
}

static int builder_thread(void *data)
{
	struct job *job = data;

	job->build();
	lab_wipe_stack();
	complete(&job->done);
	return 0;
}

int lab_run(void (*build)(void), int cpu)
{
	struct job job = {.build = build};
	struct task_struct *thread;

	init_completion(&job.done);
	thread = kthread_create(builder_thread, &job, "lab-builder");
	if (IS_ERR(thread))
		return PTR_ERR(thread);
	if (cpu != LAB_ANY_CPU)
		kthread_bind(thread, cpu);
	wake_up_process(thread);
	wait_for_completion(&job.done);
	return 0;
}
