/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/facts/sleepers.h"

#include "util/map.h"

#define ANOMALY "sleep"
#define NS_PER_SECOND UINT64_C(1000000000)
#define ALLOWANCE_SHARE 256 /* of the time that a task slept */
#define ALLOWANCE (NS_PER_SECOND / 10)

/* When a task last ran, on the clock of a CPU. */
struct last_run {
	uint64_t cpu, clock;
	bool sleeps;
};

static bool knows_sleepers(const struct kl_kernel *k)
{
	const struct kl_layout_task_struct *l = &k->layouts.task_struct;

	return k->hz && l->on_rq.present && l->on_cpu.present && l->cpu.present && l->exec_start.present;
}

static struct kl_error *read_last_run(struct kl_kernel *k, const struct kl_task *task, struct last_run *ret)
{
	const struct kl_layout_task_struct *l = &k->layouts.task_struct;
	uint64_t queued = 1;
	struct kl_error *err = kl_kernel_read_member(k, task->address, &l->on_rq, &queued);

	if (!err)
		err = kl_kernel_read_member(k, task->address, &l->cpu, &ret->cpu);
	if (!err)
		err = kl_kernel_read_member(k, task->address, &l->exec_start, &ret->clock);
	ret->sleeps = !err && !queued && !task->running && ret->clock;
	return err;
}

/* The two latest notes of a CPU: one alone may be damaged. */
struct cpu_clocks {
	struct kl_map latest, second;
};

static void cpu_clocks_deinit(struct cpu_clocks *c)
{
	kl_map_deinit(&c->latest);
	kl_map_deinit(&c->second);
}

static bool note_clock(struct cpu_clocks *clocks, const struct last_run *run)
{
	uint64_t *latest = kl_map_value(&clocks->latest, run->cpu), *second = kl_map_value(&clocks->second, run->cpu);

	if (!latest || !second)
		return false;
	if (run->clock > *latest) {
		*second = *latest;
		*latest = run->clock;
	} else if (run->clock > *second) {
		*second = run->clock;
	}
	return true;
}

/* @clock: of the task's CPU, as late as is known for certain. */
static uint64_t asleep_since(const struct kl_kernel *k, const struct last_run *run, uint64_t clock)
{
	uint64_t slept = clock > run->clock ? clock - run->clock : 0, seconds;

	slept -= slept / ALLOWANCE_SHARE;
	if (slept <= ALLOWANCE)
		return 0;
	slept -= ALLOWANCE;
	seconds = slept / NS_PER_SECOND;
	return k->jiffies - (seconds * k->hz + slept % NS_PER_SECOND * k->hz / NS_PER_SECOND);
}

struct kl_error *kl_sleepers_read(struct kl_kernel *k, const struct kl_tasks *tasks, uint64_t *ret)
{
	size_t n = tasks->list.count, i;
	_cleanup_free_ struct last_run *runs = calloc(n + 1, sizeof(*runs));
	_cleanup_(cpu_clocks_deinit) struct cpu_clocks clocks = {};
	struct kl_error *err = NULL;
	uint64_t clock = 0;

	if (!runs)
		return kl_error_nomem();
	for (i = 0; i < n && knows_sleepers(k) && !err; i++) {
		err = read_last_run(k, &tasks->list.data[i], &runs[i]);
		err = kl_kernel_go_on(k, ANOMALY, tasks->list.data[i].address, err);
		if (!err && !note_clock(&clocks, &runs[i]))
			err = kl_error_nomem();
	}
	for (i = 0; i < n && !err; i++)
		ret[i] = runs[i].sleeps && kl_map_get(&clocks.second, runs[i].cpu, &clock)
				 ? asleep_since(k, &runs[i], clock)
				 : 0;
	return err;
}
