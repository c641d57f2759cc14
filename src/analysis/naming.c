/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/naming.h"

void kl_naming_init(struct kl_naming *naming, struct kl_opened *o, const struct kl_heap *heap)
{
	*naming = (struct kl_naming){.memory = {.o = o, .heap = heap}};
	naming->world = kl_plugin_world_of(&naming->memory);
}

static struct kl_error *start_namer(struct kl_naming *naming, struct kl_plugin *p)
{
	const struct kl_analysis_options *options = naming->memory.o->options;
	struct kl_named_by by = {.plugin = p};
	struct kl_error *err;

	if (!kl_vec_reserve(&naming->namers, 1))
		return kl_error_nomem();
	err = kl_namer_start(options->plugins, p, &naming->world, options->progress, &by.namer);
	if (by.namer)
		naming->namers.data[naming->namers.count++] = by;
	return err;
}

static struct kl_error *start_namers(struct kl_naming *naming)
{
	struct kl_plugins *plugins = naming->memory.o->options->plugins;
	struct kl_error *err = naming->words ? NULL : kl_intern_create(&naming->words);
	struct kl_plugin *p;

	naming->started = true;
	if (err || !plugins)
		return err;
	kl_vec_for_each (p, &plugins->list) {
		if (!err && kl_plugin_can(p, KLEAK_CAN_NAME_HOLDERS))
			err = start_namer(naming, p);
	}
	return err;
}

static struct kl_error *ask_namers(struct kl_naming *naming, const struct kl_store_holder *holder, uint32_t *ret)
{
	const struct kleak_holder question = {
		.size_of_this = sizeof(question),
		.kind = holder->kind,
		.address = holder->address,
		.offset = (uint64_t)holder->offset,
		.name = holder->name,
		.cache = holder->cache,
		.type = holder->type,
		.member = holder->member,
		.allocator = holder->allocator,
	};
	_cleanup_strbuf_ struct kl_strbuf words = {};
	struct kl_error *err = NULL;
	struct kl_named_by *by;

	kl_vec_for_each (by, &naming->namers) {
		size_t before = words.length;

		if (before)
			kl_strbuf_puts(&words, ", ");
		if (!err)
			err = kl_namer_ask(by->namer, &question, &words);
		if (before && words.length == before + 2)
			words.data[words.length = before] = '\0';
	}
	if (!err && words.failed)
		err = kl_error_nomem();
	return err ? err : kl_intern_add(naming->words, kl_strbuf_string(&words), words.length, ret);
}

struct kl_error *kl_naming_append(struct kl_naming *naming, const struct kl_store_holder *holder,
				  struct kl_strbuf *name)
{
	uint64_t at = holder->address + (uint64_t)holder->offset, known;
	struct kl_error *err = naming->started ? NULL : start_namers(naming);
	const char *words;
	uint32_t id;

	if (err || !naming->namers.count || !holder->has_address)
		return err;
	if (!kl_map_get(&naming->known, at, &known)) {
		err = ask_namers(naming, holder, &id);
		if (err)
			return err;
		known = id;
		if (!kl_map_put(&naming->known, at, known))
			return kl_error_nomem();
	}
	words = kl_intern_get(naming->words, (uint32_t)known, NULL);
	if (*words)
		kl_strbuf_printf(name, name->length ? " (%s)" : "%s", words);
	return NULL;
}

void kl_naming_end(struct kl_naming *naming)
{
	struct kl_named_by *by;

	kl_vec_for_each (by, &naming->namers) {
		bool failed = by->plugin->state == KL_PLUGIN_FAILED;

		kl_namer_end(by->namer);
		if (!failed)
			kl_plugin_note_failure(naming->memory.o->kernel, by->plugin, NULL);
	}
	naming->namers.count = 0;
	naming->started = false;
}

void kl_naming_deinit(struct kl_naming *naming)
{
	struct kl_named_by *by;

	kl_vec_for_each (by, &naming->namers)
		kl_namer_end(by->namer);
	kl_vec_deinit(&naming->namers);
	kl_intern_destroy(naming->words);
	kl_map_deinit(&naming->known);
}
