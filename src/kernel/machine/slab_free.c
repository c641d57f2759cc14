/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/machine/slab_free.h"

#include <inttypes.h>

#include "kernel/machine/percpu.h"
#include "util/bytes.h"

#define ANOMALY "slab"
#define SHEAF_MAX 65536     /* objects; the kernel's own bound is far lower */
#define CHAIN_MAX (1 << 20) /* none of a real kernel is near: ends one that runs in a circle */
/* A CPU that takes a slab, or gives it back, has its free objects in registers for a moment: up to 6.19 the slab is
 * frozen meanwhile and belongs to nobody. Since 7.0 the flag says that the kernel itself found the slab damaged. */
#define FROZEN "a frozen slab that no CPU has: a CPU was stopped while it took it or gave it back, or it is damaged"

bool kl_slab_free_known(const struct kl_kernel *k)
{
	const struct kl_layout_slab *l = &k->layouts.slab;

	if (kl_slab_has_arrays(k))
		return l->freelist.present;
	return l->freelist.present && l->inuse.present && l->objects.present && k->layouts.kmem_cache.offset.present;
}

/* ---- chains ---- */

/* The object of @slab that begins at @address; false when none does. */
static bool find_object(const struct kl_slab *slab, uint64_t address, uint32_t *ret)
{
	uint64_t offset = address - slab->start - slab->cache->left_pad, index = offset / slab->cache->size;

	*ret = (uint32_t)index;
	return address >= slab->start && offset % slab->cache->size == 0 && index < slab->objects;
}

/* What follows the free object at @address. */
static struct kl_error *read_next_free(const struct kl_slab_free *f, const struct kl_slab_cache *cache,
				       uint64_t address, bool swaps, uint64_t *ret)
{
	uint64_t at = address + cache->free_offset;
	struct kl_error *err = kl_kernel_read_u64(f->k, at, ret);

	if (err)
		return err;
	if (f->k->layouts.kmem_cache.random.present)
		*ret ^= cache->random ^ (swaps ? __builtin_bswap64(at) : at);
	if (*ret)
		*ret = kl_untag(f->k, *ret);
	return NULL;
}

/* Marks the chain that begins with @first, @length objects. NULL when it is right, or what is wrong with it. */
static const char *mark_chain(const struct kl_slab_free *f, const struct kl_slab *slab, uint64_t first, bool swaps,
			      uint8_t *is_free, uint32_t *length)
{
	uint64_t address = first;
	uint32_t index;

	for (*length = 0; address; (*length)++) {
		struct kl_error *err;

		if (!find_object(slab, address, &index))
			return "a freelist that leaves its slab";
		if (is_free[index])
			return "an object that is free twice";
		is_free[index] = 1;
		err = read_next_free(f, slab->cache, address, swaps, &address);
		if (err) {
			kl_error_destroy(err);
			return "a freelist that is not in the dump";
		}
	}
	return NULL;
}

int kl_slab_free_vote(struct kl_slab_free *f, const struct kl_slab *slab)
{
	_cleanup_free_ uint8_t *is_free = calloc(2, slab->objects);
	uint32_t plain = 0, swapped = 0;
	bool plain_fits, swapped_fits;

	if (!is_free || !slab->freelist)
		return 0;
	plain_fits =
		!mark_chain(f, slab, slab->freelist, false, is_free, &plain) && plain == slab->objects - slab->inuse;
	swapped_fits = !mark_chain(f, slab, slab->freelist, true, is_free + slab->objects, &swapped) &&
		       swapped == slab->objects - slab->inuse;
	return swapped_fits - plain_fits;
}

