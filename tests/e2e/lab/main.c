// SPDX-License-Identifier: GPL-2.0-or-later
/* main.c: truth lines, and the order of things.
 *
 * Loading the module builds everything that has to be old enough for kmemleak's scans. Writing "freeze" to
 * /sys/module/kleak_lab/parameters/stage makes the short-lived states; the dump has to follow at once.
 */
#include "lab.h"

#include <linux/jiffies.h>
#include <linux/module.h>

#define COPIES 4
#define MAX_HELD 1024

static const void *held[MAX_HELD] LAB_KEPT;
static unsigned int nr_held;
static unsigned int nr_said;

static void say(const struct lab_truth *truth, const char *class, unsigned long address, size_t size)
{
	if (truth->head)
		pr_info("LAB1 %s %s %s %s 0x%016lx %zu 0x%016lx %lu\n", truth->pattern, truth->role, truth->expect,
			class, address, size, (unsigned long)truth->head, jiffies);
	else
		pr_info("LAB1 %s %s %s %s 0x%016lx %zu - %lu\n", truth->pattern, truth->role, truth->expect, class,
			address, size, jiffies);
	nr_said++;
}

void lab_say(const struct lab_truth *truth, const void *address, size_t size)
{
	say(truth, "virtual", (unsigned long)address, size);
}

void lab_say_percpu(const struct lab_truth *truth, const void __percpu *cookie, size_t size)
{
	say(truth, "percpu", (unsigned long)(__force const void *)cookie, size);
}

void *lab_alloc(const struct lab_truth *truth, size_t size)
{
	void *object = kzalloc(size, GFP_KERNEL);

	if (object)
		lab_say(truth, object, kmalloc_size_roundup(size));
	return object;
}

void lab_hold(const void *pointer)
{
	if (WARN_ON(nr_held == MAX_HELD))
		return;
	held[nr_held++] = pointer;
}

/* Takes and keeps the slots that were free before the lab began. What an object of the kernel's own, long freed, has
 * left behind (a thread's frames name its kthread_create_info for ever) would keep a leak alive that took over its
 * slot. The patterns that reuse slots do so on purpose, with slots of their own.
 */
static void soak(void)
{
	static const struct {
		size_t size;
		int count;
	} slots[] = {{32, 1024}, {64, 1024}, {96, 1024}, {128, 1024}, {192, 1024}, {256, 512}, {1024, 128}, {4096, 32}};
	void **last = NULL, **slot;
	int i, j;

	for (i = 0; i < ARRAY_SIZE(slots); i++) {
		for (j = 0; j < slots[i].count; j++) {
			slot = kzalloc(slots[i].size, GFP_KERNEL);
			if (!slot)
				break;
			*slot = last;
			last = slot;
		}
	}
	lab_hold(last);
}

static int set_stage(const char *value, const struct kernel_param *param)
{
	int err;

	if (!sysfs_streq(value, "freeze"))
		return -EINVAL;
	err = lab_freeze();
	if (!err)
		pr_info("LAB1 end %u\n", nr_said);
	return err;
}

static const struct kernel_param_ops stage_ops = {.set = set_stage};
module_param_cb(stage, &stage_ops, NULL, 0200);

static int __init lab_init(void)
{
	static void (*const builders[])(void) = {
		lab_build_shapes,
		lab_build_allocators,
		lab_build_holders,
		lab_build_types,
	};
	int copy, i, cpu, err;

	err = lab_create_caches();
	for_each_online_cpu(cpu) err = err ?: lab_run(soak, cpu);
	for (copy = 0; !err && copy < COPIES; copy++)
		for (i = 0; !err && i < ARRAY_SIZE(builders); i++)
			err = lab_run(builders[i], LAB_ANY_CPU);
	return err ?: lab_start_threads();
}
module_init(lab_init);
/* No module_exit(): threads and caches stay, so does the module. */

MODULE_DESCRIPTION("leaks on purpose, for kleak-dump's tests");
MODULE_LICENSE("GPL");
