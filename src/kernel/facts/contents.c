/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/facts/contents.h"

#include <string.h>

#define ANOMALY "contents"
/* Entries of gfpflag_names[]; there are about forty. */
#define FLAG_NAMES_MAX 256
/* Bits of kmem_cache.flags as macros (.. 6.8): SLAB_POISON, SLAB_TYPESAFE_BY_RCU. */
#define OLD_POISON_BIT 11
#define OLD_TYPESAFE_BIT 19

struct contents {
	struct kl_kernel *k;
	const struct kl_heap *heap;
	struct kl_alloc_stacks *stacks;
	const struct kl_slab_caches *slabs;
	const uint32_t *cache_of;
	uint64_t zero_flag; /* __GFP_ZERO; 0 = unknown */
	uint8_t *honors;    /* per cache: 1 = its objects are erased when the machine is set to */
	struct kl_facts *ret;
};

static void contents_deinit(struct contents *c)
{
	free(c->honors);
}

/* ---- the flag ---- */

/* The kernel's own table for printing flags, in all configurations since 4.6. */
static uint64_t look_up_zero_flag(struct kl_kernel *k)
{
	const struct kl_variable *table = &k->layouts.variables.gfpflag_names;
	uint64_t address = kl_kernel_variable(k, table), entry[2];
	struct kl_error *err = NULL;
	char name[16];
	size_t i;

	for (i = 0; table->present && i < table->size / sizeof(entry) && i < FLAG_NAMES_MAX && !err; i++) {
		err = kl_kernel_read(k, address + i * sizeof(entry), entry, sizeof(entry));
		if (!err && entry[1])
			err = kl_kernel_read_string(k, entry[1], name, sizeof(name));
		if (!err && entry[1] && !strcmp(name, "__GFP_ZERO"))
			return entry[0];
	}
	if (err)
		kl_kernel_anomaly_error(k, ANOMALY, address, kl_error_prepend(err, "gfpflag_names"));
	return 0;
}

static uint64_t find_zero_flag(struct kl_kernel *k)
{
	const struct kl_enumerator *bit = &k->layouts.enumerators.___GFP_ZERO_BIT;
	uint64_t flag;

	if (bit->present && bit->value < 64)
		return UINT64_C(1) << bit->value;
	flag = look_up_zero_flag(k);
	return flag & (flag - 1) ? 0 : flag;
}

/* ---- the machine's settings ---- */

/* A static key counts who wants it on; -1 while the first one does. */
static bool is_on(struct kl_kernel *k, const struct kl_variable *key)
{
	uint64_t enabled = 0;
	struct kl_error *err = key->present ? kl_kernel_read_value(k, key, 4, &enabled) : NULL;

	if (err)
		kl_kernel_anomaly_error(k, ANOMALY, kl_kernel_variable(k, key), err);
	return !err && (uint32_t)enabled;
}

static uint64_t flag_at(const struct kl_enumerator *bit, unsigned old_bit)
{
	return UINT64_C(1) << (bit->present && bit->value < 64 ? bit->value : old_bit);
}

/* Objects with a constructor are not erased, as it would undo that; nor are those that a reader under RCU may still
 * look at, and poisoned ones. One whose constructor cannot be read counts as having one. */
static bool honors_settings(struct kl_kernel *k, const struct kl_slab_cache *cache)
{
	const struct kl_member *ctor = &k->layouts.kmem_cache.ctor;
	uint64_t function = 1, exempt;
	struct kl_error *err;

	exempt = flag_at(&k->layouts.enumerators._SLAB_POISON, OLD_POISON_BIT) |
		 flag_at(&k->layouts.enumerators._SLAB_TYPESAFE_BY_RCU, OLD_TYPESAFE_BIT);
	err = kl_kernel_read_member(k, cache->address, ctor, &function);
	kl_error_destroy(err);
	return !err && !function && !(cache->flags & exempt);
}

static struct kl_error *read_settings(struct contents *c)
{
	const struct kl_variable *key = &c->k->layouts.symbols.init_on_alloc;
	struct kl_erasure *erasure = &c->ret->erasure;
	size_t i;