/* SLAB: the slab's array has the indices of its free objects, from number `inuse` on. */
static const char *mark_indices(const struct kl_slab_free *f, const struct kl_slab *slab, uint8_t *is_free)
{
	uint32_t size = slab->cache->index_size, i;
	uint8_t raw[8];

	if (size != 1 && size != 2 && size != 4)
		return "an array of free objects of no known shape";
	for (i = slab->inuse; i < slab->objects; i++) {
		uint64_t index;

		if (kl_kernel_read_partial(f->k, slab->freelist + (uint64_t)i * size, raw, size) != size)
			return "an array of free objects that is not in the dump";
		index = kl_get_uint(raw, size);
		if (index >= slab->objects)
			return "an array of free objects that leaves its slab";
		if (is_free[index])
			return "an object that is free twice";
		is_free[index] = 1;
	}
	return NULL;
}

bool kl_slab_free_mark(struct kl_slab_free *f, const struct kl_slab *slab, uint8_t *is_free, const char **why)
{
	uint64_t taken = 0, unused;
	uint32_t length, i;

	memset(is_free, 0, slab->objects);
	if (kl_slab_has_arrays(f->k)) {
		*why = mark_indices(f, slab, is_free);
		length = slab->objects - slab->inuse;
	} else {
		*why = mark_chain(f, slab, slab->freelist, f->swaps, is_free, &length);
	}
	if (!*why && length != slab->objects - slab->inuse)
		*why = "a freelist of another length than its slab says";
	if (!*why && !kl_map_get(&f->cpu_lists, slab->page, &taken) && slab->frozen)
		*why = FROZEN;
	if (!*why && taken)
		*why = mark_chain(f, slab, taken, f->swaps, is_free, &length);
	for (i = 0; i < slab->objects && !*why; i++) {
		if (!kl_map_get(&f->elsewhere, kl_slab_object(slab, i), &unused))
			continue;
		if (is_free[i])
			*why = "an object that is free twice";
		is_free[i] = 1;
	}
	return !*why;
}

/* ---- what CPUs and sheaves hold ---- */

static struct kl_error *note_damaged(struct kl_slab_free *f, const struct kl_slab_cache *cache)
{
	return kl_map_put(&f->damaged, cache->address, 1) ? NULL : kl_error_nomem();
}

/* The slab that one CPU allocates from. */
static struct kl_error *read_cpu_list(struct kl_slab_free *f, const struct kl_slab_cache *cache, uint64_t address)
{
	const struct kl_layout_kmem_cache_cpu *l = &f->k->layouts.kmem_cache_cpu;
	uint64_t first, slab, unused;
	struct kl_error *err = kl_kernel_read_member(f->k, address, &l->freelist, &first);

	if (!err)
		err = kl_kernel_read_member(f->k, address, &l->slab, &slab);
	if (err || (!first && !slab))
		return err;
	if (!slab || kl_map_get(&f->cpu_lists, slab, &unused))
		return kl_error_create(KL_ERROR_CORRUPT,
				       "cache %s: a CPU took objects of a slab that is none, or another CPU's",
				       cache->name);
	return kl_map_put(&f->cpu_lists, slab, first ? kl_untag(f->k, first) : 0) ? NULL : kl_error_nomem();
}

/* Slabs that one CPU keeps for later, frozen up to 6.7. They have their free objects themselves. */
static struct kl_error *read_kept_slabs(struct kl_slab_free *f, const struct kl_slab_cache *cache, uint64_t address)
{
	const struct kl_member *partial = &f->k->layouts.kmem_cache_cpu.partial, *next = &f->k->layouts.slab.next;
	uint64_t slab = 0, unused;
	struct kl_error *err = NULL;

	if (partial->present && next->present)
		err = kl_kernel_read_member(f->k, address, partial, &slab);
	while (!err && slab) {
		if (kl_map_get(&f->cpu_lists, slab, &unused))
			return kl_error_create(KL_ERROR_CORRUPT,
					       "cache %s: a slab that a CPU keeps twice, or two CPUs have",
					       cache->name);
		if (!kl_map_put(&f->cpu_lists, slab, 0))
			return kl_error_nomem();
		err = kl_kernel_read_member(f->k, slab, next, &slab);
	}
	return err;
}

