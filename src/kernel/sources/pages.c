/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/sources/pages.h"

#include "kernel/machine/compound.h"
#include "kernel/machine/machine.h"
#include "kernel/machine/page_type.h"
#include "kernel/machine/slab_total.h"

/* KMALLOC_MAX_CACHE_SIZE is two pages: what is larger takes four at least. */
#define MIN_PAGES 4

struct block {
	uint64_t frame, pages;
	uint64_t page; /* address of the first struct page */
};

struct page_reader {
	struct kl_source_reading *r;
	struct kl_page_types types;
	const struct kl_kfence *kfence;
	uint64_t direct_map;
	uint64_t slab_pages;
	uint64_t block_pages;
	KL_VEC(struct block) blocks; /* that are large kmalloc()s, or may be some */
};

static void page_reader_deinit(struct page_reader *p)
{
	kl_vec_deinit(&p->blocks);
}

static bool is_reserved(const struct kl_kernel *k, const uint8_t *raw)
{
	const struct kl_enumerator *flag = &k->layouts.enumerators.PG_reserved;

	return flag->present && (kl_member_get(&k->layouts.page.flags, raw) >> flag->value & 1);
}

/* Whoever calls kmalloc() knows nothing of struct pages: they are as the page allocator has handed them out. */
static bool may_be_large_kmalloc(const struct page_reader *p, const struct kl_compound *c)
{
	const struct kl_layout_page *l = &p->r->k->layouts.page;

	return c->pages >= MIN_PAGES && !(c->pages & (c->pages - 1)) && !kl_page_has_type(&p->types, c->raw) &&
	       kl_member_get(&l->_refcount, c->raw) == 1 && !kl_member_get(&l->mapping, c->raw) && !c->private_ &&
	       !is_reserved(p->r->k, c->raw);
}

static struct kl_error *collect_block(void *context, const struct kl_compound *c)
{
	struct page_reader *p = context;
	struct block block = {.frame = c->frame, .pages = c->pages, .page = c->page};

	/* The slabs of KFENCE's pool are counted by nobody. */
	if (kl_page_is_slab(&p->types, c->raw) && !is_reserved(p->r->k, c->raw) &&
	    !kl_kfence_holds(p->kfence, p->direct_map + (c->frame << p->r->k->page_shift)))
		p->slab_pages += c->pages;
	if (p->types.large_kmalloc ? !kl_page_is_large_kmalloc(&p->types, c->raw) : !may_be_large_kmalloc(p, c))
		return NULL;
	p->block_pages += c->pages;
	return kl_vec_push(&p->blocks, block) ? NULL : kl_error_nomem();
}

/* Without a page type: is each of the blocks a large kmalloc()? The kernel counts these together with slabs. All of
 * them are among the blocks, so that when the blocks are as many pages as it counts beside slabs, nothing else is. */
static bool is_proved_by_count(const struct page_reader *p, const struct kl_memmap *memory)
{
	uint64_t total;

	return kl_slab_total_read(p->r->k, memory, &total) && total == p->slab_pages + p->block_pages;
}

static struct kl_error *add_blocks(struct page_reader *p, uint16_t flags)
{
	unsigned shift = p->r->k->page_shift;
	const struct block *block;
	struct kl_error *err = NULL;

	kl_vec_for_each (block, &p->blocks) {
		struct kl_object object = kl_source_object(KLEAK_CLASS_VIRTUAL, p->direct_map + (block->frame << shift),
							   block->pages << shift);

		object.metadata = block->page;
		object.flags |= flags;
		err = kl_heap_add(p->r->heap, &object);
		if (err)
			break;
	}
	return err;
}

struct kl_error *kl_pages_source_read(struct kl_source_reading *r)
{
	_cleanup_(page_reader_deinit) struct page_reader p = {.r = r};
	const struct kl_memmap *memory;
	struct kl_error *err = kl_machine_memmap(r->k, &memory);

	if (!err)
		err = kl_machine_kfence(r->k, &p.kfence);
	if (err || !kl_memmap_direct_map(r->k, &p.direct_map))
		return err;
	kl_page_types_init(r->k, &p.types);
	err = kl_compounds_visit(r->k, memory, collect_block, &p);
	if (err)
		return err;
	return add_blocks(&p, p.types.large_kmalloc || is_proved_by_count(&p, memory) ? 0 : KL_OBJECT_PAGES);
}
