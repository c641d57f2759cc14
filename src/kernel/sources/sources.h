/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sources.h: where the objects of a heap come from: kmemleak, which tracked them, or the allocators themselves.
 *
 * A source adds rows to the heap and knows of no other. Those of one family belong together: no two of them add the
 * same memory. The table in sources.c lists them all.
 */
#ifndef KL_KERNEL_SOURCES_SOURCES_H
#define KL_KERNEL_SOURCES_SOURCES_H

#include "kernel/sources/reading.h"

/* What --source can ask for. The first one is the default. */
enum kl_source_choice {
	KL_SOURCE_AUTO,     /* kmemleak where it was on, else the allocators where they can be read */
	KL_SOURCE_KMEMLEAK, /* the first family ... */
	KL_SOURCE_ALLOCATORS,
};

/* One object source. */
struct kl_object_source {
	const char *name;             /* "slab" */
	enum kl_source_choice family; /* KL_SOURCE_AUTO: read with every family, behind its own */
	/* Adds its objects. What is damaged becomes an anomaly. Errors: out of memory, KL_ERROR_INTERRUPTED. */
	struct kl_error *(*read)(struct kl_source_reading *r);
	void *context; /* for r->context */
};

/* All there are, the core's own and those of plugins. */
struct kl_object_sources {
	KL_VEC(struct kl_object_source) list;
};

/** kl_sources_register() - add one; the sources of a family are read in the order in which they were added.
 * @sources: zeroed before the first; freed with kl_vec_deinit(&sources->list). Errors: out of memory. */
struct kl_error *kl_sources_register(struct kl_object_sources *sources, const struct kl_object_source *source);

/** kl_sources_register_core() - add kmemleak and the allocators. */
struct kl_error *kl_sources_register_core(struct kl_object_sources *sources);

/** kl_source_choice_find() - "auto", "kmemleak" or "allocators"; false for others. */
bool kl_source_choice_find(const char *name, enum kl_source_choice *ret);
const char *kl_source_choice_name(enum kl_source_choice choice);

/** kl_sources_read() - fill @heap from the sources of @choice, build its index, and describe it in heap->source.
 * @sources:  from kl_sources_register(); NULL: the core's.
 * @heap:     empty and initialized. It stays empty where the kernel has nothing of the kind.
 * @kmemleak: receives the state of kmemleak in any case.
 * Errors: out of memory, KL_ERROR_INTERRUPTED; KL_ERROR_UNSUPPORTED when the allocators are asked for by name and this
 * kernel's cannot be read. */
struct kl_error *kl_sources_read(struct kl_kernel *k, const struct kl_progress *progress,
				 const struct kl_object_sources *sources, enum kl_source_choice choice,
				 struct kl_heap *heap, struct kl_kmemleak *kmemleak);

#endif
