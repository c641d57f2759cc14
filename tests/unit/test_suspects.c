/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pages of stacks and of per-CPU memory that are not what the kernel had there, on a fake kernel. */
#include "test.h"

#include "test_kernel_fake.h"

#include "kernel/facts/suspects.h"

#define TASKS 10
#define STACK_SIZE 0x2000
#define TASK(i) (0x1000 + (size_t)(i)*0x100)
#define STACK(i) (0x10000 + (size_t)(i)*STACK_SIZE)
#define SP 0x1e00   /* in each stack */
#define TEXT 0x8000 /* of the kernel, one page */
#define DATA 0x9000
#define COPY(cpu) (0x40000 + (size_t)(cpu)*0x4000) /* per-CPU memory: two pages each */
#define PERCPU_SIZE 0x2000
#define POINTERS 20

static struct kl_kernel *k;

static void add_task(unsigned i)
{
	put_u64(k, TASK(i), at(TASK((i + 1) % TASKS)));
	put_u64(k, TASK(i) + 8, at(TASK((i + TASKS - 1) % TASKS)));
	put_u64(k, TASK(i) + 16, at(STACK(i)));
	put_u64(k, TASK(i) + 24, at(STACK(i) + SP));
	put_u32(k, TASK(i) + 36, i);
	put_u64(k, STACK(i), 0x57ac6e9d);
	put_u64(k, STACK(i) + SP + 0x30, at(TEXT + 0x10));
	put_u64(k, STACK(i) + SP + 0x80, at(STACK(i) + SP + 0x100));
	put_u64(k, STACK(i) + SP + 0x88, at(STACK((i + 1) % TASKS) + SP + 0x100)); /* waits for another one */
}

/* What begins a list in each copy, and what all name in common. */
static void fill_copy(unsigned cpu, size_t from)
{
	unsigned i;

	for (i = 0; i < POINTERS; i++) {
		put_u64(k, COPY(cpu) + from + 16 * i, at(COPY(cpu) + from + 16 * i));
		put_u64(k, COPY(cpu) + from + 16 * i + 8, at(DATA + 8 * i));
	}
}

static void begin(void)
{
	struct kl_layout_task_struct *l;
	unsigned i;

	k = fake_kernel();
	l = &k->layouts.task_struct;
	l->tasks = member(0, 16);
	l->stack = member(16, 8);
	l->thread_sp = member(24, 8);
	l->pid = member(36, 4);
	l->tgid = member(40, 4);
	l->on_cpu = member(44, 4);
	l->comm = member(48, 16);
	k->layouts.symbols.init_task = variable(TASK(0), 0);
	k->layouts.symbols._stext = variable(TEXT, 0);
	k->layouts.symbols._etext = variable(TEXT + 0x1000, 0);
	k->layouts.symbols._sdata = variable(DATA, 0);
	k->layouts.symbols._end = variable(DATA + 0x1000, 0);
	k->layouts.variables.init_stack = variable(STACK(0), STACK_SIZE);
	for (i = 0; i < TASKS; i++)
		add_task(i);
	k->percpu.smp = true;
	k->percpu.start = at(COPY(0));
	k->percpu.end = at(COPY(0)) + PERCPU_SIZE;
	for (i = 0; i < 2; i++) {
		CHECK(kl_vec_push(&k->percpu.cpus, i));
		CHECK(kl_vec_push(&k->percpu.offsets, (uint64_t)(COPY(i) - COPY(0))));
		fill_copy(i, 0);
	}
}

/* How many suspects there are; the first of them is told as @message. */
static size_t suspects(const char *part, const char *message)
{
	size_t count;

	CHECK_OK(kl_suspects_find(k));
	count = k->anomaly_count;
	if (count) {
		CHECK_STR(k->anomalies.data[0].kind, "suspect page");
		CHECK(strstr(k->anomalies.data[0].message, message));
		CHECK_INT(k->incomplete_count, 1);
		CHECK_STR(k->incomplete[0], part);
	}
	fake_destroy(k);
	return count;
}

static void test_nothing_is_suspected(void)
{
	begin();
	CHECK_INT(suspects("", ""), 0);
}

static void test_a_stack_without_its_mark(void)
{
	begin();
	put_u64(k, STACK(3), 0);
	CHECK_INT(suspects("a task's stack", "stack of task 3 at"), 1);
}

/* Kernels before 3.18, and stacks of others: a mark that only half of them have is none. */
static void test_marks_that_few_have(void)
{
	unsigned i;

	begin();
	for (i = 0; i < TASKS; i += 2)
		put_u64(k, STACK(i), 0);
	CHECK_INT(suspects("", ""), 0);
}

static void test_a_stack_of_zeroes(void)
{
	begin();
	memset(fake_of(k)->bytes + STACK(4) + 0x1000, 0, 0x1000);
	CHECK_INT(suspects("a task's stack", "does not say where to go on"), 1);
}

/* The saved stack pointer of a task that runs is an old one. */
static void test_a_running_task(void)
{
	begin();
	memset(fake_of(k)->bytes + STACK(4) + 0x1000, 0, 0x1000);
	put_u32(k, TASK(4) + 44, 1);
	CHECK_INT(suspects("", ""), 0);
}

static void test_the_stack_of_another(void)
{
	begin();
	memcpy(fake_of(k)->bytes + STACK(4) + 0x1000, fake_of(k)->bytes + STACK(7) + 0x1000, 0x1000);
	CHECK_INT(suspects("a task's stack", "stack of task 4 at"), 1);
}

static void test_a_missing_stack_is_no_suspect(void)
{
	begin();
	fake_of(k)->gone[(STACK(4) + 0x1000) / FAKE_PAGE] = true;
	CHECK_INT(suspects("", ""), 0);
}

static void test_percpu_memory_of_zeroes(void)
{
	begin();
	memset(fake_of(k)->bytes + COPY(1), 0, 0x1000);
	CHECK_INT(suspects("per-CPU memory", "nothing in common"), 1);
}

/* What one CPU alone uses is little. */
static void test_percpu_memory_that_differs(void)
{
	begin();
	put_u64(k, COPY(1) + 0x1000, at(COPY(1) + 0x1000));
	CHECK_INT(suspects("", ""), 0);
}

static void test_percpu_memory_of_a_cpu_that_never_came_up(void)
{
	begin();
	memset(fake_of(k)->bytes + COPY(1), 0, 0x1000);
	k->layouts.symbols.cpu_online_mask = variable(0xa000, 8);
	put_u64(k, 0xa000, 1);
	CHECK_INT(suspects("", ""), 0);
}

/* Code that was interrupted on one CPU only. */
static void test_percpu_stacks(void)
{
	begin();
	memset(fake_of(k)->bytes + COPY(1), 0, 0x1000);
	k->layouts.variables.irq_stack_backing_store = variable(COPY(0), 0x1000);
	CHECK_INT(suspects("", ""), 0);
}

int main(void)
{
	RUN(test_nothing_is_suspected);
	RUN(test_a_stack_without_its_mark);
	RUN(test_marks_that_few_have);
	RUN(test_a_stack_of_zeroes);
	RUN(test_a_running_task);
	RUN(test_the_stack_of_another);
	RUN(test_a_missing_stack_is_no_suspect);
	RUN(test_percpu_memory_of_zeroes);
	RUN(test_percpu_memory_that_differs);
	RUN(test_percpu_memory_of_a_cpu_that_never_came_up);
	RUN(test_percpu_stacks);
	return DONE();
}
