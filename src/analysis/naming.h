/* SPDX-License-Identifier: GPL-2.0-or-later */
/* naming.h: what plugins call the memory that refers to objects.
 *
 * A plugin that fails only loses words: nothing is judged by them.
 */
#ifndef KL_ANALYSIS_NAMING_H
#define KL_ANALYSIS_NAMING_H

#include "analysis/opened.h"
#include "analysis/plugin_world.h"
#include "plugin/name.h"
#include "store/rows.h"
#include "util/intern.h"
#include "util/map.h"

struct kl_naming {
	struct kl_plugin_memory memory;
	struct kl_plugin_world world;
	KL_VEC(struct kl_named_by {
		struct kl_plugin *plugin;
		struct kl_namer *namer;
	})
	namers; /* started with the first question */
	bool started;
	struct kl_intern *words;
	struct kl_map known; /* address of a word -> identifier of what the plugins said of it */
};

/** kl_naming_init() - get ready; no plugin is started. @naming must not be moved, @o and @heap are borrowed. */
void kl_naming_init(struct kl_naming *naming, struct kl_opened *o, const struct kl_heap *heap);

/** kl_naming_append() - add to @name, which is the name of @holder, what plugins say in parentheses. Asked once for
 * each word. Errors: out of memory, KL_ERROR_INTERRUPTED. */
struct kl_error *kl_naming_append(struct kl_naming *naming, const struct kl_store_holder *holder,
				  struct kl_strbuf *name);

/** kl_naming_end() - let the plugins go; a question would start them again. What became of each is known then, and
 * those that failed are anomalies. */
void kl_naming_end(struct kl_naming *naming);
void kl_naming_deinit(struct kl_naming *naming);

#endif
