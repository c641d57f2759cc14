/* SPDX-License-Identifier: GPL-2.0-or-later */
/* name.h: a plugin asked what to call holders, one after the other: it runs from the first question to the last. */
#ifndef KL_PLUGIN_NAME_H
#define KL_PLUGIN_NAME_H

#include "plugin/plugins.h"

struct kl_namer;

/** kl_namer_start() - make @p ready to be asked; @ret is NULL when it cannot be.
 * @world: outlives @ret, which is freed by kl_namer_end(). Errors: out of memory, KL_ERROR_INTERRUPTED. */
struct kl_error *kl_namer_start(struct kl_plugins *plugins, struct kl_plugin *p, const struct kl_plugin_world *world,
				const struct kl_progress *progress, struct kl_namer **ret);

/** kl_namer_ask() - append the words for @holder to @ret; nothing when it has none, or has ended. Likewise. */
struct kl_error *kl_namer_ask(struct kl_namer *namer, const struct kleak_holder *holder, struct kl_strbuf *ret);

/** kl_namer_end() - whatever went wrong in it is told by the plugin's state and why. @namer: NULL is fine. */
void kl_namer_end(struct kl_namer *namer);

#endif
