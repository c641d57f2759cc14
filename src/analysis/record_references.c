/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/record_references.h"

#include <string.h>

struct kl_error *kl_references_prepare(struct kl_analysis *a, struct kl_reference_recorder *r)
{
	const struct kl_heap *heap = &a->snapshot.heap;
	const struct kl_finding *f;
	struct kl_error *err;

	a->opened.kernel->muted++;
	err = kl_inquiry_begin(a, &r->inquiry);
	a->opened.kernel->muted--;
	if (err)
		return err;
	r->heads = malloc((heap->rows + 1) * sizeof(*r->heads));
	if (!r->heads)
		return kl_error_nomem();
	memset(r->heads, 0xff, (heap->rows + 1) * sizeof(*r->heads)); /* KL_NO_OBJECT */
	kl_vec_for_each (f, &a->judgement.findings.list)
		r->heads[f->row] = f->head;
	return kl_retained_compute(heap, &a->marking.marked.edges, r->heads, &r->retained);
}

void kl_reference_recorder_deinit(struct kl_reference_recorder *r)
{
	kl_inquiry_deinit(&r->inquiry);
	kl_retained_deinit(&r->retained);
	free(r->heads);
}

static int64_t as_signed(uint64_t value)
{
	return value < INT64_MAX ? (int64_t)value : INT64_MAX;
}

struct kl_error *kl_references_describe(struct kl_reference_recorder *r, uint32_t row, struct kl_store_finding *ret)
{
	const struct kl_analysis *a = r->inquiry.a;
	const struct kl_mark *mark = &a->marking.marked.mark;
	uint64_t start = kl_object_start(&a->snapshot.heap, &a->marking.space, row);
	struct kl_store_holder holder;
	struct kl_error *err;

	a->opened.kernel->muted++;
	err = kl_place_of_object(&r->inquiry.places, row, start, &holder);
	a->opened.kernel->muted--;
	if (err)
		return err;
	ret->cache = holder.cache;
	ret->type = holder.type;
	ret->found = mark->count[row];
	ret->needed = mark->min_count[row];
	ret->retained_objects = ret->retained_bytes = KL_UNKNOWN;
	if (r->heads[row] == KL_NO_OBJECT)
		return NULL;
	ret->retained_objects = as_signed(r->retained.objects[row]);
	ret->retained_bytes = as_signed(r->retained.bytes[row]);
	ret->has_parent = r->retained.parent[row] != KL_NO_OBJECT;
	if (ret->has_parent)
		ret->parent = a->snapshot.heap.address[r->retained.parent[row]];
	return NULL;
}

static struct kl_error *store_reference(void *context, uint32_t row, const struct kl_store_word *word)
{
	(void)row;
	return kl_writer_add_reference(context, word);
}

const char *kl_stored_edges_name(const struct kl_analysis *a)
{
	enum kl_stored_edges edges = a->opened.options->edges;

	if (!a->marking.references.begin || edges == KL_EDGES_NONE)
		return NULL;
	return edges == KL_EDGES_ALL ? "all" : "findings";
}

struct kl_error *kl_references_store(struct kl_reference_recorder *r, struct kl_writer *w)
{
	const struct kl_analysis *a = r->inquiry.a;
	_cleanup_free_ uint8_t *wanted = calloc(a->snapshot.heap.rows + 1, 1);
	const struct kl_finding *f;
	struct kl_error *err;

	if (!kl_stored_edges_name(a))
		return NULL;
	if (!wanted)
		return kl_error_nomem();
	if (a->opened.options->edges == KL_EDGES_ALL)
		memset(wanted, 1, a->snapshot.heap.rows);
	kl_vec_for_each (f, &a->judgement.findings.list)
		wanted[f->row] = 1;
	a->opened.kernel->muted++;
	err = kl_inquiry_all_references(&r->inquiry, wanted, store_reference, w);
	a->opened.kernel->muted--;
	kl_naming_end(&r->inquiry.naming);
	return err;
}
