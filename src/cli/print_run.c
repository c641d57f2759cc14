/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/print_run.h"

#include <string.h>

#include "report/plugin_report.h"
#include "report/report.h"

struct kl_error *kl_cli_format_name(const struct kl_cli *cli, const char **name)
{
	if (*name && cli->json && strcmp(*name, "json") != 0)
		return kl_error_create(KL_ERROR_USAGE, "--json is --format json, and this is --format %s", *name);
	if (!*name)
		*name = cli->json ? "json" : "text";
	return NULL;
}

struct kl_error *kl_cli_format(struct kl_cli *cli, const char *name, const struct kl_report_format **ret)
{
	struct kl_error *err = kl_cli_format_name(cli, &name);

	if (err)
		return err;
	*ret = kl_report_format_find(name);
	if (!*ret)
		return kl_error_create(KL_ERROR_USAGE, "no format \"%s\"; `kleak-dump help report` lists them", name);
	cli->json = (*ret)->json;
	return NULL;
}

struct kl_error *kl_cli_weight(const char *text, bool *ret_objects)
{
	*ret_objects = !strcmp(text, "objects");
	if (!*ret_objects && strcmp(text, "bytes") != 0)
		return kl_error_create(KL_ERROR_USAGE, "--weight: '%s' is not bytes or objects", text);
	return NULL;
}

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
		.by = options->by,
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

struct kl_error *kl_cli_print_run_by(struct kl_cli *cli, struct kl_store *store, int64_t run_id,
				     const struct kl_plugins *plugins, struct kl_plugin *p, struct kl_cli_printed *ret)
{
	_cleanup_(kl_reader_destroyp) struct kl_reader *reader = NULL;
	_cleanup_(kl_store_run_deinit) struct kl_store_run run = {};
	struct kl_plugin_report report = {
		.store = store, .run = &run, .terminal = cli->terminal, .progress = &cli->progress};
	struct kl_error *err = kl_reader_create(store, &reader);

	cli->whole = true;
	if (!err)
		err = kl_reader_run(reader, run_id, &run);
	if (!err)
		err = kl_cli_output(cli, &report.out);
	if (!err)
		err = kl_plugin_report_write(&report, plugins, p, KLEAK_CAN_FORMAT);
	kl_cli_progress_clear();
	if (err)
		return err;
	if (p->state != KL_PLUGIN_READY)
		return kl_error_create(KL_ERROR_UNSUPPORTED, "the plugin %s failed: %s", p->name,
				       p->why ? p->why : "?");
	*ret = (struct kl_cli_printed){.partial = run.partial};
	return kl_cli_output_end(cli);
}
