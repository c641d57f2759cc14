/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/facts/mappings.h"

#include "kernel/machine/machine.h"
#include "kernel/machine/percpu.h"
#include "util/search.h"

struct range {
	uint64_t start, end;
};

struct reader {
	struct kl_kernel *k;
	struct kl_mappings *ret;
	uint64_t memory; /* bytes of physical addresses; nothing mapped is larger */
	KL_VEC(struct range) ranges;
};

static void reader_deinit(struct reader *r)
{
	kl_vec_deinit(&r->ranges);
}

/* ---- what to translate ---- */

static struct kl_error *add_range(struct reader *r, uint64_t start, uint64_t length)
{
	uint64_t page = UINT64_C(1) << r->k->page_shift;
	struct range range = {.start = start & ~(page - 1)};

	if (!length || length > r->memory || __builtin_add_overflow(start, length, &range.end))
		return NULL;
	if (r->ret->has_direct_map && start - r->ret->direct_map < r->memory)
		return NULL;
	return kl_vec_push(&r->ranges, range) ? NULL : kl_error_nomem();
}

static struct kl_error *add_objects(struct reader *r, const struct kl_heap *heap)
{
	struct kl_error *err = NULL;
	size_t row;

	for (row = 0; row < heap->rows && !err; row++) {
		if (heap->class_[row] == KLEAK_CLASS_VIRTUAL)
			err = add_range(r, heap->address[row], heap->size[row]);
	}
	return err;
}

static struct kl_error *add_roots(struct reader *r, const struct kl_roots *roots)
{
	const struct kl_root *root;
	struct kl_error *err = NULL;

	kl_vec_for_each (root, &roots->list) {
		/* The memory map is added as a whole. */
		if (!err && root->kind != KL_ROOT_PAGE)
			err = add_range(r, root->start, root->length);
	}
	return err;
}

static struct kl_error *add_memory_map(struct reader *r)
{
	const struct kl_page_range *range;
	const struct kl_memmap *memmap;
	struct kl_error *err = kl_machine_memmap(r->k, &memmap);

	if (err)
		return err;
	kl_vec_for_each (range, &memmap->by_frame) {
		err = add_range(r, kl_memmap_page(memmap, range, range->start),
				(range->end - range->start) * memmap->page_size);
		if (err)
			return err;
	}
	return NULL;
}

static struct kl_error *add_modules(struct reader *r)
{
	struct kl_modules *modules;
	struct kl_error *err = kl_machine_modules(r->k, &modules);
	struct kl_module *m;
	size_t i;

	if (err)
		return err;
	kl_vec_for_each (m, &modules->list) {
		for (i = 0; i < m->n_regions && !err; i++)
			err = add_range(r, m->regions[i].base, m->regions[i].size);
	}
	return err;
}

static struct kl_error *add_percpu_chunks(struct reader *r)
{
	const struct kl_percpu_chunks *chunks;
	struct kl_error *err = kl_machine_percpu_chunks(r->k, &chunks);
	const struct kl_percpu_chunk *chunk;
	const unsigned *cpu;

	if (err)
		return err;
	kl_vec_for_each (chunk, &chunks->list) {
		kl_vec_for_each (cpu, &r->k->percpu.cpus) {
			uint64_t start;

			if (!err && kl_percpu_address(r->k, chunk->base, *cpu, &start))
				err = add_range(r, start, (uint64_t)chunk->bits * KL_PERCPU_UNIT);
		}
	}
	return err;
}

static struct kl_error *add_image(struct reader *r)
{
	uint64_t start = kl_kernel_variable(r->k, &r->k->layouts.symbols._stext);
	uint64_t end = kl_kernel_variable(r->k, &r->k->layouts.symbols._end);

	return start && end > start ? add_range(r, start, end - start) : NULL;
}

/* ---- translating ---- */

