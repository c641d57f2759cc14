/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/machine/slab.h"

#include <inttypes.h>
#include <string.h>

#include "kernel/machine/list.h"

#define ANOMALY "slab"
#define CACHES_MAX (1 << 20)
#define OBJECTS_MAX (1 << 15) /* in a slab: as SLUB has it, more than any of SLAB's */
#define SIZE_MAX_ (1 << 24)   /* bytes from object to object; no cache of more than a slab of order 10 exists */
/* Flags in the low bits of slab->obj_exts: at most three, and the vector is aligned to 8. */
#define EXTENSION_FLAGS UINT64_C(7)

/* Bits of kmem_cache.flags as macros (.. 6.8). */
#define OLD_RED_ZONE_BIT 10
#define OLD_STORE_USER_BIT 16
#define OLD_NOLEAKTRACE_BIT 23

/* ---- caches ---- */

static bool has_cache_flag(const struct kl_slab_cache *cache, const struct kl_enumerator *bit, unsigned old_bit)
{
	return cache->flags >> (bit->present ? (uint64_t)bit->value & 63 : old_bit) & 1;
}

/* Where the free objects of its slabs are. */
static void decode_free_pointers(struct kl_kernel *k, const uint8_t *raw, struct kl_slab_cache *cache)
{
	const struct kl_layout_kmem_cache *l = &k->layouts.kmem_cache;

	cache->free_offset = (uint32_t)kl_member_get(&l->offset, raw);
	cache->random = kl_member_get(&l->random, raw);
	/* Before 2.6.34 the cache itself had a pointer for each CPU. */
	cache->cpu_slab = l->cpu_slab.is_array ? cache->address + l->cpu_slab.offset : kl_member_get(&l->cpu_slab, raw);
	if (has_cache_flag(cache, &k->layouts.enumerators._SLAB_RED_ZONE, OLD_RED_ZONE_BIT))
		cache->left_pad = (uint32_t)kl_member_get(&l->red_left_pad, raw);
	cache->no_leak_trace = has_cache_flag(cache, &k->layouts.enumerators.SLAB_NOLEAKTRACE, OLD_NOLEAKTRACE_BIT);
}

/* Two tracks follow the object, and its free pointer where that lies behind it, too. */
static uint32_t find_track(struct kl_kernel *k, const uint8_t *raw, const struct kl_slab_cache *cache)
{
	const struct kl_layout_kmem_cache *l = &k->layouts.kmem_cache;
	uint64_t inuse = kl_member_get(&l->inuse, raw);
	uint64_t offset = inuse + (cache->free_offset >= inuse ? 8 : 0);

	if (!l->inuse.present || !k->layouts.track.type.present ||
	    !has_cache_flag(cache, &k->layouts.enumerators._SLAB_STORE_USER, OLD_STORE_USER_BIT) ||
	    offset + 2 * k->layouts.track.type.size > cache->size)
		return 0;
	return (uint32_t)offset;
}

/* SLAB: indices are one, two or four bytes long, as a slab has objects and the kernel is old. */
static void decode_arrays(struct kl_kernel *k, const uint8_t *raw, struct kl_slab_cache *cache)
{
	const struct kl_layout_kmem_cache *l = &k->layouts.kmem_cache;
	uint64_t objects = kl_member_get(&l->num, raw);

	if (!kl_slab_has_arrays(k) || !objects || objects > OBJECTS_MAX)
		return;
	cache->max_objects = (uint32_t)objects;
	cache->index_size = (uint32_t)(kl_member_get(&l->freelist_size, raw) / objects);
	cache->left_pad = (uint32_t)kl_member_get(&l->obj_offset, raw);
}

/* KASAN's record of an object's allocation, which begins with a struct kasan_track. */
static uint32_t find_kasan_track(struct kl_kernel *k, const uint8_t *raw, const struct kl_slab_cache *cache)
{
	uint64_t offset = kl_member_get(&k->layouts.kmem_cache.kasan_alloc, raw);

	return offset < cache->size && k->layouts.kasan_track.type.present &&
			       offset + k->layouts.kasan_track.type.size <= cache->size
		       ? (uint32_t)offset
		       : 0;
}

