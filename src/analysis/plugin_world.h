/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plugin_world.h: answers to what plugins ask about the dead kernel (struct kl_plugin_world). */
#ifndef KL_ANALYSIS_PLUGIN_WORLD_H
#define KL_ANALYSIS_PLUGIN_WORLD_H

#include "analysis/opened.h"
#include "heap/heap.h"
#include "plugin/plugins.h"

/* What there is to tell from; both borrowed. */
struct kl_plugin_memory {
	struct kl_opened *o;
	const struct kl_heap *heap; /* NULL: not filled yet */
};

/** kl_plugin_world_of() - @memory as a world, without suspects; borrowed. */
struct kl_plugin_world kl_plugin_world_of(struct kl_plugin_memory *memory);

/** kl_plugin_object() - a row as plugins see it. */
struct kleak_object kl_plugin_object(const struct kl_heap *heap, uint32_t row);

/** kl_plugin_consult() - kl_plugin_ask() with the options of @memory's analysis. What the plugin finds damaged becomes
 * anomalies. */
struct kl_error *kl_plugin_consult(const struct kl_plugin_memory *memory, struct kl_plugin *p, uint32_t capability,
				   const struct kl_plugin_world *world, struct kl_plugin_answer *ret);

/** kl_plugin_note_failure() - where @p failed, an anomaly; and the run is incomplete: what @p may still have wanted to
 * say could have held any object. @lost: what is not complete then, static; NULL: nothing. */
void kl_plugin_note_failure(struct kl_kernel *k, const struct kl_plugin *p, const char *lost);

#endif
