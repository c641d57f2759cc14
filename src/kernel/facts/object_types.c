/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/facts/object_types.h"

#include <string.h>

#include "kernel/facts/contents.h"
#include "kernel/facts/object_types_calls.h"
#include "kernel/facts/object_types_words.h"
#include "kernel/machine/machine.h"

#define TYPES_MAX UINT16_MAX

/* Caches that are not named like their struct. `open`: objects are larger or smaller than the struct on purpose, and
 * what lies past it may hold pointers. */
static const struct alias {
	const char *cache, *type;
	bool open;
} aliases[] = {
	{"bdev_cache", "bdev_inode", false},
	{"blkdev_ioc", "io_context", false},
	{"cred_jar", "cred", false},
	{"eventpoll_epi", "epitem", false},
	{"eventpoll_pwq", "eppoll_entry", false},
	{"ext4_extent_status", "extent_status", false},
	{"ext4_inode_cache", "ext4_inode_info", false},
	{"fasync_cache", "fasync_struct", false},
	{"fat_inode_cache", "msdos_inode_info", false},
	{"fib6_nodes", "fib6_node", false},
	{"file_lease_cache", "file_lease", false},
	{"file_lock_cache", "file_lock", false},
	{"file_lock_ctx", "file_lock_context", false},
	{"files_cache", "files_struct", false},
	{"filp", "file", false},
	{"fs_cache", "fs_struct", false},
	{"hugetlbfs_inode_cache", "hugetlbfs_inode_info", false},
	{"inet_peer_cache", "inet_peer", false},
	{"inode_cache", "inode", false},
	{"iommu_iova", "iova", false},
	{"ip6_dst_cache", "rt6_info", false},
	{"ip_dst_cache", "rtable", false},
	{"ip_fib_alias", "fib_alias", false},
	{"isofs_inode_cache", "iso_inode_info", false},
	{"jbd2_journal_head", "journal_head", false},
	{"jbd2_transaction_s", "transaction_s", false},
	{"kernfs_iattrs_cache", "kernfs_iattrs", false},
	{"kernfs_node_cache", "kernfs_node", false},
	{"key_jar", "key", false},
	{"mm_struct", "mm_struct", true}, /* a cpumask, and since 6.4 other bitmaps */
	{"mnt_cache", "mount", false},
	{"mqueue_inode_cache", "mqueue_inode_info", false},
	{"net_namespace", "net", false},
	{"nfs_inode_cache", "nfs_inode", false},
	{"numa_policy", "mempolicy", false},
	{"pid", "pid", true}, /* numbers[] of the levels of namespaces */
	{"posix_timers_cache", "k_itimer", false},
	{"proc_inode_cache", "proc_inode", false},
	{"radix_tree_node", "xa_node", false},
	{"shared_policy_node", "sp_node", false},
	{"shmem_inode_cache", "shmem_inode_info", false},
	{"sighand_cache", "sighand_struct", false},
	{"signal_cache", "signal_struct", false},
	{"skbuff_fclone_cache", "sk_buff_fclones", false},
	{"skbuff_head_cache", "sk_buff", false},
	{"sock_inode_cache", "socket_alloc", false},
	{"squashfs_inode_cache", "squashfs_inode_info", false},
	{"task_struct", "task_struct", true}, /* x86: the state of the FPU, as large as this CPU's */
	{"tracefs_inode_cache", "tracefs_inode", false},
	{"uid_cache", "user_struct", false},
	{"xfrm_dst_cache", "xfrm_dst", false},
};

/* One slab cache that has objects in the heap. */
struct cache {
	const struct kl_slab_cache *slab;
	const struct alias *alias; /* NULL = named like its struct */
	const char *type;          /* the struct's name; NULL = none */
	uint16_t index;            /* in facts.types; 0 = no type */
	bool merged;               /* shared by several users */
	bool used;                 /* by objects of the heap */
};

struct typing {
	struct kl_kernel *k;
	const struct kl_heap *heap;
	struct kl_facts *ret;
	const struct kl_slab_caches *slabs;
	struct kl_word_sources sources;
	struct kl_alloc_stacks stacks;
	struct kl_type_sites sites;
	struct kl_map site_types; /* a site and the size of objects -> index in facts.types; 0 = no type */
	uint32_t *cache_of;       /* per row: one more than the index of its cache in slabs.list; 0 = no slab object */
	KL_VEC(struct cache) caches; /* parallel to slabs.list */
};

