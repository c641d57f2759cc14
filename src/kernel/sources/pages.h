/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pages.h: what kmalloc() takes straight from the page allocator, because it is too large for a slab.
 *
 * Such memory has a page type since PGTY_large_kmalloc (between 6.15 and 6.18). Before, nothing tells it from other
 * compound pages, and it is searched like all memory that is in use and belongs to nobody known
 * (kernel/facts/untracked.h). What was asked for is not known, only the power of two.
 */
#ifndef KL_KERNEL_SOURCES_PAGES_H
#define KL_KERNEL_SOURCES_PAGES_H

#include "kernel/sources/reading.h"

/** kl_pages_source_read() - for the table of sources. */
struct kl_error *kl_pages_source_read(struct kl_source_reading *r);

#endif
