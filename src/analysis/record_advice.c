/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/record_advice.h"

#include <inttypes.h>

#include "store/note.h"
#include "util/strbuf.h"

static struct kl_error *store_rule(struct kl_writer *w, const struct kl_rule *rule, const struct kl_rule_use *use)
{
	_cleanup_strbuf_ struct kl_strbuf origin = {};
	struct kl_store_advice advice = {
		.kind = "suppression",
		.name = rule->name,
		.state = use->idle      ? use->idle
			 : use->objects ? "used"
					: "unused",
		.note = rule->comment,
		.objects = (int64_t)use->objects,
		.bytes = (int64_t)use->bytes,
	};

	kl_strbuf_printf(&origin, "%s:%u", rule->file, rule->line);
	advice.origin = kl_strbuf_string(&origin);
	return origin.failed ? kl_error_nomem() : kl_writer_add_advice(w, &advice);
}

static void say_what_it_did(const struct kl_plugin *p, struct kl_strbuf *sb)
{
	if (p->why)
		kl_strbuf_puts(sb, p->why);
	else if (p->objects || p->ignored)
		kl_strbuf_printf(sb, "added %" PRIu64 " objects", p->objects);
	if (p->ignored)
		kl_strbuf_printf(sb, ", left out %" PRIu64 " in memory that is known otherwise", p->ignored);
	if (p->roots)
		kl_strbuf_printf(sb, "%sadded %" PRIu64 " roots", sb->length ? ", " : "", p->roots);
	if (p->freed || p->freeing_pages)
		kl_strbuf_printf(sb,
				 "%snamed %" PRIu64 " addresses that wait to be freed, and %" PRIu64 " pages for them",
				 sb->length ? ", " : "", p->freed, p->freeing_pages);
	if (p->explained)
		kl_strbuf_printf(sb, "%sexplained %" PRIu64 " objects", sb->length ? ", " : "", p->explained);
	if (p->named)
		kl_strbuf_printf(sb, "%snamed %" PRIu64 " holders", sb->length ? ", " : "", p->named);
	if (p->rows || p->written)
		kl_strbuf_printf(sb, "%stook %" PRIu64 " rows, wrote %" PRIu64 " bytes", sb->length ? ", " : "",
				 p->rows, p->written);
}

/* @note: memory for the words of @ret. */
static struct kl_error *describe_plugin_use(const struct kl_plugin *p, struct kl_strbuf *note,
					    struct kl_store_advice *ret)
{
	bool used = p->objects || p->roots || p->freed || p->freeing_pages || p->explained || p->named || p->rows ||
		    p->written;

	say_what_it_did(p, note);
	*ret = (struct kl_store_advice){
		.kind = "plugin",
		.name = p->name ? p->name : "?",
		.version = p->version,
		.origin = p->path,
		.state = p->state != KL_PLUGIN_READY ? kl_plugin_state_name(p->state)
			 : used                      ? "used"
						     : "unused",
		.note = note->length ? kl_strbuf_string(note) : NULL,
		.objects = (int64_t)(p->objects + p->explained),
		.bytes = (int64_t)p->bytes,
	};
	return note->failed ? kl_error_nomem() : NULL;
}

static struct kl_error *store_plugin(struct kl_writer *w, const struct kl_plugin *p)
{
	_cleanup_strbuf_ struct kl_strbuf note = {};
	struct kl_store_advice advice;
	struct kl_error *err = describe_plugin_use(p, &note, &advice);

	return err ? err : kl_writer_add_advice(w, &advice);
}

static struct kl_error *store_plugins(const struct kl_plugins *plugins, struct kl_writer *w)
{
	const struct kl_plugin *p;

	if (!plugins)
		return NULL;
	kl_vec_for_each (p, &plugins->list) {
		struct kl_error *err = store_plugin(w, p);

		if (err)
			return err;
	}
	return NULL;
}

struct kl_error *kl_advice_store(const struct kl_analysis *a, struct kl_writer *w)
{
	const struct kl_rules *rules = a->opened.options->rules;
	struct kl_error *err = NULL;
	size_t i;

	for (i = 0; i < a->judgement.rule_uses.list.count && !err; i++)
		err = store_rule(w, &rules->list.data[i], &a->judgement.rule_uses.list.data[i]);
	return err ? err : store_plugins(a->opened.options->plugins, w);
}

struct kl_error *kl_advice_update(const struct kl_plugins *plugins, struct kl_store *store, int64_t run_id)
{
	const struct kl_plugin *p;

	kl_vec_for_each (p, &plugins->list) {
		_cleanup_strbuf_ struct kl_strbuf note = {};
		struct kl_store_advice advice;
		struct kl_error *err = describe_plugin_use(p, &note, &advice);

		if (!err)
			err = kl_store_note(store, run_id, &advice);
		if (err)
			return err;
	}
	return NULL;
}