/* Where the struct kmem_cache_cpu of @cpu is; false when it has none. */
static bool find_cpu_slab(const struct kl_slab_free *f, const struct kl_slab_cache *cache, unsigned cpu, uint64_t *ret)
{
	const struct kl_member *array = &f->k->layouts.kmem_cache.cpu_slab;
	struct kl_error *err;

	if (!array->is_array)
		return kl_percpu_address(f->k, cache->cpu_slab, cpu, ret);
	if (cpu >= array->count)
		return false;
	err = kl_kernel_read_u64(f->k, cache->cpu_slab + UINT64_C(8) * cpu, ret);
	if (err)
		*ret = 1; /* that cannot be read either, which is then said */
	kl_error_destroy(err);
	return *ret != 0;
}

static struct kl_error *read_cpu_lists(struct kl_slab_free *f, const struct kl_slab_cache *cache)
{
	struct kl_error *err = NULL;
	const unsigned *cpu;
	uint64_t address;

	if (!cache->cpu_slab || !f->k->layouts.kmem_cache_cpu.freelist.present ||
	    !f->k->layouts.kmem_cache_cpu.slab.present)
		return NULL;
	kl_vec_for_each (cpu, &f->k->percpu.cpus) {
		if (!find_cpu_slab(f, cache, *cpu, &address))
			continue;
		err = read_cpu_list(f, cache, address);
		if (!err)
			err = read_kept_slabs(f, cache, address);
		if (err && kl_error_code(err) != KL_ERROR_NOMEM) {
			kl_kernel_anomaly_error(f->k, ANOMALY, address,
						kl_error_prepend(err, "cache %s: CPU %u", cache->name, *cpu));
			err = note_damaged(f, cache);
		}
		if (err)
			return err;
	}
	return NULL;
}

static struct kl_error *read_sheaf(struct kl_slab_free *f, const struct kl_sheaf *sheaf)
{
	uint64_t object = 0;
	uint32_t i;

	for (i = 0; i < sheaf->size; i++) {
		struct kl_error *err = kl_kernel_read_u64(f->k, sheaf->slots + UINT64_C(8) * i, &object);

		if (err) {
			kl_kernel_anomaly_error(f->k, ANOMALY, sheaf->slots, err);
			return note_damaged(f, sheaf->cache);
		}
		if (!kl_map_put(&f->elsewhere, kl_untag(f->k, object), 1))
			return kl_error_nomem();
	}
	return NULL;
}

/* The object that holds @address is free. @slab: that of the address before, or a new one. */
static struct kl_error *note_free_at(struct kl_slab_free *f, const struct kl_slab_caches *caches, uint64_t address,
				     struct kl_slab *slab)
{
	bool known = slab->cache && kl_slab_holds(slab, address);
	uint32_t index;

	if (!known && !kl_slab_at(caches, address, slab))
		return NULL; /* of vmalloc() */
	if (kl_slab_index(slab, address, &index) && !kl_map_put(&f->elsewhere, kl_slab_object(slab, index), 1))
		return kl_error_nomem();
	return NULL;
}

/* Addresses that may lie inside of the objects. */
static struct kl_error *read_waiting(struct kl_slab_free *f, const struct kl_slab_caches *caches,
				     const struct kl_waiting *waiting)
{
	struct kl_slab slab = {};
	const uint64_t *address;
	struct kl_error *err = NULL;

	kl_vec_for_each (address, &waiting->freed) {
		err = note_free_at(f, caches, *address, &slab);
		if (err)
			break;
	}
	return err;
}

/* A chain of objects, each linked through a word inside of it that holds the address of such a word. */
static struct kl_error *read_deferred_chain(struct kl_slab_free *f, const struct kl_slab_caches *caches, uint64_t list,
					    const struct kl_member *head)
{
	struct kl_slab slab = {};
	uint64_t node = 0, count = 0;
	struct kl_error *err = head->present ? kl_kernel_read_member(f->k, list, head, &node) : NULL;

	for (; !err && node; count++) {
		node = kl_untag(f->k, node);
		if (count == CHAIN_MAX)
			return kl_error_create(KL_ERROR_CORRUPT, "objects that wait to be freed do not end");
		err = note_free_at(f, caches, node, &slab);
		if (!err)
			err = kl_kernel_read_u64(f->k, node, &node);
	}
	return err;
}

