/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/leaked_tree.h"

#include "store/rows.h"
#include "store/sql.h"
#include "util/map.h"
#include "util/sum.h"

#define NO_NODE UINT32_MAX

struct leaked_node {
	int64_t seq, size;
	uint64_t address, parent_address;
	uint32_t parent; /* NO_NODE: a leak of its own */
	uint32_t head;
	uint32_t pending; /* children that have not said what they retain */
	int64_t objects, bytes;
	bool had_parent;
};

struct leaked_tree {
	KL_VEC(struct leaked_node) nodes;
	struct kl_map by_address; /* -> index */
	KL_VEC(uint32_t) order;   /* children before their parents */
};

static void leaked_tree_deinit(struct leaked_tree *t)
{
	kl_vec_deinit(&t->nodes);
	kl_vec_deinit(&t->order);
	kl_map_deinit(&t->by_address);
}

static struct kl_error *add_leaked_node(struct kl_columns *c, void *context)
{
	struct leaked_tree *t = context;
	struct leaked_node node = {.seq = kl_column_int(c), .parent = NO_NODE, .objects = 1};
	struct kl_error *err;

	node.address = kl_column_u64(c);
	node.size = node.bytes = kl_column_int(c);
	node.had_parent = sqlite3_column_type(c->stmt, c->index) != SQLITE_NULL;
	node.parent_address = (uint64_t)kl_column_int_or_null(c);
	node.head = (uint32_t)t->nodes.count;
	err = kl_columns_end(c);
	if (err)
		return err;
	return kl_vec_push(&t->nodes, node) && kl_map_put(&t->by_address, node.address, t->nodes.count - 1)
		       ? NULL
		       : kl_error_nomem();
}

static void link_to_parents(struct leaked_tree *t)
{
	struct leaked_node *node;
	uint64_t index;

	kl_vec_for_each (node, &t->nodes) {
		if (!node->had_parent || !kl_map_get(&t->by_address, node->parent_address, &index))
			continue;
		node->parent = (uint32_t)index;
		t->nodes.data[index].pending++;
	}
}

/* From the leaves up. In a database that somebody made, parents may lead in a circle: its members are never ready, and
 * become leaks of their own. */
static struct kl_error *sum_up_retained(struct leaked_tree *t)
{
	struct leaked_node *node, *parent;
	uint32_t i;
	size_t done;

	for (i = 0; i < t->nodes.count; i++) {
		if (!t->nodes.data[i].pending && !kl_vec_push(&t->order, i))
			return kl_error_nomem();
	}
	for (done = 0; done < t->order.count; done++) {
		node = &t->nodes.data[t->order.data[done]];
		if (node->parent == NO_NODE)
			continue;
		parent = &t->nodes.data[node->parent];
		parent->objects += node->objects;
		parent->bytes = kl_sum(parent->bytes, node->bytes);
		if (!--parent->pending && !kl_vec_push(&t->order, node->parent))
			return kl_error_nomem();
	}
	kl_vec_for_each (node, &t->nodes) {
		if (node->pending)
			node->parent = NO_NODE;
	}
	return NULL;
}

static void pass_heads_down(struct leaked_tree *t)
{
	size_t i;

	for (i = t->order.count; i--;) {
		struct leaked_node *node = &t->nodes.data[t->order.data[i]];

		if (node->parent != NO_NODE)
			node->head = t->nodes.data[node->parent].head;
	}
}

/* Only rows that change are written. What leads to another head than before says so. */
static struct kl_error *store_leaked_tree(struct kl_store *store, int64_t run_id, const struct leaked_tree *t)
{
	static const char sql[] =
		"UPDATE t_finding SET verdict = ?3, head = ?4, parent = ?5, "
		"retained_objects = ?6, retained_bytes = ?7, "
		"reason = CASE WHEN head IS ?4 AND verdict = ?3 THEN reason "
		" WHEN ?3 = 10 THEN 'only objects that are not known to leak lead to it' "
		" ELSE format('only reachable through the leaked object at 0x%x', ?4) END "
		"WHERE run_id = ?1 AND seq = ?2 AND NOT (verdict = ?3 AND head IS ?4 AND parent IS ?5 "
		"AND retained_objects IS ?6 AND retained_bytes IS ?7)";
	_cleanup_stmt_ sqlite3_stmt *stmt = NULL;
	struct kl_error *err = kl_sql_prepare(store, sql, &stmt);
	const struct leaked_node *node;

	kl_vec_for_each (node, &t->nodes) {
		const struct leaked_node *parent = node->parent == NO_NODE ? NULL : &t->nodes.data[node->parent];
		struct kl_binder b = {.store = store, .stmt = stmt};

		if (err)
			return err;
		kl_bind_int(&b, run_id);
		kl_bind_int(&b, node->seq);
		kl_bind_int(&b, parent ? KLEAK_VERDICT_INDIRECT : KLEAK_VERDICT_LEAK);
		kl_bind_u64(&b, t->nodes.data[node->head].address);
		kl_bind_u64_or_null(&b, parent ? &parent->address : NULL);
		kl_bind_int(&b, node->objects);
		kl_bind_int(&b, node->bytes);
		err = kl_binder_end(&b);
		if (!err)
			err = kl_sql_run(store, stmt);
	}
	return err;
}

struct kl_error *kl_leaked_tree_retell(struct kl_store *store, int64_t run_id)
{
	static const char sql[] = "SELECT seq, address, size, parent FROM t_finding "
				  "WHERE run_id = ?1 AND verdict IN (10, 20) ORDER BY seq";
	_cleanup_(leaked_tree_deinit) struct leaked_tree t = {};
	struct kl_error *err = kl_sql_each_row(store, sql, run_id, add_leaked_node, &t);

	if (err)
		return err;
	link_to_parents(&t);
	err = sum_up_retained(&t);
	if (err)
		return err;
	pass_heads_down(&t);
	return store_leaked_tree(store, run_id, &t);
}
