/* SPDX-License-Identifier: GPL-2.0-or-later */
/* record_call_sites.h: the call sites of a run and what they hold, written into the database. Private to record. */
#ifndef KL_ANALYSIS_RECORD_CALL_SITES_H
#define KL_ANALYSIS_RECORD_CALL_SITES_H

#include "profiling/survey.h"
#include "store/writer.h"
#include "verdict/verdict.h"

/** kl_call_sites_store() - write the call sites and what they hold.
 * @ids: receives the identifier of every tag's call site, by the values of the column `tag`; [0] is 0. Freed by the
 * caller. Errors: as the writer's. */
struct kl_error *kl_call_sites_store(const struct kl_profiling_survey *s, const struct kl_heap *heap,
				     const struct kl_findings *findings, struct kl_writer *w, int64_t **ids);

#endif
