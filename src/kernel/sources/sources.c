/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/sources/sources.h"

#include <inttypes.h>
#include <string.h>

#include "kernel/sources/kfence.h"
#include "kernel/sources/pages.h"
#include "kernel/sources/percpu.h"
#include "kernel/sources/slab.h"
#include "kernel/sources/vmalloc.h"

#define MIN_AGE_SECONDS UINT64_C(5)

static struct kl_error *read_tracked(struct kl_source_reading *r)
{
	return kl_kmemleak_read(r->k, r->progress, r->heap, r->kmemleak);
}

static const struct kl_object_source core_sources[] = {
	{"kmemleak", KL_SOURCE_KMEMLEAK, read_tracked},
	{"slab", KL_SOURCE_ALLOCATORS, kl_slab_source_read},
	{"kfence", KL_SOURCE_ALLOCATORS, kl_kfence_source_read},
	{"vmalloc", KL_SOURCE_ALLOCATORS, kl_vmalloc_source_read},
	{"pages", KL_SOURCE_ALLOCATORS, kl_pages_source_read},
	{"percpu", KL_SOURCE_ALLOCATORS, kl_percpu_source_read},
};

static const char *const choices[] = {
	[KL_SOURCE_AUTO] = "auto",
	[KL_SOURCE_KMEMLEAK] = "kmemleak",
	[KL_SOURCE_ALLOCATORS] = "allocators",
};

bool kl_source_choice_find(const char *name, enum kl_source_choice *ret)
{
	size_t i;

	for (i = 0; i < sizeof(choices) / sizeof(*choices); i++) {
		*ret = (enum kl_source_choice)i;
		if (!strcmp(name, choices[i]))
			return true;
	}
	return false;
}

const char *kl_source_choice_name(enum kl_source_choice choice)
{
	return choices[choice];
}

/* kmemleak's objects are as of when it stopped; what the allocators hold is as of the dump. */
static enum kl_source_choice choose(const struct kl_kernel *k, enum kl_kmemleak_state state)
{
	bool stopped = state != KL_KMEMLEAK_ON && state != KL_KMEMLEAK_UNKNOWN;

	return stopped && kl_slab_source_can(k) ? KL_SOURCE_ALLOCATORS : KL_SOURCE_KMEMLEAK;
}

/* Who reads that kmemleak was off should know that its state says otherwise, too: one word decides it. */
static void doubt_state(struct kl_kernel *k, const struct kl_kmemleak_info *info)
{
	if (info->state != KL_KMEMLEAK_ABSENT && kl_kmemleak_tracks_objects(k))
		kl_kernel_anomaly(k, "kmemleak state", kl_kernel_variable(k, &k->layouts.variables.kmemleak_enabled),
				  "kmemleak is said to be off, but tracks objects: the allocators were asked instead");
}

static void report_overlap(void *context, size_t dropped, size_t kept)
{
	struct kl_source_reading *r = context;
	const struct kl_heap *heap = r->heap;

	kl_kernel_anomaly(r->k, "objects", heap->address[dropped],
			  "object %#" PRIx64 " of %" PRIu64 " bytes overlaps object %#" PRIx64 " of %" PRIu64 " bytes",
			  heap->address[dropped], heap->size[dropped], heap->address[kept], heap->size[kept]);
}

struct kl_error *kl_sources_register(struct kl_object_sources *sources, const struct kl_object_source *source)
{
	return kl_vec_push(&sources->list, *source) ? NULL : kl_error_nomem();
}

struct kl_error *kl_sources_register_core(struct kl_object_sources *sources)
{
	struct kl_error *err = NULL;
	size_t i;

	for (i = 0; i < sizeof(core_sources) / sizeof(*core_sources) && !err; i++)
		err = kl_sources_register(sources, &core_sources[i]);
	return err;
}

static struct kl_error *read_family(struct kl_source_reading *r, const struct kl_object_sources *sources,
				    enum kl_source_choice family)
{
	const struct kl_object_source *source;
	struct kl_error *err = NULL;

	kl_vec_for_each (source, &sources->list) {
		r->context = source->context;
		if (!err && source->family == family)
			err = source->read(r);
	}
	return err;
}

static struct kl_error *read_allocators(struct kl_source_reading *r, const struct kl_object_sources *sources)
{
	struct kl_kmemleak_info info;
	struct kl_error *err;

	if (!kl_slab_source_can(r->k))
		return kl_error_create(
			KL_ERROR_UNSUPPORTED,
			"the allocators of this kernel cannot be read (SLUB can, and SLAB of 3.19 to 6.7)");
	/* Its rules are for its own objects; only what it was doing is told. */
	kl_kmemleak_read_info(r->k, &info);
	r->kmemleak->info.state = info.state;
	r->heap->source = (struct kl_source){
		.name = choices[KL_SOURCE_ALLOCATORS],
		.state = "what the allocators themselves say is in use",
	};
	err = read_family(r, sources, KL_SOURCE_ALLOCATORS);
	/* Younger objects may be held where nobody looks yet: as kmemleak has it. */
	if (r->heap->source.knows & KL_KNOWS_AGE)
		r->kmemleak->info.min_age = MIN_AGE_SECONDS * r->k->hz;
	return err ? err : kl_heap_build_index(r->heap, report_overlap, r);
}

static struct kl_error *read_chosen_family(struct kl_kernel *k, const struct kl_progress *progress,
					   const struct kl_object_sources *sources, enum kl_source_choice choice,
					   struct kl_heap *heap, struct kl_kmemleak *kmemleak)
{
	struct kl_source_reading r = {.k = k, .progress = progress, .heap = heap, .kmemleak = kmemleak};
	struct kl_kmemleak_info info;
	struct kl_error *err;

	*kmemleak = (struct kl_kmemleak){};
	if (choice == KL_SOURCE_AUTO) {
		kl_kmemleak_read_info(k, &info);
		choice = choose(k, info.state);
		if (choice == KL_SOURCE_ALLOCATORS)
			doubt_state(k, &info);
	}
	err = choice == KL_SOURCE_ALLOCATORS ? read_allocators(&r, sources)
					     : read_family(&r, sources, KL_SOURCE_KMEMLEAK);
	return err ? err : read_family(&r, sources, KL_SOURCE_AUTO);
}

struct kl_error *kl_sources_read(struct kl_kernel *k, const struct kl_progress *progress,
				 const struct kl_object_sources *sources, enum kl_source_choice choice,
				 struct kl_heap *heap, struct kl_kmemleak *kmemleak)
{
	struct kl_object_sources core = {};
	struct kl_error *err = sources ? NULL : kl_sources_register_core(&core);

	if (!err)
		err = read_chosen_family(k, progress, sources ? sources : &core, choice, heap, kmemleak);
	kl_vec_deinit(&core.list);
	return err;
}
