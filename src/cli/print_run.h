/* SPDX-License-Identifier: GPL-2.0-or-later */
/* print_run.h: a stored run on stdout, for `report` and for `analyze`, which shows what `report` would show. */
#ifndef KL_CLI_PRINT_RUN_H
#define KL_CLI_PRINT_RUN_H

#include "cli/cli.h"
#include "report/extras.h"

/* What an exit code may depend on. */
struct kl_cli_printed {
	bool partial;
	bool has_leaks;
};

/** kl_cli_print_run() - print run @run_id (0: the newest) of @store.
 * @format: a name from report/formats.def.
 * @extras: to print with it; NULL when there are none.
 * Errors: KL_ERROR_USAGE for an unknown format, KL_ERROR_NOT_FOUND.
 */
struct kl_error *kl_cli_print_run(struct kl_cli *cli, struct kl_store *store, int64_t run_id, const char *format,
				  const struct kl_extras *extras, struct kl_cli_printed *ret);

#endif
