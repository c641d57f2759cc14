/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/machine/stackdepot.h"

#include <inttypes.h>
#include <string.h>

#include "util/bytes.h"

/* DEPOT_STACK_ALIGN: records begin at multiples of 16 bytes, in every generation */
#define RECORD_SHIFT 4
#define RECORD_HEADER_MAX 128
/* 17 bits of pool index are the most that any generation has */
#define MAX_POOLS (1u << 17)
#define RESERVE 1 /* pools */

struct kl_stackdepot {
	enum kl_stackdepot_result state; /* FOUND: usable */
	uint64_t *pools;
	size_t n_pools; /* in use */
	size_t n_known; /* with those in reserve, behind them */
};

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

/* ---- pools ------------------------------------------------------------------------------------------------------- */

/* How many pools are in use: pools_num counts them (6.8), before that the index of the last one was kept. */
static struct kl_error *count_pools(struct kl_kernel *k, uint64_t *ret)
{
	struct kl_error *err;

	if (k->layouts.variables.pools_num.present) {
		err = kl_kernel_read_value(k, &k->layouts.variables.pools_num, 4, ret);
	} else if (k->layouts.variables.pool_index.present) {
		err = kl_kernel_read_value(k, &k->layouts.variables.pool_index, 4, ret);
		*ret += !err;
	} else {
		*ret = k->layouts.variables.stack_pools.count;
		err = NULL;
	}
	if (!err && *ret > MAX_POOLS)
		return kl_error_create(KL_ERROR_CORRUPT, "%" PRIu64 " pools", *ret);
	return err;
}

/* The pool that is ready for when the last one is full: until 6.7 in the array, behind those in use (@next), then in a
 * variable, where poison says that no more are wanted. */
static void add_reserve(struct kl_kernel *k, struct kl_stackdepot *d, uint64_t next)
{
	const struct kl_variable *variable = &k->layouts.variables.new_pool;
	struct kl_error *err = NULL;

	if (variable->present)
		err = kl_kernel_read_value(k, variable, 8, &d->pools[d->n_known++]);
	else if (next)
		err = kl_kernel_read_u64(k, next, &d->pools[d->n_known++]);
	kl_error_destroy(err); /* one that cannot be read holds nothing that could be mistaken */
}

static struct kl_error *read_pools(struct kl_kernel *k, struct kl_stackdepot *d)
{
	const struct kl_variable *pools = &k->layouts.variables.stack_pools;
	uint64_t array = kl_kernel_variable(k, pools), count = 0;
	struct kl_error *err;

	err = count_pools(k, &count);
	/* an array until 7.2, then a pointer to one */
	if (!err && pools->is_pointer)
		err = kl_kernel_read_u64(k, array, &array);
	if (err)
		return err;
	if (pools->is_array && count > pools->count)
		count = pools->count;
	d->pools = calloc(count + RESERVE, sizeof(*d->pools));
	if (!d->pools)
		return kl_error_nomem();
	err = kl_kernel_read(k, array, d->pools, count * sizeof(*d->pools));
	if (err)
		return err;
	for (; d->n_pools < count; d->n_pools++)
		d->pools[d->n_pools] = kl_get_u64(&d->pools[d->n_pools]);
	d->n_known = count;
	add_reserve(k, d, pools->is_array && count < pools->count ? array + 8 * count : 0);
	return NULL;
}

/* What is read of a record before its frames lies before them. */
static bool in_header(const struct kl_layout_stack_record *l, const struct kl_member *m)
{
	return !m->present || m->offset + m->size <= l->entries.offset;
}

static bool understood(const struct kl_layouts *l)
{
	const struct kl_layout_handle_parts *p = &l->handle_parts;
	const struct kl_layout_stack_record *r = &l->stack_record;

	return p->type.present && p->type.size == 4 && (p->pool_index_plus_1.present || p->pool_index.present) &&
	       p->offset.present && r->type.present && r->entries.offset <= RECORD_HEADER_MAX &&
	       in_header(r, &r->handle) && in_header(r, &r->size) && in_header(r, &r->count) && r->handle.size == 4 &&
	       l->variables.stack_pools.present;
}

static bool is_disabled(struct kl_kernel *k)
{
	const struct kl_variable *v = &k->layouts.variables.stack_depot_disabled;
	uint64_t disabled = 0;

	if (v->present)
		kl_error_destroy(kl_kernel_read_value(k, v, 1, &disabled));
	return disabled != 0;
}

static struct kl_stackdepot *depot(struct kl_kernel *k)
{
	struct kl_stackdepot *d = k->stackdepot;
	struct kl_error *err;

