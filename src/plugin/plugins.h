/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plugins.h: the host of plugins (include/kleak/plugin.h).
 *
 * Code of a plugin runs in children of this process only (child.h), which see the process' memory as it was when they
 * were forked and send back records. So a plugin that crashes, runs for ever or writes where it should not takes
 * nothing down, and whatever it says is checked here like the bytes of a dump.
 *
 * This room knows no kernel: what plugins ask is answered by a struct kl_plugin_world.
 */
#ifndef KL_PLUGIN_PLUGINS_H
#define KL_PLUGIN_PLUGINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kleak/plugin.h"
#include "util/error.h"
#include "util/progress.h"
#include "util/strbuf.h"
#include "util/vec.h"

enum kl_plugin_state {
	KL_PLUGIN_READY,
	KL_PLUGIN_SKIPPED, /* never called */
	KL_PLUGIN_FAILED,  /* ended in the middle of something */
};

/** kl_plugin_state_name() - "ready", "skipped", "failed". */
const char *kl_plugin_state_name(enum kl_plugin_state state);

struct kl_plugin {
	char *path;
	char *name, *version, *license, *summary; /* as the plugin says; NULL when it could not be asked */
	uint32_t capabilities;
	enum kl_plugin_state state;
	char *why; /* it was skipped or failed; NULL */
	bool resolved;
	KL_VEC(struct kleak_where) needs;   /* answers, in the plugin's order, once resolved */
	uint64_t objects, bytes;            /* added */
	uint64_t roots, explained, ignored; /* ignored: objects that lie in objects known otherwise */
	uint64_t named;                     /* holders */
	uint64_t rows, written;             /* of runs: rows taken, bytes made of them */
	uint64_t freed, freeing_pages;      /* addresses that wait to be freed, and pages that say so */
};

struct kl_plugins {
	KL_VEC(struct kl_plugin) list;
	unsigned seconds; /* that one call may take */
};

/* Answers for plugins; called in their children. Functions may be NULL where there is a run and no kernel. */
struct kl_plugin_world {
	const char *release, *machine;
	uint32_t page_shift, possible_cpus;
	/* @why: why it is not there. */
	struct kleak_where (*resolve)(void *context, const struct kleak_need *need, struct kl_strbuf *why);
	size_t (*read)(void *context, uint64_t address, void *buffer, size_t length);
	uint64_t (*percpu)(void *context, uint64_t cookie, uint32_t cpu);
	bool (*object_at)(void *context, uint64_t address, struct kleak_object *ret);
	void (*symbol_at)(void *context, uint64_t address, struct kl_strbuf *ret);
	size_t (*ranges)(void *context, uint64_t tree, struct kleak_range *ret, size_t max);
	/* The next suspect; its strings are valid until the next call. False: there is none. */
	bool (*next_suspect)(void *context, struct kleak_suspect *ret, uint32_t *number);
	void *context;
};

void kl_plugins_deinit(struct kl_plugins *plugins);

/** kl_plugin_can() - is there anything to be had from @p? @capability: one bit. */
static inline bool kl_plugin_can(const struct kl_plugin *p, uint32_t capability)
{
	return p->state == KL_PLUGIN_READY && (p->capabilities & capability);
}

/* Memory that a plugin says holds references. */
struct kl_plugin_root {
	uint64_t address, length;
};

/* What a plugin found damaged. */
struct kl_plugin_damage {
	uint64_t address;
	char *what;
};

/* What a plugin says of a suspect. */
struct kl_plugin_opinion {
	uint32_t number; /* of the suspect, as the world said */
	char *why;
};

struct kl_plugin_answer {
	KL_VEC(struct kleak_object) objects; /* each is possible in itself; they may overlap */
	KL_VEC(struct kl_plugin_root) roots;
	KL_VEC(struct kl_plugin_opinion) opinions;
	KL_VEC(uint64_t) freed, freeing_pages; /* addresses */
	KL_VEC(struct kl_plugin_damage) damages;
};

void kl_plugin_answer_deinit(struct kl_plugin_answer *answer);

/** kl_plugin_end() - @p is not to be asked again. Out of memory loses the reason, and is noted. */
void kl_plugin_end(struct kl_plugin *p, enum kl_plugin_state state, const char *why);

#endif
