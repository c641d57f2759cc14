/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/machine/memmap.h"

#include <inttypes.h>

#include "util/search.h"

#define ANOMALY "memory model"
#define MAX_NODES 1024
#define MAX_ZONES_PER_NODE 16
#define PHYSICAL_BITS 52    /* of both architectures */
#define SUBSECTION_SHIFT 21 /* include/linux/mmzone.h, since subsections exist (5.3) */

/* section_mem_map keeps flags below the page-aligned address of the section's (encoded) memory map. */
#define SECTION_FLAG_BITS 12
#define SECTION_FLAGS_MASK ((UINT64_C(1) << SECTION_FLAG_BITS) - 1)
#define HAS_MEM_MAP_BIT 1 /* where they are no enumerators yet */
#define IS_ONLINE_BIT 2

/* ---- nodes and zones ---- */

static struct kl_error *read_zone(struct kl_kernel *k, uint64_t address, struct kl_memmap *m)
{
	const struct kl_layout_zone *l = &k->layouts.zone;
	uint64_t start, spanned, present;
	struct kl_zone zone;
	struct kl_error *err;

	err = kl_kernel_read_member(k, address, &l->zone_start_pfn, &start);
	if (!err)
		err = kl_kernel_read_member(k, address, &l->spanned_pages, &spanned);
	if (!err)
		err = kl_kernel_read_member(k, address, &l->present_pages, &present);
	if (err || !present)
		return err;
	zone.start = start;
	if (__builtin_add_overflow(start, spanned, &zone.end) || zone.end >> (PHYSICAL_BITS - k->page_shift))
		return kl_error_create(KL_ERROR_CORRUPT,
				       "zone %#" PRIx64 " spans %" PRIu64 " pages from page frame %#" PRIx64, address,
				       spanned, start);
	return kl_vec_push(&m->zones, zone) ? NULL : kl_error_nomem();
}

static struct kl_error *read_node(struct kl_kernel *k, uint64_t node, struct kl_memmap *m)
{
	const struct kl_layout_pglist_data *l = &k->layouts.pglist_data;
	uint64_t zones, i;
	struct kl_error *err;

	err = kl_kernel_read_member(k, node, &l->nr_zones, &zones);
	if (err)
		return err;
	if (zones > MAX_ZONES_PER_NODE)
		return kl_error_create(KL_ERROR_CORRUPT, "node %#" PRIx64 " claims %" PRIu64 " zones", node, zones);
	for (i = 0; i < zones; i++) {
		err = read_zone(k, node + l->node_zones.offset + i * k->layouts.zone.type.size, m);
		if (err)
			return err;
	}
	return kl_vec_push(&m->nodes, node) ? NULL : kl_error_nomem();
}

/* How many elements of node_data[] may be nodes. Who knows only where the array begins asks how many nodes there can
 * be. */
static uint64_t node_limit(struct kl_kernel *k)
{
	const struct kl_variable *array = &k->layouts.variables.node_data;
	uint64_t limit = array->count ? array->count : 1;

	if (!array->count && k->layouts.symbols.nr_node_ids.present)
		kl_error_destroy(kl_kernel_read_value(k, &k->layouts.symbols.nr_node_ids, 4, &limit));
	return limit < MAX_NODES ? limit : MAX_NODES;
}

/* NUMA kernels keep an array of pointers to nodes, others one static node. */
static struct kl_error *read_nodes(struct kl_kernel *k, struct kl_memmap *m)
{
	const struct kl_variable *array = &k->layouts.variables.node_data;
	uint64_t nodes = node_limit(k), node, i;
	struct kl_error *err;

	if (!array->present) {
		node = kl_kernel_variable(k, &k->layouts.symbols.contig_page_data);
		return node ? read_node(k, node, m)
			    : kl_error_create(KL_ERROR_NOT_FOUND, "neither node_data nor contig_page_data");
	}
	for (i = 0; i < nodes; i++) {
		err = kl_kernel_read_u64(k, kl_kernel_variable(k, array) + 8 * i, &node);
		if (!err && node)
			err = read_node(k, node, m);
		err = kl_kernel_go_on(k, ANOMALY, node, err);
		if (err)
			return err;
	}
	return NULL;
}

/* ---- sections ---- */

