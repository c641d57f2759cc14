/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "profiling/census.h"

#include <inttypes.h>

#include "profiling/alloc_tag_reader.h"
#include "util/bytes.h"
#include "util/search.h"

#define ANOMALY "page tag"
#define BATCH 256             /* page frames looked at together */
#define COMPOUND_ORDER_MAX 18 /* a huge page of 1 GiB */
#define WORDS_MAX 4096        /* of an extension vector read at once */

/* An allocation of more than one page without __GFP_COMP has no mark of its length: what follows its first page with no
 * reference count, no type and no reference of its own, up to the alignment of the block, belongs to it. */
struct open_block {
	enum kl_page_use use; /* KL_PAGE_USE_COUNT: nothing is open */
	uint32_t tag;
	uint64_t start, end, limit; /* end: of what was seen so far */
};

struct extent {
	uint64_t start, end; /* page frames */
};

struct census {
	struct kl_profiling *p;
	struct kl_kernel *k;
	struct kl_census *ret;
	struct kl_page_types types;
	KL_VEC(struct extent) page_ext; /* page frames that hold page extensions, ascending */
	uint8_t *raw;                   /* BATCH struct pages, and one more */
	uint8_t *extensions;            /* scratch of kl_page_refs_read() */
	uint64_t references[BATCH];
	uint64_t words[WORDS_MAX];
	struct open_block open;
	/* Page frames below this belong to something that was counted as a whole, of this use. */
	uint64_t whole_until;
	uint64_t free_until;      /* page frames below this lie in a free block */
	uint64_t slab_references; /* of the slab that is being counted */
	uint64_t empty_end;       /* the page frame after one marked EMPTY, or after what was split off one */
};

/* One page frame. */
struct frame {
	const struct kl_page_range *range;
	uint64_t pfn;
	uint64_t page;
	const uint8_t *raw;
	enum kl_page_ref what;
	uint32_t tag;
	uint64_t flags;
	uint32_t refcount;
	uint32_t type; /* PGTY_*, 0 = none */
};

static bool has_flag(const struct frame *f, const struct kl_enumerator *e)
{
	return e->present && (f->flags >> e->value & 1);
}

/* A count for every tag; some are found on the way. */
static struct kl_error *cover_tags(struct census *c)
{
	while (c->ret->tags.count < c->p->tags.list.count) {
		if (!kl_vec_add(&c->ret->tags))
			return kl_error_nomem();
	}
	return NULL;
}

static struct kl_error *count_of(struct census *c, uint32_t tag, struct kl_tag_count **ret)
{
	struct kl_error *err = cover_tags(c);

	*ret = err ? NULL : &c->ret->tags.data[tag];
	return err;
}

/* ---- slabs ---- */

static struct kl_error *count_reference(struct census *c, const struct kl_slab *slab, uint64_t reference)
{
	struct kl_tag_count *count;
	struct kl_error *err;
	uint32_t tag;

	if (!reference)
		return NULL;
	if (reference == KL_TAG_REFERENCE_EMPTY) {
		c->ret->objects_empty++;
		return NULL;
	}
	err = kl_alloc_tags_resolve(c->k, &c->p->tags, reference, &tag);
	if (err)
		return err;
	if (tag == KL_NO_TAG) {
		c->ret->references_invalid++;
		return NULL;
	}
	err = count_of(c, tag, &count);
	if (err)
		return err;
	c->slab_references++;
	count->slab_objects++;
	count->slab_bytes += slab->cache->size;
	return NULL;
}

/* References one by one: in the objects, or where a page of the vector is missing. */
static struct kl_error *count_singly(struct census *c, const struct kl_slab *slab, uint32_t first, uint32_t end)
{
	struct kl_error *err = NULL;
	uint64_t lost = 0;

	for (uint32_t i = first; i < end && !err; i++) {
		uint64_t reference;

		if (kl_kernel_read_partial(c->k, slab->tags + (uint64_t)i * slab->stride, &reference,
					   sizeof(reference)) == sizeof(reference))
			err = count_reference(c, slab, kl_get_u64(&reference));
		else
			lost++;
	}
	if (lost)
		kl_kernel_anomaly(c->k, ANOMALY, slab->page, "%" PRIu64 " references at %#" PRIx64 " are missing", lost,
				  slab->tags);
	c->ret->references_lost += lost;
	return err;
}

static struct kl_error *count_vector(struct census *c, const struct kl_slab *slab)
{
	uint32_t per_read = WORDS_MAX * 8 / slab->stride, first, i;
	struct kl_error *err = NULL;

