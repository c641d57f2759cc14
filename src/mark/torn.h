/* SPDX-License-Identifier: GPL-2.0-or-later */
/* torn.h: memory in which no object is like those of its kind any more.
 *
 * What one call site allocates is filled by one piece of code: at most offsets nearly all of its objects hold an
 * address, or hardly any. Where half a page of several such objects holds none of the addresses that it should, the
 * page may not be what it was: all zero, or another page, because the dump was torn. What only these objects held is no
 * leak then.
 *
 * It may also be memory that its owner keeps in stock, of which nobody has used anything yet (the network's buffers).
 * So it only matters where objects are lost that others of that kind are known to hold: those in the next page of a
 * list that breaks off, most of all.
 */
#ifndef KL_MARK_TORN_H
#define KL_MARK_TORN_H

#include "mark/references.h"
#include "util/vec.h"

struct kl_torn {
	KL_VEC(uint64_t) places; /* address of the first object of each, ascending */
};

/** kl_torn_find() - fill @ret with the places that may have held what @mark left lost.
 * @ret: freed by the caller with kl_vec_deinit(&ret->places), after an error too.
 * Errors: out of memory. Cost: a look into a hash table for each reference of an object, when some are lost. */
struct kl_error *kl_torn_find(const struct kl_heap *heap, const struct kl_references *refs, const struct kl_mark *mark,
			      struct kl_torn *ret);

#endif
