/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "debug/debug.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "debug/debug_private.h"

struct kl_error *kl_debug_open(const char *path, struct kl_debug **ret)
{
	return kl_debug_open_within(path, NULL, ret);
}

struct kl_error *kl_debug_open_within(const char *path, const struct kl_debug_bounds *bounds, struct kl_debug **ret)
{
	_cleanup_(kl_debug_closep) struct kl_debug *dbg = calloc(1, sizeof(*dbg));
	struct kl_error *err;

	if (!dbg)
		return kl_error_nomem();
	err = kl_elf_file_open(path, bounds, &dbg->file);
	if (!err)
		err = kl_dwarf_open(dbg->file, &dbg->dwarf);
	if (err)
		return err;
	*ret = kl_take(dbg);
	return NULL;
}

void kl_debug_close(struct kl_debug *dbg)
{
	if (!dbg)
		return;
	kl_line_table_destroy(dbg->lines);
	kl_symbol_table_destroy(dbg->symbols);
	if (dbg->units_loaded)
		kl_units_deinit(&dbg->units);
	kl_dwarf_close(dbg->dwarf);
	kl_elf_file_close(dbg->file);
	free(dbg);
}

const char *kl_debug_path(const struct kl_debug *dbg)
{
	return dbg->file->path;
}

const char *kl_debug_build_id(const struct kl_debug *dbg)
{
	return dbg->file->build_id;
}

bool kl_debug_has_dwarf(const struct kl_debug *dbg)
{
	return dbg->dwarf;
}

bool kl_debug_is_relocatable(const struct kl_debug *dbg)
{
	return dbg->file->relocatable;
}

bool kl_debug_section(const struct kl_debug *dbg, const char *name, uint64_t *address, uint64_t *size)
{
	const struct kl_elf_section *section = kl_elf_file_find(dbg->file, name);

	if (!section || !(section->flags & SHF_ALLOC))
		return false;
	*address = section->address;
	*size = section->size;
	return true;
}

const char *kl_debug_vermagic(struct kl_debug *dbg)
{
	struct kl_elf_section *section = kl_elf_file_find(dbg->file, ".modinfo");
	const char tag[] = "vermagic=", *at, *end, *next;
	struct kl_error *err = section ? kl_elf_file_load(dbg->file, section) : NULL;

	kl_error_destroy(err);
	if (err || !section || !section->data)
		return NULL;
	/* Strings one after the other, the last of which need not end in this file. */
	end = (const char *)section->data + section->data_size;
	for (at = (const char *)section->data; at < end; at = next + 1) {
		next = memchr(at, '\0', (size_t)(end - at));
		if (!next)
			break;
		if (!strncmp(at, tag, sizeof(tag) - 1))
			return at + sizeof(tag) - 1;
	}
	return NULL;
}

struct kl_error *kl_debug_usable(const struct kl_debug *dbg)
{
	if (!dbg->dwarf)
		return kl_error_create(KL_ERROR_UNSUPPORTED,
				       "%s: no DWARF debug information (.debug_info is missing or stripped); "
				       "the kernel's debug symbol package has it",
				       kl_debug_path(dbg));
	if (kl_elf_file_find(dbg->file, ".gnu_debugaltlink"))
		return kl_error_create(
			KL_ERROR_UNSUPPORTED,
			"%s: a part of its DWARF is in another file (dwz -m, .gnu_debugaltlink), which is not "
			"read; use the file as it was before dwz",
			kl_debug_path(dbg));
	return NULL;
}

struct kl_error *kl_debug_units(struct kl_debug *dbg)
{
	struct kl_error *err;

	if (dbg->units_loaded)
		return NULL;
	err = kl_debug_usable(dbg);
	if (err)
		return err;
	err = kl_units_load(dbg->dwarf, &dbg->units);
	if (err)
		return kl_error_prepend(err, "%s", kl_debug_path(dbg));
	dbg->units_loaded = true;
	return NULL;
}
