/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/sources/slab.h"

#include <inttypes.h>

#include "kernel/machine/compound.h"
#include "kernel/machine/machine.h"
#include "kernel/machine/slab_free.h"
#include "kernel/sources/track.h"

#define ANOMALY "slab"
/* Freelists that are asked how they are encoded: any one tells, unless it is damaged. */
#define VOTES 100

/* What became of one cache. */
struct cache_sum {
	uint64_t damaged; /* slabs */
	bool grey;        /* its objects are never reported */
};

struct slab_reader {
	struct kl_source_reading *r;
	const struct kl_slab_caches *caches;
	struct kl_slab_free free;
	KL_VEC(struct kl_slab) slabs;
	KL_VEC(struct kl_slab) damaged;
	struct cache_sum *sums; /* parallel to caches->list */
	struct kl_source_stacks stacks;
	struct kl_map held; /* addresses that slabs themselves hold: SLAB's arrays, where they are objects -> 1 */
	uint8_t *is_free;
	size_t first_row; /* of the slabs' objects, which follow each other slab by slab */
};

static void slab_reader_deinit(struct slab_reader *s)
{
	kl_slab_free_deinit(&s->free);
	kl_source_stacks_deinit(&s->stacks);
	kl_vec_deinit(&s->slabs);
	kl_vec_deinit(&s->damaged);
	kl_map_deinit(&s->held);
	free(s->sums);
	free(s->is_free);
}

static struct cache_sum *sum_of(const struct slab_reader *s, const struct kl_slab_cache *cache)
{
	return &s->sums[cache - s->caches->list.data];
}

/* ---- which pages are slabs ---- */

/* Memory of which nothing is known but that it is in use. */
static struct kl_error *add_unknown(struct slab_reader *s, const struct kl_compound *c)
{
	unsigned shift = s->r->k->page_shift;
	struct kl_object object =
		kl_source_object(KLEAK_CLASS_VIRTUAL, s->caches->direct_map + (c->frame << shift), c->pages << shift);

	object.metadata = c->page;
	object.min_count = 0;
	return kl_heap_add(s->r->heap, &object);
}

static struct kl_error *find_slab(void *context, const struct kl_compound *c)
{
	struct slab_reader *s = context;
	struct kl_slab slab;
	struct kl_error *err;

	if (!kl_slab_is(s->caches, c->raw) ||
	    kl_kfence_holds(s->caches->kfence, s->caches->direct_map + (c->frame << s->r->k->page_shift)))
		return NULL;
	if (!kl_slab_decode(s->caches, c->frame, c->page, c->raw, &slab))
		return add_unknown(s, c);
	if (slab.cache->no_leak_trace)
		return NULL;
	if (slab.end > s->caches->direct_map + ((c->frame + c->pages) << s->r->k->page_shift)) {
		kl_kernel_anomaly(s->r->k, ANOMALY, c->page, "cache %s: a slab that ends behind its pages",
				  slab.cache->name);
		return add_unknown(s, c);
	}
	if (slab.cache->index_size && !kl_map_put(&s->held, slab.freelist, 1))
		return kl_error_nomem();
	err = s->slabs.count % 256 ? NULL : kl_progress_tick(s->r->progress, "finding slabs", s->slabs.count, 0);
	return err || kl_vec_push(&s->slabs, slab) ? err : kl_error_nomem();
}

/* ---- which objects are free ---- */

static void vote(struct slab_reader *s)
{
	const struct kl_slab *slab;
	int votes = 0, sum = 0;

	if (!s->r->k->layouts.kmem_cache.random.present)
		return;
	kl_vec_for_each (slab, &s->slabs) {
		int one = votes < VOTES ? kl_slab_free_vote(&s->free, slab) : 0;

		sum += one;
		votes += one != 0;
	}
	s->free.swaps = sum >= 0;
}

static struct kl_error *add_slab_object(struct slab_reader *s, const struct kl_slab *slab, uint32_t index, bool grey)
{
	struct kl_object object =
		kl_source_object(KLEAK_CLASS_VIRTUAL, kl_slab_object(slab, index), slab->cache->object_size);
	struct kl_error *err;
	uint64_t unused;

	object.metadata = slab->page;
	object.min_count = grey || kl_map_get(&s->held, object.address, &unused) ? 0 : 1;
	err = kl_track_read(&s->stacks, slab->cache, &object);
	if (!object.stack)
		object.flags |= KL_OBJECT_NO_STACK;
	if (!err && !object.stack)
		err = kl_heap_add_stack(s->r->heap, &slab->cache->kind, 1, &object.stack);
	if (object.jiffies != KL_UNKNOWN_JIFFIES)
		s->r->heap->source.knows |= KL_KNOWS_AGE;
	if (!(object.flags & KL_OBJECT_NO_STACK))
		s->r->heap->source.knows |= KL_KNOWS_STACK;
	return err ? err : kl_heap_add(s->r->heap, &object);
}