	if (slab->stride > 64)
		return count_singly(c, slab, 0, slab->objects);
	for (first = 0; first < slab->objects && !err; first += per_read) {
		uint32_t n = slab->objects - first < per_read ? slab->objects - first : per_read;
		size_t length = (size_t)(n - 1) * slab->stride + 8;

		if (kl_kernel_read_partial(c->k, slab->tags + (uint64_t)first * slab->stride, c->words, length) <
		    length)
			err = count_singly(c, slab, first, first + n);
		else
			for (i = 0; i < n && !err; i++)
				err = count_reference(c, slab,
						      kl_get_u64((uint8_t *)c->words + (size_t)i * slab->stride));
	}
	return err;
}

static struct kl_error *count_slab(struct census *c, const struct frame *f, uint64_t pages)
{
	struct kl_slab slab;
	struct kl_error *err;

	c->ret->slabs++;
	c->ret->slab_pages += pages;
	if (!kl_slab_decode(c->p->caches, f->pfn, f->page, f->raw, &slab))
		return NULL;
	if (slab.tags && slab.stride >= 8) {
		c->slab_references = 0;
		err = count_vector(c, &slab);
		if (c->slab_references > slab.inuse)
			c->ret->objects_stale += c->slab_references - slab.inuse;
		return err;
	}
	c->ret->slabs_without_vector++;
	c->ret->objects_without_vector += slab.inuse;
	c->ret->slabs_failed += slab.failed;
	return NULL;
}

/* ---- pages ---- */

/* Whether the page is on a list: of the free pages of a CPU, when nobody has it. A page that was taken from a list
 * keeps poison, or what its next owner wrote, and no neighbour points back to it. */
static bool is_on_list(struct census *c, const struct frame *f)
{
	const struct kl_member *lru = &c->k->layouts.page.lru;
	uint64_t self = f->page + lru->offset, next, back;

	if (!lru->present || lru->size < 16)
		return false;
	next = kl_untag(c->k, kl_get_u64(f->raw + lru->offset));
	return next >> 63 && !(next & 7) && next != self &&
	       kl_kernel_read_partial(c->k, next + 8, &back, sizeof(back)) == sizeof(back) &&
	       kl_untag(c->k, kl_get_u64(&back)) == self;
}

/* The pages of the compound page whose head is @f, 1 when it is none. The order stands in the second page's flags. */
static uint64_t compound_pages(struct census *c, const struct frame *f)
{
	const struct kl_member *flags = &c->k->layouts.page.flags;
	uint64_t order;
	struct kl_error *err;

	if (!has_flag(f, &c->k->layouts.enumerators.PG_head))
		return 1;
	err = kl_kernel_read_member(c->k, f->page + c->p->memory->page_size, flags, &order);
	kl_error_destroy(err);
	order = err ? 0 : order & 0xff;
	if (order && order <= COMPOUND_ORDER_MAX && !(f->pfn & ((UINT64_C(1) << order) - 1)))
		return UINT64_C(1) << order;
	kl_kernel_anomaly(c->k, ANOMALY, f->page, "a compound page at page frame %#" PRIx64 " without its order",
			  f->pfn);
	return 1;
}

/* An allocation ends: it has a power of two of pages. */
static struct kl_error *close_block(struct census *c)
{
	struct open_block *open = &c->open;
	enum kl_page_use use = open->use;
	struct kl_tag_count *count;
	uint64_t pages = 1;
	struct kl_error *err;

	if (use == KL_PAGE_USE_COUNT)
		return NULL;
	open->use = KL_PAGE_USE_COUNT;
	while (pages * 2 <= open->end - open->start)
		pages *= 2;
	c->ret->pages[use] += pages;
	c->ret->pages[KL_PAGE_UNUSED] += open->end - open->start - pages;
	if (use != KL_PAGE_TAGGED)
		return NULL;
	err = count_of(c, open->tag, &count);
	if (err)
		return err;
	count->page_calls++;
	count->pages += pages;
	return NULL;
}

static void open_block(struct census *c, const struct frame *f, enum kl_page_use use, uint64_t pages)
{
	uint64_t alignment = f->pfn & -f->pfn, largest = kl_memmap_largest_block(c->k);

	if (!alignment || alignment > largest)
		alignment = largest;
	c->open = (struct open_block){
		.use = use,
		.tag = f->tag,
		.start = f->pfn,
		.end = f->pfn + pages,
		.limit = f->pfn + (pages > 1 ? pages : alignment),
	};
	c->whole_until = f->pfn + pages;
}

static enum kl_page_use use_without_tag(struct census *c, const struct frame *f)
{
	bool follows_empty = f->pfn == c->empty_end;

