/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/facts/state_members.h"

#include <inttypes.h>
#include <string.h>

#define ANOMALY "state"
/* Slots of a mempool or a pipe at most; far more than the kernel allows without privileges. */
#define SLOTS_MAX (1 << 20)

struct state_reader {
	struct kl_kernel *k;
	const struct kl_heap *heap;
	struct kl_facts *ret;
};

static struct kl_error *mask_state(struct state_reader *r, uint64_t start, uint64_t length)
{
	struct kl_mask mask = {.start = start, .end = start + length, .traits = KL_TRAIT_STATE};

	return !length || kl_vec_push(&r->ret->masks, mask) ? NULL : kl_error_nomem();
}

/* Whether a tracked object begins at @address and has room for @slots of @size bytes. */
static bool has_room(const struct state_reader *r, uint64_t address, uint64_t slots, uint64_t size)
{
	uint32_t row = kl_index_find(&r->heap->index[KLEAK_CLASS_VIRTUAL], address);

	return row != KL_NO_OBJECT && r->heap->address[row] == address && r->heap->size[row] / size >= slots;
}

/* ---- mempool ----------------------------------------------------------------------------------------------------- */

/* Elements that are nothing but memory: others (bios with their pages) are built once and stay so in the pool. */
static bool has_plain_elements(const struct kl_kernel *k, uint64_t alloc)
{
	return alloc && (alloc == kl_kernel_variable(k, &k->layouts.symbols.mempool_alloc_slab) ||
			 alloc == kl_kernel_variable(k, &k->layouts.symbols.mempool_kmalloc));
}

static struct kl_error *mask_idle_elements(struct state_reader *r, uint64_t elements, uint64_t count)
{
	struct kl_error *err = NULL;
	uint64_t i, element;

	for (i = 0; i < count && !err; i++) {
		uint32_t row;

		err = kl_kernel_read_u64(r->k, elements + 8 * i, &element);
		if (err)
			break;
		row = kl_index_find(&r->heap->index[KLEAK_CLASS_VIRTUAL], element);
		if (row != KL_NO_OBJECT && r->heap->address[row] == element)
			err = mask_state(r, element, r->heap->size[row]);
	}
	return err;
}

static struct kl_error *mask_mempool(struct state_reader *r, uint64_t pool)
{
	const struct kl_layout_mempool *l = &r->k->layouts.mempool;
	uint64_t slots, count, elements, alloc;
	struct kl_error *err = kl_kernel_read_member(r->k, pool, &l->min_nr, &slots);

	if (!err)
		err = kl_kernel_read_member(r->k, pool, &l->curr_nr, &count);
	if (!err)
		err = kl_kernel_read_member(r->k, pool, &l->elements, &elements);
	if (!err)
		err = kl_kernel_read_member(r->k, pool, &l->alloc, &alloc);
	if (err || !elements)
		return err;
	if (count > slots || slots > SLOTS_MAX || !has_room(r, elements, slots, 8))
		return kl_error_create(KL_ERROR_CORRUPT,
				       "mempool %#" PRIx64 " has %" PRIu64 " of %" PRIu64 " elements at %#" PRIx64,
				       pool, count, slots, elements);
	err = mask_state(r, elements + 8 * count, 8 * (slots - count));
	return err || !has_plain_elements(r->k, alloc) ? err : mask_idle_elements(r, elements, count);
}

/* ---- pipe -------------------------------------------------------------------------------------------------------- */

static struct kl_error *note_data_page(struct state_reader *r, uint64_t buffer)
{
	uint64_t page, frame;
	struct kl_error *err = kl_kernel_read_member(r->k, buffer, &r->k->layouts.pipe_buffer.page, &page);

	if (err || !kl_page_states_frame(&r->ret->pages, page, &frame))
		return err;
	return kl_vec_push(&r->ret->data_pages, frame) ? NULL : kl_error_nomem();
}

static struct kl_error *mask_buffers(struct state_reader *r, uint64_t bufs, uint64_t slots, uint32_t tail,
				     uint32_t used)
{
	uint64_t size = r->k->layouts.pipe_buffer.type.size, first = (tail + used) & (slots - 1);
	uint64_t unused = slots - used, before_end = unused < slots - first ? unused : slots - first;
	struct kl_error *err = mask_state(r, bufs + first * size, before_end * size);
	uint32_t i;

	if (!err)
		err = mask_state(r, bufs, (unused - before_end) * size);
	for (i = 0; i < used && !err; i++)
		err = note_data_page(r, bufs + ((tail + i) & (slots - 1)) * size);
	return err;
}

