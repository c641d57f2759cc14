// SPDX-License-Identifier: GPL-2.0-or-later
/* threads.c: objects whose only trace is a stack slot or a register, and the states that last for seconds only.
 *
 * Three kinds of threads sleep from the start: holders (the address is in a live slot), forgetters (it is below the
 * stack pointer) and the pair for lab_freeze(): the spinner on the last CPU, which takes its object from its stack
 * into a register, and the freezer on the first.
 */
#include "lab.h"

#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/wait.h>

/* Not the size of a kthread_create_info: the frames of a live thread name its own, which was freed when it started. */
#define NODE 128
#define SLEEPERS 3

/* Only kmemleak knows how old an object is. */
#if IS_ENABLED(CONFIG_DEBUG_KMEMLEAK)
#define YOUNG "young"
#else
#define YOUNG "leak"
#endif
#define PENDING 8

struct lab_pending {
	struct rcu_head rcu;
	struct lab_node *child;
	u64 value[4];
};

static DECLARE_WAIT_QUEUE_HEAD(freeze_wait);
static DECLARE_COMPLETION(frozen);
static DECLARE_WAIT_QUEUE_HEAD(never_wait);
static bool freezing;
static bool spinning;
static struct lab_pending *pending[3 * PENDING];

static __noreturn void sleep_forever(void)
{
	for (;;)
		wait_event_idle(never_wait, false);
}

static int holder_thread(void *data)
{
	struct lab_node *volatile slot = LAB_ALLOC("stack", "live-slot", "live", NODE, NULL);

	slot->left = LAB_ALLOC("stack", "live-child", "live", NODE, NULL);
	lab_wipe_stack();
	sleep_forever();
}

/* Far enough below the sleeping thread's stack pointer that the way into schedule() does not reach it. */
static noinline void leave_behind(unsigned long hidden, int depth)
{
	void *volatile frame[96];

	frame[48] = depth ? NULL : lab_show(hidden);
	if (depth)
		leave_behind(hidden, depth - 1);
	barrier_data((void *)frame);
}

static noinline unsigned long alloc_hidden(const char *pattern, const char *role, const char *expect)
{
	return lab_hide(LAB_ALLOC(pattern, role, expect, NODE, NULL));
}

static int forgetter_thread(void *data)
{
	unsigned long hidden = alloc_hidden("stack", "dead-slot", "leak");

	lab_wipe_stack();
	leave_behind(hidden, 4);
	sleep_forever();
}

/* From here on the address is in a register of this CPU and nowhere else: interrupts are off, so that no register is
 * saved to the stack, and the stack below is wiped before the address is decoded.
 */
static noinline __noreturn void spin(unsigned long hidden)
{
	unsigned long address;

	local_irq_disable();
	lab_wipe_stack();
	address = hidden ^ LAB_KEY;
	WRITE_ONCE(spinning, true);
	for (;;) {
		asm volatile("" : "+r"(address));
		cpu_relax();
	}
}

static int spinner_thread(void *data)
{
	unsigned long hidden = alloc_hidden("register", "object", "live");
	void *volatile slot = lab_show(hidden);

	lab_wipe_stack();
	wait_event_idle(freeze_wait, READ_ONCE(freezing));
	slot = NULL;
	spin(hidden);
}

static void free_pending(struct rcu_head *rcu)
{
	kfree(container_of(rcu, struct lab_pending, rcu));
}

/* Objects that are old by the time of the freeze, kept live until then. */
static void build_pending(void)
{
	static const char *const roles[] = {"call-rcu", "kfree-rcu", "kfree-rcu-headless"};
	int i;

	for (i = 0; i < ARRAY_SIZE(pending); i++)
		pending[i] = LAB_ALLOC("pending", roles[i / PENDING], "pending", sizeof(struct lab_pending), NULL);
}

/* No grace period ends while the spinner's CPU has its interrupts off. */
static void free_all_pending(void)
{
	struct lab_pending *object;
	int i;

	for (i = 0; i < ARRAY_SIZE(pending); i++) {
		object = pending[i];
		pending[i] = NULL;
		if (i < PENDING)
			call_rcu(&object->rcu, free_pending);
		else if (i < 2 * PENDING)
			kfree_rcu(object, rcu);
		else
			kfree_rcu_mightsleep(object);
	}
}

static int freezer_thread(void *data)
{
	int i;

	wait_event_idle(freeze_wait, READ_ONCE(freezing));
	while (!READ_ONCE(spinning))
		cond_resched();
	free_all_pending();
	for (i = 0; i < 4; i++)
		LAB_ALLOC("young", "object", YOUNG, NODE, NULL);
	lab_wipe_stack();
	complete(&frozen);
	sleep_forever();
}

static int start(int (*function)(void *), const char *name, int cpu)
{
	struct task_struct *thread = kthread_create(function, NULL, "%s", name);

	if (IS_ERR(thread))
		return PTR_ERR(thread);
	if (cpu >= 0)
		kthread_bind(thread, cpu);
	wake_up_process(thread);
	return 0;
}

int lab_start_threads(void)
{
	int i, err = lab_run(build_pending, LAB_ANY_CPU);

	for (i = 0; !err && i < SLEEPERS; i++)
		err = start(holder_thread, "lab-holder", -1) ?: start(forgetter_thread, "lab-forgetter", -1);
	if (!err)
		err = start(spinner_thread, "lab-spinner", cpumask_last(cpu_online_mask));
	if (!err)
		err = start(freezer_thread, "lab-freezer", cpumask_first(cpu_online_mask));
	return err;
}

int lab_freeze(void)
{
	if (num_online_cpus() < 2)
		return -ENODEV;
	WRITE_ONCE(freezing, true);
	wake_up_all(&freeze_wait);
	wait_for_completion(&frozen);
	return 0;
}