	switch (f->what) {
	case KL_PAGE_REF_EMPTY:
		c->empty_end = f->pfn + 1;
		return KL_PAGE_EMPTY;
	case KL_PAGE_REF_INVALID:
		return KL_PAGE_INVALID;
	case KL_PAGE_REF_LOST:
		return c->p->pages.entry_size || c->p->pages.compressed ? KL_PAGE_LOST : KL_PAGE_OFF;
	default:
		break;
	}
	if (c->p->tags.info.status != KL_PROFILING_ON)
		return KL_PAGE_OFF;
	/* Splitting an allocation copies the reference of its first page, but no mark. */
	if (follows_empty) {
		c->empty_end = f->pfn + 1;
		return KL_PAGE_SPLIT_TAIL;
	}
	return KL_PAGE_EARLY;
}

/* Freed without the reference having been taken away, so that its tag is still charged. */
static struct kl_error *count_stale(struct census *c, const struct frame *f)
{
	struct kl_tag_count *count;
	struct kl_error *err = count_of(c, f->tag, &count);

	if (err)
		return err;
	c->ret->pages[KL_PAGE_STALE]++;
	count->stale_pages++;
	return NULL;
}

/* A page that nobody has: free, or the rest of an allocation, or on its way. */
static struct kl_error *count_idle(struct census *c, const struct frame *f)
{
	bool tagged = f->what == KL_PAGE_REF_TAG, buddy = f->pfn < c->free_until, listed = buddy || is_on_list(c, f);
	struct kl_error *err;

	if (!listed && !tagged && c->open.use != KL_PAGE_USE_COUNT && c->open.end == f->pfn && f->pfn < c->open.limit) {
		c->open.end++;
		return NULL;
	}
	err = close_block(c);
	if (err)
		return err;
	if (listed && tagged)
		return count_stale(c, f);
	if (tagged) /* 7.x: pages may be allocated without a reference count */
		open_block(c, f, KL_PAGE_TAGGED, 1);
	else if (listed && !buddy) /* lists of a CPU hold blocks of several pages, too, without a mark of their size */
		open_block(c, f, KL_PAGE_FREE, 1);
	else
		c->ret->pages[buddy ? KL_PAGE_FREE : KL_PAGE_UNUSED]++;
	return NULL;
}

static struct kl_error *count_allocated(struct census *c, const struct frame *f)
{
	uint64_t pages = compound_pages(c, f);
	struct kl_error *err = close_block(c);

	if (!err && kl_slab_is(c->p->caches, f->raw))
		err = count_slab(c, f, pages);
	if (err)
		return err;
	open_block(c, f, f->what == KL_PAGE_REF_TAG ? KL_PAGE_TAGGED : use_without_tag(c, f), pages);
	return NULL;
}

static bool is_page_ext(const struct census *c, uint64_t pfn)
{
	return kl_search_range(c->page_ext.data, c->page_ext.count, pfn);
}

static struct kl_error *count_frame(struct census *c, const struct frame *f)
{
	const struct kl_layouts *l = &c->k->layouts;
	uint64_t order;
	struct kl_error *err;

	if (f->pfn < c->whole_until)
		return NULL;
	if (has_flag(f, &l->enumerators.PG_reserved)) {
		err = close_block(c);
		c->ret->pages[KL_PAGE_RESERVED]++;
		return err;
	}
	if (kl_page_is_buddy(&c->types, f->raw)) {
		order = kl_member_get(&l->page.private_, f->raw);
		if (f->pfn >= c->free_until && order < 32)
			c->free_until = f->pfn + (UINT64_C(1) << order);
		return count_idle(c, f);
	}
	if (!f->refcount && !kl_page_has_type(&c->types, f->raw))
		return count_idle(c, f);
	if (f->what != KL_PAGE_REF_TAG && is_page_ext(c, f->pfn)) {
		err = close_block(c);
		c->ret->pages[KL_PAGE_EXTENSIONS]++;
		return err;
	}
	return count_allocated(c, f);
}

static struct kl_error *count_batch(struct census *c, const struct kl_page_range *range, uint64_t pfn, size_t count)
{
	uint32_t size = c->p->memory->page_size;
	struct frame f = {.range = range};
	struct kl_error *err = NULL;

	/* Pages of struct pages may be missing, as they may be when the dump was filtered. */
	if (kl_kernel_read_partial(c->k, kl_memmap_page(c->p->memory, range, pfn), c->raw, count * size) <
	    count * size) {
		err = close_block(c);
		c->ret->pages[KL_PAGE_LOST] += count;
		return err;
	}
	kl_page_refs_read(&c->p->pages, range, pfn, count, c->raw, c->extensions, c->references);
	for (size_t i = 0; i < count && !err; i++) {
		f.pfn = pfn + i;
		f.page = kl_memmap_page(c->p->memory, range, f.pfn);
		f.raw = c->raw + i * size;
		f.flags = kl_member_get(&c->k->layouts.page.flags, f.raw);
		f.refcount = (uint32_t)kl_member_get(&c->k->layouts.page._refcount, f.raw);
		err = kl_page_ref_resolve(&c->p->pages, c->references[i], &f.what, &f.tag);
		if (!err)
			err = count_frame(c, &f);
	}
	return err;
}