/* Slabs that a CPU gives back later, and the chain that it took of each (6.18, 6.19). */
static struct kl_error *read_deferred_slabs(struct kl_slab_free *f, uint64_t list)
{
	const struct kl_layout_slab *l = &f->k->layouts.slab;
	const struct kl_member *head = &f->k->layouts.deferred_percpu_work.slabs;
	uint64_t node = 0, first, unused;
	struct kl_error *err = NULL;

	if (head->present && l->llnode.present && l->flush_freelist.present)
		err = kl_kernel_read_member(f->k, list, head, &node);
	while (!err && node) {
		uint64_t slab = kl_untag(f->k, node) - l->llnode.offset;

		err = kl_kernel_read_member(f->k, slab, &l->flush_freelist, &first);
		if (!err && kl_map_get(&f->cpu_lists, slab, &unused))
			err = kl_error_create(KL_ERROR_CORRUPT, "a slab that waits to be given back, but is in use");
		if (!err && !kl_map_put(&f->cpu_lists, slab, first ? kl_untag(f->k, first) : 0))
			err = kl_error_nomem();
		if (!err)
			err = kl_kernel_read_u64(f->k, kl_untag(f->k, node), &node);
	}
	return err;
}

/* Sheaves that wait to be handed to RCU (7.3). */
static struct kl_error *read_deferred_sheaves(struct kl_slab_free *f, const struct kl_slab_caches *caches,
					      uint64_t list)
{
	const struct kl_layout_slab_sheaf *l = &f->k->layouts.slab_sheaf;
	const struct kl_member *head = &f->k->layouts.deferred_percpu_work.rcu_sheaves;
	uint64_t node = 0, cache, size, index, count = 0;
	struct kl_error *err = NULL;

	if (head->present && l->cache.present)
		err = kl_kernel_read_member(f->k, list, head, &node);
	for (; !err && node; count++) {
		node = kl_untag(f->k, node);
		err = kl_kernel_read_member(f->k, node, &l->cache, &cache);
		if (!err)
			err = kl_kernel_read_member(f->k, node, &l->size, &size);
		if (!err && (count == CHAIN_MAX || size > SHEAF_MAX))
			return kl_error_create(KL_ERROR_CORRUPT, "what waits for RCU is no list of sheaves");
		/* one of a cache that a damaged list of caches lost has no objects that anybody knows */
		if (!err && kl_map_get(&caches->by_address, kl_untag(f->k, cache), &index)) {
			struct kl_sheaf sheaf = {.cache = &caches->list.data[index],
						 .slots = node + l->objects.offset,
						 .size = (uint32_t)size};

			err = read_sheaf(f, &sheaf);
		}
		if (!err)
			err = kl_kernel_read_u64(f->k, node, &node);
	}
	return err;
}

/* What is free and cannot be read looks allocated: nothing that nobody holds is certainly a leak then. */
static struct kl_error *go_on_without_queue(struct kl_slab_free *f, uint64_t list, struct kl_error *err)
{
	if (err && kl_error_code(err) != KL_ERROR_NOMEM)
		kl_kernel_incomplete(f->k, "the queues of freed objects");
	return kl_kernel_go_on(f->k, ANOMALY, list, err);
}

static struct kl_error *read_deferred_of_cpu(struct kl_slab_free *f, const struct kl_slab_caches *caches, uint64_t list)
{
	const struct kl_layout_deferred_percpu_work *l = &f->k->layouts.deferred_percpu_work;
	struct kl_error *err = read_deferred_chain(f, caches, list, &l->objects);

	if (!err)
		err = read_deferred_chain(f, caches, list, &l->objects_by_rcu);
	if (!err)
		err = read_deferred_slabs(f, list);
	return err ? err : read_deferred_sheaves(f, caches, list);
}

