/* SPDX-License-Identifier: GPL-2.0-or-later */
/* describe.h: what a plugin is, and what it has to know. */
#ifndef KL_PLUGIN_DESCRIBE_H
#define KL_PLUGIN_DESCRIBE_H

#include "plugin/plugins.h"

/** kl_plugin_describe() - fill name, version and so on of @p, whose path is set; skip it when it is no plugin.
 * Errors: out of memory, KL_ERROR_INTERRUPTED. */
struct kl_error *kl_plugin_describe(const struct kl_plugins *plugins, struct kl_plugin *p,
				    const struct kl_progress *progress);

/** kl_plugin_resolve() - answer its needs, once; skip it when one is not there. Errors: likewise. */
struct kl_error *kl_plugin_resolve(const struct kl_plugins *plugins, struct kl_plugin *p,
				   const struct kl_plugin_world *world, const struct kl_progress *progress);

#endif