static int compare_ranges(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static int compare_mappings(const void *a, const void *b)
{
	const struct kl_mapping *x = a, *y = b;

	if (x->frame != y->frame)
		return x->frame < y->frame ? -1 : 1;
	return x->address < y->address ? -1 : x->address > y->address;
}

static struct kl_error *map_page(struct reader *r, uint64_t address)
{
	struct kl_mappings *m = r->ret;
	struct kl_mapping *last = m->list.count ? &m->list.data[m->list.count - 1] : NULL;
	struct kl_mapping mapping = {.address = address};
	uint64_t physical;
	struct kl_error *err = kl_image_translate(r->k->image, address, &physical);

	if (err) {
		kl_error_destroy(err);
		return NULL;
	}
	mapping.frame = physical >> m->page_shift;
	mapping.end = mapping.frame + 1;
	if (last && last->end == mapping.frame &&
	    last->address + ((last->end - last->frame) << m->page_shift) == address) {
		last->end++;
		return NULL;
	}
	return kl_vec_push(&m->list, mapping) ? NULL : kl_error_nomem();
}

/* Every page once, however many ranges it lies in. */
static struct kl_error *map_ranges(struct reader *r)
{
	uint64_t page = UINT64_C(1) << r->k->page_shift, at = 0;
	const struct range *range;
	struct kl_error *err = NULL;

	if (r->ranges.count)
		qsort(r->ranges.data, r->ranges.count, sizeof(*r->ranges.data), compare_ranges);
	kl_vec_for_each (range, &r->ranges) {
		if (at < range->start)
			at = range->start;
		/* the last page of the address space ends at 0 */
		for (; at < range->end && at >= range->start && !err; at += page)
			err = map_page(r, at);
	}
	return err;
}

static void sort_mappings(struct kl_mappings *m)
{
	uint64_t highest = 0;
	struct kl_mapping *mapping;

	if (m->list.count)
		qsort(m->list.data, m->list.count, sizeof(*m->list.data), compare_mappings);
	kl_vec_for_each (mapping, &m->list) {
		if (highest < mapping->end)
			highest = mapping->end;
		mapping->highest_end = highest;
	}
}

struct kl_error *kl_mappings_read(struct kl_kernel *k, const struct kl_heap *heap, const struct kl_roots *roots,
				  struct kl_mappings *ret)
{
	_cleanup_(reader_deinit) struct reader r = {.k = k, .ret = ret};
	struct kl_error *err;

	*ret = (struct kl_mappings){.page_shift = k->page_shift};
	ret->has_direct_map = kl_memmap_direct_map(k, &ret->direct_map);
	r.memory = k->image ? kl_image_info(k->image)->max_pfn << k->page_shift : 0;
	err = add_objects(&r, heap);
	if (!err)
		err = add_roots(&r, roots);
	if (!err)
		err = add_memory_map(&r);
	if (!err)
		err = add_modules(&r);
	if (!err)
		err = add_percpu_chunks(&r);
	if (!err)
		err = add_image(&r);
	if (!err)
		err = map_ranges(&r);
	if (err)
		kl_mappings_deinit(ret);
	else
		sort_mappings(ret);
	return err;
}

void kl_mappings_deinit(struct kl_mappings *m)
{
	kl_vec_deinit(&m->list);
}

size_t kl_mappings_find(const struct kl_mappings *m, uint64_t physical, uint64_t ret[KL_MAPPINGS_MAX])
{
	uint64_t frame = physical >> m->page_shift;
	size_t low = kl_search_prefix(m->list.data, m->list.count, mapping, mapping->frame <= frame), n = 0;

	while (low-- && m->list.data[low].highest_end > frame && n < KL_MAPPINGS_MAX - 1) {
		const struct kl_mapping *mapping = &m->list.data[low];

		if (mapping->end > frame)
			ret[n++] = mapping->address + (physical - (mapping->frame << m->page_shift));
	}
	if (m->has_direct_map)
		ret[n++] = m->direct_map + physical;
	return n;
}
