/* SPDX-License-Identifier: GPL-2.0-or-later */
/* page_sites.h: where pages of the page allocator were allocated, as memory allocation profiling tells it. */
#ifndef KL_ANALYSIS_PAGE_SITES_H
#define KL_ANALYSIS_PAGE_SITES_H

#include "analysis/snapshot.h"
#include "kernel/facts/untracked.h"
#include "util/strbuf.h"

/** kl_page_sites_of() - the call sites of the pages of @s, for kl_untracked_read(). @s is borrowed. */
struct kl_page_sites kl_page_sites_of(struct kl_snapshot *s);

/** kl_page_sites_describe() - append " of fs/pipe.c:512 func:pipe_write" for the page at the virtual address @address,
 * or nothing where its call site is not known. Bytes of the dump: escape before printing.
 * @snapshot: the context of kl_page_sites_of(). */
void kl_page_sites_describe(void *snapshot, uint64_t address, struct kl_strbuf *sb);

#endif
