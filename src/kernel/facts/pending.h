/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pending.h: objects that wait for a grace period of RCU before they are freed.
 *
 * Callback lists run through the objects themselves, and through kmemleak's own records, which are never scanned:
 * at the first of those the kernel's scan loses the list. Here it is walked.
 *
 * What kvfree_rcu() was given stands in pages that nobody tracks, or is chained like callbacks where there was no page.
 * Behind their records, and in pages that are kept for the next ones, stands what was freed long ago.
 * Source: kernel/rcu/tree.c, since 6.14 mm/slab_common.c.
 */
#ifndef KL_KERNEL_FACTS_PENDING_H
#define KL_KERNEL_FACTS_PENDING_H

#include "heap/facts.h"
#include "kernel/kernel.h"

/** kl_pending_read() - append to the words of @ret the address of every rcu_head on a CPU's callback lists, and all
 * that kvfree_rcu() has yet to free; to its pages of data those that kvfree_rcu() keeps it in.
 * Cycles and damage end a list with an anomaly; of such a list no page is known to hold only data.
 * Errors: out of memory. */
struct kl_error *kl_pending_read(struct kl_kernel *k, struct kl_facts *ret);

#endif
