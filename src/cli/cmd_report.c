/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/print_run.h"
#include "report/suppression.h"

#include <string.h>

const char kl_help_report[] = "usage: kleak-dump report [--db FILE] [--format FORMAT] [RUN]\n"
			      "Prints a stored run, by default the newest one. `kleak-dump runs` lists them.\n"
			      "\n"
			      "  --format F   one of\n"
#define KL_FORMAT(name, summary) "      " #name ": " summary "\n"
#include "report/formats.def"
#undef KL_FORMAT
			      "  --suppression ADDRESS | GROUP | all\n"
			      "               print rules that suppress that finding, that group or all leaks, for\n"
			      "               `analyze --suppressions`\n"
			      "  --json       the same as --format json\n"
			      "  -v           name every single finding and every anomaly (text)\n"
			      "\n"
			      "Exit codes: 0; 3 when there is no such run; 4 when the run is partial.\n";

static struct kl_error *print_suppression(struct kl_cli *cli, struct kl_store *store, int64_t run_id, const char *what)
{
	_cleanup_(kl_reader_destroyp) struct kl_reader *reader = NULL;
	struct kl_error *err = kl_reader_create(store, &reader);
	FILE *out;

	if (!err)
		err = kl_cli_output(cli, &out);
	return err ? err : kl_suppression_print(out, reader, run_id, what);
}

struct kl_error *kl_cmd_report(struct kl_cli *cli, int argc, char **argv, int *ret)
{
	static const struct option options[] = {{"format", required_argument, NULL, KL_OPTION_FIRST},
						{"suppression", required_argument, NULL, KL_OPTION_FIRST + 1},
						KL_COMMON_OPTIONS};
	_cleanup_(kl_store_closep) struct kl_store *store = NULL;
	struct kl_cli_printed printed;
	const char *format = NULL, *suppression = NULL;
	struct kl_error *err;
	int64_t run_id = 0;
	int option;

	while (kl_cli_option(cli, argc, argv, options, &option, &err))
		*(option == KL_OPTION_FIRST ? &format : &suppression) = optarg;
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
	if (suppression)
		return err ? err : print_suppression(cli, store, run_id, suppression);
	if (!err)
		err = kl_cli_print_run(cli, store, run_id, format, NULL, &printed);
	if (!err)
		*ret = printed.partial ? KLEAK_EXIT_PARTIAL : KLEAK_EXIT_OK;
	return err;
}
