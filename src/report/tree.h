/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tree.h: what hangs on a leak: the leaked objects below it, each under the one without which nothing would lead to it,
 * with the sizes that each of them retains.
 */
#ifndef KL_REPORT_TREE_H
#define KL_REPORT_TREE_H

#include <stdio.h>

#include "store/reader.h"

struct kl_tree_node {
	uint64_t address, size;
	bool has_parent;
	uint64_t parent;
	uint64_t stack_hash;
	enum kleak_verdict verdict;
	int64_t objects, bytes;         /* retained, with itself */
	char *cache, *type, *top_frame; /* may be NULL */
	size_t depth;                   /* below the tree's top */
};

/* All leaked objects of a run, and those of them that a question is about. */
struct kl_tree {
	KL_VEC(struct kl_tree_node) nodes; /* by parent, then by bytes retained, the most first */
	KL_VEC(size_t) order;              /* indexes of `nodes`: the trees asked for, each from its top downwards */
};

/** kl_tree_read() - the leaked objects of run @run_id. @ret: zeroed; freed with kl_tree_deinit(), after an error too.
 * Errors: those of the reader; KL_ERROR_UNSUPPORTED when the run was made by a version that stored no sizes. */
struct kl_error *kl_tree_read(struct kl_reader *reader, int64_t run_id, struct kl_tree *ret);
void kl_tree_deinit(struct kl_tree *tree);

/** kl_tree_below() - put the object that holds @address, and all below it, into the order; *@ret: whether it is leaked.
 * kl_tree_of_group() - likewise all leaks whose stacks are normalised to @stack_hash, the largest first.
 * Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_tree_below(struct kl_tree *tree, uint64_t address, bool *ret);
struct kl_error *kl_tree_of_group(struct kl_tree *tree, uint64_t stack_hash, bool *ret);

struct kl_tree_print {
	FILE *out;
	bool json;
	bool all; /* every object, however many (text) */
	int64_t run_id;
};

/** kl_tree_print() - the trees in their order. JSON: {schema_version, run_id, objects: [{address, parent, depth, size,
 * retained_objects, retained_bytes, ...}]}, each object behind its parent. Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_tree_print(const struct kl_tree_print *p, const struct kl_tree *tree);

#endif
