/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ask.h: plugins asked for what they know. */
#ifndef KL_PLUGIN_ASK_H
#define KL_PLUGIN_ASK_H

#include "plugin/plugins.h"

/** kl_plugin_ask() - call the function of @capability. Whatever goes wrong in the plugin is told by p->state and
 * p->why: then @ret holds what it had said until then.
 * @ret: zeroed; freed with kl_plugin_answer_deinit(), after an error too.
 * Errors: out of memory, KL_ERROR_INTERRUPTED. */
struct kl_error *kl_plugin_ask(struct kl_plugins *plugins, struct kl_plugin *p, uint32_t capability,
			       const struct kl_plugin_world *world, const struct kl_progress *progress,
			       struct kl_plugin_answer *ret);

#endif
