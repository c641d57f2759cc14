/* SPDX-License-Identifier: GPL-2.0-or-later */
/* profiling.h: everything that memory allocation profiling left behind: tags, and where references to them are kept.
 *
 * One pass each: kl_profiling_read() for tags and counters, kl_profiling_tag_objects() from objects to tags.
 */
#ifndef KL_PROFILING_PROFILING_H
#define KL_PROFILING_PROFILING_H

#include "heap/heap.h"
#include "profiling/alloc_tag.h"
#include "profiling/page_tag.h"
#include "kernel/machine/machine.h"

struct kl_profiling {
	struct kl_kernel *k;
	/* Borrowed of the machine. */
	const struct kl_percpu_chunks *chunks;
	const struct kl_memmap *memory; /* this and the caches are NULL where nothing was profiled */
	const struct kl_slab_caches *caches;
	struct kl_alloc_tags tags;
	struct kl_page_tags pages;
	bool damaged; /* some places of references could not be read: what refers to the tags is not all known */
};

/** kl_profiling_read() - tags, counters, and the places of references.
 * @ret: destroyed by the caller with kl_profiling_deinit(); must not be moved. Without profiling in the kernel it says
 * so in tags.info.status, and nothing else is read. Damage leaves anomalies. Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_profiling_read(struct kl_kernel *k, struct kl_profiling *ret);
void kl_profiling_deinit(struct kl_profiling *p);
#define _cleanup_profiling_ _cleanup_(kl_profiling_deinit)

/* Where the objects of a heap live, and how many got a tag. */
struct kl_object_places {
	uint64_t slab, slab_tagged;
	uint64_t page, page_tagged; /* large kmalloc, vmalloc, and what else has pages of its own */
	uint64_t percpu, percpu_tagged;
	uint64_t other; /* sections of the kernel and of modules, early memory: nobody's allocation */
};

/** kl_profiling_tag_objects() - fill the column `tag` of @heap, whose index is built.
 * @places: what was found; may be NULL.
 * Cost: objects are visited in order of address, so every page of slabs and vectors is read once. Errors:
 * KL_ERROR_NOMEM, KL_ERROR_INTERRUPTED. */
struct kl_error *kl_profiling_tag_objects(struct kl_profiling *p, const struct kl_progress *progress,
					  struct kl_heap *heap, struct kl_object_places *places);

/** kl_profiling_percpu_tag() - the tag of a live per-CPU allocation, KL_NO_TAG when it has none.
 * Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_profiling_percpu_tag(struct kl_profiling *p, const struct kl_percpu_allocation *allocation,
					 uint32_t *ret);

#endif
