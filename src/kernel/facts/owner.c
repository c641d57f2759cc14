/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/facts/owner.h"

#include "kernel/machine/percpu.h"
#include "kernel/machine/stackdepot.h"
#include "util/search.h"

/* SLAB_NOLEAKTRACE of 2.6.31 .. 6.8; later kernels number the bit by what they are configured with. */
#define OLD_SLAB_NOLEAKTRACE UINT64_C(0x00800000)
#define MAPPING_ANON UINT64_C(1) /* FOLIO_MAPPING_ANON: page->mapping names an anon_vma */

static const struct {
	const char *name, *why;
} kinds[] = {
#define X(id, name, why) {name, why},
	KL_OWNERS(X)
#undef X
};

const char *kl_owner_name(enum kl_owner_kind kind)
{
	return kinds[kind].name;
}

const char *kl_owner_why(enum kl_owner_kind kind)
{
	return kinds[kind].why;
}

/* ---- reading ---- */

static uint64_t read_cache_pointer(struct kl_kernel *k, const struct kl_variable *v)
{
	struct kl_error *err;
	uint64_t cache = 0;

	err = v->present ? kl_kernel_read_value(k, v, 8, &cache) : NULL;
	kl_error_destroy(err);
	return cache;
}

static int compare_owner_tasks(const void *a, const void *b)
{
	const struct kl_task *x = a, *y = b;

	if (x->has_stack != y->has_stack)
		return x->has_stack ? -1 : 1;
	return x->stack < y->stack ? -1 : x->stack > y->stack;
}

static void sort_tasks(struct kl_owners *o)
{
	if (o->tasks.list.count)
		qsort(o->tasks.list.data, o->tasks.list.count, sizeof(*o->tasks.list.data), compare_owner_tasks);
	while (o->stacks < o->tasks.list.count && o->tasks.list.data[o->stacks].has_stack)
		o->stacks++;
}

const struct kl_task *kl_owners_task(const struct kl_owners *o, uint64_t address)
{
	size_t n = kl_search_prefix(o->tasks.list.data, o->stacks, task, task->stack <= address);
	const struct kl_task *last = n ? &o->tasks.list.data[n - 1] : NULL;

	return last && address - last->stack < o->tasks.stack_size ? last : NULL;
}