static struct kl_error *decode_cache(struct kl_kernel *k, const uint8_t *raw, struct kl_slab_cache *cache)
{
	const struct kl_layout_kmem_cache *l = &k->layouts.kmem_cache;
	uint64_t size = kl_member_get(&l->size, raw), object_size = kl_member_get(&l->object_size, raw);
	uint32_t oo = (uint32_t)kl_member_get(&l->oo, raw) & 0xffff,
		 min = (uint32_t)kl_member_get(&l->min, raw) & 0xffff;
	struct kl_error *err;

	if (!size || size > SIZE_MAX_ || object_size > size)
		return kl_error_create(KL_ERROR_CORRUPT, "objects of %" PRIu64 " bytes, %" PRIu64 " apart", object_size,
				       size);
	cache->flags = kl_member_get(&l->flags, raw);
	cache->size = (uint32_t)size;
	cache->object_size = (uint32_t)object_size;
	cache->max_objects = oo > min ? oo : min;
	decode_free_pointers(k, raw, cache);
	decode_arrays(k, raw, cache);
	cache->track_offset = find_track(k, raw, cache);
	cache->kasan_offset = find_kasan_track(k, raw, cache);
	cache->kind = kl_untag(k, kl_member_get(&l->root_cache, raw));
	if (cache->left_pad >= size || (uint64_t)cache->free_offset + 8 > size)
		return kl_error_create(KL_ERROR_CORRUPT,
				       "objects %" PRIu64 " bytes apart, with %" PRIu32
				       " bytes before each and a free pointer at %" PRIu32,
				       size, cache->left_pad, cache->free_offset);
	err = kl_kernel_read_string(k, kl_member_get(&l->name, raw), cache->name, sizeof(cache->name));
	if (err) {
		/* A cache without its name still has its objects. */
		kl_kernel_anomaly_error(k, ANOMALY, cache->address, kl_error_prepend(err, "name of a cache"));
		cache->name[0] = '\0';
	}
	/* A cache whose users are not counted may have any number. */
	cache->shared = !l->refcount.present || kl_member_get(&l->refcount, raw) != 1 ||
			!strncmp(cache->name, "kmalloc", strlen("kmalloc"));
	return NULL;
}

/* Up to 5.8 each memory cgroup had caches of its own, copies of a root cache with a suffix to its name. Their objects
 * are of the same kind. */
static void join_copies(struct kl_slab_caches *caches)
{
	struct kl_slab_cache *cache;
	uint64_t root;

	kl_vec_for_each (cache, &caches->list) {
		if (!kl_map_get(&caches->by_address, cache->kind, &root))
			cache->kind = cache->address;
		else if (cache->kind != cache->address)
			memcpy(cache->name, caches->list.data[root].name, sizeof(cache->name));
	}
}

/* @raw: room for what is read of a struct kmem_cache, @size bytes. */
static struct kl_error *add_cache(struct kl_slab_caches *caches, uint64_t address, uint8_t *raw, size_t size)
{
	struct kl_kernel *k = caches->k;
	struct kl_slab_cache cache = {.address = address};
	struct kl_error *err;

	err = kl_kernel_read(k, address, raw, size);
	if (!err)
		err = decode_cache(k, raw, &cache);
	if (err) {
		kl_kernel_anomaly_error(k, ANOMALY, address, err);
		return NULL;
	}
	if (!kl_map_put(&caches->by_address, address, caches->list.count) || !kl_vec_push(&caches->list, cache))
		return kl_error_nomem();
	return NULL;
}

static struct kl_error *read_caches(struct kl_slab_caches *caches)
{
	struct kl_kernel *k = caches->k;
	size_t size = kl_layouts_span(&k->layouts, &k->layouts.kmem_cache.type);
	_cleanup_free_ uint8_t *raw = malloc(size);
	struct kl_list_walk walk;
	struct kl_error *err = NULL;
	uint64_t node;

