/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/print_run.h"

#include <unistd.h>

#include "report/report.h"

struct kl_error *kl_cli_print_run(struct kl_cli *cli, struct kl_store *store, int64_t run_id, const char *format,
				  const struct kl_extras *extras, struct kl_cli_printed *ret)
{
	const struct kl_report_format *found = kl_report_format_find(format);
	_cleanup_(kl_reader_destroyp) struct kl_reader *reader = NULL;
	struct kl_report report = {
		.color = cli->color,
		.terminal = isatty(STDOUT_FILENO),
		.verbose = cli->verbosity > 0,
		.extras = extras,
	};
	struct kl_error *err;

	if (!found)
		return kl_error_create(KL_ERROR_USAGE, "no format \"%s\"; `kleak-dump help report` lists them", format);
	err = kl_reader_create(store, &reader);
	if (!err)
		err = kl_cli_output(cli, &report.out);
	if (err)
		return err;
	report.reader = reader;
	err = kl_report_write(&report, found, run_id);
	*ret = (struct kl_cli_printed){.partial = report.partial, .has_leaks = report.leaked_objects > 0};
	/* A command may print several runs. */
	return err ? err : kl_cli_output_end(cli);
}
