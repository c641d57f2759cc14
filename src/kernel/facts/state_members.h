/* SPDX-License-Identifier: GPL-2.0-or-later */
/* state_members.h: members that mean something only in some state of their struct.
 *
 *	mempool		elements[curr_nr ..]: taken out, the slot is not cleared. What the other elements hold means
 *			nothing either, if they come straight from kmalloc() or a slab cache: nobody uses them
 *	pipe_inode_info	bufs[] outside of tail .. head. The pages of the others hold data
 *	kernfs_node	priv of a node that was activated and removed since: its owner gave it up
 *	task_struct	thread.sp, when the stack was given back
 *	net		all of one that was taken apart, and is kept until the next one is (6.13)
 *	cpu_stopper	stop_work, when no work is queued
 *
 * The first four are found by the types of objects, the others by the kernel's variables. Source: mm/mempool.c,
 * fs/pipe.c (since 5.5), fs/kernfs/dir.c, kernel/fork.c, net/core/net_namespace.c, kernel/stop_machine.c, .. 7.3.
 */
#ifndef KL_KERNEL_FACTS_STATE_MEMBERS_H
#define KL_KERNEL_FACTS_STATE_MEMBERS_H

#include "heap/facts.h"
#include "heap/heap.h"
#include "kernel/kernel.h"

/** kl_state_members_read() - append STATE masks, and pages of data, to @ret.
 * @heap: with its index.
 * @ret:  with its types and states of pages; without types nothing is known of objects.
 * To be called before kl_facts_sort_masks(). A state that cannot be leaves an anomaly and masks nothing of that object.
 * Errors: KL_ERROR_NOMEM.
 */
struct kl_error *kl_state_members_read(struct kl_kernel *k, const struct kl_heap *heap, struct kl_facts *ret);

#endif