	c->zero_flag = find_zero_flag(c->k);
	erasure->flag_known = c->zero_flag != 0;
	erasure->known = key->present;
	erasure->on_alloc = is_on(c->k, key);
	erasure->on_free = is_on(c->k, &c->k->layouts.symbols.init_on_free);
	c->honors = calloc(c->slabs->list.count + 1, 1);
	if (!c->honors)
		return kl_error_nomem();
	for (i = 0; i < c->slabs->list.count && (erasure->on_alloc || erasure->on_free); i++)
		c->honors[i] = honors_settings(c->k, &c->slabs->list.data[i]);
	return NULL;
}

/* ---- objects ---- */

static bool erased_by_setting(const struct contents *c, uint32_t row, const struct kl_alloc_origin *origin)
{
	if (!c->ret->erasure.on_alloc && !c->ret->erasure.on_free)
		return false;
	if (c->cache_of[row])
		return c->honors[c->cache_of[row] - 1];
	return origin->allocator == KL_ALLOCATOR_SIZE || origin->allocator == KL_ALLOCATOR_AREA;
}

static bool erased_by_call(const struct contents *c, const struct kl_alloc_origin *origin)
{
	return origin->zeroes || (origin->flags & c->zero_flag) || origin->allocator == KL_ALLOCATOR_PERCPU;
}

static bool mask_slack(struct contents *c, uint32_t row)
{
	uint64_t start = c->heap->address[row];
	struct kl_mask mask = {.start = start + (c->ret->requested[row] + 7) / 8 * 8,
			       .end = start + c->heap->size[row],
			       .traits = KL_TRAIT_SLACK};

	return c->ret->zeroed[row] || mask.start >= mask.end || kl_vec_push(&c->ret->masks, mask);
}

static struct kl_error *look_at_object(struct contents *c, uint32_t row)
{
	bool by_setting, by_call;
	struct kl_alloc_origin origin;
	struct kl_error *err = kl_alloc_stacks_find(c->stacks, c->heap->stack[row], &origin);

	if (err || c->heap->class_[row] == KLEAK_CLASS_PHYSICAL)
		return err;
	by_call = erased_by_call(c, &origin) || c->heap->class_[row] == KLEAK_CLASS_PERCPU;
	by_setting = !by_call && erased_by_setting(c, row, &origin);
	c->ret->zeroed[row] = by_call || by_setting;
	c->ret->erasure.by_call += by_call;
	c->ret->erasure.by_setting += by_setting;
	if (origin.allocator != KL_ALLOCATOR_SIZE || !origin.call)
		return NULL;
	if (!c->cache_of[row]) {
		/* kmemleak notes how many bytes a large one was allocated with, and does not hear of krealloc() */
		c->ret->requested[row] = origin.call->growth == KL_GROWTH_RESIZES ? 0 : c->heap->size[row];
		return NULL;
	}
	if (origin.call->growth || !origin.call->size || origin.call->size > c->heap->size[row])
		return NULL;
	c->ret->requested[row] = origin.call->size;
	return mask_slack(c, row) ? NULL : kl_error_nomem();
}

struct kl_error *kl_contents_read(struct kl_alloc_stacks *stacks, const struct kl_slab_caches *slabs,
				  const uint32_t *cache_of, struct kl_facts *ret)
{
	_cleanup_(contents_deinit) struct contents c = {.k = stacks->k,
							.heap = stacks->heap,
							.stacks = stacks,
							.slabs = slabs,
							.cache_of = cache_of,
							.ret = ret};
	struct kl_error *err = read_settings(&c);
	uint32_t row;

	if (err)
		return err;
	ret->zeroed = calloc(c.heap->rows + 1, sizeof(*ret->zeroed));
	ret->requested = calloc(c.heap->rows + 1, sizeof(*ret->requested));
	if (!ret->zeroed || !ret->requested)
		return kl_error_nomem();
	for (row = 0; row < c.heap->rows && !err; row++)
		err = look_at_object(&c, row);
	return err;
}
