/* SPDX-License-Identifier: GPL-2.0-or-later */
/* page_content.h: does a page of unknown use hold references, or what was left over from an earlier use? */
#ifndef KL_KERNEL_FACTS_PAGE_CONTENT_H
#define KL_KERNEL_FACTS_PAGE_CONTENT_H

#include "heap/facts.h"
#include "heap/heap.h"
#include "kernel/kernel.h"

/** kl_page_is_leftover() - whether most words of the page at @address that once pointed to an object dangle.
 * A word dangles when it leads into a slab, but to no object that is allocated, or into a page that is free. Pointers
 * to other things say nothing either way. One pointer alone is no majority: a few are needed, and three quarters of
 * them must dangle, since a ring that a device works on keeps the addresses of what was done for one round.
 * @heap: with its index. False where slabs are not known (facts.pages), or where part of the page is not in the dump.
 */
bool kl_page_is_leftover(struct kl_kernel *k, const struct kl_heap *heap, const struct kl_facts *facts,
			 uint64_t address);

#endif
