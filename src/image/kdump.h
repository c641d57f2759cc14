/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kdump.h: the tables of a kdump-compressed file ("KDUMP   ", makedumpfile and QEMU).
 *
 * Layout: a header block, sub header blocks, a bitmap of the pages that are RAM, a bitmap of the pages that were
 * dumped, one 24-byte descriptor per dumped page, and the pages themselves. In a split set every file has both whole
 * bitmaps, and descriptors for its own range of page frames only. libkdumpfile (0.5.1) does the decompression, but maps
 * or zero-fills what lies past the end of a truncated file: a raw page there reads as zeroes, which to the marker is a
 * page that refers to nothing, and everything it referred to becomes a false leak. So presence is decided here,
 * descriptor included, before the library is asked. Pages of zeroes are dumped (they share one page of data).
 * Source: the format of makedumpfile 1.7 (diskdump_mod.h there), read as a description only.
 */
#ifndef KL_IMAGE_KDUMP_H
#define KL_IMAGE_KDUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image/arch.h"
#include "image/page.h"
#include "util/error.h"
#include "util/vec.h"

struct kl_kdump_part;

struct kl_kdump {
	uint64_t bitmap_hash; /* of the first part's, which all have */
	enum kl_arch arch;
	unsigned int page_shift;
	uint64_t max_pfn; /* one above the highest page frame */
	uint64_t pages_total;
	uint64_t pages_present;
	int64_t crash_time;   /* seconds since the epoch, 0 = not written */
	uint32_t dump_level;  /* that of makedumpfile -d, as far as the header says */
	uint32_t compression; /* the KL_KDUMP_COMPRESSED flags of the header */
	bool truncated;
	KL_VEC(struct kl_kdump_part) parts; /* ascending by page frame */
};

/** kl_kdump_add() - read the tables of one file; call once per file of a split set, then kl_kdump_finish().
 * @fd: stays the caller's and open until kl_kdump_deinit(). So does @path, for messages.
 * Errors: KL_ERROR_UNSUPPORTED (other machine), KL_ERROR_CORRUPT, KL_ERROR_MISMATCH (parts of different dumps),
 * KL_ERROR_IO, KL_ERROR_NOMEM; messages do not name the file.
 */
struct kl_error *kl_kdump_add(struct kl_kdump *k, const char *path, int fd, uint64_t file_size);

/** kl_kdump_finish() - put the parts in order, prove that the set is whole, find out whether a part is truncated.
 * Errors: KL_ERROR_MISMATCH, naming the parts between which one is missing, or that hold the same page frames.
 */
struct kl_error *kl_kdump_finish(struct kl_kdump *k);

/** kl_kdump_fds() - the descriptors of the files that hold pages: with a small dump, makedumpfile leaves the later
 * parts of a split set empty, and libkdumpfile knows no such files. @ret: room for one per part. Returns how many. */
unsigned int kl_kdump_fds(const struct kl_kdump *k, int *ret);

/* Where the bytes of a page are. */
struct kl_kdump_place {
	int fd;
	uint32_t length; /* at most a page, and all of them within the file when it was opened */
	uint32_t flags;  /* KL_KDUMP_ flags of its compression */
	uint64_t offset;
};

/** kl_kdump_page() - what there is of page frame @pfn. Reads its descriptor, 4 KiB of descriptors at a time.
 * @ret: filled in when it is present; may be NULL. */
enum kl_page_state kl_kdump_page(struct kl_kdump *k, uint64_t pfn, struct kl_kdump_place *ret);

void kl_kdump_deinit(struct kl_kdump *k);

#endif
