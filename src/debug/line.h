/* SPDX-License-Identifier: GPL-2.0-or-later */
/* line.h: source file and line of an address, from DWARF's line tables.
 *
 * Nothing is read before the first question; then the index of address ranges, and per question at most the one line
 * table that is needed, which is kept.
 *
 * Addresses are those of the file (kl_debug_open()): a kernel's without its KASLR offset. For an address in a loaded
 * module take its symbol (name+offset, from the dump's own symbol tables), look the name up in the module's file with
 * kl_symbols_by_name() and add the offset: where the kernel put which section need not be known.
 * The return addresses of a stack trace point past the call: ask for `address - 1`.
 */
#ifndef KL_DEBUG_LINE_H
#define KL_DEBUG_LINE_H

#include <stdint.h>

#include "debug/debug.h"

/* Functions inside one another at one address, and the one that they are all in. */
#define KL_PLACES_MAX 33

struct kl_source_place {
	const char *function; /* that was inlined; NULL: the function that the symbol at the address names */
	const char *file;     /* relative to the kernel's source tree, or else to where its unit was compiled
			       * ("mm/slub.c"); "" when unknown. Bytes from a file: escape before printing. */
	unsigned int line;    /* 0 when the compiler gave none */
};

/** kl_debug_places() - the source of the instruction at @address: what was inlined there, from the innermost place to
 * where the function itself is.
 * @n: how many, at least 1. Texts stay until the next call with @dbg.
 * Errors: KL_ERROR_NOT_FOUND, KL_ERROR_UNSUPPORTED without DWARF, KL_ERROR_CORRUPT, KL_ERROR_NOMEM.
 */
struct kl_error *kl_debug_places(struct kl_debug *dbg, uint64_t address, struct kl_source_place ret[KL_PLACES_MAX],
				 size_t *n);

/** kl_debug_source_root() - the directory that holds the kernel's source tree, if names of files in @dbg began with it;
 * NULL when they did not, or nothing tells. Owned by @dbg. */
const char *kl_debug_source_root(struct kl_debug *dbg);

/** kl_debug_line() - the innermost of these places. Errors: the same. */
struct kl_error *kl_debug_line(struct kl_debug *dbg, uint64_t address, const char **file, unsigned int *line);

#endif
