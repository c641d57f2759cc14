/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/report.h"

#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

const char kl_help_report[] =
	"usage: kleak-dump report [--db FILE] [--format FORMAT] [RUN]\n"
	"Prints a stored run; the newest one when no number is given. `kleak-dump runs` lists them.\n"
	"\n"
	"  --format F   one of\n"
#define KL_FORMAT(name, summary) "      " #name ": " summary "\n"
#include "report/formats.def"
#undef KL_FORMAT
	"  --json       the same as --format json\n"
	"  -v           also every single finding (text)\n"
	"\n"
	"Exit codes: 0; 3 when there is no such run; 4 when the run is partial.\n";

struct kl_error *kl_cli_report(struct kl_cli *cli, struct kl_store *store, int64_t run_id, const char *format_name,
			       int *ret)
{
	_cleanup_(kl_reader_destroyp) struct kl_reader *reader = NULL;
	const struct kl_report_format *format;
	struct kl_report report = {.out = stdout};
	struct kl_error *err;

	format = kl_report_format_find(format_name);
	if (!format)
		return kl_error_create(KL_ERROR_USAGE, "no format \"%s\"; `kleak-dump help report` lists them",
				       format_name);
	err = kl_reader_create(store, &reader);
	if (err)
		return err;
	report.reader = reader;
	report.colour = cli->colour;
	report.terminal = isatty(STDOUT_FILENO);
	report.findings = cli->verbosity > 0;
	err = kl_report_write(&report, format, run_id);
	if (!err)
		*ret = report.partial ? KLEAK_EXIT_PARTIAL : KLEAK_EXIT_OK;
	return err;
}

struct kl_error *kl_cmd_report(struct kl_cli *cli, int argc, char **argv, int *ret)
{
	static const struct option options[] = {{"format", required_argument, NULL, KL_OPTION_FIRST},
						KL_COMMON_OPTIONS};
	_cleanup_(kl_store_closep) struct kl_store *store = NULL;
	const char *format = NULL;
	struct kl_error *err;
	int64_t run_id = 0;
	int option;

	while (kl_cli_option(cli, argc, argv, options, &option, &err))
		format = optarg;
	if (err || cli->help)
		return err;
	if (!format)
		format = cli->json ? "json" : "text";
	cli->json = !strcmp(format, "json");
	if (argc - optind > 1)
		return kl_error_create(KL_ERROR_USAGE, "report takes one run");
	if (optind < argc)
		err = kl_cli_number(argv[optind], "RUN", &run_id);
	if (!err)
		err = kl_cli_open(cli, KL_STORE_READ, &store);
	return err ? err : kl_cli_report(cli, store, run_id, format, ret);
}
