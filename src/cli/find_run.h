/* SPDX-License-Identifier: GPL-2.0-or-later */
/* find_run.h: arguments that may be the number of a run or a dump. */
#ifndef KL_CLI_FIND_RUN_H
#define KL_CLI_FIND_RUN_H

#include <stdbool.h>

#include "cli/cli.h"
#include "store/reader.h"

bool kl_cli_is_number(const char *text);

/** kl_cli_find_run() - the run that @side means: its number, or a dump, which is analyzed and stored when it is not in
 * the database yet. @store must be open for writing unless @side is a number. @vmlinux: for the analysis, may be NULL.
 * Errors: as of the analysis; a number is not looked up. */
struct kl_error *kl_cli_find_run(struct kl_cli *cli, struct kl_store *store, struct kl_reader *reader,
				 const char *vmlinux, const char *side, int64_t *ret);

/** kl_cli_stored_run() - the run that @text names among those that are stored: a number, "latest", "latest~2" (the
 * second before it), or the path of a dump, whose newest run it is. NULL: the newest. Errors: KL_ERROR_USAGE,
 * KL_ERROR_NOT_FOUND; a number is not looked up. */
struct kl_error *kl_cli_stored_run(struct kl_reader *reader, const char *text, int64_t *ret);

#endif
