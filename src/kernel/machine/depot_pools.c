/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/machine/depot_pools.h"

#include <inttypes.h>
#include <stdlib.h>

#include "util/bytes.h"

/* 17 bits of pool index are the most that any generation has */
#define MAX_POOLS (1u << 17)
#define RESERVE 1 /* pools */

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

/* The pool that is ready for when the last one is full: until 6.7 in the array, after those in use (@next), then in a
 * variable, where poison says that no more are wanted. */
static void read_reserve_pool(struct kl_kernel *k, struct kl_depot_pools *ret, uint64_t next)
{
	const struct kl_variable *variable = &k->layouts.variables.new_pool;
	struct kl_error *err = NULL;

	if (variable->present)
		err = kl_kernel_read_value(k, variable, 8, &ret->list[ret->known++]);
	else if (next)
		err = kl_kernel_read_u64(k, next, &ret->list[ret->known++]);
	kl_error_destroy(err); /* one that cannot be read holds nothing that could be mistaken */
}

static struct kl_error *read_pools(struct kl_kernel *k, struct kl_depot_pools *ret)
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
	ret->list = calloc(count + RESERVE, sizeof(*ret->list));
	if (!ret->list)
		return kl_error_nomem();
	err = kl_kernel_read(k, array, ret->list, count * sizeof(*ret->list));
	if (err)
		return err;
	for (; ret->used < count; ret->used++)
		ret->list[ret->used] = kl_get_u64(&ret->list[ret->used]);
	ret->known = count;
	read_reserve_pool(k, ret, pools->is_array && count < pools->count ? array + 8 * count : 0);
	return NULL;
}

static bool is_understood(const struct kl_layouts *l)
{
	const struct kl_layout_handle_parts *p = &l->handle_parts;
	const struct kl_layout_stack_record *r = &l->stack_record;

	return p->type.present && p->type.size == 4 && (p->pool_index_plus_1.present || p->pool_index.present) &&
	       p->offset.present && r->type.present && r->handle.size == 4 && l->variables.stack_pools.present;
}

static bool depot_is_disabled(struct kl_kernel *k)
{
	const struct kl_variable *v = &k->layouts.variables.stack_depot_disabled;
	uint64_t disabled = 0;

	if (v->present)
		kl_error_destroy(kl_kernel_read_value(k, v, 1, &disabled));
	return disabled != 0;
}

struct kl_error *kl_depot_pools_read(struct kl_kernel *k, struct kl_depot_pools *ret)
{
	struct kl_error *err;

	*ret = (struct kl_depot_pools){.state = KL_DEPOT_UNSUPPORTED};
	if (!is_understood(&k->layouts))
		return NULL;
	ret->state = depot_is_disabled(k) ? KL_DEPOT_DISABLED : KL_DEPOT_USABLE;
	if (ret->state == KL_DEPOT_DISABLED)
		return NULL;
	err = read_pools(k, ret);
	if (!err)
		return NULL;
	kl_depot_pools_deinit(ret);
	ret->state = KL_DEPOT_MISSING;
	return kl_kernel_go_on(k, "stack depot", 0, kl_error_prepend(err, "stack_pools"));
}

void kl_depot_pools_deinit(struct kl_depot_pools *pools)
{
	free(pools->list);
	*pools = (struct kl_depot_pools){};
}
