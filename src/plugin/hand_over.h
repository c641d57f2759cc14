/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hand_over.h: a run handed over to a plugin, which asks for rows and says what to write. */
#ifndef KL_PLUGIN_HAND_OVER_H
#define KL_PLUGIN_HAND_OVER_H

#include "plugin/plugins.h"

struct kl_plugin_rows;

/* A run, as the host of plugins sees it: where rows come from, and where bytes go. */
struct kl_plugin_run {
	const char *release, *machine; /* of the kernel */
	/* All rows of a view, by means of the functions below; *@known is false when there is no such view. */
	struct kl_error *(*rows)(void *context, const char *view, struct kl_plugin_rows *to, bool *known);
	struct kl_error *(*write)(void *context, const unsigned char *bytes, size_t length);
	void *context;
};

/** kl_plugin_columns() - the names of the columns, before the first row. */
struct kl_error *kl_plugin_columns(struct kl_plugin_rows *to, const char *const *names, size_t n);

/** kl_plugin_row() - the next row. */
struct kl_error *kl_plugin_row(struct kl_plugin_rows *to, const struct kleak_value *values, size_t n);

/** kl_plugin_hand_over() - call the function of @capability, KLEAK_CAN_FORMAT or KLEAK_CAN_SINK. Whatever goes wrong in
 * the plugin is told by p->state and p->why; what it had written until then is written.
 * Errors: of @run's functions, out of memory, KL_ERROR_INTERRUPTED. */
struct kl_error *kl_plugin_hand_over(const struct kl_plugins *plugins, struct kl_plugin *p, uint32_t capability,
				     const struct kl_plugin_run *run, const struct kl_progress *progress);

#endif