	if (!raw)
		return kl_error_nomem();
	kl_list_begin(&walk, k, "slab_caches", kl_kernel_variable(k, &k->layouts.variables.slab_caches));
	walk.max = CACHES_MAX;
	while (!err && kl_list_next(&walk, &node))
		err = add_cache(caches, node - k->layouts.kmem_cache.list.offset, raw, size);
	join_copies(caches);
	return err;
}

/* Which shape the extension vectors of this kernel have. */
static void find_shape(struct kl_slab_caches *caches)
{
	const struct kl_layouts *l = &caches->k->layouts;
	const struct kl_variable *key = &l->variables.slab_obj_ext_has_codetag_key;
	uint64_t enabled = 1;

	if (!l->slab.obj_exts.present || !l->slabobj_ext.type.present)
		return;
	caches->one_word = l->slabobj_ext.ctref.present;
	caches->ext_size = (uint32_t)l->slabobj_ext.type.size;
	caches->ref_offset = caches->one_word ? l->slabobj_ext.ctref.offset : l->slabobj_ext.ref.offset;
	caches->has_tag_slots = caches->one_word || l->slabobj_ext.ref.present;
	if (key->present) {
		struct kl_error *err = kl_kernel_read_value(caches->k, key, 4, &enabled);

		if (err)
			kl_kernel_anomaly_error(caches->k, ANOMALY, kl_kernel_variable(caches->k, key), err);
		else if ((int32_t)enabled <= 0)
			caches->has_tag_slots = false;
	}
}

struct kl_error *kl_slab_caches_read(struct kl_kernel *k, const struct kl_memmap *memory,
				     const struct kl_kfence *kfence, struct kl_slab_caches *ret)
{
	struct kl_error *err;

	*ret = (struct kl_slab_caches){.k = k, .memory = memory, .kfence = kfence};
	if (!k->layouts.variables.slab_caches.present || !k->layouts.slab.slab_cache.present ||
	    !(k->layouts.slab.objects.present || kl_slab_has_arrays(k)) || !k->layouts.kmem_cache.type.present)
		return NULL;
	/* struct slab overlays struct page (a static assertion in mm/slab.h): its members are read from one. */
	if (memory->page_size && kl_layouts_span(&k->layouts, &k->layouts.slab.type) > memory->page_size) {
		kl_kernel_anomaly(k, ANOMALY, 0, "struct slab is larger than struct page");
		return NULL;
	}
	ret->page = malloc(memory->page_size + 1);
	if (!ret->page)
		return kl_error_nomem();
	ret->has_direct_map = kl_memmap_direct_map(k, &ret->direct_map);
	kl_page_types_init(k, &ret->types);
	find_shape(ret);
	err = read_caches(ret);
	if (err)
		kl_slab_caches_deinit(ret);
	return err;
}

void kl_slab_caches_deinit(struct kl_slab_caches *caches)
{
	kl_vec_deinit(&caches->list);
	kl_map_deinit(&caches->by_address);
	free(caches->page);
	*caches = (struct kl_slab_caches){};
}

/* ---- slabs ---- */

/* Where the tags of @slab are, from the word slab->obj_exts. */
static void find_tags(const struct kl_slab_caches *caches, const uint8_t *raw, struct kl_slab *slab)
{
	const struct kl_layout_slab *l = &caches->k->layouts.slab;
	uint64_t word = kl_member_get(&l->obj_exts, raw), vector = word & ~EXTENSION_FLAGS, words;

	slab->failed = word && !vector;
	if (!vector || !caches->has_tag_slots)
		return;
	slab->tags = kl_untag(caches->k, vector) + caches->ref_offset;
	if (caches->one_word) {
		words = kl_member_get(&l->obj_exts_needs_objcg, raw) ? 2 : 1;
		slab->tags += (words - 1) * caches->ext_size;
		slab->stride = kl_member_get(&l->obj_exts_in_object, raw) ? slab->cache->size
									  : (uint32_t)words * caches->ext_size;
	} else {
		slab->stride = l->stride.present ? (uint32_t)kl_member_get(&l->stride, raw) : caches->ext_size;
	}
}

