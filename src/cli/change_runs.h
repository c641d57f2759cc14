/* SPDX-License-Identifier: GPL-2.0-or-later */
/* change_runs.h: what `runs` does with stored runs besides listing them. */
#ifndef KL_CLI_CHANGE_RUNS_H
#define KL_CLI_CHANGE_RUNS_H

#include "cli/cli.h"

struct kl_runs_change {
	const char *label;   /* call them so; "" takes the name away; NULL: not asked */
	const char *export_; /* copy them into this database; NULL: not asked */
	bool remove;
};

/** kl_cli_change_runs() - do @change to the runs that @names tell (find_run.h), and say so unless --quiet. */
struct kl_error *kl_cli_change_runs(struct kl_cli *cli, const struct kl_runs_change *change, char **names, size_t n);

#endif
