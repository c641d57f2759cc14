/* SPDX-License-Identifier: GPL-2.0-or-later */
/* elf_file.h: an ELF file of 64-bit little-endian kind, its sections unpacked and relocated when asked for.
 *
 * Private to src/debug. The rest of the room sees plain bytes, however they were compressed. Every size and offset is
 * checked against the size of the file.
 */
#ifndef KL_DEBUG_ELF_FILE_H
#define KL_DEBUG_ELF_FILE_H

#include <libelf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "debug/elf_section.h"
#include "util/cleanup.h"
#include "util/error.h"

struct kl_elf_file {
	char *path;
	const struct kl_debug_bounds *bounds; /* borrowed; NULL = the usual ones */
	int fd;                               /* of the file, or of its unpacked copy in memory */
	Elf *elf;
	uint16_t machine; /* EM_… */
	bool relocatable; /* ET_REL */
	char *build_id;   /* lower-case hex, or NULL */
	struct kl_elf_section *sections;
	size_t section_count;
};

/** kl_elf_file_open() - open @path and read its section headers. Otherwise as kl_debug_open_within(). */
struct kl_error *kl_elf_file_open(const char *path, const struct kl_debug_bounds *bounds, struct kl_elf_file **ret);
void kl_elf_file_close(struct kl_elf_file *file);
KL_DEFINE_CLEANUP(struct kl_elf_file *, kl_elf_file_close)

/** kl_elf_note_build_id() - the GNU build-id among @notes (NULL = none) in lower-case hex, malloc'ed; *ret stays NULL
 * when there is none.
 */
struct kl_error *kl_elf_note_build_id(Elf_Data *notes, char **ret);

/** kl_elf_file_find() - the first section @name, NULL when there is none. */
struct kl_elf_section *kl_elf_file_find(const struct kl_elf_file *file, const char *name);

/** kl_elf_file_load() - make the contents of @section available in its `data` and `data_size`.
 * Unpacks SHF_COMPRESSED (zlib, zstd) and GNU .zdebug sections, applies a module's relocations. Once per section.
 * Errors: KL_ERROR_CORRUPT, KL_ERROR_UNSUPPORTED (unknown compression or relocation), KL_ERROR_NOMEM.
 */
struct kl_error *kl_elf_file_load(struct kl_elf_file *file, struct kl_elf_section *section);

#endif
