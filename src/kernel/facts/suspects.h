/* SPDX-License-Identifier: GPL-2.0-or-later */
/* suspects.h: stacks and per-CPU memory that cannot be what the kernel had there.
 *
 * A dump that was torn on its way has pages that read as zeroes, or as some other page. Most of them nobody can tell.
 * These two kinds of pages hold what their place in memory proves, and they hold references that stand nowhere else.
 * What is found leaves an anomaly, and counts as missing: what nobody holds may have been held there.
 *
 * All checks are by comparison, not by what a kernel of some version should have: what is true of nearly all stacks is
 * true of each. So a kernel that does things another way is not suspected.
 */
#ifndef KL_KERNEL_FACTS_SUSPECTS_H
#define KL_KERNEL_FACTS_SUSPECTS_H

#include "kernel/kernel.h"

/** kl_suspects_find() - look at the stacks of all tasks and at the static per-CPU memory of all CPUs.
 * Errors: KL_ERROR_NOMEM. Cost: what is in use of each stack, and the static per-CPU memory, are read once. */
struct kl_error *kl_suspects_find(struct kl_kernel *k);

#endif
