/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/tree.h"

#include <string.h>

#include "util/search.h"

/* ---- reading ---- */

static struct kl_error *copy_tree_text(const char *text, char **ret)
{
	*ret = text ? strdup(text) : NULL;
	return text && !*ret ? kl_error_nomem() : NULL;
}

static struct kl_error *add_node(void *context, const struct kl_store_finding *f)
{
	struct kl_tree *tree = context;
	struct kl_tree_node *node;
	struct kl_error *err;

	if (!f->has_head)
		return NULL;
	if (f->retained_bytes == KL_UNKNOWN)
		return kl_error_create(
			KL_ERROR_UNSUPPORTED,
			"the run was made by a version that did not store sizes; analyze its dump again");
	node = kl_vec_add(&tree->nodes);
	if (!node)
		return kl_error_nomem();
	*node = (struct kl_tree_node){
		.address = f->address,
		.size = f->size,
		.has_parent = f->has_parent,
		.parent = f->parent,
		.stack_hash = f->stack_hash,
		.verdict = f->verdict,
		.objects = f->retained_objects,
		.bytes = f->retained_bytes,
	};
	err = copy_tree_text(f->cache, &node->cache);
	if (!err)
		err = copy_tree_text(f->type, &node->type);
	return err ? err : copy_tree_text(f->top_frame, &node->top_frame);
}

/* Heads first, then by parent; the largest first among those of one. */
static int compare_nodes(const void *a, const void *b)
{
	const struct kl_tree_node *x = a, *y = b;

	if (x->has_parent != y->has_parent)
		return x->has_parent ? 1 : -1;
	if (x->parent != y->parent)
		return x->parent < y->parent ? -1 : 1;
	if (x->bytes != y->bytes)
		return x->bytes > y->bytes ? -1 : 1;
	return x->address < y->address ? -1 : x->address > y->address;
}

struct kl_error *kl_tree_read(struct kl_reader *reader, int64_t run_id, struct kl_tree *ret)
{
	struct kl_error *err = kl_reader_findings(reader, run_id, add_node, ret);

	if (!err && ret->nodes.count)
		qsort(ret->nodes.data, ret->nodes.count, sizeof(*ret->nodes.data), compare_nodes);
	return err;
}

void kl_tree_deinit(struct kl_tree *tree)
{
	struct kl_tree_node *node;

	kl_vec_for_each (node, &tree->nodes) {
		free(node->cache);
		free(node->type);
		free(node->top_frame);
	}
	kl_vec_deinit(&tree->nodes);
	kl_vec_deinit(&tree->order);
}

/* ---- questions ---- */

/* The first node whose parent is @address, as an index; children stand side by side. */
static size_t first_child(const struct kl_tree *tree, uint64_t address)
{
	return kl_search_prefix(tree->nodes.data, tree->nodes.count, node, !node->has_parent || node->parent < address);
}

static size_t end_of_children(const struct kl_tree *tree, size_t at, uint64_t address)
{
	while (at < tree->nodes.count && tree->nodes.data[at].has_parent && tree->nodes.data[at].parent == address)
		at++;
	return at;
}

/* A database that was tampered with may have a circle of parents: more nodes than there are end the walk. */
static struct kl_error *list_below(struct kl_tree *tree, size_t top)
{
	KL_VEC(size_t) pending = {};
	size_t budget = tree->nodes.count;
	bool ok = kl_vec_push(&pending, top);

	tree->nodes.data[top].depth = 0;
	while (ok && pending.count && budget--) {
		size_t at = pending.data[--pending.count], first, end;
		const struct kl_tree_node *node = &tree->nodes.data[at];

		ok = kl_vec_push(&tree->order, at);
		first = first_child(tree, node->address);
		for (end = end_of_children(tree, first, node->address); ok && end > first; end--) {
			tree->nodes.data[end - 1].depth = node->depth + 1;
			ok = kl_vec_push(&pending, end - 1);
		}
	}
	kl_vec_deinit(&pending);
	return ok ? NULL : kl_error_nomem();
}

struct kl_error *kl_tree_below(struct kl_tree *tree, uint64_t address, bool *ret)
{
	size_t i;

	*ret = false;
	for (i = 0; i < tree->nodes.count; i++) {
		const struct kl_tree_node *node = &tree->nodes.data[i];

		if (address != node->address && (address < node->address || address - node->address >= node->size))
			continue;
		*ret = true;
		return list_below(tree, i);
	}
	return NULL;
}

struct kl_error *kl_tree_of_group(struct kl_tree *tree, uint64_t stack_hash, bool *ret)
{
	struct kl_error *err = NULL;
	size_t i;

	*ret = false;
	for (i = 0; i < tree->nodes.count && !err; i++) {
		if (tree->nodes.data[i].has_parent || tree->nodes.data[i].stack_hash != stack_hash)
			continue;
		*ret = true;
		err = list_below(tree, i);
	}
	return err;
}
