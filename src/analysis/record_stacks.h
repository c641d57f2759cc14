/* SPDX-License-Identifier: GPL-2.0-or-later */
/* record_stacks.h: the stacks of a heap, with names and source lines, written into the database. Private to record.
 *
 * Where nobody kept the stack of an object, but allocation profiling its call site, that is recorded as a stack of one
 * frame: its address is that of the call site's tag, its file and line are those of the tag.
 */
#ifndef KL_ANALYSIS_RECORD_STACKS_H
#define KL_ANALYSIS_RECORD_STACKS_H

#include "analysis/analysis.h"
#include "store/writer.h"

/* Zeroed before; freed with kl_stack_recorder_deinit(), after an error too. */
struct kl_stack_recorder {
	struct kl_analysis *a;
	struct kl_writer *writer;
	size_t count;                  /* of stacks: those of the heap, then one per call site */
	int64_t *stored;               /* stack -> stack of the database; 0 = not stored yet */
	struct kl_source_lines *lines; /* for the stacks stored next; NULL: without lines */
};

/** kl_stack_recorder_init() - @a and @writer must outlive @r. Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_stack_recorder_init(struct kl_stack_recorder *r, struct kl_analysis *a, struct kl_writer *writer);
void kl_stack_recorder_deinit(struct kl_stack_recorder *r);

/** kl_stack_recorder_find() - which stack is recorded for object @row: below r->count. */
uint32_t kl_stack_recorder_find(const struct kl_stack_recorder *r, size_t row);

/** kl_stack_recorder_add() - store stack @id, once: one of the heap, or one that kl_stack_recorder_find() gave.
 * Errors: as the writer's. */
struct kl_error *kl_stack_recorder_add(struct kl_stack_recorder *r, uint32_t id, int64_t *ret);

#endif
