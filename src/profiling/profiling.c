/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "profiling/profiling.h"

#include <inttypes.h>

#include "profiling/alloc_tag_reader.h"
#include "util/bytes.h"
#include "util/strbuf.h"

#define ANOMALY "object tag"

/* The places of references: struct pages, slabs, and what belongs to pages. */
static struct kl_error *find_reference_places(struct kl_kernel *k, struct kl_profiling *ret)
{
	struct kl_error *err = kl_machine_memmap(k, &ret->memory);
	uint64_t anomalies;

	if (!err)
		err = kl_machine_slab_caches(k, &ret->caches);
	if (err)
		return err;
	anomalies = k->anomalies_met;
	err = kl_page_tags_init(k, ret->memory, &ret->tags, &ret->pages);
	ret->damaged |= ret->memory->damaged || ret->caches->damaged || k->anomalies_met != anomalies;
	return err;
}

struct kl_error *kl_profiling_read(struct kl_kernel *k, struct kl_profiling *ret)
{
	struct kl_error *err;

	*ret = (struct kl_profiling){.k = k};
	err = kl_machine_percpu_chunks(k, &ret->chunks);
	if (!err) {
		ret->damaged = ret->chunks->damaged;
		err = kl_alloc_tags_read(k, ret->chunks, &ret->tags);
	}
	if (!err && ret->tags.info.status != KL_PROFILING_ABSENT)
		err = find_reference_places(k, ret);
	if (err)
		kl_profiling_deinit(ret);
	return err;
}

void kl_profiling_deinit(struct kl_profiling *p)
{
	kl_page_tags_deinit(&p->pages);
	kl_alloc_tags_deinit(&p->tags);
}

/* ---- from objects to tags ---- */

struct tagger {
	struct kl_profiling *p;
	struct kl_kernel *k;
	struct kl_heap *heap;
	struct kl_object_places places;
	struct kl_slab slab; /* that the last object was in; its cache is NULL when there is none */
	uint8_t *page;       /* scratch: a struct page */
};

/* The page frame behind a virtual address: by arithmetic in the direct map, by the page tables elsewhere. */
static bool find_frame(struct tagger *t, uint64_t address, uint64_t *pfn)
{
	uint64_t physical = address - t->p->caches->direct_map;
	struct kl_error *err;

	*pfn = physical >> t->k->page_shift;
	if (t->p->caches->has_direct_map && kl_memmap_range(t->p->memory, *pfn))
		return true;
	if (!t->k->image)
		return false;
	err = kl_image_translate(t->k->image, address, &physical);
	kl_error_destroy(err);
	*pfn = physical >> t->k->page_shift;
	return !err;
}

/* The reference at @address, as an index of a tag. */
static struct kl_error *resolve_at(struct kl_profiling *p, uint64_t address, uint32_t *ret)
{
	uint64_t reference;
	struct kl_error *err = kl_kernel_read_u64(p->k, address, &reference);

	*ret = KL_NO_TAG;
	if (!err)
		return kl_alloc_tags_resolve(p->k, &p->tags, reference, ret);
	kl_kernel_anomaly_error(p->k, ANOMALY, address, err);
	return NULL;
}

static void set_tag(struct tagger *t, uint32_t row, uint32_t tag, uint64_t *tagged)
{
	if (tag == KL_NO_TAG)
		return;
	t->heap->tag[row] = tag + 1;
	(*tagged)++;
}

static struct kl_error *tag_slab_object(struct tagger *t, uint32_t row, uint64_t address)
{
	uint32_t index, tag = KL_NO_TAG;
	struct kl_error *err = NULL;

	t->places.slab++;
	if (t->slab.tags && kl_slab_index(&t->slab, address, &index))
		err = resolve_at(t->p, t->slab.tags + (uint64_t)index * t->slab.stride, &tag);
	set_tag(t, row, tag, &t->places.slab_tagged);
	return err;
}

static struct kl_error *tag_virtual(struct tagger *t, uint32_t row)
{
	uint64_t address = t->heap->address[row], pfn, page;
	enum kl_page_ref what;
	struct kl_error *err;
	uint32_t tag;

	if (kl_slab_holds(&t->slab, address) || kl_slab_at(t->p->caches, address, &t->slab))
		return tag_slab_object(t, row, address);
	if (!find_frame(t, address, &pfn) || !kl_memmap_read_head(t->k, t->p->memory, &pfn, &page, t->page)) {
		t->places.other++;
		return NULL;
	}
	err = kl_page_tag(&t->p->pages, pfn, t->page, &what, &tag);
	if (what == KL_PAGE_REF_TAG)
		t->places.page++;
	else
		t->places.other++;
	set_tag(t, row, tag, &t->places.page_tagged);
	return err;
}

struct kl_error *kl_profiling_percpu_tag(struct kl_profiling *p, const struct kl_percpu_allocation *allocation,
					 uint32_t *ret)
{
	const struct kl_layout_pcpuobj_ext *l = &p->k->layouts.pcpuobj_ext;

	*ret = KL_NO_TAG;
	if (!allocation->chunk->extensions || !l->tag.present)
		return NULL;
	return resolve_at(p, allocation->chunk->extensions + allocation->bit * l->type.size + l->tag.offset, ret);
}

static struct kl_error *tag_percpu(struct tagger *t, uint32_t row)
{
	struct kl_percpu_allocation allocation;
	uint32_t tag = KL_NO_TAG;
	struct kl_error *err = NULL;

	t->places.percpu++;
	if (kl_percpu_allocation_at(t->p->chunks, t->heap->address[row], &allocation))
		err = kl_profiling_percpu_tag(t->p, &allocation, &tag);
	set_tag(t, row, tag, &t->places.percpu_tagged);
	return err;
}

static struct kl_error *tag_all(struct tagger *t, const struct kl_progress *progress, enum kleak_class class_,
				struct kl_error *(*tag)(struct tagger *, uint32_t))
{
	const struct kl_index *index = &t->heap->index[class_];
	struct kl_error *err = NULL;

	for (size_t i = 0; i < index->count && !err; i++) {
		err = tag(t, index->spans[i].object);
		if (!err && i % 4096 == 0)
			err = kl_progress_tick(progress, "finding call sites", i, index->count);
	}
	return err;
}

struct kl_error *kl_profiling_tag_objects(struct kl_profiling *p, const struct kl_progress *progress,
					  struct kl_heap *heap, struct kl_object_places *places)
{
	_cleanup_free_ uint8_t *page = malloc((p->memory ? p->memory->page_size : 0) + 1);
	struct tagger t = {.p = p, .k = p->k, .heap = heap, .page = page};
	struct kl_error *err = NULL;

	if (!page)
		return kl_error_nomem();
	if (p->tags.info.status != KL_PROFILING_ABSENT)
		err = tag_all(&t, progress, KLEAK_CLASS_VIRTUAL, tag_virtual);
	if (!err)
		err = tag_all(&t, progress, KLEAK_CLASS_PERCPU, tag_percpu);
	if (places)
		*places = t.places;
	return err;
}
