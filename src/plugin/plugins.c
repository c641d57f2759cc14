/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/plugins.h"

#include <stdlib.h>
#include <string.h>

const char *kl_plugin_state_name(enum kl_plugin_state state)
{
	static const char *const names[] = {
		[KL_PLUGIN_READY] = "ready", [KL_PLUGIN_SKIPPED] = "skipped", [KL_PLUGIN_FAILED] = "failed"};

	return names[state];
}

void kl_plugins_deinit(struct kl_plugins *plugins)
{
	struct kl_plugin *p;

	kl_vec_for_each (p, &plugins->list) {
		free(p->path);
		free(p->name);
		free(p->version);
		free(p->license);
		free(p->summary);
		free(p->why);
		kl_vec_deinit(&p->needs);
	}
	kl_vec_deinit(&plugins->list);
}

void kl_plugin_answer_deinit(struct kl_plugin_answer *answer)
{
	struct kl_plugin_opinion *opinion;
	struct kl_plugin_damage *damage;

	kl_vec_for_each (opinion, &answer->opinions)
		free(opinion->why);
	kl_vec_for_each (damage, &answer->damages)
		free(damage->what);
	kl_vec_deinit(&answer->objects);
	kl_vec_deinit(&answer->roots);
	kl_vec_deinit(&answer->opinions);
	kl_vec_deinit(&answer->freed);
	kl_vec_deinit(&answer->freeing_pages);
	kl_vec_deinit(&answer->damages);
}

void kl_plugin_end(struct kl_plugin *p, enum kl_plugin_state state, const char *why)
{
	free(p->why);
	p->why = strdup(why);
	if (!p->why)
		kl_nomem_note();
	p->state = state;
}
