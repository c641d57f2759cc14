/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The headers of an ELF core dump, and the pages they promise. The notes are read by libkdumpfile. */
#include "fuzz.h"

#include "image/elf.h"

static void fuzz_one(const uint8_t *data, size_t size)
{
	int fd = fuzz_file(data, size), headers = -1;
	struct kl_elf e = {};
	struct kl_error *err = kl_elf_open(fd, size, false, &e);
	uint8_t page[4096];
	uint64_t at;

	for (at = 0; !err && at < 64; at++) {
		uint64_t address = at * 4096 * (1 + at % 7 * 997);

		kl_elf_page_present(&e, address, sizeof(page));
		kl_elf_page(&e, fd, address, page, sizeof(page));
	}
	if (!err)
		err = kl_elf_without_sections(fd, &headers);
	if (headers >= 0)
		close(headers);
	kl_error_destroy(err);
	kl_elf_deinit(&e);
	close(fd);
}
