/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kdump_format.h: where things are in a kdump-compressed file of a 64-bit little-endian machine.
 *
 * A header block, sub header blocks, a bitmap of the pages that are RAM, a bitmap of the pages that were dumped, one
 * 24-byte descriptor per dumped page, and the pages' bytes; a block is a page. In a split set every file has both whole
 * bitmaps, and descriptors for its own range of page frames only. Pages of zeroes are dumped like others, their
 * descriptors point to one and the same page.
 * Source: makedumpfile 1.7 (diskdump_mod.h), QEMU 8 (dump/dump.c), as descriptions of the format.
 */
#ifndef KL_IMAGE_KDUMP_FORMAT_H
#define KL_IMAGE_KDUMP_FORMAT_H

#define KL_KDUMP_MAGIC "KDUMP   " /* 8 bytes, no NUL */

/* Offsets in the header of a 64-bit little-endian machine; the utsname's six fields are 65 bytes each. */
enum {
	KL_KDUMP_HEADER_VERSION = 8,
	KL_KDUMP_HEADER_MACHINE = 12 + 4 * 65,
	KL_KDUMP_HEADER_TIME = 408,
	KL_KDUMP_HEADER_STATUS = 424,
	KL_KDUMP_HEADER_BLOCK_SIZE = 428,
	KL_KDUMP_HEADER_SUB_BLOCKS = 432,
	KL_KDUMP_HEADER_BITMAP_BLOCKS = 436,
	KL_KDUMP_HEADER_MAX_MAPNR = 440,
	KL_KDUMP_HEADER_SIZE = 464,
};

/* Offsets in the sub header, which is one block after the header. */
enum {
	KL_KDUMP_SUB_DUMP_LEVEL = 8, /* version 1 and later: that of makedumpfile -d */
	KL_KDUMP_SUB_SPLIT = 12,     /* header version 2 and later */
	KL_KDUMP_SUB_START_PFN = 16, /* version 2 */
	KL_KDUMP_SUB_END_PFN = 24,
	KL_KDUMP_SUB_VMCOREINFO = 32,   /* version 3: offset and size */
	KL_KDUMP_SUB_NOTES = 48,        /* version 4: offset and size, VMCOREINFO among them */
	KL_KDUMP_SUB_START_PFN_64 = 80, /* version 6, which repeats them for the sake of 32-bit machines */
	KL_KDUMP_SUB_END_PFN_64 = 88,
	KL_KDUMP_SUB_MAX_MAPNR_64 = 96,
	KL_KDUMP_SUB_SIZE = 104,
};

enum {
	KL_KDUMP_DESC_OFFSET = 0,
	KL_KDUMP_DESC_LENGTH = 8,
	KL_KDUMP_DESC_FLAGS = 12,
	KL_KDUMP_DESC_SIZE = 24,
};

/* Flags of the header's status word and of page descriptors. */
#define KL_KDUMP_ZLIB 0x1u
#define KL_KDUMP_LZO 0x2u
#define KL_KDUMP_SNAPPY 0x4u
#define KL_KDUMP_ZSTD 0x20u

#define KL_KDUMP_COMPRESSED (KL_KDUMP_ZLIB | KL_KDUMP_LZO | KL_KDUMP_SNAPPY | KL_KDUMP_ZSTD)

#endif
