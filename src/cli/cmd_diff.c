/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/cli.h"
#include "cli/find_run.h"
#include "cli/print_run.h"
#include "report/report.h"
#include "store/redact.h"

#include <string.h>

const char kl_help_diff[] =
	"usage: kleak-dump diff [OPTION]... [A B]\n"
	"Shows what leaks in B but not, or less, in A. Each is the number of a run (`kleak-dump runs`) or a dump; a\n"
	"dump that is not in the database yet is analyzed and stored first. Without A and B, the two newest dumps of\n"
	"the machine that was analyzed last are compared.\n"
	"\n"
	"Leaked objects (verdicts leak and indirect) are compared by their normalized stacks, which are the same in\n"
	"other boots and builds. Two dumps of one boot are compared object by object. What is found on both sides,\n"
	"but leaks by its verdict on one only, is \"changed\", neither new nor gone.\n"
	"\n"
	"  --vmlinux FILE  for dumps that have to be analyzed; see `kleak-dump help analyze`\n"
	"  --format F      text (the default), markdown, html, folded (each stack with what it had in A and in B),\n"
	"                  speedscope, json or ndjson\n"
	"  --json          the same as --format json\n"
	"  --weight W      bytes (the default) or objects: what --format folded counts\n"
	"  --redact        without names and numbers of tasks, hosts and paths\n"
	"  --min-growth SIZE\n"
	"                  show stacks and call sites, too, that grew by SIZE (K, M, G) although something leads to\n"
	"                  them: a list that is only added to is a leak as well\n"
	"  -v              name all new objects, however many\n"
	"\n"
	"Exit codes: 0 nothing new; 1 new or grown leaks, or what was found before is called one now; 3 failed;\n"
	"4 nothing new, but one side is partial.\n";

enum {
	OPTION_VMLINUX = KL_OPTION_FIRST,
	OPTION_FORMAT,
	OPTION_WEIGHT,
	OPTION_REDACT,
	OPTION_MIN_GROWTH,
};

struct diff_arguments {
	const struct kl_report_format *format;
	const char *vmlinux;
	bool weigh_objects, redact;
	uint64_t min_growth; /* bytes; 0: not asked */
};

static struct kl_error *parse_diff_arguments(struct kl_cli *cli, int argc, char **argv, struct diff_arguments *a)
{
	static const struct option options[] = {{"vmlinux", required_argument, NULL, OPTION_VMLINUX},
						{"format", required_argument, NULL, OPTION_FORMAT},
						{"weight", required_argument, NULL, OPTION_WEIGHT},
						{"redact", no_argument, NULL, OPTION_REDACT},
						{"min-growth", required_argument, NULL, OPTION_MIN_GROWTH},
						KL_COMMON_OPTIONS};
	const char *format = NULL;
	struct kl_error *err;
	int option;

	while (kl_cli_option(cli, argc, argv, options, &option, &err)) {
		if (option == OPTION_VMLINUX)
			a->vmlinux = optarg;
		else if (option == OPTION_FORMAT)
			format = optarg;
		else if (option == OPTION_WEIGHT)
			err = kl_cli_weight(optarg, &a->weigh_objects);
		else if (option == OPTION_MIN_GROWTH)
			err = kl_cli_size(optarg, "--min-growth", &a->min_growth);
		else
			a->redact = true;
		if (err)
			return err;
	}
	if (err || cli->help)
		return err;
	err = kl_cli_format(cli, format, &a->format);
	if (!err && !a->format->diff)
		err = kl_error_create(KL_ERROR_USAGE, "--format %s is of one run; it cannot show a comparison", format);
	if (!err && a->min_growth && a->format != kl_report_format_find("text") &&
	    a->format != kl_report_format_find("json"))
		err = kl_error_create(KL_ERROR_USAGE, "--min-growth is for the formats text and json");
	if (!err && argc != optind && argc - optind != 2)
		err = kl_error_create(KL_ERROR_USAGE, "diff takes two runs or dumps, or none");
	return err;
}

static struct kl_error *print_diff(struct kl_cli *cli, const struct diff_arguments *a, struct kl_store *store,
				   const int64_t runs[2], int *ret)
{
	_cleanup_(kl_reader_destroyp) struct kl_reader *reader = NULL;
	struct kl_diff_print p = {.color = cli->color,
				  .all = cli->verbosity > 0,
				  .weigh_objects = a->weigh_objects,
				  .min_growth = (int64_t)a->min_growth};
	_cleanup_diff_ struct kl_diff diff = {};
	struct kl_error *err = kl_reader_create(store, &reader);

	if (!err)
		err = kl_diff_make(reader, runs[0], runs[1], &diff);
	cli->whole = a->format->whole;
	if (!err)
		err = kl_cli_output(cli, &p.out);
	if (err)
		return err;
	if (diff.found)
		*ret = KLEAK_EXIT_FOUND;
	else if (diff.a.partial || diff.b.partial)
		*ret = KLEAK_EXIT_PARTIAL;
	p.reader = reader;
	return a->format->diff(&p, &diff);
}

/* @sides: two runs or dumps; NULL: the newest two. */
static struct kl_error *find_sides(struct kl_cli *cli, const char *vmlinux, char **sides, struct kl_store *store,
				   int64_t ret[2])
{
	_cleanup_(kl_reader_destroyp) struct kl_reader *reader = NULL;
	struct kl_error *err = kl_reader_create(store, &reader);
	int i;

	if (!err && !sides)
		err = kl_reader_newest_pair(reader, ret);
	for (i = 0; i < 2 && !err && sides; i++)
		err = kl_cli_find_run(cli, store, reader, vmlinux, sides[i], &ret[i]);
	return err;
}

struct kl_error *kl_cmd_diff(struct kl_cli *cli, int argc, char **argv, int *ret)
{
	_cleanup_(kl_store_closep) struct kl_store *store = NULL;
	struct diff_arguments arguments = {};
	int64_t runs[2] = {};
	struct kl_error *err;
	bool writes;
	char **sides;

	err = parse_diff_arguments(cli, argc, argv, &arguments);
	if (err || cli->help)
		return err;
	sides = argc == optind ? NULL : argv + optind;
	writes = sides && !(kl_cli_is_number(sides[0]) && kl_cli_is_number(sides[1]));
	err = kl_cli_open(cli, writes ? KL_STORE_WRITE : KL_STORE_READ, &store);
	if (!err)
		err = find_sides(cli, arguments.vmlinux, sides, store, runs);
	if (!err && arguments.redact)
		err = kl_store_redact(store);
	return err ? err : print_diff(cli, &arguments, store, runs, ret);
}
