/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest.h: what runs in the child: the plugin's code, and the host as it sees it. */
#ifndef KL_PLUGIN_GUEST_H
#define KL_PLUGIN_GUEST_H

#include "plugin/child.h"
#include "plugin/plugins.h"
#include "plugin/wire.h"

/* What the child is to do. */
struct kl_guest {
	const struct kl_plugin *plugin;
	const struct kl_plugin_world *world; /* NULL: only tell what the plugin is */
	uint32_t capability;                 /* whose function to call; 0: only resolve its needs */
};

/** kl_guest_run() - a kl_child.run; @task: struct kl_guest. */
void kl_guest_run(const void *task, struct kl_outbox *outbox);

#endif
