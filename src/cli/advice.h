/* SPDX-License-Identifier: GPL-2.0-or-later */
/* advice.h: what others than the dump tell an analysis, found by name: rules that suppress findings. */
#ifndef KL_CLI_ADVICE_H
#define KL_CLI_ADVICE_H

#include "cli/cli.h"
#include "plugin/plugins.h"
#include "suppress/rules.h"

/** kl_cli_suppressions() - append the rules of @name: a file or, without a slash, one that was installed with this
 * program. Errors: those of kl_rules_read(). */
struct kl_error *kl_cli_suppressions(const char *name, struct kl_rules *rules);

/** kl_cli_suppressions_of_environment() - the same for what $KLEAK_SUPPRESSIONS names, separated by colons. */
struct kl_error *kl_cli_suppressions_of_environment(struct kl_rules *rules);

/** kl_cli_plugins() - find all plugins: the @n paths in @paths, those of $KLEAK_PLUGIN_PATH, and those that were
 * installed with this program. To be called inside of the sandbox.
 * @ret: zeroed; freed with kl_plugins_deinit(), after an error, too. */
struct kl_error *kl_cli_plugins(struct kl_cli *cli, const char *const *paths, size_t n, struct kl_plugins *ret);

#endif
