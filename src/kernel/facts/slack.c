/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/facts/slack.h"

#include <inttypes.h>
#include <string.h>

#include "kernel/machine/machine.h"
#include "kernel/machine/symbolize.h"
#include "util/map.h"
#include "util/stack_name.h"

#define ANOMALY "slack"
#define WORD 8
/* Frames in which the function that allocates a buffer must be found. */
#define FRAMES 8

static struct kl_error *mask_slack_of_area(struct kl_facts *ret, uint64_t start, uint64_t end)
{
	struct kl_mask mask = {.start = (start + WORD - 1) / WORD * WORD, .end = end, .traits = KL_TRAIT_SLACK};

	return mask.start >= mask.end || kl_vec_push(&ret->masks, mask) ? NULL : kl_error_nomem();
}

/* ---- areas of vmalloc space ---- */

/* @row: a vm_struct, whose area kmemleak notes with it. */
static struct kl_error *mask_behind_area(struct kl_kernel *k, const struct kl_heap *heap, uint32_t row,
					 struct kl_facts *ret)
{
	const struct kl_layout_vm_struct *l = &k->layouts.vm_struct;
	uint64_t vm = heap->address[row], area = heap->excess_ref[row], address, requested;
	uint32_t memory = kl_index_find(&heap->index[KLEAK_CLASS_VIRTUAL], area);
	struct kl_error *err;

	if (memory == KL_NO_OBJECT || heap->address[memory] != area)
		return NULL;
	err = kl_kernel_read_member(k, vm, &l->addr, &address);
	if (!err)
		err = kl_kernel_read_member(k, vm, &l->requested_size, &requested);
	if (err) {
		kl_kernel_anomaly_error(k, ANOMALY, vm, err);
		return NULL;
	}
	/* none: a mapping of memory that is not its own */
	if (address != area || !requested)
		return NULL;
	if (requested <= heap->size[memory])
		return mask_slack_of_area(ret, area + requested, area + heap->size[memory]);
	kl_kernel_anomaly(k, ANOMALY, vm, "a vm_struct of %" PRIu64 " bytes, for which %" PRIu64 " were asked",
			  heap->size[memory], requested);
	return NULL;
}

static struct kl_error *mask_behind_areas(struct kl_kernel *k, const struct kl_heap *heap, struct kl_facts *ret)
{
	struct kl_error *err = NULL;
	uint32_t row;

	if (!k->layouts.vm_struct.requested_size.present || !k->layouts.vm_struct.addr.present)
		return NULL;
	for (row = 0; row < heap->rows && !err; row++)
		if (heap->excess_ref[row])
			err = mask_behind_area(k, heap, row, ret);
	return err;
}

/* ---- socket buffers ---- */

struct socket_buffers {
	struct kl_kernel *k;
	const struct kl_heap *heap;
	struct kl_map tails;    /* row of a buffer -> the largest tail that an sk_buff gives it, an offset */
	struct kl_map ends;     /* row of a buffer -> its end, an offset */
	struct kl_map by_stack; /* stack -> does it allocate buffers? */
	struct kl_facts *ret;
};

static void socket_buffers_deinit(struct socket_buffers *b)
{
	kl_map_deinit(&b->tails);
	kl_map_deinit(&b->ends);
	kl_map_deinit(&b->by_stack);
}

/* Functions, 5.17 .. 7.3, that allocate the memory for the data of sk_buffs. */
static bool allocates_buffers(const struct kl_symbol_text *s)
{
	static const char *const functions[] = {"kmalloc_reserve",    "__alloc_skb",      "pskb_expand_head",
						"__netdev_alloc_skb", "netdev_alloc_skb", "__napi_alloc_skb",
						"napi_alloc_skb"};
	size_t i;

	for (i = 0; s->function && !s->module_length && i < sizeof(functions) / sizeof(*functions); i++) {
		size_t length = strlen(functions[i]);

		if (s->function_length >= length && !memcmp(s->function, functions[i], length) &&
		    (s->function_length == length || s->function[length] == '.'))
			return true;
	}
	return false;
}

static struct kl_error *stack_allocates_buffers(struct socket_buffers *b, uint32_t stack, bool *ret)
{
	uint64_t frames[KL_STACK_MAX], known;
	size_t i, n = kl_heap_frames(b->heap, stack, frames);
	struct kl_error *err = NULL;

	*ret = kl_map_get(&b->by_stack, stack, &known) && known;
	if (kl_map_get(&b->by_stack, stack, &known))
		return NULL;
	for (i = 0; i < n && i < FRAMES && !*ret && !err; i++) {
		_cleanup_strbuf_ struct kl_strbuf text = {};
		struct kl_symbol_text symbol;

		err = kl_symbolize(b->k, frames[i], &text);
		if (!err && text.failed)
			err = kl_error_nomem();
		if (err)
			return err;
		symbol = kl_symbol_text_parse(kl_strbuf_string(&text));
		*ret = allocates_buffers(&symbol);
	}
	return kl_map_put(&b->by_stack, stack, *ret) ? NULL : kl_error_nomem();
}

/* An offset from @head, which some configurations keep as an address. */
static uint64_t offset_of(const struct kl_member *member, const uint8_t *raw, uint64_t head)
{
	uint64_t value = kl_member_get(member, raw);

	return member->size == 8 ? value - head : value;
}

