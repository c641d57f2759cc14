/* SPDX-License-Identifier: GPL-2.0-or-later */
/* record_options.h: what a run was asked to do, written into the database, so that it can be made once more. Private to
 * record. */
#ifndef KL_ANALYSIS_RECORD_OPTIONS_H
#define KL_ANALYSIS_RECORD_OPTIONS_H

#include "analysis/analysis.h"
#include "store/writer.h"

/** kl_options_store() - write policy, settings and files, these by their whole names. Errors: as the writer's. */
struct kl_error *kl_options_store(const struct kl_analysis *a, struct kl_writer *w);

/** kl_options_request() - append a name for all that was asked: equal for two runs made in the same way. What only adds
 * names (debug files, source lines) and where files lie is no part of it. Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_options_request(const struct kl_analysis *a, struct kl_strbuf *ret);

#endif
