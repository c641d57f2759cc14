/* SPDX-License-Identifier: GPL-2.0-or-later */
/* memmap.h: the memory model: nodes, zones, sections, and the struct page of every page frame.
 *
 * FLATMEM, SPARSEMEM and SPARSEMEM_VMEMMAP; DISCONTIGMEM (gone with 5.14) only with one node.
 * Source: mm/page_alloc.c, mm/sparse.c, include/linux/mmzone.h, 2.6.31 .. 7.3; docs/kernel-layouts.md section 7.
 */
#ifndef KL_KERNEL_MACHINE_MEMMAP_H
#define KL_KERNEL_MACHINE_MEMMAP_H

#include "heap/root.h"
#include "kernel/kernel.h"

/* A populated zone: page frames [start, end). */
struct kl_zone {
	uint64_t start;
	uint64_t end;
};

/* Page frames [start, end) of one zone, and of one section where there are sections, whose struct pages exist. */
struct kl_page_range {
	uint64_t start, end;
	uint64_t map;     /* where the struct page of page frame 0 would be */
	uint64_t section; /* address of the struct mem_section, 0 without sections */
	size_t zone;      /* index of the zone */
};

struct kl_memmap {
	KL_VEC(uint64_t) nodes;                /* addresses of their struct pglist_data */
	KL_VEC(struct kl_zone) zones;          /* populated ones, in the kernel's order: node by node */
	KL_VEC(struct kl_page_range) ranges;   /* zone by zone; zones may overlap */
	KL_VEC(struct kl_page_range) by_frame; /* the same by page frame, without overlaps */
	unsigned section_bits;                 /* log2 of bytes per section; 0 without sections */
	uint32_t page_size; /* sizeof(struct page), 0 when it cannot be: 64 with most configurations */
	bool damaged;       /* an anomaly says what is not in here */
};

/** kl_memmap_read() - nodes, zones and sections of the dump. Damaged ones are left out with an anomaly. */
struct kl_error *kl_memmap_read(struct kl_kernel *k, struct kl_memmap *ret);
void kl_memmap_deinit(struct kl_memmap *m);
#define _cleanup_memmap_ _cleanup_(kl_memmap_deinit)

/** kl_memmap_range() - the range that holds page frame @pfn; NULL when it has no struct page. */
const struct kl_page_range *kl_memmap_range(const struct kl_memmap *m, uint64_t pfn);

/** kl_memmap_page() - the address of the struct page of page frame @pfn, which lies in @range. */
static inline uint64_t kl_memmap_page(const struct kl_memmap *m, const struct kl_page_range *range, uint64_t pfn)
{
	return range->map + pfn * m->page_size;
}

/** kl_memmap_largest_block() - pages of the largest block of the page allocator (1 << MAX_PAGE_ORDER). */
static inline uint64_t kl_memmap_largest_block(const struct kl_kernel *k)
{
	/* zone.free_area has one element per order; there have always been eleven by default */
	uint32_t orders = k->layouts.zone.free_area.count;

	return (uint64_t)1 << (orders && orders < 32 ? orders - 1 : 10);
}

/** kl_memmap_compound_head() - the address of the struct page that speaks for @page, whose bytes are @raw: the head of
 * its compound page, or itself. */
uint64_t kl_memmap_compound_head(const struct kl_kernel *k, uint64_t page, const uint8_t *raw);

/** kl_memmap_read_head() - the struct page that speaks for page frame *@pfn, which becomes its own page frame.
 * @page: receives its address. @raw: receives its bytes, m->page_size of them.
 * False when there is none, or the dump lacks it. */
bool kl_memmap_read_head(struct kl_kernel *k, const struct kl_memmap *m, uint64_t *pfn, uint64_t *page, uint8_t *raw);

/** kl_memmap_page_in_use() - does page_count() say so? @page: address of the struct page; @raw: its bytes.
 * The reference count is that of the compound head, so the tails of a live folio are in use, too. An unreadable head
 * counts as in use: a struct page too many is harmless, one too few makes a false leak. */
bool kl_memmap_page_in_use(struct kl_kernel *k, uint64_t page, const uint8_t *raw);

/** kl_memmap_page_roots() - append the struct pages of all pages in use to @roots, neighbours merged, in zone order.
 * Each page frame counts once, in the first zone that spans it. */
struct kl_error *kl_memmap_page_roots(struct kl_kernel *k, const struct kl_memmap *m, struct kl_roots *roots);

/** kl_memmap_is_image() - whether the page at @address, somewhere between the ends of the kernel's image, is the
 * image's still: *ret false for those that were given to the page allocator, mapped (x86-64) or not any more (aarch64).
 * The image lies in one piece of physical memory, so its page is known without page tables. False when nothing is known
 * of it. */
bool kl_memmap_is_image(struct kl_kernel *k, const struct kl_memmap *m, uint64_t address, bool *ret);

/** kl_memmap_direct_map() - the virtual address of physical address 0 (may wrap around); false when unknown. */
bool kl_memmap_direct_map(struct kl_kernel *k, uint64_t *ret);

#endif
