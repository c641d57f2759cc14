/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/sources/kfence.h"

#include "kernel/machine/machine.h"

#define ANOMALY "KFENCE"
#define BOOT_SECONDS UINT64_C(300)       /* before jiffies, as 32 bits, begin at 0: INITIAL_JIFFIES */
#define NANOSECONDS UINT64_C(1000000000) /* in a second */

/* The jiffies at @clock, nanoseconds since the machine started as local_clock() counts them. The two clocks nearly
 * start together. */
static uint64_t jiffies_at(const struct kl_kernel *k, uint64_t clock)
{
	uint64_t jiffies = clock / NANOSECONDS * k->hz + clock % NANOSECONDS * k->hz / NANOSECONDS;

	jiffies += (uint32_t) - (BOOT_SECONDS * k->hz);
	return jiffies < k->jiffies ? jiffies : k->jiffies;
}

/* Who allocated @object: its stack, from the struct kfence_track at @track. */
static struct kl_error *read_track(struct kl_source_reading *r, uint64_t track, struct kl_object *object)
{
	const struct kl_layout_kfence_track *l = &r->k->layouts.kfence_track;
	uint64_t frames[KL_STACK_MAX] = {}, count, pid, clock = 0;
	struct kl_error *err = kl_kernel_read_member(r->k, track, &l->num_stack_entries, &count);
	size_t i;

	if (!err)
		err = kl_kernel_read_member(r->k, track, &l->pid, &pid);
	if (!err && l->ts_nsec.present)
		err = kl_kernel_read_member(r->k, track, &l->ts_nsec, &clock);
	if (!err && (count > l->stack_entries.count || count > KL_STACK_MAX))
		err = kl_error_create(KL_ERROR_CORRUPT, "a stack of too many frames");
	for (i = 0; !err && i < count; i++)
		err = kl_kernel_read_u64(r->k, track + l->stack_entries.offset + 8 * i, &frames[i]);
	if (err)
		return kl_kernel_go_on(r->k, ANOMALY, track, err);
	object->pid = (int32_t)pid;
	if (clock && r->k->hz)
		object->jiffies = jiffies_at(r->k, clock);
	return kl_heap_add_stack(r->heap, frames, count, &object->stack);
}

static struct kl_error *add_guarded_object(struct kl_source_reading *r, const struct kl_slab_caches *caches,
					   const struct kl_kfence_object *o)
{
	const struct kl_layouts *l = &r->k->layouts;
	struct kl_object object = kl_source_object(KLEAK_CLASS_VIRTUAL, o->address, o->size);
	const struct kl_slab_cache *cache;
	struct kl_error *err = NULL;
	uint64_t index;

	object.metadata = o->record;
	if (!kl_map_get(&caches->by_address, o->cache, &index)) {
		object.min_count = 0;
		kl_kernel_anomaly(r->k, ANOMALY, o->record, "an object of no known cache");
		return kl_heap_add(r->heap, &object);
	}
	cache = &caches->list.data[index];
	if (cache->no_leak_trace)
		return NULL;
	if (l->kfence_track.type.present)
		err = read_track(r, o->record + l->kfence_metadata.alloc_track.offset, &object);
	if (object.jiffies != KL_UNKNOWN_JIFFIES)
		r->heap->source.knows |= KL_KNOWS_AGE;
	if (!object.stack)
		object.flags |= KL_OBJECT_NO_STACK;
	if (!err && !object.stack)
		err = kl_heap_add_stack(r->heap, &cache->kind, 1, &object.stack);
	return err ? err : kl_heap_add(r->heap, &object);
}

/* Pages whose record is damaged may hold an object. */
static struct kl_error *add_unknown_page(struct kl_source_reading *r, uint64_t page)
{
	struct kl_object object = kl_source_object(KLEAK_CLASS_VIRTUAL, page, UINT64_C(1) << r->k->page_shift);

	object.metadata = page;
	object.min_count = 0;
	return kl_heap_add(r->heap, &object);
}

struct kl_error *kl_kfence_source_read(struct kl_source_reading *r)
{
	const struct kl_slab_caches *caches;
	const struct kl_kfence *kfence;
	const struct kl_kfence_object *object;
	const uint64_t *page;
	struct kl_error *err = kl_machine_slab_caches(r->k, &caches);

	if (!err)
		err = kl_machine_kfence(r->k, &kfence);
	if (err)
		return err;
	kl_vec_for_each (object, &kfence->list) {
		err = add_guarded_object(r, caches, object);
		if (err)
			return err;
	}
	kl_vec_for_each (page, &kfence->unknown) {
		err = add_unknown_page(r, *page);
		if (err)
			return err;
	}
	return NULL;
}
