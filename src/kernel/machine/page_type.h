/* SPDX-License-Identifier: GPL-2.0-or-later */
/* page_type.h: what kind of page a struct page says it is: the field page_type, which lies over _mapcount.
 *
 * 6.12 and newer store a number in the highest byte (46df8e73a4a3); 4.18 to 6.11 clear one bit per type in a field of
 * ones, and only since 6.10 for slabs, which had the page flag PG_slab before. The bits were macros, which DWARF does
 * not keep: VMCOREINFO has those that makedumpfile needs.
 */
#ifndef KL_KERNEL_MACHINE_PAGE_TYPE_H
#define KL_KERNEL_MACHINE_PAGE_TYPE_H

#include "kernel/kernel.h"

struct kl_page_types {
	const struct kl_kernel *k;
	bool numbered;
	uint32_t slab, buddy, large_kmalloc; /* the number, or the field's value with the bit cleared; 0 = unknown */
};

void kl_page_types_init(struct kl_kernel *k, struct kl_page_types *ret);

/* @raw: the struct page. */
bool kl_page_is_slab(const struct kl_page_types *t, const uint8_t *raw);
bool kl_page_is_buddy(const struct kl_page_types *t, const uint8_t *raw); /* first page of a free block */
bool kl_page_is_large_kmalloc(const struct kl_page_types *t, const uint8_t *raw);
bool kl_page_has_type(const struct kl_page_types *t, const uint8_t *raw); /* any type, or PG_slab */

#endif
