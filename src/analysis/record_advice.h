/* SPDX-License-Identifier: GPL-2.0-or-later */
/* record_advice.h: what others than the dump told a run, for its record. */
#ifndef KL_ANALYSIS_RECORD_ADVICE_H
#define KL_ANALYSIS_RECORD_ADVICE_H

#include "analysis/analysis.h"
#include "plugin/plugins.h"
#include "store/writer.h"

/** kl_advice_store() - the rules of @a's options, and how often each was used. Errors: of the writer. */
struct kl_error *kl_advice_store(const struct kl_analysis *a, struct kl_writer *w);

/** kl_advice_update() - what @plugins have done since run @run_id was stored. Errors: of kl_store_note(). */
struct kl_error *kl_advice_update(const struct kl_plugins *plugins, struct kl_store *store, int64_t run_id);

#endif
