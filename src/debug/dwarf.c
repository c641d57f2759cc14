/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "debug/dwarf.h"

#include <libdwarf/dwarf.h>
#include <stdlib.h>
#include <string.h>

#include "debug/abbreviation.h"
#include "debug/cursor.h"
#include "util/search.h"

/* The section @name, or its GNU compressed form: .debug_info is .zdebug_info then. */
static struct kl_elf_section *find_debug_section(struct kl_elf_file *file, const char *name)
{
	struct kl_elf_section *section = kl_elf_file_find(file, name);
	char old[32] = ".z";

	if (section)
		return section;
	strncat(old, name + 1, sizeof(old) - 3);
	return kl_elf_file_find(file, old);
}

struct kl_dwarf_section kl_dwarf_load(struct kl_dwarf *dw, const char *name)
{
	struct kl_elf_section *section = find_debug_section(dw->file, name);

	if (!section)
		return (struct kl_dwarf_section){};
	kl_dwarf_fail(dw, kl_elf_file_load(dw->file, section));
	return (struct kl_dwarf_section){section->data, section->data_size};
}

struct kl_error *kl_dwarf_open(struct kl_elf_file *file, struct kl_dwarf **ret)
{
	_cleanup_(kl_dwarf_closep) struct kl_dwarf *dw = NULL;
	struct kl_error *err;

	*ret = NULL;
	if (!find_debug_section(file, ".debug_info"))
		return NULL;
	dw = calloc(1, sizeof(*dw));
	if (!dw)
		return kl_error_nomem();
	dw->file = file;
	dw->cache = calloc(1, sizeof(*dw->cache));
	if (!dw->cache)
		return kl_error_nomem();
	dw->info = kl_dwarf_load(dw, ".debug_info");
	dw->abbreviations = kl_dwarf_load(dw, ".debug_abbrev");
	dw->strings = kl_dwarf_load(dw, ".debug_str");
	dw->line_strings = kl_dwarf_load(dw, ".debug_line_str");
	dw->string_offsets = kl_dwarf_load(dw, ".debug_str_offsets");
	dw->addresses = kl_dwarf_load(dw, ".debug_addr");
	err = kl_dwarf_failure(dw);
	if (err)
		return kl_error_prepend(err, "%s", file->path);
	if (dw->info.size) /* otherwise stripped into NOBITS */
		*ret = kl_take(dw);
	return NULL;
}

void kl_dwarf_close(struct kl_dwarf *dw)
{
	if (!dw)
		return;
	kl_vec_deinit(&dw->headers);
	kl_abbreviations_destroy(dw->cache);
	kl_error_destroy(dw->failure);
	free(dw);
}

struct kl_error *kl_dwarf_failure(struct kl_dwarf *dw)
{
	return kl_take(dw->failure);
}

void kl_dwarf_fail(struct kl_dwarf *dw, struct kl_error *err)
{
	if (dw->failure)
		kl_error_destroy(err);
	else
		dw->failure = err;
}

void kl_dwarf_damaged(struct kl_dwarf *dw, const char *what)
{
	if (!dw->failure)
		dw->failure = kl_error_create(KL_ERROR_CORRUPT, "damaged DWARF: %s", what);
}

/* The unit header at the cursor, which moves past it. */
static bool parse_unit_header(const struct kl_dwarf *dw, struct kl_cursor *c, struct kl_unit_header *ret)
{
	uint8_t type = DW_UT_compile;
	uint64_t length;

	*ret = (struct kl_unit_header){.start = (uint64_t)(c->at - dw->info.data), .offset_size = 4};
	length = kl_cursor_uint(c, 4);
	if (length == UINT32_MAX) {
		length = kl_cursor_uint(c, 8);
		ret->offset_size = 8;
	}
	if (c->failed || length > (uint64_t)(c->end - c->at))
		return false;
	ret->end = (uint64_t)(c->at - dw->info.data) + length;
	ret->version = (uint8_t)kl_cursor_uint(c, 2);
	if (ret->version >= 5) {
		type = (uint8_t)kl_cursor_uint(c, 1);
		ret->address_size = (uint8_t)kl_cursor_uint(c, 1);
		ret->abbreviations = kl_cursor_uint(c, ret->offset_size);
	} else {
		ret->abbreviations = kl_cursor_uint(c, ret->offset_size);
		ret->address_size = (uint8_t)kl_cursor_uint(c, 1);
	}
	if (type == DW_UT_type || type == DW_UT_split_type)
		kl_cursor_skip(c, 8 + (uint64_t)ret->offset_size);
	else if (type == DW_UT_skeleton || type == DW_UT_split_compile)
		kl_cursor_skip(c, 8);
	ret->root = (uint64_t)(c->at - dw->info.data);
	/* right after the header of their tables, unless the root DIE says otherwise */
	ret->string_offsets = ret->addresses = 8;
	return !c->failed && ret->version >= 2 && ret->version <= 5 && ret->root <= ret->end;
}

struct kl_error *kl_dwarf_list_headers(struct kl_dwarf *dw)
{
	struct kl_cursor c = {dw->info.data, dw->info.data + dw->info.size, false};
	struct kl_unit_header header;

	dw->headers.count = 0;
	while (c.at < c.end) {
		if (!parse_unit_header(dw, &c, &header))
			return kl_error_create(KL_ERROR_CORRUPT, "damaged DWARF: the header of the unit at %#lx",
					       (unsigned long)header.start);
		if (!kl_vec_push(&dw->headers, header))
			return kl_error_nomem();
		c.at = dw->info.data + header.end;
	}
	return NULL;
}

const struct kl_unit_header *kl_dwarf_header_at(const struct kl_dwarf *dw, uint64_t offset)
{
	return kl_search_range(dw->headers.data, dw->headers.count, offset);
}
