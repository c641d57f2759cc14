/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "profiling/page_tag.h"

#include <inttypes.h>

#include "profiling/alloc_tag_reader.h"
#include "util/bytes.h"

#define ANOMALY "page tag"
/* Reserved indexes of compressed references. */
#define INDEX_NONE 0
#define INDEX_EMPTY 1
#define INDEX_FIRST 2

/* Where the extensions of a range begin: the kernel stores the place that the entry of page frame 0 would have
 * (SPARSEMEM), or the array of the node, which begins at a whole block of the page allocator (FLATMEM). */
static struct kl_error *find_base(struct kl_page_tags *p, const struct kl_page_range *range, uint64_t *ret)
{
	const struct kl_layouts *l = &p->k->layouts;
	uint64_t node, first, block = kl_memmap_largest_block(p->k);
	struct kl_error *err;

	*ret = 0;
	if (range->section) {
		err = kl_kernel_read_member(p->k, range->section, &l->mem_section.page_ext, ret);
		if (!err && *ret & 1) /* PAGE_EXT_INVALID: memory that is going offline */
			*ret = 0;
		return err;
	}
	node = kl_kernel_variable(p->k, &l->symbols.contig_page_data);
	err = kl_kernel_read_member(p->k, node, &l->pglist_data.node_page_ext, ret);
	if (!err)
		err = kl_kernel_read_member(p->k, node, &l->pglist_data.node_start_pfn, &first);
	if (!err && *ret)
		*ret -= p->entry_size * (first & ~(block - 1));
	return err;
}

static struct kl_error *find_bases(struct kl_page_tags *p)
{
	const struct kl_page_range *range;

	kl_vec_for_each (range, &p->memory->by_frame) {
		uint64_t base;
		struct kl_error *err = find_base(p, range, &base);

		if (err) {
			kl_kernel_anomaly_error(p->k, ANOMALY, range->section, err);
			base = 0;
		}
		if (!kl_vec_push(&p->bases, base))
			return kl_error_nomem();
	}
	return NULL;
}

static struct kl_error *read_extension(struct kl_kernel *k, uint64_t *size, uint64_t *offset)
{
	const struct kl_layouts *l = &k->layouts;
	uint64_t ops = kl_kernel_variable(k, &l->variables.page_alloc_tagging_ops);
	struct kl_error *err;

	err = kl_kernel_read_value(k, &l->variables.page_ext_size, 8, size);
	if (!err)
		err = kl_kernel_read_member(k, ops, &l->page_ext_operations.offset, offset);
	/* An extension is a part of what describes a page: no larger than the page, and the reference lies in it. */
	if (!err && *size && (*size < 8 || *size > UINT64_C(1) << k->page_shift || *offset > *size - 8))
		err = kl_error_create(KL_ERROR_CORRUPT, "references at %" PRIu64 " in extensions of %" PRIu64 " bytes",
				      *offset, *size);
	return err;
}

static struct kl_error *read_compression(struct kl_page_tags *p)
{
	const struct kl_layouts *l = &p->k->layouts;
	uint64_t shift = 0;
	struct kl_error *err;

	err = kl_kernel_read_value(p->k, &l->variables.alloc_tag_ref_mask, 8, &p->mask);
	if (!err)
		err = kl_kernel_read_value(p->k, &l->variables.alloc_tag_ref_offs, 4, &shift);
	if (!err && (shift >= 64 || p->mask > UINT16_MAX))
		err = kl_error_create(KL_ERROR_CORRUPT, "references at bit %" PRIu64 ", mask %#" PRIx64, shift,
				      p->mask);
	p->shift = err ? 0 : (unsigned)shift;
	p->compressed = !err;
	return err;
}

struct kl_error *kl_page_tags_init(struct kl_kernel *k, const struct kl_memmap *memory, struct kl_alloc_tags *tags,
				   struct kl_page_tags *ret)
{
	const struct kl_layouts *l = &k->layouts;
	struct kl_error *err = NULL;

