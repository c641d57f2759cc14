/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/snapshot.h"

#include "analysis/plugin_freed.h"
#include "analysis/plugin_source.h"
#include "kernel/machine/symbolize.h"
#include "kernel/sources/percpu_copies.h"

/* A scan by the kernel's own rules needs what only kmemleak knows of its objects. */
static enum kl_source_choice choose_source(const struct kl_analysis_options *options)
{
	return options->settings->policy == KL_POLICY_KERNEL ? KL_SOURCE_KMEMLEAK : options->source;
}

/* kmemleak's replay is about the objects that kmemleak had. */
static struct kl_error *register_plugins(struct kl_opened *o, struct kl_object_sources *sources,
					 struct kl_advisors *advisors)
{
	struct kl_error *err = NULL;
	struct kl_plugin *p;
	size_t i;

	if (!o->options->plugins || o->options->settings->policy == KL_POLICY_KERNEL)
		return NULL;
	kl_vec_for_each (p, &o->options->plugins->list) {
		struct kl_advisor advisor = {.o = o, .plugin = p};

		if (kl_plugin_can(p, KLEAK_CAN_ADD_OBJECTS) && !kl_vec_push(&advisors->list, advisor))
			return kl_error_nomem();
	}
	for (i = 0; i < advisors->list.count && !err; i++) {
		struct kl_advisor *advisor = &advisors->list.data[i];
		const struct kl_object_source source = {.name = advisor->plugin->name,
							.family = KL_SOURCE_AUTO,
							.read = kl_plugin_source_read,
							.context = advisor};

		err = kl_sources_register(sources, &source);
	}
	return err;
}

static struct kl_error *read_sources(struct kl_opened *o, struct kl_snapshot *s)
{
	struct kl_object_sources sources = {};
	struct kl_advisors advisors = {};
	struct kl_error *err = kl_plugin_freed_read(o);

	if (!err)
		err = kl_sources_register_core(&sources);
	if (!err)
		err = register_plugins(o, &sources, &advisors);
	if (!err)
		err = kl_sources_read(o->kernel, o->options->progress, &sources, choose_source(o->options), &s->heap,
				      &s->kmemleak);
	kl_vec_deinit(&sources.list);
	kl_vec_deinit(&advisors.list);
	return err;
}

struct kl_error *kl_snapshot_objects(struct kl_opened *o, struct kl_snapshot *s)
{
	enum kl_symbol_source symbols;
	struct kl_error *err = kl_heap_init(&s->heap);

	if (!err)
		err = read_sources(o, s);
	if (!err && (s->heap.source.knows & KL_KNOWS_SCANS) && o->options->settings->policy == KL_POLICY_PRECISE)
		err = kl_percpu_copies_join(o->kernel, &s->kmemleak.info, &s->heap);
	if (!err)
		err = kl_debugfs_text_detect(o->kernel, &s->text);
	/* Symbol tables are read now, so that what is wrong with them is known when the run is recorded. */
	return err ? err : kl_symbols_source(o->kernel, &symbols);
}

struct kl_error *kl_snapshot_call_sites(struct kl_opened *o, struct kl_snapshot *s)
{
	return kl_profiling_survey_read(o->kernel, o->options->progress, &s->heap, &s->profiling);
}

void kl_snapshot_deinit(struct kl_snapshot *s)
{
	kl_profiling_survey_deinit(&s->profiling);
	kl_heap_deinit(&s->heap);
}
