/* SPDX-License-Identifier: GPL-2.0-or-later */
/* elf.h: which memory an ELF core dump holds, from its program headers.
 *
 * libkdumpfile (0.5.1) does the reading, but cannot be asked what is there: for ELF files its page maps are wrong where
 * segments overlap (as the kernel's text does with RAM in every kdump vmcore), the page in front of a segment reads as
 * zeroes, and data behind the end of a truncated file too. It also trusts the header's table sizes. So the headers are
 * checked here before the library sees the file, and presence is answered from them.
 */
#ifndef KL_IMAGE_ELF_H
#define KL_IMAGE_ELF_H

#include <stdbool.h>
#include <stdint.h>

#include "image/arch.h"
#include "image/ranges.h"
#include "util/error.h"

struct kl_elf {
	enum kl_arch arch;
	struct kl_ranges memory;  /* physical memory described (p_memsz) */
	struct kl_ranges present; /* physical memory whose bytes are in the file (p_filesz, within the file) */
	bool truncated;           /* some segment ends behind the end of the file */
};

/** kl_elf_read() - read the headers of the ELF file @fd of @file_size bytes.
 * @live: /proc/kcore, whose size says nothing.
 * Errors: KL_ERROR_FORMAT (an executable, a module, a user program's core, ...), KL_ERROR_UNSUPPORTED (other machine),
 * KL_ERROR_CORRUPT, KL_ERROR_IO, KL_ERROR_NOMEM; messages do not name the file.
 */
struct kl_error *kl_elf_read(int fd, uint64_t file_size, bool live, struct kl_elf *ret);

void kl_elf_deinit(struct kl_elf *e);

#endif
