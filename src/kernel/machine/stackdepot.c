/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/machine/stackdepot.h"

#include <inttypes.h>

#include "kernel/machine/machine.h"
#include "util/bytes.h"

/* DEPOT_STACK_ALIGN: records begin at multiples of 16 bytes, in every generation */
#define RECORD_SHIFT 4

const char *kl_stackdepot_result_text(enum kl_stackdepot_result result)
{
	static const char *const texts[] = {
		[KL_STACKDEPOT_FOUND] = "found",
		[KL_STACKDEPOT_NONE] = "no stack was stored",
		[KL_STACKDEPOT_UNSUPPORTED] = "this kernel's stack depot is not understood",
		[KL_STACKDEPOT_DISABLED] = "the stack depot was disabled",
		[KL_STACKDEPOT_RANGE] = "the handle points behind the depot",
		[KL_STACKDEPOT_MISSING] = "its page is not in the dump",
		[KL_STACKDEPOT_EVICTED] = "the stack was evicted from the depot",
		[KL_STACKDEPOT_DAMAGED] = "the depot's record is damaged",
	};

	return texts[result];
}

struct parts {
	uint64_t pool, offset;
	uint32_t identity; /* the handle as its record repeats it: extra bits are zero */
};

static uint32_t bits_of(const struct kl_member *m)
{
	uint64_t mask = m->bit_size ? (UINT64_C(1) << m->bit_size) - 1 : 0;

	return m->present && m->offset < 4 ? (uint32_t)(mask << (m->bit_offset + 8 * m->offset)) : 0;
}

static bool decode_handle(const struct kl_layout_handle_parts *l, uint32_t handle, struct parts *ret)
{
	uint8_t raw[16] = {0};

	for (size_t i = 0; i < 4; i++)
		raw[i] = handle >> (8 * i) & 0xff;
	ret->offset = kl_member_get(&l->offset, raw) << RECORD_SHIFT;
	ret->identity = handle & ~bits_of(&l->extra);
	if (!l->pool_index_plus_1.present) {
		ret->pool = kl_member_get(&l->pool_index, raw);
		return true;
	}
	ret->pool = kl_member_get(&l->pool_index_plus_1, raw);
	return ret->pool-- != 0;
}

static enum kl_stackdepot_result read_record(struct kl_kernel *k, uint64_t address, uint32_t identity,
					     uint64_t frames[KL_STACKDEPOT_FRAMES], size_t *n)
{
	const struct kl_layout_stack_record *l = &k->layouts.stack_record;
	uint64_t own_handle, count = 1, size;
	struct kl_error *err;

	err = kl_kernel_read_member(k, address, &l->handle, &own_handle);
	if (!err && l->count.present)
		err = kl_kernel_read_member(k, address, &l->count, &count);
	if (!err)
		err = kl_kernel_read_member(k, address, &l->size, &size);
	if (err) {
		kl_kernel_anomaly_error(k, "stack depot", address, err);
		return KL_STACKDEPOT_MISSING;
	}
	if (own_handle != identity)
		return KL_STACKDEPOT_DAMAGED;
	if (!count)
		return KL_STACKDEPOT_EVICTED;
	if (size == 0 || size > KL_STACKDEPOT_FRAMES)
		return KL_STACKDEPOT_DAMAGED;
	err = kl_kernel_read(k, address + l->entries.offset, frames, size * 8);
	if (err) {
		kl_kernel_anomaly_error(k, "stack depot", address, err);
		return KL_STACKDEPOT_MISSING;
	}
	for (size_t i = 0; i < size; i++)
		frames[i] = kl_get_u64(&frames[i]);
	*n = size;
	return KL_STACKDEPOT_FOUND;
}

static enum kl_stackdepot_result fetch_from(struct kl_kernel *k, const struct kl_depot_pools *pools, uint64_t index,
					    const struct parts *p, uint64_t frames[KL_STACKDEPOT_FRAMES], size_t *n)
{
	if (index >= pools->used || !pools->list[index])
		return KL_STACKDEPOT_RANGE;
	return read_record(k, pools->list[index] + p->offset, p->identity, frames, n);
}

/* In the 6.9 release candidates the index already counted from 1, under its old name: there the record of the pool
 * before carries the handle. */
static enum kl_stackdepot_result fetch_parts(struct kl_kernel *k, const struct kl_depot_pools *pools,
					     const struct parts *p, uint64_t frames[KL_STACKDEPOT_FRAMES], size_t *n)
{
	enum kl_stackdepot_result result = fetch_from(k, pools, p->pool, p, frames, n);

	if ((result == KL_STACKDEPOT_RANGE || result == KL_STACKDEPOT_DAMAGED) &&
	    !k->layouts.handle_parts.pool_index_plus_1.present && p->pool &&
	    fetch_from(k, pools, p->pool - 1, p, frames, n) == KL_STACKDEPOT_FOUND)
		return KL_STACKDEPOT_FOUND;
	return result;
}

enum kl_stackdepot_result kl_stackdepot_fetch(struct kl_kernel *k, uint32_t handle,
					      uint64_t frames[KL_STACKDEPOT_FRAMES], size_t *n)
{
	static const enum kl_stackdepot_result unusable[] = {
		[KL_DEPOT_UNSUPPORTED] = KL_STACKDEPOT_UNSUPPORTED,
		[KL_DEPOT_DISABLED] = KL_STACKDEPOT_DISABLED,
		[KL_DEPOT_MISSING] = KL_STACKDEPOT_MISSING,
	};
	enum kl_stackdepot_result result = KL_STACKDEPOT_RANGE;
	const struct kl_depot_pools *pools;
	struct kl_error *err;
	struct parts p;

	*n = 0;
	if (!handle)
		return KL_STACKDEPOT_NONE;
	err = kl_machine_depot_pools(k, &pools);
	if (err) {
		kl_error_destroy(err);
		return KL_STACKDEPOT_UNSUPPORTED;
	}
	if (pools->state != KL_DEPOT_USABLE)
		return unusable[pools->state];
	if (decode_handle(&k->layouts.handle_parts, handle, &p))
		result = fetch_parts(k, pools, &p, frames, n);
	if (result == KL_STACKDEPOT_RANGE || result == KL_STACKDEPOT_DAMAGED)
		kl_kernel_anomaly(k, "stack depot", 0, "handle %#" PRIx32 ": %s", handle,
				  kl_stackdepot_result_text(result));
	return result;
}

const uint64_t *kl_stackdepot_pools(struct kl_kernel *k, size_t *n, uint64_t *size)
{
	const struct kl_depot_pools *pools;
	struct kl_error *err = kl_machine_depot_pools(k, &pools);

	kl_error_destroy(err);
	if (err || pools->state != KL_DEPOT_USABLE)
		return NULL;
	*n = pools->known;
	/* An offset names any record of a pool. */
	*size = UINT64_C(1) << (k->layouts.handle_parts.offset.bit_size + RECORD_SHIFT);
	return pools->list;
}
