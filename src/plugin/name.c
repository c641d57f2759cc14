/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/name.h"

#include <stdlib.h>

#include "plugin/child.h"
#include "plugin/describe.h"
#include "plugin/guest.h"
#include "plugin/wire.h"

#define MAX_WORDS 200 /* bytes */

struct kl_namer {
	struct kl_plugin *plugin;
	struct kl_guest guest;
	struct kl_child child;
	struct kl_talk *talk;
	struct kl_strbuf question, words;
};

static enum kl_taken take_words(void *context, uint32_t kind, const unsigned char *bytes, size_t length,
				struct kl_strbuf *why)
{
	struct kl_namer *namer = context;

	if (kind == KL_RECORD_WORDS) {
		kl_strbuf_append(&namer->words, bytes, length < MAX_WORDS ? length : MAX_WORDS);
		return KL_TAKEN_ANSWER;
	}
	if (kind == KL_RECORD_ERROR)
		kl_strbuf_append(why, bytes, length);
	else
		kl_strbuf_puts(why, "it sent what is no record");
	return KL_TAKEN_NONSENSE;
}

struct kl_error *kl_namer_start(struct kl_plugins *plugins, struct kl_plugin *p, const struct kl_plugin_world *world,
				const struct kl_progress *progress, struct kl_namer **ret)
{
	struct kl_error *err = kl_plugin_resolve(plugins, p, world, progress);
	struct kl_namer *namer;

	*ret = NULL;
	if (err || !kl_plugin_can(p, KLEAK_CAN_NAME_HOLDERS))
		return err;
	namer = calloc(1, sizeof(*namer));
	if (!namer)
		return kl_error_nomem();
	namer->plugin = p;
	namer->guest = (struct kl_guest){.plugin = p, .world = world, .capability = KLEAK_CAN_NAME_HOLDERS};
	namer->child = (struct kl_child){
		.run = kl_guest_run,
		.task = &namer->guest,
		.take = take_words,
		.context = namer,
		.seconds = plugins->seconds,
		.progress = progress,
	};
	err = kl_child_start(&namer->child, &namer->talk);
	*ret = namer;
	return err;
}

struct kl_error *kl_namer_ask(struct kl_namer *namer, const struct kleak_holder *holder, struct kl_strbuf *ret)
{
	struct kl_error *err;
	bool answered;

	kl_strbuf_reset(&namer->question);
	kl_strbuf_reset(&namer->words);
	kl_wire_put_holder(&namer->question, holder);
	if (namer->question.failed)
		return kl_error_nomem();
	err = kl_child_tell(namer->talk, KL_WIRE_HOLDER, namer->question.data, namer->question.length);
	if (!err)
		err = kl_child_listen(namer->talk, &answered);
	if (err || !namer->words.length)
		return err;
	kl_strbuf_puts(ret, kl_strbuf_string(&namer->words));
	namer->plugin->named++;
	return NULL;
}

void kl_namer_end(struct kl_namer *namer)
{
	_cleanup_strbuf_ struct kl_strbuf why = {};

	if (!namer)
		return;
	kl_child_end(namer->talk, &why);
	if (why.length)
		kl_plugin_end(namer->plugin, KL_PLUGIN_FAILED, kl_strbuf_string(&why));
	kl_strbuf_deinit(&namer->question);
	kl_strbuf_deinit(&namer->words);
	free(namer);
}
