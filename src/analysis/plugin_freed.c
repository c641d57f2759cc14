/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/plugin_freed.h"

#include "analysis/plugin_world.h"
#include "kernel/machine/machine.h"

static struct kl_error *append_freed(struct kl_kernel *k, struct kl_plugin *p, const struct kl_plugin_answer *answer)
{
	struct kl_waiting *waiting;
	struct kl_error *err = kl_machine_waiting(k, &waiting);
	const uint64_t *address;

	if (err)
		return err;
	kl_vec_for_each (address, &answer->freed) {
		if (!kl_vec_push(&waiting->freed, kl_untag(k, *address)))
			return kl_error_nomem();
		p->freed++;
	}
	kl_vec_for_each (address, &answer->freeing_pages) {
		if (!kl_vec_push(&waiting->pages, kl_untag(k, *address)))
			return kl_error_nomem();
		p->freeing_pages++;
	}
	return NULL;
}

struct kl_error *kl_plugin_freed_read(struct kl_opened *o)
{
	struct kl_plugin_memory memory = {.o = o};
	struct kl_plugin_world world = kl_plugin_world_of(&memory);
	struct kl_error *err = NULL;
	struct kl_plugin *p;

	if (!o->options->plugins || o->options->settings->policy == KL_POLICY_KERNEL)
		return NULL;
	kl_vec_for_each (p, &o->options->plugins->list) {
		struct kl_plugin_answer answer = {};

		if (!err && kl_plugin_can(p, KLEAK_CAN_ADD_FREED)) {
			err = kl_plugin_consult(&memory, p, KLEAK_CAN_ADD_FREED, &world, &answer);
			if (!err)
				kl_plugin_note_failure(o->kernel, p, "a plugin's list of what waits to be freed");
			if (!err)
				err = append_freed(o->kernel, p, &answer);
		}
		kl_plugin_answer_deinit(&answer);
	}
	return err;
}
