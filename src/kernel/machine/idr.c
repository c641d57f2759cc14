/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/machine/idr.h"

#include <inttypes.h>

#include "util/bytes.h"
#include "util/map.h"

/* Entries whose low bits are 10 are the tree's own: above this value nodes, below it marks such as "retry". */
#define INTERNAL_MAX 4096
#define SLOTS_MAX 64
#define DEPTH_MAX 11 /* 64 bits, six per level */

/* A node whose slots are being gone through. */
struct level {
	uint64_t slots[SLOTS_MAX];
	uint64_t base; /* index of the first slot */
	unsigned shift;
	unsigned next, count;
};

struct walk {
	struct kl_kernel *k;
	const char *name;
	struct kl_map seen; /* nodes entered */
	struct level levels[DEPTH_MAX];
	unsigned depth;
};

static bool is_node(uint64_t entry)
{
	return (entry & 3) == 2 && entry > INTERNAL_MAX;
}

/* Enters the node @entry, whose first index is @base; a damaged one only leaves an anomaly. */
static struct kl_error *enter_xa_node(struct walk *w, uint64_t entry, uint64_t base)
{
	const struct kl_layout_xa_node *l = &w->k->layouts.xa_node;
	uint64_t node = kl_untag(w->k, entry - 2), shift, seen;
	struct level *level = &w->levels[w->depth];
	struct kl_error *err;

	err = kl_kernel_read_member(w->k, node, &l->shift, &shift);
	if (!err)
		err = kl_kernel_read(w->k, node + l->slots.offset, level->slots, l->slots.count * sizeof(uint64_t));
	if (err) {
		kl_kernel_anomaly_error(w->k, "IDR", node, kl_error_prepend(err, "%s", w->name));
		return NULL;
	}
	/* Shifts fall by one level from node to node, down to 0: with the map of nodes seen, no walk is endless. */
	if (shift >= 64 || (w->depth && shift >= w->levels[w->depth - 1].shift) || kl_map_get(&w->seen, node, &seen)) {
		kl_kernel_anomaly(w->k, "IDR", node, "%s: a node that cannot be here, shift %" PRIu64, w->name, shift);
		return NULL;
	}
	if (!kl_map_put(&w->seen, node, 1))
		return kl_error_nomem();
	level->base = base;
	level->shift = (unsigned)shift;
	level->next = 0;
	level->count = l->slots.count;
	w->depth++;
	return NULL;
}

static struct kl_error *walk_xa_nodes(struct walk *w, uint64_t idr_base, struct kl_idr_entries *ret)
{
	struct kl_error *err = NULL;

	while (w->depth && !err) {
		struct level *level = &w->levels[w->depth - 1];
		uint64_t entry, index;

		if (level->next == level->count) {
			w->depth--;
			continue;
		}
		index = level->base + ((uint64_t)level->next << level->shift);
		entry = kl_get_u64(&level->slots[level->next++]);
		if (is_node(entry)) {
			if (w->depth < DEPTH_MAX)
				err = enter_xa_node(w, entry, index);
		} else if (entry && (entry & 3) != 2 && !level->shift) {
			struct kl_idr_entry found = {.id = index + idr_base, .pointer = kl_untag(w->k, entry)};

			if (!kl_vec_push(&ret->list, found))
				err = kl_error_nomem();
		}
	}
	return err;
}

static struct kl_error *read_head(struct kl_kernel *k, uint64_t address, uint64_t *head, uint64_t *idr_base)
{
	const struct kl_layouts *l = &k->layouts;
	struct kl_error *err;

	if (!l->idr.idr_rt.present || !l->xarray.xa_head.present || !l->xa_node.shift.present ||
	    !l->xa_node.slots.present || l->xa_node.slots.count > SLOTS_MAX ||
	    l->xa_node.slots.element_size != sizeof(uint64_t))
		return kl_error_create(KL_ERROR_UNSUPPORTED, "no layout of XArrays");
	err = kl_kernel_read_member(k, address + l->idr.idr_rt.offset, &l->xarray.xa_head, head);
	*idr_base = 0;
	if (!err && l->idr.idr_base.present)
		err = kl_kernel_read_member(k, address, &l->idr.idr_base, idr_base);
	return err;
}

struct kl_error *kl_idr_read(struct kl_kernel *k, const char *name, uint64_t address, struct kl_idr_entries *ret)
{
	struct walk w = {.k = k, .name = name};
	uint64_t head = 0, idr_base = 0;
	struct kl_error *err;

	*ret = (struct kl_idr_entries){};
	err = read_head(k, address, &head, &idr_base);
	if (err) {
		kl_kernel_anomaly_error(k, "IDR", address, kl_error_prepend(err, "%s", name));
		return NULL;
	}
	if (is_node(head)) {
		err = enter_xa_node(&w, head, 0);
		if (!err)
			err = walk_xa_nodes(&w, idr_base, ret);
	} else if (head && (head & 3) != 2) {
		/* a single entry at index 0 needs no node */
		struct kl_idr_entry only = {.id = idr_base, .pointer = kl_untag(k, head)};

		err = kl_vec_push(&ret->list, only) ? NULL : kl_error_nomem();
	}
	kl_map_deinit(&w.seen);
	if (err)
		kl_vec_deinit(&ret->list);
	return err;
}