static void typing_deinit(struct typing *t)
{
	kl_vec_deinit(&t->caches);
	kl_map_deinit(&t->site_types);
	kl_type_sites_deinit(&t->sites);
	kl_alloc_stacks_deinit(&t->stacks);
	free(t->cache_of);
	kl_word_sources_deinit(&t->sources);
}

/* ---- which cache each object is in ---- */

/* Objects are visited in order of address: each slab is decoded once. */
static void find_caches(struct typing *t)
{
	const struct kl_index *index = &t->heap->index[KLEAK_CLASS_VIRTUAL];
	struct kl_slab slab = {};
	size_t i;

	for (i = 0; i < index->count; i++) {
		uint64_t address = index->spans[i].start;
		uint32_t row = index->spans[i].object;

		if (!kl_slab_holds(&slab, address))
			kl_slab_at(t->slabs, address, &slab);
		if (slab.cache && t->heap->size[row] == slab.cache->object_size)
			t->cache_of[row] = (uint32_t)(slab.cache - t->slabs->list.data) + 1;
	}
}

/* ---- which struct each cache is of ---- */

static bool is_identifier(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
	size_t length = strlen(name);

	return length && strspn(name, letters) == length && (*name < '0' || *name > '9');
}

static const struct alias *find_alias(const char *cache)
{
	size_t i;

	for (i = 0; i < sizeof(aliases) / sizeof(*aliases); i++)
		if (!strcmp(aliases[i].cache, cache))
			return &aliases[i];
	return NULL;
}

/* A merged cache bears the name of one of its users. One whose count cannot be read counts as merged. */
static bool is_merged(struct typing *t, const struct kl_slab_cache *cache)
{
	const struct kl_member *refcount = &t->k->layouts.kmem_cache.refcount;
	struct kl_error *err;
	uint64_t users;

	if (!refcount->present)
		return true;
	err = kl_kernel_read_member(t->k, cache->address, refcount, &users);
	if (!err)
		return (int32_t)users != 1;
	kl_kernel_anomaly_error(t->k, "slab", cache->address, err);
	return true;
}

static bool name_types(struct typing *t)
{
	const struct kl_slab_cache *slab;
	uint32_t row;

	kl_vec_for_each (slab, &t->slabs->list) {
		struct cache c = {.slab = slab};

		if (!kl_vec_push(&t->caches, c))
			return false;
	}
	for (row = 0; row < t->heap->rows; row++) {
		struct cache *c = t->cache_of[row] ? &t->caches.data[t->cache_of[row] - 1] : NULL;

		if (!c || c->used)
			continue;
		c->used = true;
		if (!is_identifier(c->slab->name))
			continue;
		c->alias = find_alias(c->slab->name);
		c->type = c->alias ? c->alias->type : c->slab->name;
	}
	return true;
}

static void leave_out_merged(struct typing *t)
{
	struct cache *c;

	kl_vec_for_each (c, &t->caches) {
		c->merged = c->used && is_merged(t, c->slab);
		if (!c->type || !c->merged)
			continue;
		c->type = NULL;
		t->ret->type_counts.merged++;
	}
}

/* ---- what the structs look like ---- */

/* The sites of all objects whose cache does not tell their type: for the structs that are asked for. */
static struct kl_error *find_sites(struct typing *t)
{
	struct kl_error *err = NULL;
	uint32_t row;
	size_t site;

	for (row = 0; row < t->heap->rows && !err; row++)
		if (t->cache_of[row] && !t->caches.data[t->cache_of[row] - 1].type)
			err = kl_type_sites_find(&t->sites, t->heap->stack[row], &site);
	return err;
}

static struct kl_error *ask_for_structs(struct typing *t, const struct kl_type_files *files)
{
	size_t n = 0;
	_cleanup_free_ struct kl_type_name *names = calloc(t->sites.list.count + t->caches.count + 1, sizeof(*names));
	const struct kl_type_site *site;
	struct kl_error *err;
	const struct cache *c;

