// SPDX-License-Identifier: GPL-2.0-or-later
/* shapes.c: leaked groups of every shape, all of one struct. */
#include "lab.h"

#include <linux/list.h>

#define NODE sizeof(struct lab_node)

static void build_plain(void)
{
	static const size_t sizes[] = {24, 64, 120, 250, 1000, 4096};
	int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		LAB_ALLOC("plain", "object", "leak", sizes[i], NULL);
}

static struct lab_node *leaf(const char *pattern, const void *head)
{
	return LAB_ALLOC(pattern, "child", "indirect", NODE, head);
}

static void build_tree(void)
{
	struct lab_node *root = LAB_ALLOC("tree", "root", "leak", NODE, NULL);

	root->left = leaf("tree", root);
	root->right = leaf("tree", root);
	root->left->left = leaf("tree", root);
	root->left->right = leaf("tree", root);
	root->right->left = leaf("tree", root);
	root->right->right = leaf("tree", root);
}

static void build_chain(void)
{
	struct lab_node *head = LAB_ALLOC("chain", "head", "leak", NODE, NULL), *last = head;
	int i;

	for (i = 0; i < 4; i++) {
		last->next = leaf("chain", head);
		last = last->next;
	}
}

static void build_cycle(void)
{
	struct lab_node *a = LAB_ALLOC("cycle", "member", "member", NODE, NULL);
	struct lab_node *b = LAB_ALLOC("cycle", "member", "member", NODE, NULL);
	struct lab_node *c = LAB_ALLOC("cycle", "member", "member", NODE, NULL);

	a->next = b;
	b->next = c;
	c->next = a;
}

/* A list whose head is gone: the elements refer to each other by interior pointers. */
static void build_list(void)
{
	struct lab_node *element;
	LIST_HEAD(head);
	int i;

	for (i = 0; i < 4; i++) {
		element = LAB_ALLOC("list", "element", "member", NODE, NULL);
		list_add(&element->link, &head);
	}
	list_del(&head);
}

/* A leaked cycle that nothing hangs on, with a tail: the tail is reached from the cycle only. */
static void build_lasso(void)
{
	struct lab_node *a = LAB_ALLOC("lasso", "member", "member", NODE, NULL);
	struct lab_node *b = LAB_ALLOC("lasso", "member", "member", NODE, NULL);

	a->next = b;
	b->next = a;
	b->left = leaf("lasso", NULL);
}

/* A word that points into its own object is no reference. */
static void build_self(void)
{
	struct lab_node *node = LAB_ALLOC("self", "object", "leak", NODE, NULL);

	node->next = node;
	INIT_LIST_HEAD(&node->link);
}

void lab_build_shapes(void)
{
	build_plain();
	build_tree();
	build_chain();
	build_cycle();
	build_list();
	build_lasso();
	build_self();
}
