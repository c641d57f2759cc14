/* SPDX-License-Identifier: GPL-2.0-or-later */
/* columns.h: what both policies do with the columns of struct kl_mark. */
#ifndef KL_MARK_COLUMNS_H
#define KL_MARK_COLUMNS_H

#include "mark/mark.h"

/** kl_mark_allocate() - zeroed columns, count, min_count and unref_scans as in the heap. */
struct kl_error *kl_mark_allocate(const struct kl_heap *heap, struct kl_mark *mark);

/** kl_mark_is_highmem() - whether the rules paint @row black: a PHYS object that reaches out of low memory, and is not
 * NO_SCAN. */
bool kl_mark_is_highmem(const struct kl_heap *heap, const struct kl_replay_rules *rules, size_t row);

/** kl_mark_paint_highmem() - PHYS objects that reach out of low memory become black, unless they are NO_SCAN. */
void kl_mark_paint_highmem(const struct kl_heap *heap, const struct kl_replay_rules *rules, struct kl_mark *mark);

#endif
