/* SPDX-License-Identifier: GPL-2.0-or-later */
/* record.h: an analysis written into the database as one run. */
#ifndef KL_ANALYSIS_RECORD_H
#define KL_ANALYSIS_RECORD_H

#include "analysis/analysis.h"
#include "store/store.h"

/** kl_record_analysis() - store everything that @a found, in one transaction.
 * @ret: number of the run.
 * Errors: of the writer, KL_ERROR_INTERRUPTED; then nothing is stored.
 */
struct kl_error *kl_record_analysis(struct kl_analysis *a, struct kl_store *store, int64_t *ret);

/** kl_record_dump() - analyze a dump and store the run.
 * @ret_run:      number of the new run.
 * @ret_analysis: may be NULL; otherwise the analysis, destroyed by the caller.
 * Errors: of kl_analysis_run() and kl_record_analysis(); nothing is stored then, but for KL_ERROR_BUSY: the
 * message names the database beside @store that holds the run.
 */
struct kl_error *kl_record_dump(const struct kl_analysis_options *options, struct kl_store *store, int64_t *ret_run,
				struct kl_analysis **ret_analysis);

#endif
