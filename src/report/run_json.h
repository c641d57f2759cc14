/* SPDX-License-Identifier: GPL-2.0-or-later */
/* run_json.h: a run's record, its numbers and a stack's frames in JSON, the same wherever they appear. */
#ifndef KL_REPORT_RUN_JSON_H
#define KL_REPORT_RUN_JSON_H

#include "report/emitter.h"
#include "store/reader.h"

/** kl_emit_run() - an object with all fields of @run and its numbers, options and library versions; unknown values are
 * left out. */
struct kl_error *kl_emit_run(struct kl_emitter *e, const char *name, struct kl_reader *reader,
			     const struct kl_store_run *run);

/** kl_emit_known_int() - null for KL_UNKNOWN. */
void kl_emit_known_int(struct kl_emitter *e, const char *name, int64_t value);

/** kl_emit_stack() - members of an object that is open: "frames", the %pS texts, innermost first; "lines", where any is
 * known, a source line for each of them with what was inlined there; "blamed", the first frame that is not the
 * allocator's. Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_emit_stack(struct kl_emitter *e, const struct kl_store_frame *frames, size_t n);

#endif
