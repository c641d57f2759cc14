/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/machine/compound.h"

#include <stdlib.h>
#include <string.h>

#define BATCH 64 /* struct pages read at once */

struct visitor {
	struct kl_kernel *k;
	const struct kl_memmap *memory;
	struct kl_error *(*visit)(void *context, const struct kl_compound *c);
	void *context;
	uint8_t *raw;  /* BATCH struct pages, and one more: */
	uint8_t *head; /* that of `last` */
	struct kl_compound last;
};

static struct kl_error *end_compound(struct visitor *v)
{
	struct kl_error *err = v->last.pages ? v->visit(v->context, &v->last) : NULL;

	v->last.pages = 0;
	return err;
}

static bool has_private(const struct visitor *v, const uint8_t *raw)
{
	const struct kl_member *l = &v->k->layouts.page.private_;

	return l->present && kl_member_get(l, raw);
}

static struct kl_error *visit_page(struct visitor *v, uint64_t frame, uint64_t page, const uint8_t *raw)
{
	uint64_t head = kl_memmap_compound_head(v->k, page, raw);
	struct kl_error *err;

	if (v->last.pages && head == v->last.page && frame == v->last.frame + v->last.pages) {
		v->last.pages++;
		v->last.private_ |= has_private(v, raw);
		return NULL;
	}
	err = end_compound(v);
	/* a tail whose head did not come right before it: damage, or a head that the dump lacks */
	if (err || head != page)
		return err;
	memcpy(v->head, raw, v->memory->page_size);
	v->last = (struct kl_compound){
		.frame = frame,
		.pages = 1,
		.page = page,
		.raw = v->head,
		.private_ = has_private(v, raw),
	};
	return NULL;
}

static struct kl_error *visit_range(struct visitor *v, const struct kl_page_range *range)
{
	uint32_t size = v->memory->page_size;
	struct kl_error *err = NULL;
	uint64_t start, i;

	for (start = range->start; start < range->end && !err; start += BATCH) {
		uint64_t count = range->end - start < BATCH ? range->end - start : BATCH;
		uint64_t page = kl_memmap_page(v->memory, range, start);
		bool whole = kl_kernel_read_partial(v->k, page, v->raw, count * size) == count * size;

		for (i = 0; i < count && !err; i++) {
			if (whole || kl_kernel_read_partial(v->k, page + i * size, v->raw + i * size, size) == size)
				err = visit_page(v, start + i, page + i * size, v->raw + i * size);
		}
	}
	return err;
}

struct kl_error *kl_compounds_visit(struct kl_kernel *k, const struct kl_memmap *m,
				    struct kl_error *(*visit)(void *context, const struct kl_compound *c),
				    void *context)
{
	_cleanup_free_ uint8_t *raw = malloc((size_t)(BATCH + 1) * m->page_size + 1);
	struct visitor v = {.k = k, .memory = m, .visit = visit, .context = context, .raw = raw};
	const struct kl_page_range *range;
	struct kl_error *err = NULL;

	if (!raw)
		return kl_error_nomem();
	v.head = raw + (size_t)BATCH * m->page_size;
	kl_vec_for_each (range, &m->by_frame) {
		err = visit_range(&v, range);
		if (err)
			return err;
	}
	return end_compound(&v);
}