	if (!names)
		return kl_error_nomem();
	kl_vec_for_each (site, &t->sites.list)
		if (site->type)
			names[n++] = (struct kl_type_name){site->type, site->size, site->module};
	kl_vec_for_each (c, &t->caches)
		if (c->type)
			names[n++] = (struct kl_type_name){.name = c->type};
	err = kl_word_sources_read(t->k, files, names, n, &t->sources);
	t->ret->type_counts.incomplete = t->sources.incomplete;
	return err ? err : kl_word_sources_mask(t->k, &t->sources, t->ret);
}

/* ---- from structs to objects ---- */

/* The struct of cache @c, when its size fits that of the objects. */
static const struct kl_pointer_words *fitting_words(struct typing *t, const struct cache *c,
						    const struct kl_pointer_word_list **list)
{
	struct kl_type_name type = {.name = c->type, .size = c->slab->object_size};
	const struct kl_pointer_words *w = kl_word_sources_find(&t->sources, &type, list);

	if (w && w->present)
		return w;
	type.size = 0;
	w = kl_word_sources_find(&t->sources, &type, list);
	if (!w || !w->present) {
		t->ret->type_counts.unknown++;
		return NULL;
	}
	if (c->alias && c->alias->open)
		return w;
	t->ret->type_counts.resized++;
	return NULL;
}

static struct kl_error *copy_name(struct typing *t, const struct kl_pointer_word_list *list, uint32_t id, uint32_t *ret)
{
	size_t length;
	const char *text = kl_intern_get(list->names, id, &length);

	return kl_intern_add(t->ret->names, text, length, ret);
}

/* Objects of one struct. */
struct shape {
	const struct kl_pointer_words *words; /* NULL = unknown */
	const struct kl_pointer_word_list *list;
	uint32_t size; /* of the objects, bytes */
	bool slack;    /* what lies past the struct is nobody's; otherwise it may hold pointers */
};

/* One more type, of objects of @size bytes, without any pointer. *index stays 0 when there are too many. */
static struct kl_error *new_type(struct typing *t, uint32_t size, uint16_t *index, struct kl_object_type **ret)
{
	size_t count = kl_word_count(size);
	struct kl_object_type *type;

	*index = 0;
	if (t->ret->types.count >= TYPES_MAX)
		return NULL;
	type = kl_vec_add(&t->ret->types);
	if (!type)
		return kl_error_nomem();
	type->size = size;
	type->words = calloc(count + 1, sizeof(*type->words));
	type->members = calloc(count + 1, sizeof(*type->members));
	if (!type->words || !type->members)
		return kl_error_nomem();
	*index = (uint16_t)(t->ret->types.count - 1);
	*ret = type;
	return NULL;
}

static enum kl_word_may_be may_be(uint8_t word)
{
	if (!word)
		return KL_MAY_BE_NO_POINTER;
	return word == KL_WORD_LATE ? KL_MAY_BE_LATE : KL_MAY_BE_POINTER;
}

/* The type of objects that are made like @shape: the struct cut to their size, and what lies past it. */
static struct kl_error *add_type(struct typing *t, const struct shape *shape, uint16_t *index)
{
	const struct kl_pointer_words *w = shape->words;
	size_t count = kl_word_count(shape->size), i;
	struct kl_object_type *type;
	struct kl_error *err;

	*index = 0;
	err = w ? new_type(t, shape->size, index, &type) : NULL;
	if (err || !*index)
		return err;
	type->kmalloc = shape->slack;
	err = copy_name(t, shape->list, w->name, &type->name);
	for (i = 0; i < count && !err; i++) {
		bool known = i < kl_word_count(w->size);

		type->words[i] = (uint8_t)(known ? may_be(w->pointers[i]) : !shape->slack);
		if (known)
			err = copy_name(t, shape->list, w->members[i], &type->members[i]);
	}
	return err;
}

/* The type of strings in objects of @size bytes. */
static struct kl_error *add_string_type(struct typing *t, uint32_t size, uint16_t *index)
{
	struct kl_object_type *type;
	struct kl_error *err = new_type(t, size, index, &type);

	return err || !*index ? err : kl_intern_add(t->ret->names, "string", strlen("string"), &type->name);
}

static struct kl_error *add_cache_type(struct typing *t, struct cache *c)
{
	struct shape shape = {.size = c->slab->object_size};
	struct kl_error *err;

