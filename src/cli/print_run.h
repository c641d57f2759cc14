/* SPDX-License-Identifier: GPL-2.0-or-later */
/* print_run.h: a stored run on stdout, for `report` and for `analyze`, which shows what `report` would show. */
#ifndef KL_CLI_PRINT_RUN_H
#define KL_CLI_PRINT_RUN_H

#include "cli/cli.h"
#include "plugin/plugins.h"
#include "report/report.h"

/* What an exit code may depend on. */
struct kl_cli_printed {
	bool partial;
	bool has_leaks;
};

/* How. */
struct kl_cli_print_options {
	const struct kl_report_format *format;
	const struct kl_extras *extras; /* to print with it; NULL when there are none */
	struct kl_selection select;
	enum kl_tallied_by by;
	bool summary, weigh_objects;
};

/** kl_cli_print_run() - print run @run_id (0: the newest) of @store. Errors: KL_ERROR_NOT_FOUND. */
struct kl_error *kl_cli_print_run(struct kl_cli *cli, struct kl_store *store, int64_t run_id,
				  const struct kl_cli_print_options *options, struct kl_cli_printed *ret);

/** kl_cli_format_name() - give @name its default. Errors: KL_ERROR_USAGE, when --json contradicts it. */
struct kl_error *kl_cli_format_name(const struct kl_cli *cli, const char **name);

/** kl_cli_format() - the format called @name; NULL: JSON when --json was given, else text. From then on @cli knows
 * whether errors are JSON. Errors: KL_ERROR_USAGE, also when --json contradicts @name. */
struct kl_error *kl_cli_format(struct kl_cli *cli, const char *name, const struct kl_report_format **ret);

/** kl_cli_weight() - of --weight: "bytes" or "objects". Errors: KL_ERROR_USAGE. */
struct kl_error *kl_cli_weight(const char *text, bool *ret_objects);

/** kl_cli_print_run_by() - likewise, in the form that the plugin @p gives it, of which it has one for whole runs only.
 * Errors: KL_ERROR_UNSUPPORTED when it failed; then nothing is printed. */
struct kl_error *kl_cli_print_run_by(struct kl_cli *cli, struct kl_store *store, int64_t run_id,
				     const struct kl_plugins *plugins, struct kl_plugin *p, struct kl_cli_printed *ret);

#endif
