// SPDX-License-Identifier: GPL-2.0-or-later
/* places.c: which words of the kernel's data structures lead to an entry of theirs. They are asked when the truth is
 * printed, as lists and trees change with every entry that comes after.
 */
#include "crowd.h"

#include <linux/maple_tree.h>
#include <linux/rbtree.h>
#include <linux/rcupdate.h>
#include <linux/xarray.h>

#define MAPLE_NODE 256 /* bytes, and their alignment */

static struct crowd_place word_at(const void *word)
{
	return (struct crowd_place){word, sizeof(void *)};
}

int crowd_find_list(const void *what, unsigned long number, struct crowd_place *places)
{
	const struct list_head *entry = what;

	places[0] = word_at(&entry->prev->next);
	places[1] = word_at(&entry->next->prev);
	return 2;
}

/* The next one's `pprev` points into the entry, too. */
int crowd_find_hlist(const void *what, unsigned long number, struct crowd_place *places)
{
	const struct hlist_node *entry = what;

	if (!entry->pprev)
		return 0;
	places[0] = word_at(entry->pprev);
	if (!entry->next)
		return 1;
	places[1] = word_at(&entry->next->pprev);
	return 2;
}

/* @number: the rb_root, hidden. */
int crowd_find_rb(const void *what, unsigned long number, struct crowd_place *places)
{
	const struct rb_node *entry = what, *parent = rb_parent(entry);
	int n = 0;

	if (parent)
		places[n++] = word_at(parent->rb_left == entry ? &parent->rb_left : &parent->rb_right);
	else
		places[n++] = word_at(&((const struct rb_root *)lab_show(number))->rb_node);
	if (entry->rb_left)
		places[n++] = word_at(&entry->rb_left->__rb_parent_color);
	if (entry->rb_right)
		places[n++] = word_at(&entry->rb_right->__rb_parent_color);
	return n;
}

int crowd_find_entry(const void *what, unsigned long number, struct crowd_place *places)
{
	XA_STATE(xas, (struct xarray *)what, number);
	void *entry;

	rcu_read_lock();
	entry = xas_load(&xas);
	places[0] = word_at(xas.xa_node ? (void *)&xas.xa_node->slots[xas.xa_offset] : (void *)&xas.xa->xa_head);
	rcu_read_unlock();
	return entry != NULL;
}

/* Where in the node is the tree's own business. */
int crowd_find_maple(const void *what, unsigned long number, struct crowd_place *places)
{
	MA_STATE(mas, (struct maple_tree *)what, number, number);
	unsigned long node;
	void *entry;

	rcu_read_lock();
	entry = mas_walk(&mas);
	node = (unsigned long)mas.node & ~(MAPLE_NODE - 1UL);
	rcu_read_unlock();
	places[0] = (struct crowd_place){(void *)node, MAPLE_NODE};
	return entry && node;
}
