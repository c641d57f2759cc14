/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/print_run.h"

#include "report/report.h"

struct kl_error *kl_cli_print_run(struct kl_cli *cli, struct kl_store *store, int64_t run_id,
				  const struct kl_cli_print_options *options, struct kl_cli_printed *ret)
{
	_cleanup_(kl_reader_destroyp) struct kl_reader *reader = NULL;
	struct kl_report report = {
		.color = cli->color,
		.terminal = cli->terminal,
		.verbose = cli->verbosity > 0,
		.extras = options->extras,
		.select = options->select,
		.summary = options->summary,
		.weigh_objects = options->weigh_objects,
	};
	struct kl_error *err;

	cli->whole = options->format->whole;
	err = kl_reader_create(store, &reader);
	if (!err)
		err = kl_cli_output(cli, &report.out);
	if (err)
		return err;
	report.reader = reader;
	err = kl_report_write(&report, options->format, run_id);
	*ret = (struct kl_cli_printed){.partial = report.partial, .has_leaks = report.leaked_objects > 0};
	/* A command may print several runs. */
	return err ? err : kl_cli_output_end(cli);
}
