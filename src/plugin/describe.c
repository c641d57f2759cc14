/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/describe.h"

#include <stdlib.h>
#include <string.h>

#include "plugin/child.h"
#include "plugin/guest.h"

#define MAX_NEEDS 1000
#define MAX_TEXT 200 /* bytes of a name, version ... */

struct listener {
	struct kl_plugin *plugin;
	bool out_of_memory;
};

static bool keep_plugin_text(struct listener *l, char **ret, const unsigned char *bytes, size_t length)
{
	free(*ret);
	*ret = strndup((const char *)bytes, length < MAX_TEXT ? length : MAX_TEXT);
	l->out_of_memory |= !*ret;
	return !l->out_of_memory;
}

static bool keep_need(struct listener *l, const unsigned char *bytes)
{
	struct kleak_where where;

	memcpy(&where, bytes, sizeof(where));
	l->out_of_memory |= !kl_vec_push(&l->plugin->needs, where);
	return !l->out_of_memory && l->plugin->needs.count <= MAX_NEEDS;
}

static enum kl_taken take_description(void *context, uint32_t kind, const unsigned char *bytes, size_t length,
				      struct kl_strbuf *why)
{
	struct listener *l = context;
	struct kl_plugin *p = l->plugin;

	switch (kind) {
	case KL_RECORD_ERROR:
		kl_strbuf_append(why, bytes, length);
		return KL_TAKEN_NONSENSE;
	case KL_RECORD_NAME:
		return kl_taken_if(keep_plugin_text(l, &p->name, bytes, length));
	case KL_RECORD_VERSION:
		return kl_taken_if(keep_plugin_text(l, &p->version, bytes, length));
	case KL_RECORD_LICENSE:
		return kl_taken_if(keep_plugin_text(l, &p->license, bytes, length));
	case KL_RECORD_SUMMARY:
		return kl_taken_if(keep_plugin_text(l, &p->summary, bytes, length));
	default:
		break;
	}
	if (kind == KL_RECORD_NEED && length == sizeof(struct kleak_where))
		return kl_taken_if(keep_need(l, bytes));
	if (kind == KL_RECORD_CAPABILITIES && length == sizeof(p->capabilities)) {
		memcpy(&p->capabilities, bytes, sizeof(p->capabilities));
		return KL_TAKEN;
	}
	kl_strbuf_puts(why, "it sent what is no record");
	return KL_TAKEN_NONSENSE;
}

static struct kl_error *run_guest(const struct kl_plugins *plugins, struct kl_plugin *p,
				  const struct kl_plugin_world *world, const struct kl_progress *progress)
{
	struct kl_guest guest = {.plugin = p, .world = world};
	struct listener listener = {.plugin = p};
	struct kl_child child = {
		.run = kl_guest_run,
		.task = &guest,
		.take = take_description,
		.context = &listener,
		.seconds = plugins->seconds,
		.progress = progress,
	};
	_cleanup_strbuf_ struct kl_strbuf why = {};
	struct kl_error *err = kl_child_run(&child, &why);

	if (!err && listener.out_of_memory)
		err = kl_error_nomem();
	if (!err && why.length)
		kl_plugin_end(p, KL_PLUGIN_SKIPPED, kl_strbuf_string(&why));
	return err;
}

struct kl_error *kl_plugin_describe(const struct kl_plugins *plugins, struct kl_plugin *p,
				    const struct kl_progress *progress)
{
	struct kl_error *err = run_guest(plugins, p, NULL, progress);

	if (!err && p->state == KL_PLUGIN_READY && (!p->name || !p->version || !p->license || !p->summary))
		kl_plugin_end(p, KL_PLUGIN_SKIPPED, "it did not say what it is");
	return err;
}

struct kl_error *kl_plugin_resolve(const struct kl_plugins *plugins, struct kl_plugin *p,
				   const struct kl_plugin_world *world, const struct kl_progress *progress)
{
	if (p->resolved || p->state != KL_PLUGIN_READY)
		return NULL;
	p->resolved = true;
	return run_guest(plugins, p, world, progress);
}
