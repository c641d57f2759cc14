/* SPDX-License-Identifier: GPL-2.0-or-later */
/* symbols.h: the .symtab of a debug file.
 *
 * Read and sorted at first use. Section, file and undefined symbols, the assembler's mapping symbols ($x, $d) and
 * local labels (.L…) are not symbols here. Addresses are those of the file (no KASLR).
 */
#ifndef KL_DEBUG_SYMBOLS_H
#define KL_DEBUG_SYMBOLS_H

#include <stdbool.h>
#include <stdint.h>

#include "debug/debug.h"

struct kl_symbol {
	bool is_global;   /* not file-local */
	const char *name; /* owned by the struct kl_debug; bytes from a file: escape before printing */
	uint64_t address; /* of the symbol */
	uint64_t size;    /* by name: st_size, 0 = unknown. By address: the gap to the next different address,
			   * as the kernel's %pS prints it; 0 for the last symbol */
};

/** kl_symbols_by_name() - the symbol @name.
 * A global one wins over file-local ones. Errors: KL_ERROR_NOT_FOUND; also when several files have a local symbol of
 * that name at different addresses (ask for it by unit: KL_REQUEST_VARIABLE).
 */
struct kl_error *kl_symbols_by_name(struct kl_debug *dbg, const char *name, struct kl_symbol *ret);

/** kl_symbols_by_address() - the last symbol at or below @address; `address - ret->address` is the offset into it.
 * Among several at one address the one that the kernel's own table would list first: not weak, not made by the linker
 * script, fewest leading underscores, earliest in .symtab (scripts/kallsyms.c, compare_symbols()).
 * Absolute symbols do not take part. Errors: KL_ERROR_NOT_FOUND below the first symbol.
 */
struct kl_error *kl_symbols_by_address(struct kl_debug *dbg, uint64_t address, struct kl_symbol *ret);

#endif