/* The same, in the array of roots at @base, each of which points to @per_root sections. */
static struct kl_error *find_in_root(struct kl_kernel *k, uint64_t base, uint64_t number, uint64_t per_root,
				     uint64_t *ret, uint64_t *next)
{
	uint64_t at = base + number / per_root * 8, page = UINT64_C(1) << k->page_shift, root;
	struct kl_error *err = kl_kernel_read_u64(k, at, &root);

	if (err) {
		*next = (number / per_root + (page - at % page + 7) / 8) * per_root;
		return err;
	}
	*next = root ? number + 1 : (number / per_root + 1) * per_root;
	*ret = root ? root + number % per_root * k->layouts.mem_section.type.size : 0;
	return NULL;
}

/* The address of struct mem_section @number, 0 when that section was never made.
 * @next: the first section after it of which the answer, or the error, says nothing: a zone may span terabytes of
 * sections that do not exist. */
static struct kl_error *find_section(struct kl_kernel *k, uint64_t number, uint64_t *ret, uint64_t *next)
{
	const struct kl_variable *v = &k->layouts.variables.mem_section;
	uint64_t size = k->layouts.mem_section.type.size, base = kl_kernel_variable(k, v);
	uint64_t per_root;
	struct kl_error *err;

	*next = UINT64_MAX;
	if (!size)
		return kl_error_create(KL_ERROR_UNSUPPORTED, "no layout of struct mem_section");
	*ret = 0;
	if (v->is_array && v->element_size == size) {
		/* static sections (not SPARSEMEM_EXTREME): an array of arrays, laid out as one */
		if (number >= v->count)
			return NULL;
		*ret = base + number * size;
		*next = number + 1;
		return NULL;
	}
	per_root = (UINT64_C(1) << k->page_shift) / size;
	if (!per_root)
		return kl_error_create(KL_ERROR_CORRUPT, "struct mem_section of %" PRIu64 " bytes", size);
	if (v->is_array) {
		/* SPARSEMEM_EXTREME before 4.15: a static array of roots */
		if (number / per_root >= v->count)
			return NULL;
	} else {
		err = kl_kernel_read_u64(k, base, &base);
		if (err || !base)
			return err;
	}
	return find_in_root(k, base, number, per_root, ret, next);
}

/* A section's memory map, as the address that the struct page of page frame 0 would have, and which parts are valid. */
struct section {
	uint64_t address; /* of the struct mem_section */
	uint64_t next;    /* number of the first section after it that may exist */
	uint64_t map;     /* 0: none */
	uint64_t subsections[64];
	bool has_subsections;
};

/* The bit of section_mem_map that says whether a section can be used. */
static unsigned section_bit(const struct kl_kernel *k, bool online)
{
	const struct kl_enumerator *e = online ? &k->layouts.enumerators.SECTION_IS_ONLINE_BIT
					       : &k->layouts.enumerators.SECTION_HAS_MEM_MAP_BIT;

	if (e->present && e->value >= 0 && e->value < SECTION_FLAG_BITS)
		return (unsigned)e->value;
	return online ? IS_ONLINE_BIT : HAS_MEM_MAP_BIT;
}

static struct kl_error *read_section(struct kl_kernel *k, const struct kl_memmap *m, uint64_t number,
				     struct section *ret)
{
	const struct kl_layout_mem_section *l = &k->layouts.mem_section;
	const struct kl_member *map = &k->layouts.mem_section_usage.subsection_map;
	uint64_t address = 0, encoded, usage;
	struct kl_error *err;

	*ret = (struct section){};
	err = find_section(k, number, &address, &ret->next);
	if (err || !address)
		return err;
	ret->address = address;
	err = kl_kernel_read_member(k, address, &l->section_mem_map, &encoded);
	if (err)
		return err;
	/* The online bit came with 4.13; `usage` proves 5.3. Before, kmemleak asked pfn_valid(), the has-memory-map
	 * bit. */
	if (!(encoded >> section_bit(k, l->usage.present) & 1))
		return NULL;
	ret->map = encoded & ~SECTION_FLAGS_MASK;
	if (!l->usage.present || !map->present || map->size > sizeof(ret->subsections))
		return NULL;
	err = kl_kernel_read_member(k, address, &l->usage, &usage);
	if (!err)
		err = kl_kernel_read(k, usage + map->offset, ret->subsections, map->size);
	ret->has_subsections = !err && UINT64_C(1) << (m->section_bits - SUBSECTION_SHIFT) <= map->size * 8;
	return err;
}

