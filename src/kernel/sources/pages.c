/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/sources/pages.h"

#include "kernel/machine/compound.h"
#include "kernel/machine/machine.h"
#include "kernel/machine/page_type.h"

struct page_reader {
	struct kl_source_reading *r;
	struct kl_page_types types;
	uint64_t direct_map;
};

static struct kl_error *add_large_kmalloc(void *context, const struct kl_compound *c)
{
	const struct page_reader *p = context;
	unsigned shift = p->r->k->page_shift;
	struct kl_object object;

	if (!kl_page_is_large_kmalloc(&p->types, c->raw))
		return NULL;
	object = kl_source_object(KLEAK_CLASS_VIRTUAL, p->direct_map + (c->frame << shift), c->pages << shift);
	object.metadata = c->page;
	return kl_heap_add(p->r->heap, &object);
}

struct kl_error *kl_pages_source_read(struct kl_source_reading *r)
{
	struct page_reader p = {.r = r};
	const struct kl_memmap *memory;
	struct kl_error *err = kl_machine_memmap(r->k, &memory);

	if (err || !kl_memmap_direct_map(r->k, &p.direct_map))
		return err;
	kl_page_types_init(r->k, &p.types);
	return p.types.large_kmalloc ? kl_compounds_visit(r->k, memory, add_large_kmalloc, &p) : NULL;
}
