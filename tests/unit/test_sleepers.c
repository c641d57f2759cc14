/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Since when tasks sleep, by the clocks of their CPUs; clocks that nobody confirms, notes that cannot be. */
#include "test.h"

#include "test_kernel_fake.h"

#include "kernel/facts/sleepers.h"

#define TASK(i) (0x1000 + 0x100 * (size_t)(i))
#define SECOND UINT64_C(1000000000)
#define NOW 1000000 /* jiffies */
#define HZ 100

static struct kl_kernel *k;
static struct kl_tasks tasks;
static uint64_t since[8];

static void begin(void)
{
	k = fake_kernel();
	k->jiffies = NOW;
	k->hz = HZ;
	k->layouts.task_struct.on_rq = member(0, 4);
	k->layouts.task_struct.on_cpu = member(4, 4);
	k->layouts.task_struct.cpu = member(8, 4);
	k->layouts.task_struct.exec_start = member(16, 8);
}

static void end(void)
{
	kl_tasks_deinit(&tasks);
	fake_destroy(k);
}

static void add_task(uint32_t cpu, bool queued, uint64_t clock)
{
	struct kl_task task = {.address = at(TASK(tasks.list.count))};

	put_u32(k, TASK(tasks.list.count), queued);
	put_u32(k, TASK(tasks.list.count) + 8, cpu);
	put_u64(k, TASK(tasks.list.count) + 16, clock);
	CHECK(kl_vec_push(&tasks.list, task));
}

/* 1000 s asleep, less a 256th and a tenth of a second. */
static void test_sleepers(void)
{
	begin();
	add_task(0, false, 1000 * SECOND);
	add_task(0, false, 2000 * SECOND);
	add_task(0, true, 2000 * SECOND);
	add_task(0, true, 1000 * SECOND);  /* waits for the CPU */
	add_task(0, false, 0);             /* never ran, or was moved */
	add_task(1, false, 1000 * SECOND); /* of another CPU, whose clock is not known twice */
	CHECK_OK(kl_sleepers_read(k, &tasks, since));
	CHECK_INT(since[0], NOW - (1000 - 1000 / 256.0 - 0.1) * HZ + 1);
	CHECK_INT(since[1], 0);
	CHECK_INT(since[2], 0);
	CHECK_INT(since[3], 0);
	CHECK_INT(since[4], 0);
	CHECK_INT(since[5], 0);
	end();
}

/* One note that is too late makes nobody sleep longer. */
static void test_damaged_clock(void)
{
	begin();
	add_task(0, false, 1000 * SECOND);
	add_task(0, false, 1000 * SECOND + SECOND / 20);
	add_task(0, false, UINT64_MAX);
	CHECK_OK(kl_sleepers_read(k, &tasks, since));
	CHECK_INT(since[0], 0);
	CHECK_INT(since[2], 0);
	end();
}

static void test_unknown_sleep(void)
{
	begin();
	add_task(0, false, 1000 * SECOND);
	add_task(0, false, 2000 * SECOND);
	add_task(0, false, 2000 * SECOND);
	k->layouts.task_struct.exec_start.present = false;
	since[0] = 1;
	CHECK_OK(kl_sleepers_read(k, &tasks, since));
	CHECK_INT(since[0], 0);
	k->layouts.task_struct.exec_start.present = true;
	fake_of(k)->gone[TASK(0) / FAKE_PAGE] = true;
	CHECK_OK(kl_sleepers_read(k, &tasks, since));
	CHECK_INT(since[0], 0);
	end();
}

int main(void)
{
	RUN(test_sleepers);
	RUN(test_damaged_clock);
	RUN(test_unknown_sleep);
	return DONE();
}
