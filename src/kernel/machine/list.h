/* SPDX-License-Identifier: GPL-2.0-or-later */
/* list.h: walking the kernel's linked lists when nobody promises that they are whole.
 *
 *	struct kl_list_walk walk;
 *	uint64_t node;
 *
 *	kl_list_begin(&walk, k, "object_list", head);
 *	while (kl_list_next(&walk, &node))
 *		read_object(k, node - l->kmemleak_object.object_list.offset);
 *
 * Walks go forward only: list_add_tail_rcu() publishes `next` last, so the forward direction is consistent wherever a
 * CPU was stopped, while `prev` is not. Every node is delivered once, without remembering them all: whoever comes to a
 * node for the second time comes from another predecessor than the first time, and its back link can name only one of
 * them. So a node whose back link is wrong is looked for among those already seen (by walking again from the head) and
 * is remembered; both are rare, since updates hold a lock and few links are half done. Whatever is wrong ends the walk
 * with an anomaly in the kernel.
 */
#ifndef KL_KERNEL_MACHINE_LIST_H
#define KL_KERNEL_MACHINE_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/kernel.h"

/* Wrong back links that may be met before a list counts as wrecked. */
#define KL_LIST_SUSPECTS 16

struct kl_list_walk {
	struct kl_kernel *k;
	const char *name;                    /* for anomalies; static */
	uint64_t head;                       /* the list_head, or the field that points to the first node of an hlist */
	uint64_t node;                       /* where the walk stands; the head before the first step */
	uint64_t count;                      /* nodes delivered */
	uint64_t max;                        /* nodes at most; callers that know a bound lower it after begin */
	uint64_t suspects[KL_LIST_SUSPECTS]; /* nodes with a wrong back link */
	unsigned n_suspects;
	bool is_hlist; /* ends with NULL instead of the head */
	bool broken;   /* ended before its end */
	bool ended;
};

/* More nodes than any list of a real kernel has; only a bound. */
#define KL_LIST_MAX (UINT64_C(1) << 32)

/** kl_list_begin() - prepare to walk the list whose struct list_head lies at @head. */
void kl_list_begin(struct kl_list_walk *w, struct kl_kernel *k, const char *name, uint64_t head);

/** kl_hlist_begin() - the same for the hlist whose struct hlist_head (one pointer) lies at @head. */
void kl_hlist_begin(struct kl_list_walk *w, struct kl_kernel *k, const char *name, uint64_t head);

/** kl_list_next() - the address of the next link (struct list_head or hlist_node) in @node; false at the end.
 * Memory tags are taken off. `broken` tells whether the end was the list's own. */
bool kl_list_next(struct kl_list_walk *w, uint64_t *node);

/** kl_list_is_sound() - whether what lies at @head is linked both ways with its first and its last node. Leaves no
 * anomaly: it is asked of memory that may be anything. */
bool kl_list_is_sound(struct kl_kernel *k, uint64_t head);

/** kl_is_list_poison() - whether @pointer is what list_del() leaves behind, in any generation. */
bool kl_is_list_poison(uint64_t pointer);

#endif
