/* SPDX-License-Identifier: GPL-2.0-or-later */
/* source.h: the opened file(s) of one dump and the libkdumpfile context that reads them, page by page.
 *
 * Order of opening, which matters to libkdumpfile: architecture first (without it the library skips the register notes
 * of QEMU's kdump files, whose header says nothing of the operating system), then the files. mmap(2) is never used:
 * mappings of a file that is shorter than its tables claim, or that lies on a network, end the process with SIGBUS.
 */
#ifndef KL_IMAGE_SOURCE_H
#define KL_IMAGE_SOURCE_H

#include <libkdumpfile/kdumpfile.h>

#include "image/elf.h"
#include "image/format.h"
#include "image/image.h"
#include "image/kdump.h"

enum kl_page_state {
	KL_PAGE_PRESENT,
	KL_PAGE_MISSING,
	KL_PAGE_CORRUPT,
};

struct kl_source {
	kdump_ctx_t *ctx;
	int *fds;
	size_t n_fds;
	enum kl_format format;
	unsigned int page_shift;
	struct kl_elf elf;     /* KL_FORMAT_ELF */
	struct kl_kdump kdump; /* KL_FORMAT_KDUMP */
};

/** kl_source_open() - open the files of @options and fill what @info tells about them. @ret is released with
 * kl_source_close(), also after an error. Errors: as kl_image_open(). */
struct kl_error *kl_source_open(const struct kl_image_options *options, struct kl_image_info *info,
				struct kl_source *ret);
void kl_source_close(struct kl_source *s);

/** kl_source_page() - read page frame @pfn into @buffer. */
enum kl_page_state kl_source_page(struct kl_source *s, uint64_t pfn, uint8_t *buffer);

/** kl_source_present() - whether kl_source_page() would find it, without reading it. */
bool kl_source_present(struct kl_source *s, uint64_t pfn);

#endif
