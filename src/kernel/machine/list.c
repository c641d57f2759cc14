/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/machine/list.h"

#include <inttypes.h>

#include "util/bytes.h"

/* list_head is {next, prev} and hlist_node {next, pprev} in every kernel, and hlist_head is {first}: the pointer to the
 * next node is the first word, and the second word of a node is the address of the pointer that leads to it. */

/* POISON_POINTER_DELTA is 0xdead000000000000 by default on 64 bits, 0 when not configured; the values added to it were
 * 0x00100100 and 0x00200200 before 4.5. */
bool kl_is_list_poison(uint64_t pointer)
{
	uint64_t value = pointer & 0xffffffffffff;

	if (pointer >> 48 != 0xdead && pointer >> 48 != 0)
		return false;
	return value == 0x100 || value == 0x122 || value == 0x200 || value == 0x100100 || value == 0x200200;
}

/* The word at @place, when that may be a link; 0 otherwise. */
static uint64_t read_link(struct kl_kernel *k, uint64_t place)
{
	uint64_t link;

	return kl_kernel_read_guess(k, place, &link) && link >> 63 && !(link & 7) ? link : 0;
}

bool kl_list_is_sound(struct kl_kernel *k, uint64_t head)
{
	uint64_t next = read_link(k, head), prev = next ? read_link(k, head + 8) : 0;

	return prev && read_link(k, next + 8) == head && read_link(k, prev) == head;
}

static void begin_walk(struct kl_list_walk *w, struct kl_kernel *k, const char *name, uint64_t head, bool is_hlist)
{
	*w = (struct kl_list_walk){
		.k = k,
		.name = name,
		.head = kl_untag(k, head),
		.node = kl_untag(k, head),
		.max = KL_LIST_MAX,
		.is_hlist = is_hlist,
	};
}

void kl_list_begin(struct kl_list_walk *w, struct kl_kernel *k, const char *name, uint64_t head)
{
	begin_walk(w, k, name, head, false);
}

void kl_hlist_begin(struct kl_list_walk *w, struct kl_kernel *k, const char *name, uint64_t head)
{
	begin_walk(w, k, name, head, true);
}

static bool at_end(const struct kl_list_walk *w, uint64_t next)
{
	return next == (w->is_hlist ? 0 : w->head);
}

static struct kl_error *read_next(struct kl_list_walk *w, uint64_t node, uint64_t *ret)
{
	struct kl_error *err = kl_kernel_read_u64(w->k, node, ret);

	*ret = err ? 0 : kl_untag(w->k, *ret);
	return err;
}

/* Whether @node is among the `count` nodes between the head and where the walk stands. */
static bool seen_before(struct kl_list_walk *w, uint64_t node, bool back_is_right)
{
	uint64_t at = w->head;

	for (unsigned i = 0; i < w->n_suspects; i++) {
		if (w->suspects[i] == node)
			return true;
	}
	if (back_is_right)
		return false;
	for (uint64_t i = 0; i < w->count; i++) {
		struct kl_error *err = read_next(w, at, &at);

		if (err) {
			kl_error_destroy(err);
			return false;
		}
		if (at == node)
			return true;
	}
	return false;
}

/* Ends the walk before its end. */
static bool break_off_walk(struct kl_list_walk *w)
{
	w->broken = w->ended = true;
	return false;
}

static bool is_plausible_link(struct kl_list_walk *w, uint64_t next)
{
	if (kl_is_list_poison(next))
		kl_kernel_anomaly(w->k, "list", w->node, "%s ends at a deleted node after %" PRIu64, w->name, w->count);
	else if (!(next >> 63) || next & 7)
		kl_kernel_anomaly(w->k, "list", w->node, "%s: wild pointer %#" PRIx64 " after %" PRIu64 " nodes",
				  w->name, next, w->count);
	else if (w->count >= w->max)
		kl_kernel_anomaly(w->k, "list", w->node, "%s: more than %" PRIu64 " nodes", w->name, w->max);
	else
		return true;
	return false;
}

/* The node at @next can be read and was not delivered before. */
static bool new_node(struct kl_list_walk *w, uint64_t next)
{
	uint8_t raw[16];
	struct kl_error *err = kl_kernel_read(w->k, next, raw, sizeof(raw));
	bool back_is_right;

	if (err) {
		kl_kernel_anomaly_error(w->k, "list", next, kl_error_prepend(err, "%s", w->name));
		return false;
	}
	back_is_right = kl_untag(w->k, kl_get_u64(raw + 8)) == w->node;
	if (seen_before(w, next, back_is_right)) {
		kl_kernel_anomaly(w->k, "list", next, "%s: cycle after %" PRIu64 " nodes", w->name, w->count);
		return false;
	}
	if (back_is_right)
		return true;
	if (w->n_suspects == KL_LIST_SUSPECTS) {
		kl_kernel_anomaly(w->k, "list", next, "%s: too many wrong back links", w->name);
		return false;
	}
	w->suspects[w->n_suspects++] = next;
	return true;
}

static struct kl_error *read_back_link(struct kl_list_walk *w, uint64_t node, uint64_t *ret)
{
	return read_next(w, node + 8, ret);
}

/* A ring that is cut short still ends at its head; but the head knows the last node, too. A CPU that was stopped while
 * it added or removed that one leaves the head with the node before it, and a living machine moves on meanwhile. */
static void check_back_link_of_head(struct kl_list_walk *w)
{
	uint64_t last, before;
	struct kl_error *err;

	if (w->is_hlist || (w->k->image && kl_image_info(w->k->image)->live))
		return;
	err = read_back_link(w, w->head, &last);
	if (!err && last == w->node)
		return;
	if (!err && w->count)
		err = read_back_link(w, w->node, &before);
	if (!err && w->count && last == before)
		return;
	w->broken = true;
	if (err)
		kl_kernel_anomaly_error(w->k, "list", w->head, kl_error_prepend(err, "%s", w->name));
	else
		kl_kernel_anomaly(w->k, "list", w->head,
				  "%s: the walk ends at %#" PRIx64 " after %" PRIu64
				  " nodes, but the last one is %#" PRIx64,
				  w->name, w->node, w->count, last);
}

bool kl_list_next(struct kl_list_walk *w, uint64_t *node)
{
	struct kl_error *err;
	uint64_t next;

	if (w->ended)
		return false;
	err = read_next(w, w->node, &next);
	if (err) {
		kl_kernel_anomaly_error(w->k, "list", w->node, kl_error_prepend(err, "%s", w->name));
		return break_off_walk(w);
	}
	if (at_end(w, next)) {
		w->ended = true;
		check_back_link_of_head(w);
		return false;
	}
	if (!is_plausible_link(w, next) || !new_node(w, next))
		return break_off_walk(w);
	w->node = next;
	w->count++;
	*node = next;
	return true;
}
