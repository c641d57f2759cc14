/* SPDX-License-Identifier: GPL-2.0-or-later */
/* alloc_calls.h: which calls of kmalloc() allocate one struct, as the DWARF of an optimized build tells.
 *
 * Nothing is guessed: a wrong type would hide the references behind its integers. A call has an answer when all of
 * this holds:
 *   - a DW_TAG_call_site describes it, and what it calls is a function of the kmalloc() family;
 *   - one of its arguments is a constant: the size;
 *   - a variable in scope, a pointer to a struct of exactly that size, is in a register at some instruction
 *     after the call where that register is certain to hold what the call returned (returned.h);
 *   - the struct has a name and no flexible array at its end;
 *   - all variables of which this is true name the same struct.
 * So p = kmalloc(sizeof(*p)) has an answer; arrays, strings and results that go straight into memory have none.
 * Source: DWARF 5 (call_site) and GCC's extension to DWARF 4 (GNU_call_site); include/linux/slab.h, 5.17 .. 7.3.
 */
#ifndef KL_DEBUG_ALLOC_CALLS_H
#define KL_DEBUG_ALLOC_CALLS_H

#include <stdint.h>

#include "debug/debug.h"
#include "util/intern.h"
#include "util/vec.h"

struct kl_alloc_call {
	uint64_t address; /* the return address, as in the file */
	uint32_t symbol;  /* identifier in names: the function around it; 0 = unknown */
	uint64_t offset;  /* of the return address in that function */
	uint32_t type;    /* identifier in names: the struct */
	uint64_t size;    /* of the struct, bytes */
};

struct kl_alloc_calls {
	KL_VEC(struct kl_alloc_call) list; /* ascending addresses */
	struct kl_intern *names;
};

struct kl_error *kl_alloc_calls_init(struct kl_alloc_calls *calls);
void kl_alloc_calls_deinit(struct kl_alloc_calls *calls);
#define _cleanup_alloc_calls_ _cleanup_(kl_alloc_calls_deinit)

/** kl_alloc_calls_find() - all calls in @dbg that have an answer, into the empty list @ret.
 * Errors: KL_ERROR_UNSUPPORTED without DWARF, KL_ERROR_CORRUPT, KL_ERROR_NOMEM. A file without descriptions of calls,
 * or without location lists, has no answers. Cost: one pass over .debug_info, 0.2 s for the 60 MB of a kernel. */
struct kl_error *kl_alloc_calls_find(struct kl_debug *dbg, struct kl_alloc_calls *ret);

/** kl_alloc_calls_at() - the call with return address @address; NULL when there is none. */
const struct kl_alloc_call *kl_alloc_calls_at(const struct kl_alloc_calls *calls, uint64_t address);

/** kl_alloc_calls_in() - the call that returns to @offset of function @symbol; NULL when there is none, or functions of
 * that name disagree. For modules, whose sections the kernel puts where it likes. */
const struct kl_alloc_call *kl_alloc_calls_in(const struct kl_alloc_calls *calls, const char *symbol, uint64_t offset);

#endif
