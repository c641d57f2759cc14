/* SPDX-License-Identifier: GPL-2.0-or-later */
/* elf.h: the memory in an ELF core dump, from its program headers.
 *
 * Pages are read here and not through libkdumpfile, which serves ELF files for their notes only. Version 0.5.1 reads
 * the page before a segment, and what lies past the end of a truncated file, as zeroes; its page maps are wrong
 * where segments overlap (as the kernel's text does with RAM in every kdump vmcore); it can be made safe from SIGBUS
 * only by giving up mmap(2), and then takes 19 us per 4 KiB page, where pread(2) takes 1.6, and a mapping of our own
 * (mapping.h) 0.3. It also trusts the sizes of
 * the header's tables, so those are checked here before the library sees the file.
 */
#ifndef KL_IMAGE_ELF_H
#define KL_IMAGE_ELF_H

#include <stdbool.h>
#include <stdint.h>

#include "image/arch.h"
#include "image/page.h"
#include "image/ranges.h"
#include "util/error.h"

struct kl_elf {
	enum kl_arch arch;
	struct kl_ranges memory;  /* physical memory described (p_memsz) */
	struct kl_ranges present; /* physical memory whose bytes are in the file (p_filesz, within the file) */
	bool truncated;           /* some segment ends past the end of the file */
	bool nameless;            /* so do the names of its sections, which the library would ask for */
};

/** kl_elf_open() - read the headers of the ELF file @fd of @file_size bytes.
 * @live: /proc/kcore, whose size says nothing.
 * Errors: KL_ERROR_FORMAT (an executable, a module, a user program's core, ...), KL_ERROR_UNSUPPORTED (other machine),
 * KL_ERROR_CORRUPT, KL_ERROR_IO, KL_ERROR_NOMEM; messages do not name the file.
 */
struct kl_error *kl_elf_open(int fd, uint64_t file_size, bool live, struct kl_elf *ret);

/** kl_elf_page_present() - whether the file has any byte of the page of @size bytes at physical address @start. */
bool kl_elf_page_present(const struct kl_elf *e, uint64_t start, uint64_t size);

/** kl_elf_page_offset() - true and where in the file that page is, when it is there in one piece. */
bool kl_elf_page_offset(const struct kl_elf *e, uint64_t start, uint64_t size, uint64_t *ret);

/** kl_elf_page() - read that page from @fd; bytes of it that are not RAM become zeroes. */
enum kl_page_state kl_elf_page(const struct kl_elf *e, int fd, uint64_t start, uint8_t *buffer, size_t size);

/** kl_elf_without_sections() - a copy in memory of the headers and notes of @fd, which has no section headers.
 * For the library, which refuses a `nameless` file: QEMU writes the names last. @ret: to be closed by the caller.
 * Errors: KL_ERROR_CORRUPT where the section headers count the segments (65,535 or more). */
struct kl_error *kl_elf_without_sections(int fd, int *ret);

void kl_elf_deinit(struct kl_elf *e);

#endif