/* Notes what the sk_buff @raw at @address says of its buffer. */
static struct kl_error *note_buffer(struct socket_buffers *b, uint64_t address, const uint8_t *raw)
{
	const struct kl_layout_sk_buff *l = &b->k->layouts.sk_buff;
	uint64_t head = kl_untag(b->k, kl_member_get(&l->head, raw)), known;
	uint64_t tail = offset_of(&l->tail, raw, head), end = offset_of(&l->end, raw, head);
	uint32_t row = kl_index_find(&b->heap->index[KLEAK_CLASS_VIRTUAL], head);
	struct kl_error *err;
	bool is_buffer;

	if (!head || row == KL_NO_OBJECT || b->heap->address[row] != head)
		return NULL; /* none, a page of its own, or gone */
	err = stack_allocates_buffers(b, b->heap->stack[row], &is_buffer);
	if (err || !is_buffer || end > b->heap->size[row] ||
	    b->heap->size[row] - end != (b->k->layouts.skb_shared_info.type.size + 63) / 64 * 64)
		return err; /* of another owner by now: this sk_buff is free */
	if (tail > end) {
		kl_kernel_anomaly(b->k, ANOMALY, address,
				  "an sk_buff with %" PRIu64 " bytes of room and data up to %" PRIu64, end, tail);
		tail = end;
	}
	if (kl_map_get(&b->tails, row, &known) && known > tail)
		tail = known;
	return kl_map_put(&b->tails, row, tail) && kl_map_put(&b->ends, row, end) ? NULL : kl_error_nomem();
}

/* @size: of the objects of that cache; one that is larger has room for two sk_buffs (sk_buff_fclones). */
static struct kl_error *note_object(struct socket_buffers *b, uint64_t address, uint64_t size)
{
	uint64_t one = b->k->layouts.sk_buff.type.size, at;
	_cleanup_free_ uint8_t *raw = malloc(one);
	struct kl_error *err = NULL;

	if (!raw)
		return kl_error_nomem();
	for (at = 0; at + one <= size && at <= one && !err; at += one) {
		/* one that the dump lacks says nothing of its buffer, as one that is free */
		if (kl_kernel_read_partial(b->k, address + at, raw, one) == one)
			err = note_buffer(b, address + at, raw);
	}
	return err;
}

static bool holds_sk_buffs(const struct kl_slab_cache *cache)
{
	return !strcmp(cache->name, "skbuff_head_cache") || !strcmp(cache->name, "skbuff_fclone_cache");
}

static struct kl_error *note_all(struct socket_buffers *b)
{
	const struct kl_index *index = &b->heap->index[KLEAK_CLASS_VIRTUAL];
	const struct kl_slab_caches *caches;
	struct kl_slab slab = {};
	struct kl_error *err = kl_machine_slab_caches(b->k, &caches);
	size_t i;

	for (i = 0; !err && i < index->count; i++) {
		uint64_t address = index->spans[i].start, size = b->heap->size[index->spans[i].object];

		if (size < b->k->layouts.sk_buff.type.size || size > 2 * b->k->layouts.sk_buff.type.size + 64)
			continue;
		if ((kl_slab_holds(&slab, address) || kl_slab_at(caches, address, &slab)) && holds_sk_buffs(slab.cache))
			err = note_object(b, address, size);
	}
	return err;
}

/* @info: the address of the buffer's skb_shared_info. */
static struct kl_error *mask_frags(struct socket_buffers *b, uint64_t info)
{
	const struct kl_layout_skb_shared_info *l = &b->k->layouts.skb_shared_info;
	uint64_t used, start = info + l->frags.offset;
	struct kl_error *err = kl_kernel_read_member(b->k, info, &l->nr_frags, &used);

	if (err) {
		kl_kernel_anomaly_error(b->k, ANOMALY, info, err);
		return NULL;
	}
	if (used <= l->frags.count)
		return mask_slack_of_area(b->ret, start + used * l->frags.element_size,
					  start + (uint64_t)l->frags.count * l->frags.element_size);
	kl_kernel_anomaly(b->k, ANOMALY, info, "a socket buffer with %" PRIu64 " of %u fragments", used,
			  l->frags.count);
	return NULL;
}

static struct kl_error *mask_socket_buffers(struct kl_kernel *k, const struct kl_heap *heap, struct kl_facts *ret)
{
	_cleanup_(socket_buffers_deinit) struct socket_buffers b = {.k = k, .heap = heap, .ret = ret};
	struct kl_error *err;
	uint32_t row;

	if (!k->layouts.sk_buff.type.size || !k->layouts.skb_shared_info.type.size)
		return NULL;
	err = note_all(&b);
	for (row = 0; row < heap->rows && b.tails.count && !err; row++) {
		uint64_t tail, end, head = heap->address[row];

		if (!kl_map_get(&b.tails, row, &tail) || !kl_map_get(&b.ends, row, &end))
			continue;
		err = mask_slack_of_area(ret, head + tail, head + end);
		if (!err)
			err = mask_frags(&b, head + end);
	}
	return err;
}

struct kl_error *kl_slack_read(struct kl_kernel *k, const struct kl_heap *heap, struct kl_facts *ret)
{
	struct kl_error *err = mask_behind_areas(k, heap, ret);

	return err ? err : mask_socket_buffers(k, heap, ret);
}
