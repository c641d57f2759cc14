/* SPDX-License-Identifier: GPL-2.0-or-later */
/* compound.h: walking all memory by whole allocations of the page allocator: single pages and compound pages.
 */
#ifndef KL_KERNEL_MACHINE_COMPOUND_H
#define KL_KERNEL_MACHINE_COMPOUND_H

#include "kernel/machine/memmap.h"

struct kl_compound {
	uint64_t frame;     /* of its first page */
	uint64_t pages;     /* struct pages that follow each other and name the first one as their head */
	uint64_t page;      /* address of the first struct page */
	const uint8_t *raw; /* its bytes */
	bool private_;      /* one of its pages has a `private`: the page allocator hands them out without */
};

/** kl_compounds_visit() - call @visit for every page, or compound page, whose first struct page the dump has, by
 * ascending page frame. A struct page that it lacks is passed over: memory models have holes, and what that costs is
 * counted by who needs the page.
 * Errors: KL_ERROR_NOMEM, and those of @visit, which end the walk. Cost: one pass over all struct pages. */
struct kl_error *kl_compounds_visit(struct kl_kernel *k, const struct kl_memmap *m,
				    struct kl_error *(*visit)(void *context, const struct kl_compound *c),
				    void *context);

#endif
