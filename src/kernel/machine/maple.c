/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/machine/maple.h"

#include <inttypes.h>

#include "util/bytes.h"
#include "util/map.h"

#define SLOTS_MAX 32
#define DEPTH_MAX 31      /* MAPLE_HEIGHT_MAX */
#define NODE_MASK 0xffULL /* nodes are aligned to their 256 bytes; below stand type and flags */
#define INTERNAL_MAX 4096

/* A node whose slots are being gone through. */
struct level {
	uint64_t pivots[SLOTS_MAX];
	uint64_t slots[SLOTS_MAX];
	unsigned pivot_count, slot_count;
	unsigned next;
	uint64_t min, max; /* the indexes that this node is about */
	uint64_t first;    /* of slot `next` */
	bool leaf;
	bool ended;
};

struct walk {
	struct kl_kernel *k;
	const char *name;
	struct kl_map seen; /* nodes entered */
	struct level levels[DEPTH_MAX];
	unsigned depth;
	struct kl_maple_ranges *ret;
};

/* The layout of nodes of @type. */
static bool node_layout(const struct kl_layouts *l, uint64_t type, struct level *level, const struct kl_member **pivot,
			const struct kl_member **slot)
{
	int64_t leaf = l->enumerators.maple_leaf_64.present ? l->enumerators.maple_leaf_64.value : 1;
	int64_t range = l->enumerators.maple_range_64.present ? l->enumerators.maple_range_64.value : 2;
	int64_t arange = l->enumerators.maple_arange_64.present ? l->enumerators.maple_arange_64.value : 3;

	level->leaf = (int64_t)type == leaf;
	if (level->leaf || (int64_t)type == range) {
		*pivot = &l->maple_range_64.pivot;
		*slot = &l->maple_range_64.slot;
	} else if ((int64_t)type == arange) {
		*pivot = &l->maple_arange_64.pivot;
		*slot = &l->maple_arange_64.slot;
	} else {
		return false;
	}
	level->pivot_count = (*pivot)->count;
	level->slot_count = (*slot)->count;
	return (*pivot)->present && (*slot)->present && (*pivot)->element_size == 8 && (*slot)->element_size == 8 &&
	       level->slot_count <= SLOTS_MAX && level->pivot_count < level->slot_count;
}

static void record_damaged_tree(struct walk *w, uint64_t address, const char *what)
{
	w->ret->broken = true;
	kl_kernel_anomaly(w->k, "maple tree", address, "%s: %s", w->name, what);
}

/* Enters the node that @entry encodes; a damaged one only leaves an anomaly. */
static struct kl_error *enter_maple_node(struct walk *w, uint64_t entry, uint64_t min, uint64_t max)
{
	uint64_t node = kl_untag(w->k, entry & ~NODE_MASK), seen;
	struct level *level = &w->levels[w->depth];
	const struct kl_member *pivot, *slot;
	struct kl_error *err;

	if (w->depth == DEPTH_MAX) {
		record_damaged_tree(w, node, "deeper than any tree");
		return NULL;
	}
	if (!node_layout(&w->k->layouts, entry >> 3 & 0xf, level, &pivot, &slot)) {
		record_damaged_tree(w, node, "a node of unknown type");
		return NULL;
	}
	if (kl_map_get(&w->seen, node, &seen)) {
		record_damaged_tree(w, node, "a node that was met before: a cycle");
		return NULL;
	}
	err = kl_kernel_read(w->k, node + pivot->offset, level->pivots, level->pivot_count * sizeof(uint64_t));
	if (!err)
		err = kl_kernel_read(w->k, node + slot->offset, level->slots, level->slot_count * sizeof(uint64_t));
	if (err) {
		w->ret->broken = true;
		kl_kernel_anomaly_error(w->k, "maple tree", node, kl_error_prepend(err, "%s", w->name));
		return NULL;
	}
	if (!kl_map_put(&w->seen, node, 1))
		return kl_error_nomem();
	level->min = level->first = min;
	level->max = max;
	level->next = 0;
	level->ended = false;
	w->depth++;
	return NULL;
}

/* The last index of the next slot. A pivot of 0 after the first slot, and the lack of one, mean the node's end. */
static bool next_slot(struct walk *w, struct level *level, uint64_t *first, uint64_t *last, uint64_t *entry)
{
	unsigned i = level->next++;
	uint64_t pivot = i < level->pivot_count ? kl_get_u64(&level->pivots[i]) : level->max;

	if (!pivot && i)
		pivot = level->max;
	*first = level->first;
	*last = pivot;
	*entry = kl_get_u64(&level->slots[i]);
	if (pivot < *first || pivot > level->max) {
		record_damaged_tree(w, level->first, "pivots out of order");
		level->ended = true;
		return false;
	}
	/* There are fewer pivots than slots, so the slot after the last pivot ends the node at the latest. */
	level->ended = pivot == level->max;
	level->first = pivot + 1;
	return true;
}

static struct kl_error *walk_maple_nodes(struct walk *w)
{
	struct kl_error *err = NULL;

	while (w->depth && !err) {
		struct level *level = &w->levels[w->depth - 1];
		struct kl_maple_range range;

		if (level->ended) {
			w->depth--;
			continue;
		}
		if (!next_slot(w, level, &range.first, &range.last, &range.entry) || !range.entry)
			continue;
		if (!level->leaf)
			err = enter_maple_node(w, range.entry, range.first, range.last);
		else if (!kl_vec_push(&w->ret->list, range))
			err = kl_error_nomem();
	}
	return err;
}

struct kl_error *kl_maple_read(struct kl_kernel *k, const char *name, uint64_t address, struct kl_maple_ranges *ret)
{
	struct walk w = {.k = k, .name = name, .ret = ret};
	struct kl_error *err;
	uint64_t root;

	*ret = (struct kl_maple_ranges){};
	err = kl_kernel_read_member(k, address, &k->layouts.maple_tree.ma_root, &root);
	if (err) {
		ret->broken = true;
		kl_kernel_anomaly_error(k, "maple tree", address, kl_error_prepend(err, "%s", name));
		return NULL;
	}
	if ((root & 3) == 2 && root > INTERNAL_MAX) {
		err = enter_maple_node(&w, root, 0, UINT64_MAX);
		if (!err)
			err = walk_maple_nodes(&w);
	} else if (root) {
		/* a single entry at index 0 needs no node */
		struct kl_maple_range only = {.entry = root};

		err = kl_vec_push(&ret->list, only) ? NULL : kl_error_nomem();
	}
	kl_map_deinit(&w.seen);
	if (err)
		kl_vec_deinit(&ret->list);
	return err;
}
