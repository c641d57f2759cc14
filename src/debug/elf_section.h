/* SPDX-License-Identifier: GPL-2.0-or-later */
/* elf_section.h: one section of an ELF file, and the two steps that turn its stored form into usable bytes.
 *
 * Private to src/debug.
 */
#ifndef KL_DEBUG_ELF_SECTION_H
#define KL_DEBUG_ELF_SECTION_H

#include <libelf.h>
#include <stddef.h>
#include <stdint.h>

#include "debug/bounds.h"
#include "util/error.h"

struct kl_elf_section {
	const char *name; /* "" when the section has none; owned by the file */
	uint64_t address; /* a relocatable file's allocated sections get one of ours */
	uint64_t size;    /* bytes in memory or in the file as it is stored */
	uint64_t flags;   /* SHF_… */
	uint32_t type;    /* SHT_… */
	uint32_t link, info;
	uint64_t alignment;
	Elf_Scn *scn;
	const uint8_t *data; /* after kl_elf_file_load() */
	size_t data_size;
	uint8_t *owned; /* the unpacked or relocated copy that `data` is, or NULL */
};

/** kl_elf_section_unpack() - replace the section's data by its unpacked form, if it is compressed.
 * Errors: KL_ERROR_CORRUPT, KL_ERROR_UNSUPPORTED (says what to do; larger than @bounds allow), KL_ERROR_NOMEM.
 */
struct kl_error *kl_elf_section_unpack(struct kl_elf_section *section, const struct kl_debug_bounds *bounds);

/** kl_elf_section_relocate() - apply a relocatable file's own relocations to @section, one of the @count of @all.
 * Debug sections of modules hold only absolute ones (x86-64 and aarch64 ELF ABI supplements).
 * @machine: EM_...
 * Errors: KL_ERROR_CORRUPT, KL_ERROR_UNSUPPORTED (a kind or machine not known), KL_ERROR_NOMEM.
 */
struct kl_error *kl_elf_section_relocate(const struct kl_elf_section *all, size_t count, uint16_t machine,
					 struct kl_elf_section *section);

#endif