/* The cache at @address, which the slab at @page names; NULL, with an anomaly, when there is none. */
static const struct kl_slab_cache *find_cache_of_slab(const struct kl_slab_caches *caches, uint64_t address,
						      uint64_t page)
{
	uint64_t index;

	if (kl_map_get(&caches->by_address, address, &index))
		return &caches->list.data[index];
	/* Where the list of caches is damaged, that is the reason for all of these. */
	if (caches->damaged)
		kl_kernel_anomaly(caches->k, ANOMALY, page, "slabs of caches that could not be read");
	else
		kl_kernel_anomaly(caches->k, ANOMALY, page, "a slab of no known cache (%#" PRIx64 ")", address);
	return NULL;
}

/* A page of KFENCE's pool, at @start. */
static bool decode_guarded(const struct kl_slab_caches *caches, uint64_t start, uint64_t page, const uint8_t *raw,
			   struct kl_slab *ret)
{
	const struct kl_kfence_object *object = kl_kfence_find(caches->k, caches->kfence, start);
	const struct kl_slab_cache *cache = object ? find_cache_of_slab(caches, object->cache, page) : NULL;

	if (!cache)
		return false;
	*ret = (struct kl_slab){
		.cache = cache,
		.page = page,
		.start = object->address - cache->left_pad, /* it has none here */
		.end = object->address + object->size,
		.objects = 1,
		.inuse = 1,
	};
	find_tags(caches, raw, ret);
	return true;
}

bool kl_slab_decode(const struct kl_slab_caches *caches, uint64_t pfn, uint64_t page, const uint8_t *raw,
		    struct kl_slab *ret)
{
	const struct kl_layout_slab *l = &caches->k->layouts.slab;
	uint64_t start = caches->direct_map + (pfn << caches->k->page_shift);
	const struct kl_slab_cache *cache;

	if (kl_kfence_holds(caches->kfence, start))
		return decode_guarded(caches, start, page, raw, ret);
	cache = find_cache_of_slab(caches, kl_untag(caches->k, kl_member_get(&l->slab_cache, raw)), page);
	if (!cache)
		return false;
	*ret = (struct kl_slab){
		.cache = cache,
		.page = page,
		.start = start,
		.objects = (uint32_t)kl_member_get(&l->objects, raw),
		.inuse = (uint32_t)kl_member_get(&l->inuse, raw),
		.frozen = kl_member_get(&l->frozen, raw) != 0,
		.freelist = kl_untag(caches->k, kl_member_get(&l->freelist, raw)),
	};
	if (kl_slab_has_arrays(caches->k)) {
		ret->start =
			kl_untag(caches->k, kl_member_get(&l->s_mem, raw)); /* colored: not always the first byte */
		ret->objects = cache->max_objects;
		ret->inuse = (uint32_t)kl_member_get(&l->active, raw);
		ret->frozen = false;
	}
	if (ret->start < start || ret->inuse > ret->objects ||
	    (ret->cache->max_objects && ret->objects > ret->cache->max_objects)) {
		kl_kernel_anomaly(caches->k, ANOMALY, page,
				  "cache %s: a slab with %u of %u objects in use, of a cache with %u", ret->cache->name,
				  ret->inuse, ret->objects, ret->cache->max_objects);
		return false;
	}
	ret->end = ret->start + (uint64_t)ret->objects * ret->cache->size;
	find_tags(caches, raw, ret);
	return true;
}

bool kl_slab_at(const struct kl_slab_caches *caches, uint64_t address, struct kl_slab *ret)
{
	uint64_t pfn = (address - caches->direct_map) >> caches->k->page_shift, page;

	if (caches->has_direct_map && kl_memmap_read_head(caches->k, caches->memory, &pfn, &page, caches->page) &&
	    kl_slab_is(caches, caches->page) && kl_slab_decode(caches, pfn, page, caches->page, ret))
		return true;
	*ret = (struct kl_slab){};
	return false;
}
