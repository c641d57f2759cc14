/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slack.h: memory that is part of an object, and that nobody has put anything into: what lies behind the end that the
 * owner asked for, or behind the end of what is in a buffer by now. What kmalloc() adds is contents.h's affair.
 *
 *   - An area of vmalloc space is whole pages; its vm_struct remembers the size that was asked for.
 *   - A socket buffer holds data up to `tail`; from there to `end` is room for more. Behind `end` stands a struct
 *     skb_shared_info, of whose frags[] only the first nr_frags mean something.
 *
 * Source: mm/vmalloc.c, net/core/skbuff.c, include/linux/skbuff.h, 5.17 .. 7.3.
 */
#ifndef KL_KERNEL_FACTS_SLACK_H
#define KL_KERNEL_FACTS_SLACK_H

#include "heap/facts.h"
#include "heap/heap.h"
#include "kernel/kernel.h"

/** kl_slack_read() - append SLACK masks to @ret.
 * @heap: with its index.
 *
 * A buffer is masked only if it was allocated by the functions that allocate those of socket buffers, if its size is
 * what its sk_buff says, and behind the largest `tail` of all sk_buffs that name it: they share buffers, and some are
 * free already although kmemleak was not told. Numbers that cannot be leave an anomaly and mask nothing.
 * Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_slack_read(struct kl_kernel *k, const struct kl_heap *heap, struct kl_facts *ret);

#endif
