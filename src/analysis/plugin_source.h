/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plugin_source.h: plugins as object sources (kernel/sources/sources.h). */
#ifndef KL_ANALYSIS_PLUGIN_SOURCE_H
#define KL_ANALYSIS_PLUGIN_SOURCE_H

#include "analysis/opened.h"
#include "plugin/plugins.h"

/* One plugin and what it is asked about. */
struct kl_advisor {
	struct kl_opened *o;
	struct kl_plugin *plugin;
};

struct kl_advisors {
	KL_VEC(struct kl_advisor) list;
};

/** kl_plugin_source_read() - a kl_object_source.read; its context is a struct kl_advisor. Objects in memory that
 * another source knows are left out. Of a plugin that failed nothing is taken, and the run is incomplete. */
struct kl_error *kl_plugin_source_read(struct kl_source_reading *r);

#endif