/* ---- ranges of page frames ---- */

/* Neighbours of one section become one range. */
static struct kl_error *add_page_range(struct kl_memmap *m, struct kl_page_range range)
{
	struct kl_page_range *last = m->ranges.count ? &m->ranges.data[m->ranges.count - 1] : NULL;

	if (last && last->zone == range.zone && last->section == range.section && last->end == range.start) {
		last->end = range.end;
		return NULL;
	}
	return kl_vec_push(&m->ranges, range) ? NULL : kl_error_nomem();
}

/* The part [start, end) of a section: its subsections that exist. */
static struct kl_error *add_section(struct kl_kernel *k, struct kl_memmap *m, size_t zone,
				    const struct section *section, uint64_t start, uint64_t end)
{
	uint64_t per_subsection = UINT64_C(1) << (SUBSECTION_SHIFT - k->page_shift), next;
	uint64_t per_section = UINT64_C(1) << (m->section_bits - k->page_shift);

	for (; start < end; start = next) {
		uint64_t bit = start % per_section / per_subsection;
		struct kl_page_range range = {
			.start = start, .map = section->map, .section = section->address, .zone = zone};
		struct kl_error *err = NULL;

		next = (start / per_subsection + 1) * per_subsection;
		if (next > end)
			next = end;
		range.end = next;
		if (!section->has_subsections || (section->subsections[bit / 64] >> bit % 64 & 1))
			err = add_page_range(m, range);
		if (err)
			return err;
	}
	return NULL;
}

static struct kl_error *add_sparse_zone(struct kl_kernel *k, struct kl_memmap *m, size_t zone)
{
	uint64_t per_section = UINT64_C(1) << (m->section_bits - k->page_shift), next;
	uint64_t start = m->zones.data[zone].start, end = m->zones.data[zone].end;

	for (; start < end; start = next) {
		struct section section;
		struct kl_error *err;

		err = read_section(k, m, start / per_section, &section);
		next = section.next < end / per_section + 1 ? section.next * per_section : end;
		if (next > end)
			next = end;
		if (!err && section.map)
			err = add_section(k, m, zone, &section, start, next);
		if (err)
			err = kl_kernel_go_on(k, ANOMALY, 0,
					      kl_error_prepend(err, "section %" PRIu64, start / per_section));
		if (err)
			return err;
	}
	return NULL;
}

/* FLATMEM: one array for all page frames, beginning with the first one of the (only) node. */
static struct kl_error *add_flat_zone(struct kl_kernel *k, struct kl_memmap *m, size_t zone)
{
	const struct kl_layout_pglist_data *l = &k->layouts.pglist_data;
	uint64_t node = kl_kernel_variable(k, &k->layouts.symbols.contig_page_data), map, first;
	struct kl_page_range range = {.start = m->zones.data[zone].start, .end = m->zones.data[zone].end, .zone = zone};
	struct kl_error *err;

	if (!node || !l->node_mem_map.present)
		return kl_error_create(KL_ERROR_UNSUPPORTED, "neither sections nor a flat memory map");
	err = kl_kernel_read_member(k, node, &l->node_mem_map, &map);
	if (!err)
		err = kl_kernel_read_member(k, node, &l->node_start_pfn, &first);
	if (err)
		return err;
	/* All page frames of such a machine are memory: a zone ends with it. */
	if (k->image && range.end > kl_image_info(k->image)->max_pfn)
		range.end = kl_image_info(k->image)->max_pfn;
	range.map = map - first * m->page_size;
	return range.start < range.end ? add_page_range(m, range) : NULL;
}

static int compare_page_ranges(const void *a, const void *b)
{
	const struct kl_page_range *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->zone < y->zone ? -1 : x->zone > y->zone;
}

/* The ranges by page frame; where zones overlap, the first one has the page frame. */
static struct kl_error *sort_ranges(struct kl_memmap *m)
{
	const struct kl_page_range *r;
	size_t kept = 0, i;