	*ret = (struct kl_page_tags){.k = k, .memory = memory, .tags = tags};
	if (tags->info.status == KL_PROFILING_ABSENT)
		return NULL;
	if (tags->info.compressed)
		err = read_compression(ret);
	else if (l->variables.page_ext_size.present && l->variables.page_alloc_tagging_ops.present)
		err = read_extension(k, &ret->entry_size, &ret->ref_offset);
	if (err) {
		ret->entry_size = 0;
		kl_kernel_anomaly_error(k, ANOMALY, 0, err);
		return NULL;
	}
	err = ret->entry_size ? find_bases(ret) : NULL;
	if (err)
		kl_page_tags_deinit(ret);
	return err;
}

void kl_page_tags_deinit(struct kl_page_tags *p)
{
	kl_vec_deinit(&p->bases);
	*p = (struct kl_page_tags){};
}

/* The reference that an index in page->flags stands for. */
static uint64_t decompress_reference(struct kl_page_tags *p, uint64_t pfn, const uint8_t *raw)
{
	const struct kl_profiling_info *info = &p->tags->info;
	uint64_t index = kl_member_get(&p->k->layouts.page.flags, raw) >> p->shift & p->mask;

	if (index == INDEX_NONE)
		return 0;
	if (index == INDEX_EMPTY)
		return KL_TAG_REFERENCE_EMPTY;
	index -= INDEX_FIRST;
	if (index < info->kernel_count)
		return info->kernel_tags + index * info->tag_size;
	index -= info->kernel_count;
	if ((index + 1) * info->tag_size <= info->module_size)
		return info->module_tags + index * info->tag_size;
	kl_kernel_anomaly(p->k, ANOMALY, pfn << p->k->page_shift,
			  "page frame %#" PRIx64 ": an index behind the last tag", pfn);
	return KL_PAGE_REFERENCE_INVALID;
}

void kl_page_refs_read(struct kl_page_tags *p, const struct kl_page_range *range, uint64_t pfn, size_t count,
		       const uint8_t *raw, uint8_t *buffer, uint64_t *references)
{
	uint64_t base = p->entry_size ? p->bases.data[range - p->memory->by_frame.data] : 0, size = p->entry_size, i;
	uint64_t start = base + size * pfn;
	bool whole = base && buffer && kl_kernel_read_partial(p->k, start, buffer, size * count) == size * count;

	for (i = 0; i < count; i++) {
		uint8_t one[8];

		if (p->compressed)
			references[i] = decompress_reference(p, pfn + i, raw + i * p->memory->page_size);
		else if (whole)
			references[i] = kl_get_u64(buffer + i * size + p->ref_offset);
		else if (base && kl_kernel_read_partial(p->k, start + i * size + p->ref_offset, one, sizeof(one)) ==
					 sizeof(one))
			references[i] = kl_get_u64(one);
		else
			references[i] = KL_PAGE_REFERENCE_LOST;
	}
}

struct kl_error *kl_page_ref_resolve(struct kl_page_tags *p, uint64_t reference, enum kl_page_ref *what, uint32_t *ret)
{
	struct kl_error *err;

	*ret = KL_NO_TAG;
	switch (reference) {
	case 0:
		*what = KL_PAGE_REF_NONE;
		return NULL;
	case KL_TAG_REFERENCE_EMPTY:
		*what = KL_PAGE_REF_EMPTY;
		return NULL;
	case KL_PAGE_REFERENCE_LOST:
		*what = KL_PAGE_REF_LOST;
		return NULL;
	case KL_PAGE_REFERENCE_INVALID:
		*what = KL_PAGE_REF_INVALID;
		return NULL;
	default:
		err = kl_alloc_tags_resolve(p->k, p->tags, reference, ret);
		*what = *ret == KL_NO_TAG ? KL_PAGE_REF_INVALID : KL_PAGE_REF_TAG;
		return err;
	}
}

struct kl_error *kl_page_tag(struct kl_page_tags *p, uint64_t pfn, const uint8_t *raw, enum kl_page_ref *what,
			     uint32_t *ret)
{
	const struct kl_page_range *range = kl_memmap_range(p->memory, pfn);
	uint64_t reference = KL_PAGE_REFERENCE_LOST;

	if (range)
		kl_page_refs_read(p, range, pfn, 1, raw, NULL, &reference);
	return kl_page_ref_resolve(p, reference, what, ret);
}
