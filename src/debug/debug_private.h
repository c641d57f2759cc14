/* SPDX-License-Identifier: GPL-2.0-or-later */
/* debug_private.h: what a struct kl_debug consists of. Private to src/debug. */
#ifndef KL_DEBUG_DEBUG_PRIVATE_H
#define KL_DEBUG_DEBUG_PRIVATE_H

#include "debug/dwarf.h"
#include "debug/elf_file.h"
#include "debug/unit.h"

struct kl_symbol_table;
struct kl_line_table;

struct kl_debug {
	struct kl_elf_file *file;
	struct kl_dwarf *dwarf; /* NULL without DWARF */
	bool units_loaded;
	struct kl_units units;
	struct kl_symbol_table *symbols; /* NULL until first used */
	struct kl_line_table *lines;     /* NULL until first used */
};

/** kl_debug_usable() - KL_ERROR_UNSUPPORTED, saying why, without usable DWARF. */
struct kl_error *kl_debug_usable(const struct kl_debug *dbg);

/** kl_debug_progress() - whom to tell how far a walk over all units is. */
static inline const struct kl_progress *kl_debug_progress(const struct kl_debug *dbg)
{
	return dbg->file->bounds ? dbg->file->bounds->progress : NULL;
}

/** kl_debug_units() - list the units, once. KL_ERROR_UNSUPPORTED without usable DWARF. */
struct kl_error *kl_debug_units(struct kl_debug *dbg);

void kl_symbol_table_destroy(struct kl_symbol_table *table);
void kl_line_table_destroy(struct kl_line_table *table);

#endif
