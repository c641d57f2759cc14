/* SPDX-License-Identifier: GPL-2.0-or-later */
/* untracked.h: memory in use that kmemleak neither tracks nor scans: pages taken straight from the page allocator.
 *
 * A live object may be referenced from nowhere else; kmemleak then reports a leak that is none. Looking there explains
 * such objects. Only pages that the kernel owns and whose contents nobody else accounts for are offered: in use, not
 * reserved, without a page type (slab, page table, ...), no page of a file or of user space, not behind a tracked
 * object, no stack, no per-CPU chunk, no pool of the stack depot, none of the modules' allocation tags. What is left
 * over in other memory would explain real leaks away.
 *
 * So would what is left over in these pages: nobody clears a page that he is going to fill. A page is dead as far as
 * references go when its owner is known to keep data in it, and doubtful when most of its words that point to slabs
 * point to free slots: whoever took it has written little of it, and that little may be a reference.
 */
#ifndef KL_KERNEL_FACTS_UNTRACKED_H
#define KL_KERNEL_FACTS_UNTRACKED_H

#include "heap/facts.h"
#include "heap/heap.h"
#include "heap/root.h"
#include "kernel/kernel.h"

/* Who knows where pages were allocated. */
struct kl_page_sites {
	/* The source file of the call that allocated page frame @frame, the first of its compound page, whose struct
	 * page is @raw; NULL where nobody knows. Errors: KL_ERROR_NOMEM. */
	struct kl_error *(*file)(void *context, uint64_t frame, const uint8_t *raw, const char **ret);
	void *context;
};

struct kl_untracked {
	struct kl_roots live, doubtful, dead; /* by their addresses in the direct map, neighbours merged */
};

void kl_untracked_deinit(struct kl_untracked *untracked);

/** kl_untracked_read() - fill @ret with such pages.
 * @facts: of the same kernel: pages of its stacks in the direct map are left out; states of pages.
 * @sites: NULL where nobody knows.
 * @ret:   zeroed; destroyed by the caller with kl_untracked_deinit(), after an error too.
 * Nothing is offered where slabs cannot be told from other pages. Errors: out of memory. Cost: one pass over all struct
 * pages and the pages that are offered, one translation per page of tracked vmalloc memory.
 */
struct kl_error *kl_untracked_read(struct kl_kernel *k, const struct kl_heap *heap, const struct kl_facts *facts,
				   const struct kl_page_sites *sites, struct kl_untracked *ret);

#endif