/* KASAN keeps what is freed for a while, to see who uses it still. Its links stand in the objects, or behind them. */
static struct kl_error *read_quarantine_of_cpu(struct kl_slab_free *f, const struct kl_slab_caches *caches,
					       uint64_t list)
{
	return read_deferred_chain(f, caches, list, &f->k->layouts.qlist_head.head);
}

static struct kl_error *read_shrinking_of_cpu(struct kl_slab_free *f, const struct kl_slab_caches *caches,
					      uint64_t list)
{
	return read_deferred_chain(f, caches, list, &f->k->layouts.cpu_shrink_qlist.head);
}

static struct kl_error *
for_each_cpu_queue(struct kl_slab_free *f, const struct kl_slab_caches *caches, const struct kl_variable *queue,
		   struct kl_error *(*read)(struct kl_slab_free *, const struct kl_slab_caches *, uint64_t))
{
	struct kl_error *err = NULL;
	const unsigned *cpu;
	uint64_t list;

	if (!queue->present)
		return NULL;
	kl_vec_for_each (cpu, &f->k->percpu.cpus) {
		if (!err && kl_percpu_address(f->k, kl_kernel_variable(f->k, queue), *cpu, &list))
			err = go_on_without_queue(f, list, read(f, caches, list));
	}
	return err;
}

static struct kl_error *read_global_quarantine(struct kl_slab_free *f, const struct kl_slab_caches *caches)
{
	const struct kl_variable *queues = &f->k->layouts.variables.global_quarantine;
	struct kl_error *err = NULL;
	uint64_t i;

	for (i = 0; queues->is_array && i < queues->count && !err; i++) {
		uint64_t list = kl_kernel_variable(f->k, queues) + i * queues->element_size;

		err = go_on_without_queue(f, list, read_quarantine_of_cpu(f, caches, list));
	}
	return err;
}

/* What was freed where no lock could be taken, as by kfree_nolock(), waits until its CPU has time. */
static struct kl_error *read_deferred(struct kl_slab_free *f, const struct kl_slab_caches *caches)
{
	const struct kl_layouts *l = &f->k->layouts;
	struct kl_error *err = for_each_cpu_queue(f, caches, &l->variables.deferred_percpu_work, read_deferred_of_cpu);

	if (!err)
		err = for_each_cpu_queue(f, caches, &l->variables.cpu_quarantine, read_quarantine_of_cpu);
	if (!err)
		err = for_each_cpu_queue(f, caches, &l->variables.shrink_qlist, read_shrinking_of_cpu);
	return err ? err : read_global_quarantine(f, caches);
}

static struct kl_error *read_holders(struct kl_slab_free *f, const struct kl_slab_caches *caches,
				     const struct kl_sheaves *sheaves)
{
	const struct kl_slab_cache *cache;
	const struct kl_sheaf *sheaf;
	struct kl_error *err = NULL;
	uint64_t unused;

	kl_vec_for_each (cache, &caches->list) {
		err = read_cpu_lists(f, cache);
		if (!err && kl_map_get(&sheaves->damaged, cache->address, &unused))
			err = note_damaged(f, cache);
		if (err)
			return err;
	}
	kl_vec_for_each (sheaf, &sheaves->list) {
		err = read_sheaf(f, sheaf);
		if (err)
			return err;
	}
	return NULL;
}

struct kl_error *kl_slab_free_read(struct kl_kernel *k, const struct kl_slab_caches *caches,
				   const struct kl_sheaves *sheaves, const struct kl_waiting *waiting,
				   struct kl_slab_free *ret)
{
	struct kl_error *err;

	*ret = (struct kl_slab_free){.k = k, .swaps = true};
	err = read_holders(ret, caches, sheaves);
	if (!err)
		err = read_waiting(ret, caches, waiting);
	if (!err)
		err = read_deferred(ret, caches);
	if (err)
		kl_slab_free_deinit(ret);
	return err;
}

void kl_slab_free_deinit(struct kl_slab_free *f)
{
	kl_map_deinit(&f->cpu_lists);
	kl_map_deinit(&f->elsewhere);
	kl_map_deinit(&f->damaged);
}