	kl_vec_for_each (r, &m->ranges) {
		if (!kl_vec_push(&m->by_frame, *r))
			return kl_error_nomem();
	}
	if (m->by_frame.count)
		qsort(m->by_frame.data, m->by_frame.count, sizeof(*m->by_frame.data), compare_page_ranges);
	for (i = 0; i < m->by_frame.count; i++) {
		struct kl_page_range range = m->by_frame.data[i];

		if (kept && range.start < m->by_frame.data[kept - 1].end)
			range.start = m->by_frame.data[kept - 1].end;
		if (range.start < range.end)
			m->by_frame.data[kept++] = range;
	}
	m->by_frame.count = kept;
	return NULL;
}

static struct kl_error *read_ranges(struct kl_kernel *k, struct kl_memmap *m)
{
	size_t i;

	/* Describing a page by more than a page would take more memory than there is. */
	if (m->page_size < 32 || m->page_size > 1u << k->page_shift) {
		kl_kernel_anomaly(k, ANOMALY, 0, "struct page of %u bytes", m->page_size);
		m->page_size = 0;
		return NULL;
	}
	for (i = 0; i < m->zones.count; i++) {
		struct kl_error *err = m->section_bits ? add_sparse_zone(k, m, i) : add_flat_zone(k, m, i);

		err = kl_kernel_go_on(k, ANOMALY, 0, err);
		if (err)
			return err;
	}
	return sort_ranges(m);
}

const struct kl_page_range *kl_memmap_range(const struct kl_memmap *m, uint64_t pfn)
{
	return kl_search_range(m->by_frame.data, m->by_frame.count, pfn);
}

/* SECTION_SIZE_BITS is in VMCOREINFO for all architectures that have sections; 27 has always been x86-64's, and
 * aarch64's since 5.12 with pages of 4 KiB. */
static struct kl_error *find_section_bits(struct kl_kernel *k, unsigned *ret)
{
	int64_t bits;

	*ret = 0;
	if (!k->layouts.variables.mem_section.present)
		return NULL;
	if (!k->image || !kl_image_vmcoreinfo_number(k->image, "SECTION_SIZE_BITS", &bits))
		bits = 27;
	if (bits <= k->page_shift || bits > 40)
		return kl_error_create(KL_ERROR_CORRUPT, "sections of 2^%" PRId64 " bytes", bits);
	*ret = (unsigned)bits;
	return NULL;
}

struct kl_error *kl_memmap_read(struct kl_kernel *k, struct kl_memmap *ret)
{
	struct kl_error *err;

	*ret = (struct kl_memmap){.page_size = (uint32_t)k->layouts.page.type.size};
	err = find_section_bits(k, &ret->section_bits);
	if (!err)
		err = read_nodes(k, ret);
	if (!err)
		err = read_ranges(k, ret);
	err = kl_kernel_go_on(k, ANOMALY, 0, err);
	if (err)
		kl_memmap_deinit(ret);
	return err;
}

void kl_memmap_deinit(struct kl_memmap *m)
{
	kl_vec_deinit(&m->nodes);
	kl_vec_deinit(&m->zones);
	kl_vec_deinit(&m->ranges);
	kl_vec_deinit(&m->by_frame);
	*m = (struct kl_memmap){};
}

/* ---- struct page ---- */

uint64_t kl_memmap_compound_head(const struct kl_kernel *k, uint64_t page, const uint8_t *raw)
{
	const struct kl_layout_page *l = &k->layouts.page;
	uint64_t info;

	if (l->compound_info.present) {
		/* 7.x: a tail holds head|1, or (struct page of a power of two, HugeTLB optimisation) a mask|1 */
		info = kl_member_get(&l->compound_info, raw);
		if (!(info & 1))
			return page;
		info--;
		/* A mask is ones down to some bit and zeroes below: -(lowest set bit). No head lies that high. */
		return info == -(info & -info) ? page & info : info;
	}
	if (l->compound_head.present) {
		info = kl_member_get(&l->compound_head, raw);
		return info & 1 ? info - 1 : page;
	}
	if (l->first_page.present && k->layouts.enumerators.PG_tail.present &&
	    kl_member_get(&l->flags, raw) >> k->layouts.enumerators.PG_tail.value & 1)
		return kl_member_get(&l->first_page, raw);
	return page;
}

