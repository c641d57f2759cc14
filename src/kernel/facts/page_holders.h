/* SPDX-License-Identifier: GPL-2.0-or-later */
/* page_holders.h: who holds pages by other words than addresses.
 *
 * Before large kmalloc()s had a page type, a driver's compound page may look like one (kernel/sources/pages.h). Its
 * owner need not know its address: a struct page tells it, as does a page frame number or a physical address. So all
 * memory that may hold references is searched for words that point anywhere into the struct pages of such an object,
 * and for its first page frame number and physical address. Any such word counts, whatever is known to speak against
 * it, but for this: where the type of an object is known, only a member that is called a pfn is a page frame number.
 * (Inode numbers are as large: on a machine of 1 GiB 21 lost blocks had the number of some inode.)
 */
#ifndef KL_KERNEL_FACTS_PAGE_HOLDERS_H
#define KL_KERNEL_FACTS_PAGE_HOLDERS_H

#include "heap/facts.h"
#include "heap/heap.h"
#include "kernel/kernel.h"

/** kl_page_holders_find() - where words stand that hold the objects that are KL_OBJECT_PAGES.
 * @heap:  with its index; all objects and copies of per-CPU objects are searched, but never a block itself, nor its own
 *         struct pages.
 * @facts: its roots and registers are searched.
 * @more:  further memory to search: pages of the page allocator; may be NULL.
 * @ret:   per row: receives the address of one such word (1 for a register); left alone where there is none.
 * Errors: KL_ERROR_NOMEM, KL_ERROR_INTERRUPTED. Cost: one pass over that memory, if there are such objects. */
struct kl_error *kl_page_holders_find(struct kl_kernel *k, const struct kl_progress *progress,
				      const struct kl_heap *heap, const struct kl_facts *facts,
				      const struct kl_roots *more, uint64_t *ret);

#endif
