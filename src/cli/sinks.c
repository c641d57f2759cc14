/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/sinks.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cli/advice.h"
#include "report/plugin_report.h"

struct kl_error *kl_cli_sinks_add(struct kl_cli_sinks *sinks, const char *text)
{
	const char *equals = strchr(text, '=');
	struct kl_cli_sink *sink;

	if (!equals || equals == text || !equals[1])
		return kl_error_create(KL_ERROR_USAGE, "--sink is NAME=FILE, not \"%s\"", text);
	sink = kl_vec_add(&sinks->list);
	if (!sink)
		return kl_error_nomem();
	sink->path = equals + 1;
	sink->name = strndup(text, (size_t)(equals - text));
	return sink->name ? NULL : kl_error_nomem();
}

struct kl_error *kl_cli_sinks_open(struct kl_cli_sinks *sinks)
{
	struct kl_cli_sink *sink;

	kl_vec_for_each (sink, &sinks->list) {
		int fd = open(sink->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);

		if (fd < 0)
			return kl_error_from_errno(errno, "--sink: %s", sink->path);
		sink->out = fdopen(fd, "w");
		if (!sink->out) {
			close(fd);
			return kl_error_nomem();
		}
	}
	return NULL;
}

struct kl_error *kl_cli_sinks_check(const struct kl_cli_sinks *sinks, const struct kl_plugins *plugins)
{
	const struct kl_cli_sink *sink;

	kl_vec_for_each (sink, &sinks->list) {
		struct kl_plugin *unused;
		struct kl_error *err = kl_cli_plugin_for(plugins, sink->name, KLEAK_CAN_SINK, &unused);

		if (err)
			return kl_error_prepend(err, "--sink");
	}
	return NULL;
}

static struct kl_error *feed_sink(struct kl_cli *cli, struct kl_cli_sink *sink, struct kl_plugins *plugins,
				  struct kl_store *store, const struct kl_store_run *run, int *ret)
{
	const struct kl_plugin_report report = {
		.store = store, .run = run, .out = sink->out, .progress = &cli->progress};
	struct kl_plugin *p;
	struct kl_error *err = kl_cli_plugin_for(plugins, sink->name, KLEAK_CAN_SINK, &p);

	/* a pipe or a terminal has no length; a regular file loses what was there before */
	if (!err && !sink->used && ftruncate(fileno(sink->out), 0) && errno != EINVAL)
		err = kl_error_from_errno(errno, "%s", sink->path);
	sink->used = true;
	if (!err)
		err = kl_plugin_report_write(&report, plugins, p, KLEAK_CAN_SINK);
	if (!err && fflush(sink->out))
		err = kl_error_from_errno(errno, "%s", sink->path);
	if (!err && p->state == KL_PLUGIN_FAILED)
		*ret = KLEAK_EXIT_PARTIAL;
	return kl_error_prepend(err, "--sink");
}

struct kl_error *kl_cli_sinks_feed(struct kl_cli *cli, struct kl_cli_sinks *sinks, struct kl_plugins *plugins,
				   struct kl_store *store, int64_t run_id, int *ret)
{
	_cleanup_(kl_reader_destroyp) struct kl_reader *reader = NULL;
	_cleanup_(kl_store_run_deinit) struct kl_store_run run = {};
	struct kl_cli_sink *sink;
	struct kl_error *err;

	if (!sinks->list.count)
		return NULL;
	err = kl_reader_create(store, &reader);
	if (!err)
		err = kl_reader_run(reader, run_id, &run);
	kl_vec_for_each (sink, &sinks->list) {
		if (!err)
			err = feed_sink(cli, sink, plugins, store, &run, ret);
	}
	kl_cli_progress_clear();
	return err;
}

void kl_cli_sinks_deinit(struct kl_cli_sinks *sinks)
{
	struct kl_cli_sink *sink;

	kl_vec_for_each (sink, &sinks->list) {
		free(sink->name);
		if (sink->out)
			fclose(sink->out);
	}
	kl_vec_deinit(&sinks->list);
}
