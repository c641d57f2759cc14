/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pages.h: what kmalloc() takes straight from the page allocator, because it is too large for a slab.
 *
 * Such memory has a page type since PGTY_large_kmalloc (between 6.15 and 6.18). Before, nothing tells one such block
 * from another compound page that is as the page allocator handed it out. But the kernel counts the pages of all of
 * them (kernel/machine/slab_total.h): where all blocks that look like one are exactly as large, they are. Where they
 * are not, some driver's pages look the same: all of these objects are KL_OBJECT_PAGES then, for whoever has pages
 * may know them by their struct page or number alone (kernel/facts/page_holders.h). What was asked for is not known,
 * only the power of two.
 */
#ifndef KL_KERNEL_SOURCES_PAGES_H
#define KL_KERNEL_SOURCES_PAGES_H

#include "kernel/sources/reading.h"

/** kl_pages_source_read() - for the table of sources. */
struct kl_error *kl_pages_source_read(struct kl_source_reading *r);

#endif
