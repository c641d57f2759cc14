/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/record_call_sites.h"

static struct kl_error *store_names_of_sites(const struct kl_alloc_tags *tags, struct kl_writer *w, int64_t *ids)
{
	for (size_t i = 0; i < tags->list.count; i++) {
		const struct kl_alloc_tag *tag = &tags->list.data[i];
		struct kl_store_site site = {
			.file = tag->file ? kl_alloc_tags_string(tags, tag->file) : NULL,
			.line = tag->line,
			.module = tag->is_module ? kl_alloc_tags_string(tags, tag->module) : NULL,
			.function = tag->function ? kl_alloc_tags_string(tags, tag->function) : NULL,
		};
		struct kl_error *err = NULL;

		if (tag->flags & KL_TAG_STRINGS_LOST)
			err = kl_writer_known_site(w, tag->address, tag->line, &ids[i + 1]);
		if (!err && !ids[i + 1])
			err = kl_writer_add_site(w, &site, &ids[i + 1]);
		if (err)
			return err;
	}
	return NULL;
}

/* What kmemleak's objects add to each call site. */
static void sum_objects_by_site(const struct kl_heap *heap, const struct kl_findings *findings,
				struct kl_store_allocation *allocations)
{
	const struct kl_finding *f;

	for (size_t row = 0; row < heap->rows; row++) {
		if (!heap->tag[row])
			continue;
		allocations[heap->tag[row] - 1].objects++;
		allocations[heap->tag[row] - 1].object_bytes += (int64_t)heap->size[row];
	}
	kl_vec_for_each (f, &findings->list) {
		if (!heap->tag[f->row] || !kleak_verdict_is_leaked(f->verdict))
			continue;
		allocations[heap->tag[f->row] - 1].leaked_objects++;
		allocations[heap->tag[f->row] - 1].leaked_bytes += (int64_t)heap->size[f->row];
	}
}

static void fill_allocation(const struct kl_profiling_survey *s, const struct kl_audit_row *row,
			    struct kl_store_allocation *a)
{
	const struct kl_alloc_tags *tags = &s->profiling.tags;
	const struct kl_tag_count *count = &s->census.tags.data[row->tag];
	const struct kl_alloc_tag *tag = &tags->list.data[row->tag];
	bool known = !(tag->flags & KL_TAG_NO_COUNTERS);

	a->tag = tag->address;
	a->listed = row->tag < tags->listed;
	a->unloaded = tag->flags & KL_TAG_UNLOADED;
	a->inaccurate = tag->flags & KL_TAG_INACCURATE;
	a->bytes = known ? (int64_t)tag->bytes : KL_UNKNOWN;
	a->calls = known ? (int64_t)tag->calls : KL_UNKNOWN;
	a->shared = row->counters_of != (size_t)(row - s->audit.rows.data);
	a->counters_of = (int64_t)row->counters_of;
	a->slab_bytes = (int64_t)count->slab_bytes;
	a->slab_objects = (int64_t)count->slab_objects;
	a->page_bytes = (int64_t)(count->pages << s->profiling.k->page_shift);
	a->page_calls = (int64_t)count->page_calls;
	a->percpu_bytes =
		kl_audit_counted_bytes(s->profiling.k, count, s->audit.charge) - a->slab_bytes - a->page_bytes;
	a->percpu_calls = (int64_t)count->percpu_calls;
	a->stale_pages = (int64_t)count->stale_pages;
	a->cause = kl_audit_cause_name(row->cause);
}

static struct kl_error *store_profiling_counters(const struct kl_profiling_survey *s, struct kl_writer *w)
{
	struct kl_error *err = NULL;

	for (enum kl_page_use use = 0; use < KL_PAGE_USE_COUNT && !err; use++)
		err = kl_writer_add_member(w, KL_COUNTER_PAGES, kl_page_use_name(use), (int64_t)s->census.pages[use]);
	const struct {
		enum kl_counter id;
		uint64_t value;
	} counters[] = {
		{KL_COUNTER_PROFILING_COMPRESSED, s->profiling.tags.info.compressed},
		{KL_COUNTER_PROFILING_DEBUG, s->profiling.tags.info.debug},
		{KL_COUNTER_SLAB_PAGES, s->census.slab_pages},
		{KL_COUNTER_SLAB_WITHOUT_VECTOR, s->census.objects_without_vector},
		{KL_COUNTER_SLAB_EMPTY, s->census.objects_empty},
		{KL_COUNTER_SLAB_STALE, s->census.objects_stale},
		{KL_COUNTER_SLAB_VECTORS_FAILED, s->census.slabs_failed},
		{KL_COUNTER_SLAB_OBJECTS, s->places.slab},
		{KL_COUNTER_SLAB_WITH_SITE, s->places.slab_tagged},
		{KL_COUNTER_PAGES_WITH_SITE, s->places.page_tagged},
		{KL_COUNTER_PERCPU_OBJECTS, s->places.percpu},
		{KL_COUNTER_PERCPU_WITH_SITE, s->places.percpu_tagged},
		{KL_COUNTER_DEDUCED_SITE, s->deduced},
	};
	for (size_t i = 0; i < sizeof(counters) / sizeof(*counters) && !err; i++)
		err = kl_writer_add_counter(w, counters[i].id, (int64_t)counters[i].value);
	return err;
}

struct kl_error *kl_call_sites_store(const struct kl_profiling_survey *s, const struct kl_heap *heap,
				     const struct kl_findings *findings, struct kl_writer *w, int64_t **ids)
{
	size_t count = s->profiling.tags.list.count;
	_cleanup_free_ struct kl_store_allocation *allocations = calloc(count + 1, sizeof(*allocations));
	const struct kl_audit_row *row;
	struct kl_error *err;

	*ids = calloc(count + 1, sizeof(**ids));
	if (!*ids || !allocations)
		return kl_error_nomem();
	if (s->profiling.tags.info.status == KL_PROFILING_ABSENT)
		return NULL;
	err = store_names_of_sites(&s->profiling.tags, w, *ids);
	sum_objects_by_site(heap, findings, allocations);
	kl_vec_for_each (row, &s->audit.rows) {
		if (err)
			return err;
		allocations[row->tag].site_id = (*ids)[row->tag + 1];
		fill_allocation(s, row, &allocations[row->tag]);
		err = kl_writer_add_allocation(w, &allocations[row->tag]);
	}
	return err ? err : store_profiling_counters(s, w);
}
