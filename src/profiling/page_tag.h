/* SPDX-License-Identifier: GPL-2.0-or-later */
/* page_tag.h: from a page frame to the allocation tag that the kernel keeps for it.
 *
 * The reference is a word in the page's extension (page_ext), or an index in its flags when the user asked for
 * "compressed" (6.13). Only the first page of an allocation has one, until the allocation is split.
 * Source: include/linux/pgalloc_tag.h, mm/page_ext.c, 6.10 .. 7.3; docs/kernel-layouts.md 5.4.
 */
#ifndef KL_PROFILING_PAGE_TAG_H
#define KL_PROFILING_PAGE_TAG_H

#include "profiling/alloc_tag.h"
#include "kernel/machine/memmap.h"

struct kl_page_tags {
	struct kl_kernel *k;
	const struct kl_memmap *memory;
	struct kl_alloc_tags *tags;
	/* page_ext */
	uint64_t entry_size;    /* 0: this boot has no extensions of pages */
	uint64_t ref_offset;    /* of the tag's reference in an extension */
	KL_VEC(uint64_t) bases; /* per range of memory->by_frame: where the entry of page frame 0 would be; 0 = none */
	/* compressed */
	bool compressed;
	unsigned shift;
	uint64_t mask;
};

/** kl_page_tags_init() - find out where references are.
 * @memory, @tags: must outlive @ret.
 * Damage leaves anomalies, and pages without references. Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_page_tags_init(struct kl_kernel *k, const struct kl_memmap *memory, struct kl_alloc_tags *tags,
				   struct kl_page_tags *ret);
void kl_page_tags_deinit(struct kl_page_tags *p);
#define _cleanup_page_tags_ _cleanup_(kl_page_tags_deinit)

/* What stands where a reference would be. */
enum kl_page_ref {
	KL_PAGE_REF_TAG,
	KL_PAGE_REF_NONE,    /* NULL */
	KL_PAGE_REF_EMPTY,   /* marked as intentionally without */
	KL_PAGE_REF_INVALID, /* no tag is there (an anomaly) */
	KL_PAGE_REF_LOST,    /* it is missing from the dump, or this page frame has no extension */
};

/* References as kl_page_refs_read() delivers them: addresses, 0, KL_TAG_REFERENCE_EMPTY, or: */
#define KL_PAGE_REFERENCE_LOST UINT64_MAX
#define KL_PAGE_REFERENCE_INVALID (UINT64_MAX - 1)

/** kl_page_refs_read() - the references of the page frames [pfn, pfn + count), which lie in @range.
 * @raw: their struct pages. @buffer: kl_page_refs_buffer(p, count) bytes of scratch; NULL: they are read one by one. */
void kl_page_refs_read(struct kl_page_tags *p, const struct kl_page_range *range, uint64_t pfn, size_t count,
		       const uint8_t *raw, uint8_t *buffer, uint64_t *references);

static inline size_t kl_page_refs_buffer(const struct kl_page_tags *p, size_t count)
{
	return (size_t)p->entry_size * count;
}

/** kl_page_ref_resolve() - what @reference means, with the index of the tag in @ret (KL_NO_TAG when there is none).
 * Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_page_ref_resolve(struct kl_page_tags *p, uint64_t reference, enum kl_page_ref *what, uint32_t *ret);

/** kl_page_tag() - both for one page frame. @raw: its struct page. Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_page_tag(struct kl_page_tags *p, uint64_t pfn, const uint8_t *raw, enum kl_page_ref *what,
			     uint32_t *ret);

#endif