static struct kl_error *mask_pipe(struct state_reader *r, uint64_t pipe)
{
	const struct kl_layout_pipe_inode_info *l = &r->k->layouts.pipe_inode_info;
	uint64_t size = r->k->layouts.pipe_buffer.type.size, head, tail, slots, bufs;
	struct kl_error *err = kl_kernel_read_member(r->k, pipe, &l->head, &head);

	if (!err)
		err = kl_kernel_read_member(r->k, pipe, &l->tail, &tail);
	if (!err)
		err = kl_kernel_read_member(r->k, pipe, &l->ring_size, &slots);
	if (!err)
		err = kl_kernel_read_member(r->k, pipe, &l->bufs, &bufs);
	if (err || !bufs || !size)
		return err;
	if (!slots || slots & (slots - 1) || slots > SLOTS_MAX || (uint32_t)(head - tail) > slots ||
	    !has_room(r, bufs, slots, size))
		return kl_error_create(KL_ERROR_CORRUPT,
				       "pipe %#" PRIx64 " has buffers %" PRIu64 " .. %" PRIu64 " of %" PRIu64
				       " at %#" PRIx64,
				       pipe, tail, head, slots, bufs);
	return mask_buffers(r, bufs, slots, (uint32_t)tail, (uint32_t)(head - tail));
}

/* ---- kernfs_node ------------------------------------------------------------------------------------------------- */

/* A node that is being made looks like one that was removed, but was never activated. */
static struct kl_error *mask_kernfs_node(struct state_reader *r, uint64_t node)
{
	const struct kl_layout_kernfs_node *l = &r->k->layouts.kernfs_node;
	const struct kl_enumerator *activated = &r->k->layouts.enumerators.KERNFS_ACTIVATED;
	uint64_t active, parent, flags;
	struct kl_error *err = kl_kernel_read_member(r->k, node, &l->active, &active);

	if (!err)
		err = kl_kernel_read_member(r->k, node, &l->rb, &parent);
	if (!err)
		err = kl_kernel_read_member(r->k, node, &l->flags, &flags);
	if (err || (int32_t)active >= 0 || parent != node + l->rb.offset || !activated->present ||
	    !(flags & (uint64_t)activated->value))
		return err;
	return mask_state(r, node + l->priv.offset, l->priv.size);
}

/* ---- all of them ------------------------------------------------------------------------------------------------- */

/* What the types of objects are called, newest name first. */
static const struct state_rule {
	const char *type;
	struct kl_error *(*mask)(struct state_reader *r, uint64_t address);
} rules[] = {
	{"mempool", mask_mempool},
	{"mempool_s", mask_mempool}, /* .. 6.17 */
	{"pipe_inode_info", mask_pipe},
	{"kernfs_node", mask_kernfs_node},
};

static bool is_described(const struct kl_layouts *l, const struct state_rule *rule)
{
	if (rule->mask == mask_mempool)
		return l->mempool.type.present;
	if (rule->mask == mask_pipe)
		return l->pipe_inode_info.head.present && l->pipe_buffer.type.present;
	return l->kernfs_node.rb.present;
}

static const struct state_rule *find_rule(const struct state_reader *r, uint16_t type)
{
	const char *name = kl_intern_get(r->ret->names, r->ret->types.data[type].name, NULL);
	size_t i;

	for (i = 0; i < sizeof(rules) / sizeof(*rules); i++) {
		if (!strcmp(name, rules[i].type) && is_described(&r->k->layouts, &rules[i]))
			return &rules[i];
	}
	return NULL;
}

static struct kl_error *mask_typed_objects(struct state_reader *r, const struct state_rule **rule_of)
{
	uint32_t row;

	for (row = 0; row < r->heap->rows; row++) {
		const struct state_rule *rule = rule_of[r->ret->type_of[row]];
		struct kl_error *err = rule ? rule->mask(r, r->heap->address[row]) : NULL;

		if (err && kl_error_code(err) == KL_ERROR_NOMEM)
			return err;
		if (err && kl_error_code(err) == KL_ERROR_MISSING)
			kl_error_destroy(err); /* who scans the object counts it */
		else if (err)
			kl_kernel_anomaly_error(r->k, ANOMALY, r->heap->address[row], err);
	}
	return NULL;
}

struct kl_error *kl_state_members_read(struct kl_kernel *k, const struct kl_heap *heap, struct kl_facts *ret)
{
	struct state_reader r = {.k = k, .heap = heap, .ret = ret};
	_cleanup_free_ const struct state_rule **rule_of = NULL;
	uint16_t type;

	if (!ret->type_of || !ret->names)
		return NULL;
	rule_of = calloc(ret->types.count + 1, sizeof(*rule_of));
	if (!rule_of)
		return kl_error_nomem();
	for (type = 1; type < ret->types.count; type++)
		rule_of[type] = find_rule(&r, type);
	return mask_typed_objects(&r, rule_of);
}
