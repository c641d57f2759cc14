/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kvfree_rcu.h: memory that was given to kvfree_rcu() and waits for a grace period. Its allocator still counts it as in
 * use, but nobody owns it any more.
 *
 *	5.9 .. 6.2	blocks of pointers singly linked: krc.bkvhead[], krw_arr[].bkvhead_free[]
 *	6.3 ..		lists: krc.bulk_head[], krw_arr[].bulk_head_free[]
 *
 * Where no block was to be had, objects are chained through the struct rcu_head inside of them, whose function says in
 * some kernels where the object begins, and in others nothing: any address in here may lie inside of what is freed.
 * Blocks in which nothing waits are kept in krc.bkvcache, with what stood in them. Source: kernel/rcu/tree.c, and
 * mm/slab_common.c since 6.14.
 */
#ifndef KL_KERNEL_MACHINE_KVFREE_RCU_H
#define KL_KERNEL_MACHINE_KVFREE_RCU_H

#include "kernel/kernel.h"

struct kl_kvfree_rcu {
	KL_VEC(uint64_t) freed;  /* addresses in what waits, tags reset */
	KL_VEC(uint64_t) blocks; /* addresses of pages that hold nothing but such pointers, and leftovers */
};

/** kl_kvfree_rcu_read() - fill @ret. Damaged lists end with an anomaly: what they gave is kept, but none of their pages
 * is known to be a block. Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_kvfree_rcu_read(struct kl_kernel *k, struct kl_kvfree_rcu *ret);
void kl_kvfree_rcu_deinit(struct kl_kvfree_rcu *r);

#endif
