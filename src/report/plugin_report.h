/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plugin_report.h: what plugins make of a stored run: reports in forms of their own, rows for somewhere else. */
#ifndef KL_REPORT_PLUGIN_REPORT_H
#define KL_REPORT_PLUGIN_REPORT_H

#include <stdio.h>

#include "plugin/plugins.h"
#include "store/reader.h"
#include "util/progress.h"

struct kl_plugin_report {
	struct kl_store *store;
	const struct kl_store_run *run;
	FILE *out;
	bool terminal; /* someone looks at it: no byte does more than to be seen */
	const struct kl_progress *progress;
};

/** kl_plugin_report_write() - hand the run to @p, and write what it makes of it. Whatever goes wrong in the plugin is
 * told by p->state and p->why.
 * @capability: KLEAK_CAN_FORMAT or KLEAK_CAN_SINK. Errors: of the database, KL_ERROR_IO, KL_ERROR_INTERRUPTED. */
struct kl_error *kl_plugin_report_write(const struct kl_plugin_report *report, const struct kl_plugins *plugins,
					struct kl_plugin *p, uint32_t capability);

#endif
