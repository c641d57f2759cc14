/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/facts/leftovers.h"

#include "kernel/machine/machine.h"
#include "kernel/machine/percpu.h"

static struct kl_error *add_leftover_mask(struct kl_facts *ret, uint64_t start, uint64_t length, uint16_t traits)
{
	struct kl_mask mask = {.start = start, .end = start + length, .traits = traits};

	return kl_vec_push(&ret->masks, mask) ? NULL : kl_error_nomem();
}

static struct kl_error *mask_own_variable(struct kl_kernel *k, const struct kl_variable *v, struct kl_facts *ret)
{
	return v->present && v->size ? add_leftover_mask(ret, kl_kernel_variable(k, v), v->size, KL_TRAIT_METADATA)
				     : NULL;
}

/* Where the lowest object begins and the highest one ends is no reference to these, or to what follows. */
static struct kl_error *mask_metadata(struct kl_kernel *k, struct kl_facts *ret)
{
	const struct kl_layouts *l = &k->layouts;
	const struct kl_variable *const own[] = {&l->variables.mem_pool, &l->variables.min_addr, &l->variables.max_addr,
						 &l->variables.min_percpu_addr, &l->variables.max_percpu_addr};
	struct kl_error *err = NULL;
	size_t i;

	for (i = 0; i < sizeof(own) / sizeof(*own) && !err; i++)
		err = mask_own_variable(k, own[i], ret);
	return err;
}

/* KFENCE's record of an object names it as long as its page belongs to it. */
static struct kl_error *mask_kfence(struct kl_kernel *k, struct kl_facts *ret)
{
	const struct kl_layout_kfence_metadata *l = &k->layouts.kfence_metadata;
	const struct kl_kfence *kfence;
	struct kl_error *err = kl_machine_kfence(k, &kfence);
	uint64_t i;

	for (i = 0; !err && i < kfence->count; i++)
		err = add_leftover_mask(ret, kfence->records + i * l->type.size + l->addr.offset, l->addr.size,
					KL_TRAIT_METADATA);
	return err;
}

static struct kl_error *mask_member(uint64_t area, const struct kl_member *member, struct kl_facts *ret)
{
	return member->present ? add_leftover_mask(ret, area + member->offset, member->size, KL_TRAIT_VMAP) : NULL;
}

/* A free area still names the vm_struct that it once had, whose slab slot may be another object's by now. Its borders
 * are numbers: kmemleak leaves those out of areas in use, but not out of free ones, whose end is where the next area
 * in use begins. */
static struct kl_error *mask_area(struct kl_kernel *k, uint64_t area, struct kl_facts *ret)
{
	const struct kl_layout_vmap_area *l = &k->layouts.vmap_area;
	struct kl_error *err = mask_member(area, &l->vm, ret);

	if (!err)
		err = mask_member(area, &l->va_start, ret);
	return err ? err : mask_member(area, &l->va_end, ret);
}

/* Of areas in use kmemleak scans all but the borders; who else looks at them has to leave those out himself. */
static struct kl_error *mask_borders(struct kl_kernel *k, const struct kl_vmap_areas *areas, struct kl_facts *ret)
{
	const struct kl_layout_vmap_area *l = &k->layouts.vmap_area;
	struct kl_error *err = NULL;
	const uint64_t *area;

	kl_vec_for_each (area, &areas->in_use) {
		err = mask_member(*area, &l->va_start, ret);
		if (!err)
			err = mask_member(*area, &l->va_end, ret);
		if (err)
			break;
	}
	return err;
}

static struct kl_error *mask_free_areas(struct kl_kernel *k, const struct kl_vmap_areas *areas, struct kl_facts *ret)
{
	struct kl_error *err = NULL;
	const uint64_t *area;

	kl_vec_for_each (area, &areas->free) {
		err = mask_area(k, *area, ret);
		if (err)
			break;
	}
	return err;
}

/* An area that is not in use is free, wherever it is (vmap.h says where areas on no list are). So what the areas' own
 * slab cache holds and no busy list knows is masked, too. */
static struct kl_error *mask_idle_areas(struct kl_kernel *k, const struct kl_heap *heap,
					const struct kl_vmap_areas *areas, struct kl_facts *ret)
{
	const struct kl_index *index = &heap->index[KLEAK_CLASS_VIRTUAL];
	const struct kl_slab_caches *caches;
	struct kl_slab slab = {};
	struct kl_error *err = kl_machine_slab_caches(k, &caches);
	uint64_t unused;
	size_t i;

	for (i = 0; !err && i < index->count; i++) {
		uint64_t area = index->spans[i].start;

		if (heap->size[index->spans[i].object] != k->layouts.vmap_area.type.size ||
		    kl_map_get(&areas->busy, area, &unused))
			continue;
		if (!kl_slab_holds(&slab, area) && !kl_slab_at(caches, area, &slab))
			continue;
		if (slab.cache->address == areas->cache)
			err = mask_area(k, area, ret);
	}
	return err;
}

static struct kl_error *mask_vmap(struct kl_kernel *k, const struct kl_heap *heap, struct kl_facts *ret)
{
	const struct kl_vmap_areas *areas;
	struct kl_error *err = kl_machine_vmap_areas(k, &areas);

	if (!err)
		err = mask_free_areas(k, areas, ret);
	if (!err)
		err = mask_borders(k, areas, ret);
	/* With a damaged list nobody knows that what is on none is idle. */
	return err || !areas->cache || areas->damaged ? err : mask_idle_areas(k, heap, areas, ret);
}

/* ---- per-CPU memory ---- */

static struct kl_error *mask_percpu_copies(struct kl_kernel *k, uint64_t cookie, uint64_t size, struct kl_facts *ret)
{
	struct kl_error *err = NULL;
	const unsigned *cpu;
	uint64_t start;

	kl_vec_for_each (cpu, &k->percpu.cpus) {
		if (!err && kl_percpu_address(k, cookie, *cpu, &start))
			err = add_leftover_mask(ret, start, size, KL_TRAIT_PERCPU_FREE);
	}
	return err;
}

/* Objects that the allocator has back already. free_percpu() tells kmemleak first, so there are none but where memory
 * was freed behind its back or a record is damaged. */
static struct kl_error *mask_percpu(struct kl_kernel *k, const struct kl_heap *heap, struct kl_facts *ret)
{
	const struct kl_index *index = &heap->index[KLEAK_CLASS_PERCPU];
	const struct kl_percpu_chunks *chunks;
	struct kl_error *err = index->count ? kl_machine_percpu_chunks(k, &chunks) : NULL;
	size_t i;

	for (i = 0; i < index->count && !err; i++) {
		uint64_t cookie = index->spans[i].start;

		if (kl_percpu_is_free(chunks, cookie))
			err = mask_percpu_copies(k, cookie, heap->size[index->spans[i].object], ret);
	}
	return err;
}

struct kl_error *kl_leftovers_read(struct kl_kernel *k, const struct kl_heap *heap, struct kl_facts *ret)
{
	struct kl_error *err = mask_metadata(k, ret);

	if (!err)
		err = mask_kfence(k, ret);
	if (!err)
		err = mask_vmap(k, heap, ret);
	return err ? err : mask_percpu(k, heap, ret);
}
