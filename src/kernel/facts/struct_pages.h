/* SPDX-License-Identifier: GPL-2.0-or-later */
/* struct_pages.h: what the struct page of every page frame may hold, by the state of the page.
 *
 *	free				nothing: refcount 0, neither a type nor a mapping (frozen pages have
 *					a type, 6.14)
 *	first page of a slab		its cache and the vector of its objects' extensions; the list that it is
 *					on leads to the cache's node, the freelist to a free object
 *	first page of a large kmalloc()	all but `index`, which nobody sets and a slab's freelist stood in before. It
 *					is known by the tracked object: kmemleak tracks no compound page under its
 *					own address but those of kmalloc()
 *	further pages of both		nothing
 *	further pages of a block of	everything: they have neither a refcount nor a type, follow the block's first
 *	pages without __GFP_COMP	page, and are neither in a free block nor on a CPU's list of free pages
 *	every other page in use		everything
 *
 * Of all of them, nothing that points into the page, or the compound page, itself. The memory of the memmap comes from
 * memblock, which gives it to kmemleak as a physical object: each struct page is scanned there once more, those of free
 * pages included. Source: include/linux/mm_types.h, mm/slab.h, 5.17 .. 7.3.
 */
#ifndef KL_KERNEL_FACTS_STRUCT_PAGES_H
#define KL_KERNEL_FACTS_STRUCT_PAGES_H

#include "heap/facts.h"
#include "heap/heap.h"
#include "kernel/kernel.h"

/** kl_struct_pages_read() - fill ret->pages, and add the struct pages that only the precise policy scans to ret->roots.
 * @heap: with its index.
 * A struct page that the dump lacks counts as one in use of which nothing is known. Nothing is filled in where the
 * direct map is not known. Errors: KL_ERROR_NOMEM. Cost: one pass over all struct pages, one translation per page of
 * the memmap, one byte per page frame.
 */
struct kl_error *kl_struct_pages_read(struct kl_kernel *k, const struct kl_heap *heap, struct kl_facts *ret);

#endif
