/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tag_deduce.h: call sites of objects for which the kernel stored none, told by those of their neighbours.
 *
 * Some objects never get a reference: the extension vectors themselves, what was allocated before a vector existed,
 * per-CPU memory of the first chunk. The stack that the source kept of such an object may begin with the same frames as
 * that of an object with a tag. Where these frames reach up to the tag's own function, both objects were allocated by
 * the same instruction, hence at the same call site. The kernel's counters know nothing of such objects, so they are
 * flagged: KL_OBJECT_TAG_DEDUCED.
 */
#ifndef KL_PROFILING_TAG_DEDUCE_H
#define KL_PROFILING_TAG_DEDUCE_H

#include "profiling/alloc_tag.h"
#include "heap/heap.h"

/** kl_tags_deduce() - fill the column `tag` of rows of @heap without one, where it can be told.
 * @tags: of the column. Call after kl_profiling_tag_objects(). @deduced: how many rows; may be NULL.
 * Frames that were seen with different tags tell nothing. Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_tags_deduce(struct kl_kernel *k, const struct kl_alloc_tags *tags, struct kl_heap *heap,
				uint64_t *deduced);

#endif
