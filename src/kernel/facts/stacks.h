/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stacks.h: which part of which stack was in use when the machine stopped.
 *
 * A task that sleeps uses its stack from the saved stack pointer up; one that runs, from the pointer in its CPU's
 * registers up. Stacks for interrupts, exceptions and entry code are in use only where a CPU was on one, stacks of
 * tasks that are gone (kept for reuse) never.
 */
#ifndef KL_KERNEL_FACTS_STACKS_H
#define KL_KERNEL_FACTS_STACKS_H

#include "heap/facts.h"
#include "kernel/kernel.h"

/** kl_stacks_read() - append to @ret the stacks of all tasks, idle ones included, as roots with the beginning of their
 * live part, all CPUs' general registers, and masks for what is dead or scanned twice.
 *
 * A saved stack pointer outside its stack leaves an anomaly, and that whole stack counts as live; so does the stack of
 * a running task whose CPU's stack pointer is not in it, and every special stack of a CPU that is on no task's stack.
 * When registers of a CPU that was online are missing (an anomaly), every special stack counts as live.
 */
struct kl_error *kl_stacks_read(struct kl_kernel *k, struct kl_facts *ret);

/** kl_stacks_is_storage() - is the per-CPU variable at @cookie a stack? It is declared as characters or integers then,
 * which says nothing of the words in it. */
bool kl_stacks_is_storage(const struct kl_kernel *k, uint64_t cookie);

/** kl_stacks_reach() - do the @length bytes of per-CPU memory at @cookie hold a part of such a stack? */
bool kl_stacks_reach(const struct kl_kernel *k, uint64_t cookie, uint64_t length);

#endif
