/* SPDX-License-Identifier: GPL-2.0-or-later */
/* elf_section.h: the two steps that turn a stored section into usable bytes. Private to elf_file.c. */
#ifndef KL_DEBUG_ELF_SECTION_H
#define KL_DEBUG_ELF_SECTION_H

#include "debug/elf_file.h"

/** kl_elf_section_unpack() - replace the section's data by its unpacked form, if it is compressed.
 * Errors: KL_ERROR_CORRUPT, KL_ERROR_UNSUPPORTED (says what to do), KL_ERROR_NOMEM.
 */
struct kl_error *kl_elf_section_unpack(struct kl_elf_section *section);

/** kl_elf_section_relocate() - apply a relocatable file's own relocations of this section.
 * Debug sections of modules hold only absolute ones (x86-64 and aarch64 ELF ABI supplements).
 * Errors: KL_ERROR_CORRUPT, KL_ERROR_UNSUPPORTED (a kind or machine not known), KL_ERROR_NOMEM.
 */
struct kl_error *kl_elf_section_relocate(struct kl_elf_file *file, struct kl_elf_section *section);

#endif
