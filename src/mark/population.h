/* SPDX-License-Identifier: GPL-2.0-or-later */
/* population.h: objects of which nearly all are lost.
 *
 * Programs forget some of what they allocate, and use the rest. When of many objects of one kind hardly any is held,
 * it is more likely that nobody here understands how they are held: by page frame numbers, by a device, in a table that
 * is not scanned. This is the guard against thousands of false alarms by hardware and drivers that nobody has seen; it
 * costs the leak that loses each and every object of a slab cache, which is explained then, and counted.
 *
 * Asked only of objects that have a slab cache of their own, whoever knows them: the rest of a cache that is shared,
 * or of a call site, is no such evidence. The leak lab loses all 56 to 64 objects of a cache, which is why the limit is
 * higher.
 */
#ifndef KL_MARK_POPULATION_H
#define KL_MARK_POPULATION_H

#include "mark/mark.h"

#define KL_POPULATION_MIN 512  /* objects of a kind */
#define KL_POPULATION_SHARE 16 /* at most one of so many is held */

/** kl_population_find() - set @ret[row] of each lost object of such a kind to how many objects of it are lost; others
 * stay 0. @kind_of: per row, 0 where the cache is shared. @ret: zeroes, one per row. Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_population_find(const struct kl_heap *heap, const struct kl_mark *mark, const uint32_t *kind_of,
				    uint64_t *ret);

#endif
