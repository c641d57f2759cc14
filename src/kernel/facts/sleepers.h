/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sleepers.h: since when tasks sleep.
 *
 * A task that sleeps writes nothing. A word on its stack that names an object allocated since then was there before,
 * and meant what lay at that address then, unless somebody else wrote it: into a struct on that stack.
 *
 * The scheduler notes on the clock of a CPU when a task last ran there (se.exec_start). How long ago that is the clock
 * of that CPU tells: it had come at least as far as the latest such notes of all its tasks, of which the second is
 * taken, as one alone may be damaged. The clock leaves out what interrupts and hypervisors take, so that a task has
 * slept longer than it says, never less. What is compared with it are jiffies.
 * Source: kernel/sched/, 2.6.31 .. 7.3.
 */
#ifndef KL_KERNEL_FACTS_SLEEPERS_H
#define KL_KERNEL_FACTS_SLEEPERS_H

#include "kernel/kernel.h"
#include "kernel/machine/task.h"

/** kl_sleepers_read() - since when each of @tasks has slept, at least.
 * @ret: one per task, in jiffies; 0 = it does not sleep, or nobody knows since when. For clocks that disagree a 256th
 * of the time, and a tenth of a second, are allowed. Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_sleepers_read(struct kl_kernel *k, const struct kl_tasks *tasks, uint64_t *ret);

#endif
