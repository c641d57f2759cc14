/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/snapshot.h"

#include "kernel/machine/symbolize.h"
#include "kernel/sources/percpu_copies.h"

/* A scan by the kernel's own rules needs what only kmemleak knows of its objects. */
static enum kl_source_choice choose_source(const struct kl_analysis_options *options)
{
	return options->settings->policy == KL_POLICY_KERNEL ? KL_SOURCE_KMEMLEAK : options->source;
}

struct kl_error *kl_snapshot_objects(struct kl_opened *o, struct kl_snapshot *s)
{
	enum kl_symbol_source symbols;
	struct kl_error *err = kl_heap_init(&s->heap);

	if (!err)
		err = kl_sources_read(o->kernel, o->options->progress, choose_source(o->options), &s->heap,
				      &s->kmemleak);
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
