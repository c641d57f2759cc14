/* SPDX-License-Identifier: GPL-2.0-or-later */
/* find.h: where plugins are looked for. */
#ifndef KL_PLUGIN_FIND_H
#define KL_PLUGIN_FIND_H

#include "plugin/plugins.h"

/** kl_plugins_find() - look for plugins: the @n paths in @paths, then $KLEAK_PLUGIN_PATH, then @installed (may be
 * NULL). A path is a plugin or a folder, all NAME.so of which are meant. Each is asked what it is. What cannot be used
 * is skipped, and stays in the list with the reason.
 * @plugins: zeroed; freed with kl_plugins_deinit(), after an error too.
 * Errors: KL_ERROR_NOT_FOUND for one of @paths that does not exist; out of memory; KL_ERROR_INTERRUPTED. */
struct kl_error *kl_plugins_find(struct kl_plugins *plugins, const char *const *paths, size_t n, const char *installed,
				 const struct kl_progress *progress);

#endif
