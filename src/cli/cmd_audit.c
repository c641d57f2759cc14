/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/cli.h"
#include "cli/find_run.h"
#include "report/audit_print.h"

const char kl_help_audit[] =
	"usage: kleak-dump audit [--db FILE] [--json] [--vmlinux FILE] [RUN | DUMP]\n"
	"Tells whether the counters of memory allocation profiling (/proc/allocinfo) can be believed: compares them\n"
	"with everything that refers to a call site (slab objects, pages, per-CPU memory), names the call sites that\n"
	"differ and why, and shows what every page was used for. A dump that is not in the database yet is analyzed\n"
	"and stored first; without an argument the newest run is audited.\n"
	"\n"
	"  --vmlinux FILE  for a dump that has to be analyzed; see `kleak-dump help analyze`\n"
	"  -v              name all call sites that differ, however many\n"
	"\n"
	"Exit codes: 0; 3 when there is no such run, or no profiling in its kernel; 4 when the run is partial.\n";

struct kl_error *kl_cmd_audit(struct kl_cli *cli, int argc, char **argv, int *ret)
{
	static const struct option options[] = {{"vmlinux", required_argument, NULL, KL_OPTION_FIRST},
						KL_COMMON_OPTIONS};
	_cleanup_(kl_store_closep) struct kl_store *store = NULL;
	_cleanup_(kl_reader_destroyp) struct kl_reader *reader = NULL;
	struct kl_audit_print print = {};
	const char *vmlinux = NULL, *side;
	bool partial = false;
	struct kl_error *err;
	int64_t run = 0;
	int option;

	while (kl_cli_option(cli, argc, argv, options, &option, &err))
		vmlinux = optarg;
	if (err || cli->help)
		return err;
	if (argc - optind > 1)
		return kl_error_create(KL_ERROR_USAGE, "audit takes one run or dump");
	side = optind < argc ? argv[optind] : NULL;
	err = kl_cli_open(cli, !side || kl_cli_is_number(side) ? KL_STORE_READ : KL_STORE_WRITE, &store);
	if (!err)
		err = kl_reader_create(store, &reader);
	if (!err && side)
		err = kl_cli_find_run(cli, store, reader, vmlinux, side, &run);
	if (!err)
		err = kl_cli_output(cli, &print.out);
	if (err)
		return err;
	print.reader = reader;
	print.all = cli->verbosity > 0;
	print.json = cli->json;
	err = kl_print_audit(&print, run, &partial);
	*ret = partial ? KLEAK_EXIT_PARTIAL : KLEAK_EXIT_OK;
	return err;
}
