/* SPDX-License-Identifier: GPL-2.0-or-later */
/* alloc_calls.h: what the calls of the kernel's allocators ask for, as the DWARF of an optimized build tells.
 *
 * Nothing is guessed. A DW_TAG_call_site describes the call and those of its arguments that are constants; a
 * declaration of what it calls says which of them is the size and which the flags. That the call allocates one struct
 * is known when all of this holds besides:
 *   - what it calls is a function of the kmalloc() family, and one of its arguments is a constant: the size;
 *   - a variable in scope, a pointer to a struct of exactly that size, is in a register somewhere behind the call
 *     where that register is certain to hold what the call returned (returned.h);
 *   - the struct has a name and no flexible array at its end;
 *   - all variables of which this is true name the same struct.
 * So p = kmalloc(sizeof(*p)) has one, arrays, strings and results that go straight into memory have none.
 *
 * krealloc() makes an object larger than the call that allocated it asked for, and who asks ksize() may use all of it.
 * A file that calls them may do so with any object of its own; that is noted with its other calls. So is that a file
 * calls kmalloc_size_roundup(), which says how large an object would be; but who allocates as much asks for it.
 * Source: DWARF 5 (call_site) and GCC's extension to DWARF 4 (GNU_call_site); include/linux/slab.h, 5.17 .. 7.3.
 */
#ifndef KL_DEBUG_ALLOC_CALLS_H
#define KL_DEBUG_ALLOC_CALLS_H

#include <stdbool.h>
#include <stdint.h>

#include "debug/debug.h"
#include "util/intern.h"
#include "util/vec.h"

/* What the file does that may give an object more bytes than its call asked for. */
enum kl_growth {
	KL_GROWTH_NONE,
	KL_GROWTH_ROUNDS,  /* it asks how large objects of some size are */
	KL_GROWTH_RESIZES, /* it makes objects larger in place, or uses all that they have */
};

struct kl_alloc_call {
	uint64_t address;      /* the return address, as in the file */
	uint32_t symbol;       /* identifier in names: the function around it; 0 = unknown */
	uint64_t offset;       /* of the return address in that function */
	uint32_t type;         /* identifier in names: the struct; 0 = nothing tells */
	uint64_t size;         /* bytes asked for, those of the struct if there is one; 0 = nothing tells */
	uint64_t flags;        /* gfp_t, when they are a constant; 0 = nothing tells */
	bool zeroes;           /* what it calls zeroes all that it returns ("vzalloc") */
	enum kl_growth growth; /* this one may have more than `size` by now */
};

struct kl_alloc_calls {
	KL_VEC(struct kl_alloc_call) list; /* ascending addresses */
	struct kl_intern *names;
};

struct kl_error *kl_alloc_calls_init(struct kl_alloc_calls *calls);
void kl_alloc_calls_deinit(struct kl_alloc_calls *calls);
#define _cleanup_alloc_calls_ _cleanup_(kl_alloc_calls_deinit)

/** kl_alloc_calls_find() - all calls in @dbg of which anything is known, into the empty list @ret.
 * Errors: KL_ERROR_UNSUPPORTED without DWARF, KL_ERROR_CORRUPT, KL_ERROR_NOMEM. A file without descriptions of calls,
 * or without location lists, has no answers. Cost: one pass over .debug_info, 0.2 s for the 60 MB of a kernel. */
struct kl_error *kl_alloc_calls_find(struct kl_debug *dbg, struct kl_alloc_calls *ret);

/** kl_alloc_calls_at() - the call with return address @address; NULL when there is none. */
const struct kl_alloc_call *kl_alloc_calls_at(const struct kl_alloc_calls *calls, uint64_t address);

/** kl_alloc_calls_in() - the call that returns to @offset of function @symbol; NULL when there is none, or functions of
 * that name disagree. For modules, whose sections the kernel puts where it likes. */
const struct kl_alloc_call *kl_alloc_calls_in(const struct kl_alloc_calls *calls, const char *symbol, uint64_t offset);

#endif