static struct kl_error *add_objects_of_slab(struct slab_reader *s, const struct kl_slab *slab)
{
	struct kl_error *err = NULL;
	const char *why;
	uint32_t i;

	if (!kl_slab_free_mark(&s->free, slab, s->is_free, &why)) {
		sum_of(s, slab->cache)->damaged++;
		kl_kernel_anomaly(s->r->k, ANOMALY, slab->page, "cache %s: %s", slab->cache->name, why);
		memset(s->is_free, 0, slab->objects);
		return kl_vec_push(&s->damaged, *slab) ? NULL : kl_error_nomem();
	}
	for (i = 0; i < slab->objects && !err; i++) {
		if (!s->is_free[i])
			err = add_slab_object(s, slab, i, false);
	}
	return err;
}

/* ---- what is not known ---- */

/* Each CPU may have been stopped in the middle of one slab. More than that is not torn but wrong, and what looks right
 * in the cache's other slabs may be wrong as well. */
static void find_grey_caches(struct slab_reader *s)
{
	const struct kl_slab_cache *cache;
	uint64_t unused;

	kl_vec_for_each (cache, &s->caches->list) {
		struct cache_sum *sum = sum_of(s, cache);

		sum->grey = sum->damaged > s->r->k->percpu.cpus.count ||
			    kl_map_get(&s->free.damaged, cache->address, &unused);
		if (sum->grey)
			kl_kernel_anomaly(s->r->k, ANOMALY, cache->address,
					  "cache %s: which of its objects are free is not certain: none is reported",
					  cache->name);
	}
}

static void paint_grey_caches(struct slab_reader *s)
{
	struct kl_heap *heap = s->r->heap;
	const struct kl_slab *slab;
	size_t row = s->first_row;

	kl_vec_for_each (slab, &s->slabs) {
		for (; row < heap->rows && kl_slab_holds(slab, heap->address[row]); row++) {
			if (sum_of(s, slab->cache)->grey)
				heap->min_count[row] = 0;
		}
	}
}

static struct kl_error *add_damaged_slabs(struct slab_reader *s)
{
	const struct kl_slab *slab;
	struct kl_error *err = NULL;
	uint32_t i;

	kl_vec_for_each (slab, &s->damaged) {
		for (i = 0; i < slab->objects && !err; i++)
			err = add_slab_object(s, slab, i, true);
	}
	return err;
}

static struct kl_error *read_slabs(struct slab_reader *s)
{
	const struct kl_memmap *memory;
	struct kl_waiting *waiting;
	const struct kl_sheaves *sheaves;
	const struct kl_slab *slab;
	struct kl_error *err = kl_machine_memmap(s->r->k, &memory);

	if (!err)
		err = kl_machine_sheaves(s->r->k, &sheaves);
	if (!err)
		err = kl_machine_waiting(s->r->k, &waiting);
	if (!err)
		err = kl_slab_free_read(s->r->k, s->caches, sheaves, waiting, &s->free);
	if (!err)
		err = kl_compounds_visit(s->r->k, memory, find_slab, s);
	if (err)
		return err;
	vote(s);
	s->first_row = s->r->heap->rows;
	kl_vec_for_each (slab, &s->slabs) {
		err = add_objects_of_slab(s, slab);
		if (err)
			return err;
	}
	find_grey_caches(s);
	paint_grey_caches(s);
	return add_damaged_slabs(s);
}

struct kl_error *kl_slab_source_read(struct kl_source_reading *r)
{
	_cleanup_(slab_reader_deinit) struct slab_reader s = {.r = r, .stacks = {.k = r->k, .heap = r->heap}};
	struct kl_error *err = kl_machine_slab_caches(r->k, &s.caches);

	if (err || !s.caches->list.count || !s.caches->has_direct_map)
		return err;
	s.sums = calloc(s.caches->list.count, sizeof(*s.sums));
	s.is_free = malloc(KL_SLAB_OBJECTS_MAX);
	return s.sums && s.is_free ? read_slabs(&s) : kl_error_nomem();
}

bool kl_slab_source_can(const struct kl_kernel *k)
{
	return k->layouts.variables.slab_caches.present && k->layouts.slab.slab_cache.present && kl_slab_free_known(k);
}
