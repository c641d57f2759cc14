/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/advice.h"
#include "cli/find_run.h"
#include "cli/print_run.h"
#include "cli/sinks.h"
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
	"      or the name of a plugin that has a format (docs/plugins.md), for whole runs\n"
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
		"  --sink NAME=FILE\n"
		"                 give the rows of the run to the plugin NAME, and write what it makes of\n"
		"                 them to FILE; may be repeated\n"
		"  --plugin PATH, --no-plugins, --plugin-timeout SECONDS\n"
		"                 plugins to look at; see `kleak-dump help analyze`\n"
		"  -v             name every single finding and every anomaly (text)\n"
		"\n"
		"Exit codes: 0; 3 when there is no such run, or the plugin of a format fails; 4 when the run is\n"
		"partial, or a sink fails.\n";

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
	OPTION_SINK,
};

struct report_arguments {
	struct kl_cli_print_options print;
	const char *format;
	const char *suppression;
	bool redact;
	struct kl_cli_plugin_options plugin_options;
	struct kl_cli_sinks sinks;
	struct kl_plugins plugins;
	struct kl_plugin *plugin; /* whose format it is; NULL: one of ours */
};

static void report_arguments_deinit(struct report_arguments *a)
{
	kl_vec_deinit(&a->plugin_options.paths);
	kl_cli_sinks_deinit(&a->sinks);
	kl_plugins_deinit(&a->plugins);
}

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
	case OPTION_SINK:
		return kl_cli_sinks_add(&a->sinks, value);
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
						{"sink", required_argument, NULL, OPTION_SINK},
						KL_PLUGIN_OPTIONS,
						KL_COMMON_OPTIONS};
	struct kl_error *err;
	int option;

	while (kl_cli_option(cli, argc, argv, options, &option, &err)) {
		if (!kl_cli_plugin_option(&a->plugin_options, option, optarg, &err))
			err = take_report_option(a, option, optarg);
		if (err)
			return err;
	}
	if (err || cli->help)
		return err;
	err = kl_cli_format_name(cli, &a->format);
	if (err)
		return err;
	a->print.format = kl_report_format_find(a->format); /* or a plugin's */
	cli->json = a->print.format && a->print.format->json;
	return argc - optind > 1 ? kl_error_create(KL_ERROR_USAGE, "report takes one run") : NULL;
}

/* Plugins are only looked for when something is wanted of them. */
static struct kl_error *find_report_plugins(struct kl_cli *cli, struct report_arguments *a)
{
	struct kl_error *err;

	if (a->print.format && !a->sinks.list.count)
		return NULL;
	err = kl_cli_plugins(cli, &a->plugin_options, &a->plugins);
	if (!err)
		err = kl_cli_sinks_check(&a->sinks, &a->plugins);
	if (err || a->print.format)
		return err;
	err = kl_cli_plugin_for(&a->plugins, a->format, KLEAK_CAN_FORMAT, &a->plugin);
	if (err && kl_error_code(err) == KL_ERROR_USAGE) {
		kl_error_destroy(err);
		return kl_error_create(
			KL_ERROR_USAGE,
			"no format \"%s\"; `kleak-dump help report` lists them, and `kleak-dump plugins` "
			"those of plugins",
			a->format);
	}
	if (!err &&
	    (!kl_selection_is_all(&a->print.select) || a->print.by || a->print.summary || a->print.weigh_objects))
		err = kl_error_create(KL_ERROR_USAGE,
				      "the format %s is a plugin's, which takes whole runs: --verdict, "
				      "--module, --site, --top, --by, --summary and --weight are not for it",
				      a->format);
	return err;
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

static struct kl_error *print_report(struct kl_cli *cli, struct kl_store *store, int64_t run_id,
				     struct report_arguments *a, int *ret)
{
	struct kl_cli_printed printed = {};
	struct kl_error *err;

	if (a->suppression)
		return print_suppression(cli, store, run_id, a->suppression);
	if (a->plugin)
		err = kl_cli_print_run_by(cli, store, run_id, &a->plugins, a->plugin, &printed);
	else
		err = kl_cli_print_run(cli, store, run_id, &a->print, &printed);
	*ret = printed.partial ? KLEAK_EXIT_PARTIAL : KLEAK_EXIT_OK;
	if (!err)
		err = kl_cli_sinks_feed(cli, &a->sinks, &a->plugins, store, run_id, ret);
	if (!err)
		kl_cli_plugins_tell(&a->plugins);
	return err;
}

struct kl_error *kl_cmd_report(struct kl_cli *cli, int argc, char **argv, int *ret)
{
	_cleanup_(report_arguments_deinit) struct report_arguments arguments = {};
	_cleanup_(kl_store_closep) struct kl_store *store = NULL;
	struct kl_error *err;
	int64_t run_id = 0;

	err = parse_report_arguments(cli, argc, argv, &arguments);
	if (err || cli->help)
		return err;
	err = kl_cli_sinks_open(&arguments.sinks);
	if (!err)
		err = kl_cli_confine(cli, KL_STORE_READ);
	if (!err)
		err = find_report_plugins(cli, &arguments);
	if (!err)
		err = kl_cli_open(cli, KL_STORE_READ, &store);
	if (!err)
		err = find_reported_run(store, optind < argc ? argv[optind] : NULL, &run_id);
	if (!err && arguments.redact)
		err = kl_store_redact(store);
	return err ? err : print_report(cli, store, run_id, &arguments, ret);
}
