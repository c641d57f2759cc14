/* SPDX-License-Identifier: GPL-2.0-or-later */
/* advice.h: what others than the dump tell an analysis, found by name: rules that suppress findings. */
#ifndef KL_CLI_ADVICE_H
#define KL_CLI_ADVICE_H

#include "suppress/rules.h"

/** kl_cli_suppressions() - append the rules of @name: a file or, without a slash, one that was installed with this
 * program. Errors: those of kl_rules_read(). */
struct kl_error *kl_cli_suppressions(const char *name, struct kl_rules *rules);

/** kl_cli_suppressions_of_environment() - the same for what $KLEAK_SUPPRESSIONS names, separated by colons. */
struct kl_error *kl_cli_suppressions_of_environment(struct kl_rules *rules);

#endif