bool kl_memmap_read_head(struct kl_kernel *k, const struct kl_memmap *m, uint64_t *pfn, uint64_t *page, uint8_t *raw)
{
	const struct kl_page_range *range = kl_memmap_range(m, *pfn);
	uint64_t head, distance;

	if (!range)
		return false;
	*page = kl_memmap_page(m, range, *pfn);
	if (kl_kernel_read_partial(k, *page, raw, m->page_size) < m->page_size)
		return false;
	head = kl_memmap_compound_head(k, *page, raw);
	if (head == *page)
		return true;
	distance = *page - head;
	if (head > *page || distance % m->page_size || distance / m->page_size > *pfn)
		return false;
	*pfn -= distance / m->page_size;
	*page = head;
	return kl_kernel_read_partial(k, head, raw, m->page_size) == m->page_size;
}

bool kl_memmap_page_in_use(struct kl_kernel *k, uint64_t page, const uint8_t *raw)
{
	const struct kl_member *refcount = &k->layouts.page._refcount;
	uint64_t head = kl_memmap_compound_head(k, page, raw), count = kl_member_get(refcount, raw);
	struct kl_error *err;

	if (head == page)
		return count != 0;
	err = kl_kernel_read_member(k, head, refcount, &count);
	if (err) {
		kl_kernel_anomaly_error(k, ANOMALY, page, kl_error_prepend(err, "head of struct page %#" PRIx64, page));
		return true;
	}
	return count != 0;
}

/* Appends [page, page + size), merged with the root before it when they touch. */
static struct kl_error *add_page_root(struct kl_roots *roots, uint64_t page, uint32_t size)
{
	struct kl_root *last = roots->list.count ? &roots->list.data[roots->list.count - 1] : NULL;
	struct kl_root root = {.start = page, .length = size, .kind = KL_ROOT_PAGE};

	if (last && last->kind == KL_ROOT_PAGE && last->start + last->length == page) {
		last->length += size;
		return NULL;
	}
	return kl_vec_push(&roots->list, root) ? NULL : kl_error_nomem();
}

static bool in_earlier_zone(const struct kl_memmap *m, size_t zone, uint64_t pfn)
{
	size_t i;

	for (i = 0; i < zone; i++) {
		if (pfn >= m->zones.data[i].start && pfn < m->zones.data[i].end)
			return true;
	}
	return false;
}

#define BATCH 64 /* struct pages read at once */

/* Is a page a root? One whose struct page cannot be read is: that it could not be scanned must be seen.
 * @present: how many of the @length bytes are there that @raw is one part of. @again: room for one more. */
static bool is_page_root(struct kl_kernel *k, const struct kl_memmap *m, uint64_t page, const uint8_t *raw,
			 size_t present, size_t length, uint8_t *again)
{
	if (!present)
		return true;
	if (present < length && kl_kernel_read_partial(k, page, again, m->page_size) < m->page_size)
		return true;
	return kl_memmap_page_in_use(k, page, raw);
}

/* The pages of @range that are in use. @raw: room for a batch of struct pages, and one more. */
static struct kl_error *add_roots_of_range(struct kl_kernel *k, const struct kl_memmap *m,
					   const struct kl_page_range *range, uint8_t *raw, struct kl_roots *roots)
{
	uint8_t *again = raw + (size_t)BATCH * m->page_size;
	uint64_t start, pfn;

	for (start = range->start; start < range->end; start += BATCH) {
		uint64_t count = range->end - start < BATCH ? range->end - start : BATCH;
		struct kl_error *err = NULL;
		size_t length = (size_t)count * m->page_size;
		size_t present = kl_kernel_read_partial(k, kl_memmap_page(m, range, start), raw, length);

		for (pfn = start; pfn < start + count && !err; pfn++) {
			uint64_t page = kl_memmap_page(m, range, pfn);

			if (!in_earlier_zone(m, range->zone, pfn) &&
			    is_page_root(k, m, page, raw + (pfn - start) * m->page_size, present, length, again))
				err = add_page_root(roots, page, m->page_size);
		}
		if (err)
			return err;
	}
	return NULL;
}

struct kl_error *kl_memmap_page_roots(struct kl_kernel *k, const struct kl_memmap *m, struct kl_roots *roots)
{
	_cleanup_free_ uint8_t *raw = malloc((size_t)(BATCH + 1) * m->page_size + 1);
	const struct kl_page_range *range;

	if (!raw)
		return kl_error_nomem();
	kl_vec_for_each (range, &m->ranges) {
		struct kl_error *err = add_roots_of_range(k, m, range, raw, roots);

		if (err)
			return err;
	}
	return NULL;
}

/* ---- the image ---- */

