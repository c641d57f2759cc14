/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pending.h: objects that wait for a grace period of RCU before they are freed.
 *
 * Callback lists run through the objects themselves, and through kmemleak's own records, which are never scanned:
 * at the first of those the kernel's scan loses the list. Here it is walked.
 *
 * What waits elsewhere is known to plugins (machine/waiting.h): kvfree_rcu() has pages that nobody tracks for it.
 * Source: kernel/rcu/tree.c.
 */
#ifndef KL_KERNEL_FACTS_PENDING_H
#define KL_KERNEL_FACTS_PENDING_H

#include "heap/facts.h"
#include "kernel/kernel.h"

/** kl_pending_read() - append to the words of @ret the address of every rcu_head on a CPU's callback lists, and all
 * else that waits to be freed; to its pages of data those in which that stands. Cycles and damage end a list with an
 * anomaly. Errors: out of memory. */
struct kl_error *kl_pending_read(struct kl_kernel *k, struct kl_facts *ret);

#endif