static int compare_extents(const void *a, const void *b)
{
	const struct extent *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/* The page extensions were allocated before there was a place for their own tags: the extensions of a whole section, or
 * of what lies in a range, in the direct map. */
static struct kl_error *find_page_ext(struct census *c)
{
	const struct kl_memmap *m = c->p->memory;
	uint64_t section = m->section_bits ? UINT64_C(1) << (m->section_bits - c->k->page_shift) : 1;
	unsigned shift = c->k->page_shift;

	for (size_t i = 0; i < c->p->pages.bases.count && c->p->caches->has_direct_map; i++) {
		uint64_t first = m->by_frame.data[i].start & ~(section - 1);
		uint64_t end = (m->by_frame.data[i].end + section - 1) & ~(section - 1);
		uint64_t address =
			c->p->pages.bases.data[i] + c->p->pages.entry_size * first - c->p->caches->direct_map;
		struct extent e = {.start = address >> shift};

		e.end = (address + c->p->pages.entry_size * (end - first) + (UINT64_C(1) << shift) - 1) >> shift;
		if (c->p->pages.bases.data[i] && kl_memmap_range(m, e.start) && !kl_vec_push(&c->page_ext, e))
			return kl_error_nomem();
	}
	if (c->page_ext.count)
		qsort(c->page_ext.data, c->page_ext.count, sizeof(*c->page_ext.data), compare_extents);
	return NULL;
}

static struct kl_error *count_pages(struct census *c, const struct kl_progress *progress)
{
	const struct kl_page_range *range;
	struct kl_error *err;

	kl_vec_for_each (range, &c->p->memory->by_frame) {
		for (uint64_t pfn = range->start; pfn < range->end; pfn += BATCH) {
			uint64_t count = range->end - pfn < BATCH ? range->end - pfn : BATCH;

			err = count_batch(c, range, pfn, count);
			if (!err && pfn % (BATCH * 64) < BATCH)
				err = kl_progress_tick(progress, "counting pages", pfn, 0);
			if (err)
				return err;
		}
	}
	return close_block(c);
}

/* ---- per-CPU memory ---- */

static struct kl_error *count_percpu(struct census *c)
{
	const struct kl_percpu_chunk *chunk;
	struct kl_percpu_allocation a;
	struct kl_tag_count *count;
	struct kl_error *err;
	uint32_t tag, bit;

	kl_vec_for_each (chunk, &c->p->chunks->list) {
		for (bit = 0; chunk->extensions && kl_percpu_next_allocation(chunk, &bit, &a);) {
			err = kl_profiling_percpu_tag(c->p, &a, &tag);
			if (!err && tag != KL_NO_TAG)
				err = count_of(c, tag, &count);
			if (err)
				return err;
			if (tag == KL_NO_TAG)
				continue;
			count->percpu_calls++;
			count->percpu_bytes += a.size;
		}
	}
	return NULL;
}

static struct kl_error *take_census(struct census *c, const struct kl_progress *progress)
{
	struct kl_error *err;

	kl_page_types_init(c->k, &c->types);
	c->raw = malloc((size_t)BATCH * (c->p->memory->page_size ? c->p->memory->page_size : 1));
	c->extensions = malloc(kl_page_refs_buffer(&c->p->pages, BATCH) + 1);
	if (!c->raw || !c->extensions)
		return kl_error_nomem();
	err = cover_tags(c);
	if (!err)
		err = find_page_ext(c);
	if (!err)
		err = count_pages(c, progress);
	return err ? err : count_percpu(c);
}

struct kl_error *kl_census_take(struct kl_profiling *p, const struct kl_progress *progress, struct kl_census *ret)
{
	struct census *c = calloc(1, sizeof(*c));
	uint64_t anomalies = p->k->anomalies_met;
	struct kl_error *err;

	*ret = (struct kl_census){};
	if (!c)
		return kl_error_nomem();
	*c = (struct census){.p = p, .k = p->k, .ret = ret, .open.use = KL_PAGE_USE_COUNT, .empty_end = UINT64_MAX};
	err = p->tags.info.status == KL_PROFILING_ABSENT ? NULL : take_census(c, progress);
	ret->damaged = p->damaged || p->k->anomalies_met != anomalies;
	kl_vec_deinit(&c->page_ext);
	free(c->extensions);
	free(c->raw);
	free(c);
	if (err)
		kl_census_deinit(ret);
	return err;
}

void kl_census_deinit(struct kl_census *c)
{
	kl_vec_deinit(&c->tags);
	*c = (struct kl_census){};
}
