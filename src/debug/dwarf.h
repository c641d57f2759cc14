/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dwarf.h: the DWARF sections of one file, the headers of its units, and what went wrong while reading them.
 *
 * Private to src/debug. The readers above (die.h, unit.h, type.h, ...) answer "absent" after the first failure, which
 * is remembered here; whoever finishes a piece of work asks kl_dwarf_failure() once. So a damaged file can never pass
 * for one that merely lacks something, and no reader has to carry an error through every attribute.
 *
 * This is the program's only reader of DIEs; libdwarf reads line programs and nothing else (line_program.h). libdwarf
 * allocates every DIE and finds one at a known offset by walking the units before it, which the questions of
 * pointer_words.h and alloc_calls.h, asked of all units, cannot afford: all 18 million DIEs of a distribution's kernel
 * take it 4.8 s (20210528) or 2.9 s (0.11.1). Where both would do, this reader is also the cheaper one: listing the
 * 13 000 units of a kernel that went through dwz takes 15 ms instead of 70, the 438 requests of layouts.def 35 ms
 * instead of 140, in 51 MB instead of 108. And the libdwarf of Debian 12 predates that library's fuzzing.
 */
#ifndef KL_DEBUG_DWARF_H
#define KL_DEBUG_DWARF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "debug/elf_file.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/vec.h"

struct kl_dwarf_section {
	const uint8_t *data;
	size_t size; /* 0 = the file has no such section */
};

struct kl_unit_header {
	uint64_t start, end; /* of the whole unit, in .debug_info */
	uint64_t root;       /* its first DIE */
	uint64_t abbreviations;
	uint64_t string_offsets, addresses; /* DW_AT_str_offsets_base, DW_AT_addr_base */
	uint8_t offset_size, address_size, version;
};

struct kl_dwarf {
	struct kl_elf_file *file;
	struct kl_dwarf_section info, abbreviations, strings, line_strings, string_offsets, addresses;
	KL_VEC(struct kl_unit_header) headers; /* ascending; filled by kl_units_load() */
	struct kl_abbreviation_cache *cache;
	struct kl_error *failure;
};

/** kl_dwarf_open() - the DWARF of @file, which must outlive it; *ret is NULL when there is none. */
struct kl_error *kl_dwarf_open(struct kl_elf_file *file, struct kl_dwarf **ret);
void kl_dwarf_close(struct kl_dwarf *dw);
KL_DEFINE_CLEANUP(struct kl_dwarf *, kl_dwarf_close)

/** kl_dwarf_load() - the bytes of the section @name (".debug_line"), unpacked; of size 0 when there is none, or
 * (recorded) when it is damaged. */
struct kl_dwarf_section kl_dwarf_load(struct kl_dwarf *dw, const char *name);

/** kl_dwarf_failure() - the first failure since the last call (KL_ERROR_CORRUPT or KL_ERROR_NOMEM), NULL when none. */
struct kl_error *kl_dwarf_failure(struct kl_dwarf *dw);

/** kl_dwarf_fail() - record @err unless there is an earlier failure; takes it. NULL is fine. */
void kl_dwarf_fail(struct kl_dwarf *dw, struct kl_error *err);

/** kl_dwarf_damaged() - record that the file cannot be right: "damaged DWARF: @what". */
void kl_dwarf_damaged(struct kl_dwarf *dw, const char *what);

/** kl_dwarf_list_headers() - fill `headers`, the bases of string offsets and addresses excepted. Errors as recorded. */
struct kl_error *kl_dwarf_list_headers(struct kl_dwarf *dw);

/** kl_dwarf_header_at() - the unit that holds @offset of .debug_info; NULL when none does. */
const struct kl_unit_header *kl_dwarf_header_at(const struct kl_dwarf *dw, uint64_t offset);

#endif