	if (d)
		return d;
	d = k->stackdepot = calloc(1, sizeof(*d));
	if (!d)
		return NULL;
	if (!understood(&k->layouts)) {
		d->state = KL_STACKDEPOT_UNSUPPORTED;
	} else if (is_disabled(k)) {
		d->state = KL_STACKDEPOT_DISABLED;
	} else {
		err = read_pools(k, d);
		d->state = err ? KL_STACKDEPOT_MISSING : KL_STACKDEPOT_FOUND;
		kl_kernel_anomaly_error(k, "stack depot", 0, kl_error_prepend(err, "stack_pools"));
	}
	return d;
}

const uint64_t *kl_stackdepot_pools(struct kl_kernel *k, size_t *n, uint64_t *size)
{
	const struct kl_stackdepot *d = depot(k);

	if (!d || d->state != KL_STACKDEPOT_FOUND)
		return NULL;
	*n = d->n_known;
	/* An offset names any record of a pool. */
	*size = UINT64_C(1) << (k->layouts.handle_parts.offset.bit_size + RECORD_SHIFT);
	return d->pools;
}

void kl_stackdepot_destroy(struct kl_stackdepot *d)
{
	if (!d)
		return;
	free(d->pools);
	free(d);
}

/* ---- records ----------------------------------------------------------------------------------------------------- */

struct parts {
	uint64_t pool, offset;
	uint32_t identity; /* the handle as its record repeats it: extra bits are zero */
};

static uint32_t bits_of(const struct kl_member *m)
{
	uint64_t mask = m->bit_size ? (UINT64_C(1) << m->bit_size) - 1 : 0;

	return m->present && m->offset < 4 ? (uint32_t)(mask << (m->bit_offset + 8 * m->offset)) : 0;
}

static bool decode(const struct kl_layout_handle_parts *l, uint32_t handle, struct parts *ret)
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
	uint8_t header[RECORD_HEADER_MAX] = {0};
	struct kl_error *err;
	uint64_t size;

	err = kl_kernel_read(k, address, header, l->entries.offset);
	if (err) {
		kl_kernel_anomaly_error(k, "stack depot", address, err);
		return KL_STACKDEPOT_MISSING;
	}
	if (kl_get_u32(header + l->handle.offset) != identity)
		return KL_STACKDEPOT_DAMAGED;
	if (l->count.present && kl_member_get(&l->count, header) == 0)
		return KL_STACKDEPOT_EVICTED;
	size = kl_member_get(&l->size, header);
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

static enum kl_stackdepot_result fetch_from(struct kl_kernel *k, uint64_t pool, const struct parts *p,
					    uint64_t frames[KL_STACKDEPOT_FRAMES], size_t *n)
{
	const struct kl_stackdepot *d = k->stackdepot;

	if (pool >= d->n_pools || !d->pools[pool])
		return KL_STACKDEPOT_RANGE;
	return read_record(k, d->pools[pool] + p->offset, p->identity, frames, n);
}

/* In the 6.9 release candidates the index already counted from 1, under its old name: there the record of the pool
 * before carries the handle. */
static enum kl_stackdepot_result fetch_parts(struct kl_kernel *k, const struct parts *p,
					     uint64_t frames[KL_STACKDEPOT_FRAMES], size_t *n)
{
	enum kl_stackdepot_result result = fetch_from(k, p->pool, p, frames, n);

	if ((result == KL_STACKDEPOT_RANGE || result == KL_STACKDEPOT_DAMAGED) &&
	    !k->layouts.handle_parts.pool_index_plus_1.present && p->pool &&
	    fetch_from(k, p->pool - 1, p, frames, n) == KL_STACKDEPOT_FOUND)
		return KL_STACKDEPOT_FOUND;
	return result;
}

enum kl_stackdepot_result kl_stackdepot_fetch(struct kl_kernel *k, uint32_t handle,
					      uint64_t frames[KL_STACKDEPOT_FRAMES], size_t *n)
{
	const struct kl_stackdepot *d = depot(k);
	enum kl_stackdepot_result result = KL_STACKDEPOT_RANGE;
	struct parts p;

	*n = 0;
	if (!handle)
		return KL_STACKDEPOT_NONE;
	if (!d || d->state != KL_STACKDEPOT_FOUND)
		return d ? d->state : KL_STACKDEPOT_UNSUPPORTED;
	if (decode(&k->layouts.handle_parts, handle, &p))
		result = fetch_parts(k, &p, frames, n);
	if (result == KL_STACKDEPOT_RANGE || result == KL_STACKDEPOT_DAMAGED)
		kl_kernel_anomaly(k, "stack depot", 0, "handle %#" PRIx32 ": %s", handle,
				  kl_stackdepot_result_text(result));
	return result;
}
