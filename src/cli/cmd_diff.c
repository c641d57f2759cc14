/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/diff.h"

#include "cli/cli.h"
#include "cli/find_run.h"
#include "report/diff_print.h"

const char kl_help_diff[] =
	"usage: kleak-dump diff [--db FILE] [--json] [--vmlinux FILE] [A B]\n"
	"Shows what leaks in B but not, or less, in A. Each is the number of a run (`kleak-dump runs`) or a dump; a\n"
	"dump that is not in the database yet is analyzed and stored first. Without A and B, the two newest dumps of\n"
	"the machine that was analyzed last are compared.\n"
	"\n"
	"Leaked objects (verdicts leak and indirect) are compared by their normalized stacks, which are the same in\n"
	"other boots and builds. Two dumps of one boot are compared object by object. What is found on both sides,\n"
	"but leaks by its verdict on one only, is \"changed\", neither new nor gone.\n"
	"\n"
	"  --vmlinux FILE  for dumps that have to be analyzed; see `kleak-dump help analyze`\n"
	"  -v              name all new objects, however many\n"
	"\n"
	"Exit codes: 0 nothing new; 1 new or grown leaks, or what was found before is called one now; 3 failed;\n"
	"4 nothing new, but one side is partial.\n";

static struct kl_error *print_diff(struct kl_cli *cli, struct kl_reader *reader, int64_t a, int64_t b, int *ret)
{
	struct kl_diff_print p = {.reader = reader, .color = cli->color, .all = cli->verbosity > 0};
	_cleanup_diff_ struct kl_diff diff;
	struct kl_error *err;

	err = kl_diff_make(reader, a, b, &diff);
	if (!err)
		err = kl_cli_output(cli, &p.out);
	if (err)
		return err;
	if (diff.found)
		*ret = KLEAK_EXIT_FOUND;
	else if (diff.a.partial || diff.b.partial)
		*ret = KLEAK_EXIT_PARTIAL;
	return cli->json ? kl_diff_print_json(&p, &diff) : kl_diff_print_text(&p, &diff);
}

struct kl_error *kl_cmd_diff(struct kl_cli *cli, int argc, char **argv, int *ret)
{
	static const struct option options[] = {{"vmlinux", required_argument, NULL, KL_OPTION_FIRST},
						KL_COMMON_OPTIONS};
	_cleanup_(kl_store_closep) struct kl_store *store = NULL;
	_cleanup_(kl_reader_destroyp) struct kl_reader *reader = NULL;
	const char *vmlinux = NULL;
	int64_t runs[2] = {};
	bool numbers, newest;
	struct kl_error *err;
	int option, i;

	while (kl_cli_option(cli, argc, argv, options, &option, &err))
		vmlinux = optarg;
	if (err || cli->help)
		return err;
	newest = argc == optind;
	if (!newest && argc - optind != 2)
		return kl_error_create(KL_ERROR_USAGE, "diff takes two runs or dumps, or none");
	argv += optind;
	numbers = newest || (kl_cli_is_number(argv[0]) && kl_cli_is_number(argv[1]));
	err = kl_cli_open(cli, numbers ? KL_STORE_READ : KL_STORE_WRITE, &store);
	if (!err)
		err = kl_reader_create(store, &reader);
	if (!err && newest)
		err = kl_reader_newest_pair(reader, runs);
	for (i = 0; i < 2 && !err && !newest; i++)
		err = kl_cli_find_run(cli, store, reader, vmlinux, argv[i], &runs[i]);
	return err ? err : print_diff(cli, reader, runs[0], runs[1], ret);
}
