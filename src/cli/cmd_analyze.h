/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_analyze.h: a dump analysed and stored, for `analyze` itself and for commands that need a run of a dump. */
#ifndef KL_CLI_CMD_ANALYZE_H
#define KL_CLI_CMD_ANALYZE_H

#include "analysis/analysis.h"
#include "store/store.h"

/** kl_cli_analyze_dump() - analyse one dump and store the run.
 * @ret_run:      number of the new run.
 * @ret_analysis: may be NULL; otherwise the analysis, destroyed by the caller.
 * Errors: of kl_analysis_run() and kl_record_analysis(); nothing is stored then.
 */
struct kl_error *kl_cli_analyze_dump(const struct kl_analysis_options *options, struct kl_store *store,
				     int64_t *ret_run, struct kl_analysis **ret_analysis);

#endif