	shape.words = fitting_words(t, c, &shape.list);
	err = add_type(t, &shape, &c->index);
	t->ret->type_counts.caches += c->index != 0;
	return err;
}

/* Whether a struct of @size bytes can lie in an object of @object_size bytes. When kmalloc() made it, a smaller bucket
 * would not have done, and there is no room for a second one, as krealloc() might make use of. */
static bool fits_in_object(const struct kl_type_site *site, uint64_t size, uint32_t object_size)
{
	return size <= object_size && (!site->kmalloc || site->text || size > object_size / 2);
}

static struct kl_error *add_site_type(struct typing *t, const struct kl_type_site *site, uint32_t size, uint16_t *ret)
{
	const struct kl_type_name name = {site->type, site->size, site->module};
	struct shape shape = {.size = size, .slack = site->kmalloc};

	if (!site->type)
		return add_string_type(t, size, ret);
	shape.words = kl_word_sources_find(&t->sources, &name, &shape.list);
	if (shape.words && (!shape.words->present || !fits_in_object(site, shape.words->size, size)))
		shape.words = NULL;
	return add_type(t, &shape, ret);
}

/* The type of objects of @size bytes that were allocated by site number @index. */
static struct kl_error *site_type(struct typing *t, size_t index, uint32_t size, uint16_t *ret)
{
	uint64_t key = (uint64_t)index << 32 | size, known;
	struct kl_error *err;

	if (kl_map_get(&t->site_types, key, &known)) {
		*ret = (uint16_t)known;
		return NULL;
	}
	err = add_site_type(t, &t->sites.list.data[index], size, ret);
	return err || kl_map_put(&t->site_types, key, *ret) ? err : kl_error_nomem();
}

static struct kl_error *type_of(struct typing *t, uint32_t row, uint16_t *ret)
{
	const struct cache *c = &t->caches.data[t->cache_of[row] - 1];
	struct kl_error *err;
	size_t site;

	*ret = c->index;
	if (c->type)
		return NULL;
	err = kl_type_sites_find(&t->sites, t->heap->stack[row], &site);
	if (err || site == SIZE_MAX || (!c->merged && !t->sites.list.data[site].kmalloc))
		return err;
	err = site_type(t, site, c->slab->object_size, ret);
	if (*ret && t->sites.list.data[site].kmalloc)
		*(t->sites.list.data[site].type ? &t->ret->type_counts.by_site : &t->ret->type_counts.strings) += 1;
	return err;
}

static struct kl_error *assign_types(struct typing *t)
{
	struct kl_error *err = NULL;
	struct cache *c;
	uint32_t row;

	t->ret->type_of = calloc(t->heap->rows + 1, sizeof(*t->ret->type_of));
	if (!t->ret->type_of || !kl_vec_add(&t->ret->types))
		return kl_error_nomem();
	kl_vec_for_each (c, &t->caches)
		if (c->type && !err)
			err = add_cache_type(t, c);
	for (row = 0; row < t->heap->rows && !err; row++) {
		if (!t->cache_of[row])
			continue;
		err = type_of(t, row, &t->ret->type_of[row]);
		t->ret->type_counts.objects += t->ret->type_of[row] != 0;
	}
	return err;
}

struct kl_error *kl_object_types_read(struct kl_kernel *k, const struct kl_heap *heap,
				      const struct kl_type_files *files, struct kl_facts *ret)
{
	_cleanup_(typing_deinit) struct typing t = {.k = k, .heap = heap, .ret = ret};
	struct kl_error *err = kl_machine_slab_caches(k, &t.slabs);

	if (!err)
		err = kl_intern_create(&ret->names);
	if (err)
		return err;
	err = kl_alloc_stacks_init(k, heap, files, &t.stacks);
	if (!err)
		err = kl_type_sites_init(&t.stacks, &t.sites);
	if (err)
		return err;
	t.cache_of = calloc(heap->rows + 1, sizeof(*t.cache_of));
	if (!t.cache_of)
		return kl_error_nomem();
	find_caches(&t);
	if (!name_types(&t))
		return kl_error_nomem();
	leave_out_merged(&t);
	err = find_sites(&t);
	if (!err)
		err = ask_for_structs(&t, files);
	if (!err)
		err = assign_types(&t);
	return err ? err : kl_contents_read(&t.stacks, t.slabs, t.cache_of, ret);
}
