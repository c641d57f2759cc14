/* SPDX-License-Identifier: GPL-2.0-or-later */
/* scopes.h: the functions of one unit, and what the compiler put into them from others.
 *
 * Private to src/debug. Source: DWARF 2 .. 5, DW_TAG_subprogram and DW_TAG_inlined_subroutine with its DW_AT_call_file
 * and DW_AT_call_line, which say where the code would have called it.
 */
#ifndef KL_DEBUG_SCOPES_H
#define KL_DEBUG_SCOPES_H

#include "debug/unit.h"
#include "debug/unit_ranges.h"

/* Functions inside one another at one address. GCC stops far earlier. */
#define KL_INLINED_MAX 32

struct kl_function_scopes {
	struct kl_unit_ranges ranges; /* number: index into `functions` */
	KL_VEC(uint64_t) functions;   /* offsets of their DIEs */
};

/* One function that was put into another. */
struct kl_inlined {
	const char *name;   /* stays as long as the file is open; NULL = unknown */
	uint64_t call_file; /* number in the unit's line program */
	uint64_t call_line; /* 0 = unknown */
};

/** kl_function_scopes_load() - find the functions of unit @index. Errors: KL_ERROR_CORRUPT, KL_ERROR_NOMEM. */
struct kl_error *kl_function_scopes_load(struct kl_units *units, size_t index, struct kl_function_scopes *ret);
void kl_function_scopes_deinit(struct kl_function_scopes *scopes);

/** kl_function_scopes_inlined() - what is inlined at @address of unit @index, outermost first.
 * @ret: KL_INLINED_MAX entries; @n: how many are filled, 0 where the code is the function's own.
 * Errors: KL_ERROR_CORRUPT, KL_ERROR_NOMEM. */
struct kl_error *kl_function_scopes_inlined(struct kl_units *units, size_t index,
					    const struct kl_function_scopes *scopes, uint64_t address,
					    struct kl_inlined *ret, size_t *n);

#endif
