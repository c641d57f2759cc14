/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sinks.h: --sink NAME=FILE: a run's rows given to plugins, and what they make of them written to files. */
#ifndef KL_CLI_SINKS_H
#define KL_CLI_SINKS_H

#include "cli/cli.h"
#include "plugin/plugins.h"
#include "util/vec.h"

struct kl_cli_sink {
	char *name;       /* of the plugin */
	const char *path; /* borrowed */
	FILE *out;        /* NULL until kl_cli_sinks_open() */
	bool used;
};

struct kl_cli_sinks {
	KL_VEC(struct kl_cli_sink) list;
};

#define KL_CLI_SINK_HELP                                                                                      \
	"  --sink NAME=FILE   give the rows of the run to the plugin NAME, and write what it makes of them\n" \
	"                     to FILE (docs/plugins.md); may be repeated\n"

/** kl_cli_sinks_add() - @text is NAME=FILE. Errors: KL_ERROR_USAGE. */
struct kl_error *kl_cli_sinks_add(struct kl_cli_sinks *sinks, const char *text);

/** kl_cli_sinks_open() - open their files, which keep what they have until there is something new. Before the sandbox:
 * it lets nothing be written there. Errors: KL_ERROR_IO. */
struct kl_error *kl_cli_sinks_open(struct kl_cli_sinks *sinks);

/** kl_cli_sinks_check() - is there a plugin for each? Errors: KL_ERROR_USAGE. */
struct kl_error *kl_cli_sinks_check(const struct kl_cli_sinks *sinks, const struct kl_plugins *plugins);

/** kl_cli_sinks_feed() - give them run @run_id of @store. One that fails is told on stderr, and @ret is
 * KLEAK_EXIT_PARTIAL then. Errors: of the database, KL_ERROR_IO. */
struct kl_error *kl_cli_sinks_feed(struct kl_cli *cli, struct kl_cli_sinks *sinks, struct kl_plugins *plugins,
				   struct kl_store *store, int64_t run_id, int *ret);

void kl_cli_sinks_deinit(struct kl_cli_sinks *sinks);

#endif
