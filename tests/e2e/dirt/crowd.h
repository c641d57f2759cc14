/* SPDX-License-Identifier: GPL-2.0-or-later */
/* crowd.h: leaks and live objects by the thousand, on slots that others had before.
 *
 * The truth has the form of lab.h, and its expectations; here it is kept in memory, encoded, and printed in one go,
 * since thousands of lines of printk() between the allocations would be a churn of their own.
 *
 * Half of the objects are taken zeroed; of the others some ("unwritten" of a hundred) keep what the slot's last user
 * left there, apart from the words that the pattern names. The rest is written to its end.
 */
#ifndef CROWD_H
#define CROWD_H

#include "lab.h"

#include <linux/vmalloc.h>

/* Draws that the module's seed repeats. One thread at a time draws. */
unsigned int crowd_below(unsigned int n);
size_t crowd_draw_size(void);

/* Each is called on a thread of lab_run(). */
void crowd_churn(void);
void crowd_lose(void);
void crowd_hold(void);
void crowd_mix(void);

int crowd_prepare_churn(void);
int crowd_prepare_lost(void);
int crowd_prepare_held(void);

/* Is the next object one of those that are not written to their end? Drawn. */
bool crowd_leaves_unwritten(void);

/* kzalloc() or kmalloc(), whose truth is recorded; a call of its own wherever it is used, so that every pattern has its
 * stacks to itself.
 */
static __always_inline void *crowd_take(const struct lab_truth *truth, size_t size)
{
	bool unwritten = crowd_leaves_unwritten();
	void *object = !unwritten && crowd_below(2) ? kzalloc(size, GFP_KERNEL) : kmalloc(size, GFP_KERNEL);

	if (!object)
		return NULL;
	if (!unwritten)
		memset(object, 0, size);
	lab_say(truth, object, kmalloc_size_roundup(size));
	return object;
}

static __always_inline void *crowd_take_area(size_t size)
{
	return crowd_leaves_unwritten() ? vmalloc(size) : vzalloc(size);
}

#define CROWD_TAKE(pattern, role, expect, size, head) crowd_take(&(struct lab_truth){pattern, role, expect, head}, size)

/* Nodes of the shapes: first members of objects of any size. */
struct crowd_node {
	struct crowd_node *left, *right, *next;
	struct list_head link;
};

static inline struct crowd_node *crowd_node_init(void *object)
{
	struct crowd_node *node = object;

	node->left = NULL;
	node->right = NULL;
	node->next = NULL;
	INIT_LIST_HEAD(&node->link);
	return node;
}

#define CROWD_NODE(pattern, role, expect, head) \
	crowd_node_init(CROWD_TAKE(pattern, role, expect, max(sizeof(struct crowd_node), crowd_draw_size()), head))

#endif
