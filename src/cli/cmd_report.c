/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/find_run.h"
#include "cli/print_run.h"
#include "report/suppression.h"
#include "store/redact.h"

const char kl_help_report[] =
	"usage: kleak-dump report [OPTION]... [RUN]\n"
	"Prints a stored run. RUN is its number (`kleak-dump runs` lists them), latest (the default), latest~1 for\n"
	"the one before, or the path of its dump.\n"
	"\n"
	"  --format F     one of\n"
#define KL_FORMAT(name, summary) "      " #name ": " summary "\n"
#include "report/formats.def"
#undef KL_FORMAT
	"  --json         the same as --format json\n"
	"  --verdict V,V  only groups that have one of these verdicts; leaked means leak and indirect\n"
	"  --module NAME  only groups whose blamed function is of this module, of the kernel, or of one unloaded\n"
	"  --site GLOB    only groups whose blamed function, file:line or call site matches\n"
	"  --top N        only the first N of these groups\n"
	"  --by WHAT      sums instead of groups (text, markdown, json, ndjson), by\n"
#define X(identifier, name, meaning) "                 " name ": " meaning "\n"
	KL_TALLIED_BY(X)
#undef X
		"  --summary      only the head\n"
		"  --weight W     bytes (default) or objects: what --format folded counts\n"
		"  --suppression ADDRESS | GROUP | all\n"
		"                 print rules that suppress that finding, that group or all leaks, for\n"
		"                 `analyze --suppressions`\n"
		"  --redact       without names and numbers of tasks, contents of memory, hosts and paths\n"
		"  -v             name every single finding and every anomaly (text)\n"
		"\n"
		"Exit codes: 0; 3 when there is no such run; 4 when the run is partial.\n";

enum {
	OPTION_FORMAT = KL_OPTION_FIRST,
	OPTION_VERDICT,
	OPTION_MODULE,
	OPTION_SITE,
	OPTION_TOP,
	OPTION_BY,
	OPTION_SUMMARY,
	OPTION_WEIGHT,
	OPTION_SUPPRESSION,
	OPTION_REDACT,
};

struct report_arguments {
	struct kl_cli_print_options print;
	const char *format;
	const char *suppression;
	bool redact;
};

static struct kl_error *take_report_option(struct report_arguments *a, int option, const char *value)
{
	switch (option) {
	case OPTION_FORMAT:
		a->format = value;
		return NULL;
	case OPTION_VERDICT:
		return kl_selection_verdicts(value, &a->print.select.verdicts);
	case OPTION_MODULE:
		a->print.select.module = value;
		return NULL;
	case OPTION_SITE:
		a->print.select.site = value;
		return NULL;
	case OPTION_TOP:
		return kl_cli_number(value, "--top", &a->print.select.top);
	case OPTION_BY:
		return kl_tallied_by_find(value, &a->print.by);
	case OPTION_SUMMARY:
		a->print.summary = true;
		return NULL;
	case OPTION_WEIGHT:
		return kl_cli_weight(value, &a->print.weigh_objects);
	case OPTION_SUPPRESSION:
		a->suppression = value;
		return NULL;
	default:
		a->redact = true;
		return NULL;
	}
}

static struct kl_error *parse_report_arguments(struct kl_cli *cli, int argc, char **argv, struct report_arguments *a)
{
	static const struct option options[] = {{"format", required_argument, NULL, OPTION_FORMAT},
						{"verdict", required_argument, NULL, OPTION_VERDICT},
						{"module", required_argument, NULL, OPTION_MODULE},
						{"site", required_argument, NULL, OPTION_SITE},
						{"top", required_argument, NULL, OPTION_TOP},
						{"by", required_argument, NULL, OPTION_BY},
						{"summary", no_argument, NULL, OPTION_SUMMARY},
						{"weight", required_argument, NULL, OPTION_WEIGHT},
						{"suppression", required_argument, NULL, OPTION_SUPPRESSION},
						{"redact", no_argument, NULL, OPTION_REDACT},
						KL_COMMON_OPTIONS};
	struct kl_error *err;
	int option;

	while (kl_cli_option(cli, argc, argv, options, &option, &err)) {
		err = take_report_option(a, option, optarg);
		if (err)
			return err;
	}
	if (err || cli->help)
		return err;
	err = kl_cli_format(cli, a->format, &a->print.format);
	if (err)
		return err;
	return argc - optind > 1 ? kl_error_create(KL_ERROR_USAGE, "report takes one run") : NULL;
}

/* A number is left to the report, which says that there is no such run. */
static struct kl_error *find_reported_run(struct kl_store *store, const char *text, int64_t *ret)
{
	_cleanup_(kl_reader_destroyp) struct kl_reader *reader = NULL;
	struct kl_error *err = kl_reader_create(store, &reader);

	return err ? err : kl_cli_stored_run(reader, text, ret);
}

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
	_cleanup_(kl_store_closep) struct kl_store *store = NULL;
	struct report_arguments arguments = {};
	struct kl_cli_printed printed;
	struct kl_error *err;
	int64_t run_id = 0;

	err = parse_report_arguments(cli, argc, argv, &arguments);
	if (err || cli->help)
		return err;
	err = kl_cli_open(cli, KL_STORE_READ, &store);
	if (!err)
		err = find_reported_run(store, optind < argc ? argv[optind] : NULL, &run_id);
	if (!err && arguments.redact)
		err = kl_store_redact(store);
	if (!err && arguments.suppression)
		return print_suppression(cli, store, run_id, arguments.suppression);
	if (!err)
		err = kl_cli_print_run(cli, store, run_id, &arguments.print, &printed);
	if (!err)
		*ret = printed.partial ? KLEAK_EXIT_PARTIAL : KLEAK_EXIT_OK;
	return err;
}