static int compare_records(const void *a, const void *b)
{
	const struct kl_record *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static struct kl_error *index_records(struct kl_owners *o)
{
	size_t row;

	for (row = 0; row < o->heap->rows; row++) {
		struct kl_record record = {.start = o->heap->metadata[row], .row = (uint32_t)row};

		if (record.start && !kl_vec_push(&o->records, record))
			return kl_error_nomem();
	}
	if (o->records.count)
		qsort(o->records.data, o->records.count, sizeof(*o->records.data), compare_records);
	return NULL;
}

struct kl_error *kl_owners_read(struct kl_kernel *k, const struct kl_heap *heap, const struct kl_facts *facts,
				struct kl_owners *ret)
{
	const struct kl_enumerator *bit = &k->layouts.enumerators.SLAB_NOLEAKTRACE;
	struct kl_error *err;

	ret->k = k;
	ret->heap = heap;
	ret->facts = facts;
	ret->object_cache = read_cache_pointer(k, &k->layouts.variables.object_cache);
	ret->scan_area_cache = read_cache_pointer(k, &k->layouts.variables.scan_area_cache);
	ret->no_leak_trace = bit->present ? UINT64_C(1) << (bit->value & 63) : OLD_SLAB_NOLEAKTRACE;
	kl_page_types_init(k, &ret->types);
	err = kl_machine_memmap(k, &ret->memmap);
	if (!err)
		err = kl_machine_slab_caches(k, &ret->caches);
	if (!err)
		err = kl_machine_percpu_chunks(k, &ret->chunks);
	if (!err)
		err = kl_machine_modules(k, &ret->modules);
	if (!err)
		err = kl_tasks_read(k, &ret->tasks);
	if (!err)
		err = kl_tasks_add_idle(k, &ret->tasks);
	if (!err)
		sort_tasks(ret);
	return err;
}

struct kl_error *kl_owners_map(struct kl_owners *o)
{
	struct kl_error *err;

	if (o->mapped)
		return NULL;
	o->page = calloc(1, (size_t)o->memmap->page_size + 1);
	err = o->page ? kl_mappings_read(o->k, o->heap, &o->facts->roots, &o->mappings) : kl_error_nomem();
	if (!err)
		err = index_records(o);
	o->mapped = !err;
	return err;
}

void kl_owners_deinit(struct kl_owners *o)
{
	kl_vec_deinit(&o->records);
	free(o->page);
	kl_tasks_deinit(&o->tasks);
	kl_mappings_deinit(&o->mappings);
}

/* ---- by address ---- */

/* The copy of per-CPU memory that @address lies in: its cookie and CPU. */
static bool find_percpu_copy(const struct kl_owners *o, uint64_t address, uint64_t *cookie, unsigned *ret_cpu,
			     bool *ret_static)
{
	const struct kl_percpu *percpu = &o->k->percpu;
	const struct kl_percpu_chunk *chunk;
	const unsigned *cpu;

	if (!percpu->smp)
		return false;
	kl_vec_for_each (cpu, &percpu->cpus) {
		*cookie = address - percpu->offsets.data[*cpu];
		*ret_cpu = *cpu;
		*ret_static = *cookie - percpu->start < percpu->end - percpu->start;
		if (*ret_static)
			return true;
		kl_vec_for_each (chunk, &o->chunks->list) {
			if (*cookie - chunk->base < (uint64_t)chunk->bits * KL_PERCPU_UNIT)
				return true;
		}
	}
	return false;
}

static bool set_object(const struct kl_owners *o, uint32_t row, uint64_t start, struct kl_owner *ret)
{
	struct kl_slab slab;

	ret->kind = KL_OWNER_OBJECT;
	ret->row = row;
	ret->start = start;
	if (kl_slab_at(o->caches, ret->address, &slab))
		ret->cache = slab.cache;
	return true;
}

static bool find_percpu(const struct kl_owners *o, struct kl_owner *ret)
{
	uint64_t cookie;
	bool is_static;
	uint32_t row;

	if (!find_percpu_copy(o, ret->address, &cookie, &ret->cpu, &is_static))
		return false;
	row = kl_index_find(&o->heap->index[KLEAK_CLASS_PERCPU], cookie);
	if (row != KL_NO_OBJECT)
		return set_object(o, row, ret->address - (cookie - o->heap->address[row]), ret);
	ret->kind = is_static ? KL_OWNER_PERCPU_STATIC : KL_OWNER_PERCPU_UNUSED;
	ret->start = ret->address;
	return true;
}

/* Whatever the records are allocated from. */
static bool find_record(const struct kl_owners *o, struct kl_owner *ret)
{
	size_t n = kl_search_prefix(o->records.data, o->records.count, record, record->start <= ret->address);
	const struct kl_record *last = n ? &o->records.data[n - 1] : NULL;
	struct kl_slab slab;

	if (!last || ret->address - last->start >= o->k->layouts.kmemleak_object.type.size)
		return false;
	ret->kind = KL_OWNER_KMEMLEAK;
	ret->row = last->row;
	ret->start = last->start;
	if (kl_slab_at(o->caches, ret->address, &slab))
		ret->cache = slab.cache;
	return true;
}

static bool find_stack(const struct kl_owners *o, struct kl_owner *ret)
{
	ret->task = kl_owners_task(o, ret->address);
	if (!ret->task)
		return false;
	ret->kind = KL_OWNER_STACK;
	ret->start = ret->task->stack;
	return true;
}

static bool find_struct_page(const struct kl_owners *o, struct kl_owner *ret)
{
	const struct kl_page_range *range;

	kl_vec_for_each (range, &o->memmap->by_frame) {
		uint64_t offset = ret->address - kl_memmap_page(o->memmap, range, range->start);
		uint64_t index = offset / o->memmap->page_size;

		if (index >= range->end - range->start)
			continue;
		ret->kind = KL_OWNER_STRUCT_PAGE;
		ret->frame = range->start + index;
		ret->start = kl_memmap_page(o->memmap, range, ret->frame);
		return true;
	}
	return false;
}

static bool find_module(const struct kl_owners *o, struct kl_owner *ret)
{
	ret->module = kl_modules_at(o->modules, ret->address);
	if (!ret->module)
		return false;
	ret->kind = KL_OWNER_MODULE;
	ret->start = ret->address;
	return true;
}

static bool find_image(const struct kl_owners *o, struct kl_owner *ret)
{
	uint64_t start = kl_kernel_variable(o->k, &o->k->layouts.symbols._stext);
	uint64_t end = kl_kernel_variable(o->k, &o->k->layouts.symbols._end);
	uint64_t init = kl_kernel_variable(o->k, &o->k->layouts.symbols.__init_begin);
	uint64_t init_end = kl_kernel_variable(o->k, &o->k->layouts.symbols.__init_end);

	/* Init sections were given back; what stands there now is somebody else's. */
	if (ret->address < start || ret->address >= end || (ret->address >= init && ret->address < init_end))
		return false;
	ret->kind = KL_OWNER_IMAGE;
	ret->start = ret->address;
	return true;
}

static bool find_depot(const struct kl_owners *o, struct kl_owner *ret)
{
	size_t n, i;
	uint64_t size;
	const uint64_t *pools = kl_stackdepot_pools(o->k, &n, &size);

	for (i = 0; pools && i < n; i++) {
		if (!pools[i] || ret->address - kl_untag(o->k, pools[i]) >= size)
			continue;
		ret->kind = KL_OWNER_STACK_DEPOT;
		ret->start = kl_untag(o->k, pools[i]);
		return true;
	}
	return false;
}

/* ---- by page ---- */

/* The first object at or behind @address, as an index of its span; the count when there is none. */
static size_t first_span_from(const struct kl_index *index, uint64_t address)
{
	return kl_search_prefix(index->spans, index->count, span, span->start < address);
}

static void describe_slot(const struct kl_owners *o, const struct kl_slab *slab, struct kl_owner *ret)
{
	const struct kl_index *index = &o->heap->index[KLEAK_CLASS_VIRTUAL];
	uint32_t number;
	size_t span;

	ret->cache = slab->cache;
	ret->start = slab->start;
	ret->kind = KL_OWNER_SLAB_REST;
	if (!kl_slab_holds(slab, ret->address) || !kl_slab_index(slab, ret->address, &number))
		return;
	ret->start += (uint64_t)number * slab->cache->size;
	span = first_span_from(index, ret->start);
	if (slab->cache->address == o->object_cache || slab->cache->address == o->scan_area_cache) {
		ret->kind = KL_OWNER_KMEMLEAK;
	} else if (span < index->count && index->spans[span].start < ret->start + slab->cache->size) {
		ret->kind = KL_OWNER_SLACK;
		ret->row = index->spans[span].object;
	} else {
		ret->kind = slab->cache->flags & o->no_leak_trace ? KL_OWNER_SLOT_UNTRACKED : KL_OWNER_SLOT_FREED;
	}
}

/* The object that begins before @ret->address and whose last page, or block of pages, goes on there. @head: first page
 * frame of the block. */
static bool find_slack(const struct kl_owners *o, uint64_t head, struct kl_owner *ret)
{
	const struct kl_index *index = &o->heap->index[KLEAK_CLASS_VIRTUAL];
	uint64_t page = UINT64_C(1) << o->k->page_shift, block = o->mappings.direct_map + (head << o->k->page_shift);
	size_t span = first_span_from(index, ret->address);
	const struct kl_span *last;

	if (!span)
		return false;
	last = &index->spans[span - 1];
	if (ret->address >= ((last->end + page - 1) & ~(page - 1)) && last->start != block)
		return false;
	ret->kind = KL_OWNER_SLACK;
	ret->row = last->object;
	ret->start = last->start;
	return true;
}

static enum kl_owner_kind kind_of_page(const struct kl_owners *o, uint64_t frame, const uint8_t *raw)
{
	const struct kl_layout_page *l = &o->k->layouts.page;
	const struct kl_enumerator *reserved = &o->k->layouts.enumerators.PG_reserved;
	const struct kl_enumerator *table = &o->k->layouts.enumerators.PGTY_table;
	uint64_t mapping = kl_member_get(&l->mapping, raw);

	if (kl_page_is_buddy(&o->types, raw))
		return KL_OWNER_PAGE_FREE;
	if (reserved->present && (kl_member_get(&l->flags, raw) >> reserved->value & 1))
		return KL_OWNER_PAGE_RESERVED;
	if (kl_page_has_type(&o->types, raw))
		return table->present && kl_member_get(&l->page_type, raw) >> 24 == (uint64_t)table->value
			       ? KL_OWNER_PAGE_TABLE
			       : KL_OWNER_PAGE_TYPED;
	if (!kl_member_get(&l->_refcount, raw) && kl_page_states_kind(&o->facts->pages, frame) != KL_FRAME_BLOCK)
		return KL_OWNER_PAGE_FREE;
	if (mapping)
		return mapping & MAPPING_ANON ? KL_OWNER_PAGE_USER : KL_OWNER_PAGE_FILE;
	return KL_OWNER_PAGE_UNTRACKED;
}

static void find_by_page(const struct kl_owners *o, struct kl_owner *ret)
{
	uint64_t frame = ret->frame, page;
	const uint8_t *raw = o->page;
	struct kl_slab slab;

	ret->start = ret->address & ~((UINT64_C(1) << o->k->page_shift) - 1);
	ret->block = frame;
	if (!o->memmap->page_size || !kl_memmap_range(o->memmap, frame)) {
		ret->kind = KL_OWNER_NO_PAGE;
		return;
	}
	if (!kl_memmap_read_head(o->k, o->memmap, &frame, &page, o->page))
		return;
	if (kl_slab_is(o->caches, raw) && kl_slab_decode(o->caches, frame, page, raw, &slab)) {
		describe_slot(o, &slab, ret);
		return;
	}
	ret->block = frame;
	ret->kind = kind_of_page(o, frame, raw);
	if ((ret->kind == KL_OWNER_PAGE_UNTRACKED || ret->kind == KL_OWNER_PAGE_TYPED) && find_slack(o, frame, ret))
		return;
}

/* ---- together ---- */

/* What knows its memory by virtual addresses, the most telling first. */
static bool find_by_address(const struct kl_owners *o, struct kl_owner *ret)
{
	uint32_t row = kl_index_find(&o->heap->index[KLEAK_CLASS_VIRTUAL], ret->address);

	if (row != KL_NO_OBJECT)
		return set_object(o, row, o->heap->address[row], ret);
	return find_record(o, ret) || find_percpu(o, ret) || find_stack(o, ret) || find_struct_page(o, ret) ||
	       find_depot(o, ret) || find_module(o, ret) || find_image(o, ret);
}

void kl_owner_of(struct kl_owners *o, uint64_t physical, struct kl_owner *ret)
{
	uint64_t addresses[KL_MAPPINGS_MAX];
	size_t n = kl_mappings_find(&o->mappings, physical, addresses), i;
	uint32_t row;

	*ret = (struct kl_owner){.physical = physical, .row = KL_NO_OBJECT, .frame = physical >> o->k->page_shift};
	for (i = 0; i < n; i++) {
		ret->address = addresses[i];
		if (find_by_address(o, ret))
			return;
	}
	/* of vmalloc memory, what lies behind the object in its last page */
	for (i = 0; i + 1 < n; i++) {
		ret->address = addresses[i];
		if (find_slack(o, UINT64_MAX >> o->k->page_shift, ret))
			return;
	}
	ret->address = n ? addresses[n - 1] : physical;
	row = kl_index_find(&o->heap->index[KLEAK_CLASS_PHYSICAL], physical);
	if (row != KL_NO_OBJECT)
		set_object(o, row, ret->address - (physical - o->heap->address[row]), ret);
	else
		find_by_page(o, ret);
}

struct kl_error *kl_owner_find(struct kl_owners *o, uint64_t address, struct kl_owner *ret)
{
	uint64_t physical;
	struct kl_error *err = kl_image_translate(o->k->image, address, &physical);

	if (err)
		return err;
	*ret = (struct kl_owner){
		.address = address, .physical = physical, .row = KL_NO_OBJECT, .frame = physical >> o->k->page_shift};
	/* as it was asked for, if anybody knows it so; a page may have several names */
	if (!find_by_address(o, ret))
		kl_owner_of(o, physical, ret);
	return NULL;
}
