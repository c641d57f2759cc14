/* SPDX-License-Identifier: GPL-2.0-or-later */
/* page.h: what reading a page frame can lead to. */
#ifndef KL_IMAGE_PAGE_H
#define KL_IMAGE_PAGE_H

enum kl_page_state {
	KL_PAGE_PRESENT,
	KL_PAGE_MISSING, /* not dumped, or past the end of a truncated file */
	KL_PAGE_CORRUPT, /* there, but its description or its compressed bytes cannot be right, or the disk refuses */
};

#endif