bool kl_memmap_is_image(struct kl_kernel *k, const struct kl_memmap *m, uint64_t address, bool *ret)
{
	const struct kl_enumerator *reserved = &k->layouts.enumerators.PG_reserved;
	uint64_t text = kl_kernel_variable(k, &k->layouts.symbols._stext), physical, flags, frame;
	const struct kl_page_range *range;
	struct kl_error *err;

	if (!k->image || !reserved->present)
		return false;
	err = kl_image_translate(k->image, address, &physical);
	if (err && kl_error_code(err) == KL_ERROR_NOT_FOUND && text) {
		kl_error_destroy(err);
		err = kl_image_translate(k->image, text, &physical);
		physical += address - text;
	}
	frame = err ? 0 : physical >> k->page_shift;
	range = err ? NULL : kl_memmap_range(m, frame);
	kl_error_destroy(err);
	if (!range)
		return false;
	err = kl_kernel_read_member(k, kl_memmap_page(m, range, frame), &k->layouts.page.flags, &flags);
	*ret = !err && (flags >> reserved->value & 1);
	kl_error_destroy(err);
	return !err;
}

/* ---- direct map ---- */

/* Whether the page tables map an object of the slab allocator, the first task after init_task, as a direct map that
 * begins at @direct_map would. True where nobody can tell: without page tables, with a single task. */
static bool is_direct_map(struct kl_kernel *k, uint64_t direct_map)
{
	const struct kl_member *tasks = &k->layouts.task_struct.tasks;
	uint64_t head = kl_kernel_variable(k, &k->layouts.symbols.init_task) + tasks->offset, node, physical;
	struct kl_error *err;

	if (!k->image || !k->layouts.symbols.init_task.present || !tasks->present)
		return true;
	err = kl_kernel_read_u64(k, head, &node);
	if (!err)
		err = kl_image_translate(k->image, kl_untag(k, node), &physical);
	if (!err)
		return node == head || kl_untag(k, node) - physical == direct_map;
	kl_error_destroy(err);
	return true;
}

/* The linear map begins at -(1 << VA_BITS) since 5.4 and at half of that before, with memstart_addr there. */
static bool find_direct_map_aarch64(struct kl_kernel *k, uint64_t *ret)
{
	uint64_t memstart, before;
	struct kl_error *err;
	int64_t bits;

	if (!k->image || !kl_image_vmcoreinfo_number(k->image, "VA_BITS", &bits) || bits < 36 || bits > 56)
		return false;
	err = kl_kernel_read_u64(k, kl_kernel_variable(k, &k->layouts.symbols.memstart_addr), &memstart);
	if (err) {
		kl_error_destroy(err);
		return false;
	}
	*ret = -(UINT64_C(1) << bits) - memstart;
	before = -(UINT64_C(1) << (bits - 1)) - memstart;
	if (!is_direct_map(k, *ret) && is_direct_map(k, before))
		*ret = before;
	return true;
}

static bool find_direct_map(struct kl_kernel *k, uint64_t *ret)
{
	const struct kl_variable *base = &k->layouts.symbols.page_offset_base;
	struct kl_error *err;
	int64_t number;

	if (k->arch == KL_ARCH_AARCH64)
		return find_direct_map_aarch64(k, ret);
	if (base->present) {
		err = kl_kernel_read_u64(k, kl_kernel_variable(k, base), ret);
		kl_error_destroy(err);
		return !err;
	}
	/* Without randomised memory the base is fixed: 5-level, 4-level, and 4-level before 4.20 (no LA57 number then).
	 */
	if (k->image && kl_image_vmcoreinfo_number(k->image, "pgtable_l5_enabled", &number))
		*ret = number ? 0xff11000000000000 : 0xffff888000000000;
	else
		*ret = 0xffff880000000000;
	return true;
}

bool kl_memmap_direct_map(struct kl_kernel *k, uint64_t *ret)
{
	if (!find_direct_map(k, ret))
		return false;
	if (is_direct_map(k, *ret))
		return true;
	kl_kernel_anomaly(k, ANOMALY, kl_kernel_variable(k, &k->layouts.symbols.page_offset_base),
			  "the direct map is said to begin at %#" PRIx64 ", but the page tables put it elsewhere",
			  *ret);
	kl_kernel_incomplete(k, "the base of the direct map");
	return false;
}
