/* SPDX-License-Identifier: GPL-2.0-or-later */
/* advice.h: what others than the dump tell an analysis, found by name: rules that suppress findings,
 * plugins. */
#ifndef KL_CLI_ADVICE_H
#define KL_CLI_ADVICE_H

#include "cli/cli.h"
#include "plugin/plugins.h"
#include "suppress/rules.h"
#include "util/vec.h"

/** kl_cli_suppressions() - append the rules of @name: a file or, without a slash, one that was installed with this
 * program. Errors: those of kl_rules_read(). */
struct kl_error *kl_cli_suppressions(const char *name, struct kl_rules *rules);

/** kl_cli_suppressions_of_environment() - the same for what $KLEAK_SUPPRESSIONS names, separated by colons. */
struct kl_error *kl_cli_suppressions_of_environment(struct kl_rules *rules);

/* Which plugins. Zeroed: those that are found without being named. */
struct kl_cli_plugin_options {
	KL_VEC(const char *) paths; /* --plugin */
	bool none;                  /* --no-plugins */
	int64_t timeout;            /* --plugin-timeout, seconds; 0 = the usual */
};

/* Values of their options; none that a command has begins with these. */
enum {
	KL_OPTION_PLUGIN = 0x2f0,
	KL_OPTION_NO_PLUGINS,
	KL_OPTION_PLUGIN_TIMEOUT,
};
#define KL_PLUGIN_OPTIONS                                                           \
	{"plugin", required_argument, NULL, KL_OPTION_PLUGIN},                      \
		{"no-plugins", no_argument, NULL, KL_OPTION_NO_PLUGINS},            \
	{                                                                           \
		"plugin-timeout", required_argument, NULL, KL_OPTION_PLUGIN_TIMEOUT \
	}

/** kl_cli_plugin_option() - take one of these, as kl_cli_option() gave it; false for another. */
bool kl_cli_plugin_option(struct kl_cli_plugin_options *o, int option, const char *value, struct kl_error **err);

/** kl_cli_plugins() - find all plugins: those of @options (may be NULL), those of $KLEAK_PLUGIN_PATH, and those that
 * were installed with this program. To be called inside of the sandbox.
 * @ret: zeroed; freed with kl_plugins_deinit(), after an error, too. */
struct kl_error *kl_cli_plugins(struct kl_cli *cli, const struct kl_cli_plugin_options *options,
				struct kl_plugins *ret);

/** kl_cli_plugin_for() - the plugin @name, which has to be able to do @capability.
 * Errors: KL_ERROR_USAGE when there is none, KL_ERROR_UNSUPPORTED when it was skipped or failed. */
struct kl_error *kl_cli_plugin_for(const struct kl_plugins *plugins, const char *name, uint32_t capability,
				   struct kl_plugin **ret);

/** kl_cli_plugins_tell() - name those that failed on stderr. */
void kl_cli_plugins_tell(const struct kl_plugins *plugins);

#endif
