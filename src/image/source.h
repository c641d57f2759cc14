/* SPDX-License-Identifier: GPL-2.0-or-later */
/* source.h: the opened file(s) of one dump, page by page.
 *
 * libkdumpfile reads the notes of all formats, kdump pages in compressions other than zlib and zstd (inflate.h), and
 * the formats that are not known here.
 * It is told the architecture before it gets the files: otherwise it skips the register notes of QEMU's kdump files,
 * whose header names no operating system, and the precise policy loses the CPUs' registers as roots. It may map files
 * into memory only where it has to read pages, every access was checked against the file's size before (kdump.h), and
 * never from a network, since its mapping that fails ends the process with SIGBUS; ours does not (mapping.h).
 */
#ifndef KL_IMAGE_SOURCE_H
#define KL_IMAGE_SOURCE_H

#include <libkdumpfile/kdumpfile.h>

#include "image/elf.h"
#include "image/format.h"
#include "image/inflate.h"
#include "image/info.h"
#include "image/kdump.h"
#include "image/mapping.h"
#include "image/vmcoreinfo.h"

struct kl_source {
	kdump_ctx_t *ctx;
	int *fds;
	size_t n_fds;
	int headers;           /* what the library gets instead of fds[0], when that cannot be given to it; -1 = none */
	enum kl_format format; /* never KL_FORMAT_FLATTENED: that was put in order */
	bool flattened;
	bool mappable; /* the library may use mmap(2) */
	unsigned int page_shift;
	struct kl_elf elf;          /* KL_FORMAT_ELF */
	struct kl_mapping *mapping; /* of an ELF file; NULL when it is to be read */
	struct kl_kdump kdump;      /* KL_FORMAT_KDUMP */
	struct kl_inflate *inflate; /* NULL when the library does it all */
};

/** kl_source_open() - open the files of @options.
 * @info: what they tell about themselves is filled in, all but `translation`.
 * @vmcoreinfo: the dump's, or that of options->vmcoreinfo_path; empty when there is none. Caller's to deinit.
 * @ret: released with kl_source_close(), also after an error.
 * Errors: as kl_image_open().
 */
struct kl_error *kl_source_open(const struct kl_image_options *options, struct kl_image_info *info,
				struct kl_vmcoreinfo *vmcoreinfo, struct kl_source *ret);
void kl_source_close(struct kl_source *s);

/** kl_source_view() - page frame @pfn where it lies in the file, without reading it; valid until kl_source_close().
 * NULL when it has to be read. */
const uint8_t *kl_source_view(struct kl_source *s, uint64_t pfn);

/** kl_source_check() - whether what kl_source_view() gave out was there all the time. Errors: KL_ERROR_IO. */
struct kl_error *kl_source_check(struct kl_source *s);

/** kl_source_page() - read page frame @pfn into @buffer. */
enum kl_page_state kl_source_page(struct kl_source *s, uint64_t pfn, uint8_t *buffer);

/** kl_source_present() - whether kl_source_page() would find it, without reading it. */
bool kl_source_present(struct kl_source *s, uint64_t pfn);

#endif
