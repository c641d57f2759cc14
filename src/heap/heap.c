/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "heap/heap.h"

#include <string.h>

struct kl_error *kl_heap_init(struct kl_heap *heap)
{
	struct kl_error *err;

	memset(heap, 0, sizeof(*heap));
	err = kl_intern_create(&heap->comms);
	return err ? err : kl_intern_create(&heap->stacks);
}

void kl_heap_deinit(struct kl_heap *heap)
{
	int i;

#define X(type, name) free(heap->name);
	KL_HEAP_COLUMNS(X)
#undef X
	kl_vec_deinit(&heap->areas);
	kl_intern_destroy(heap->comms);
	kl_intern_destroy(heap->stacks);
	for (i = 0; i < KL_CLASSES; i++)
		kl_index_deinit(&heap->index[i]);
	kl_index_deinit(&heap->copies);
	memset(heap, 0, sizeof(*heap));
}

static bool grow_column(void **column, size_t capacity, size_t element_size)
{
	void *moved = reallocarray(*column, capacity, element_size);

	if (!moved)
		return false;
	*column = moved;
	return true;
}

static bool grow(struct kl_heap *heap)
{
	size_t capacity = heap->capacity ? heap->capacity * 2 : 1024;

#define X(type, name)                                                   \
	if (!grow_column((void **)&heap->name, capacity, sizeof(type))) \
		return false;
	KL_HEAP_COLUMNS(X)
#undef X
	heap->capacity = capacity;
	return true;
}

struct kl_error *kl_heap_add(struct kl_heap *heap, const struct kl_object *object)
{
	size_t row = heap->rows;

	if (row >= UINT32_MAX - 1)
		return kl_error_create(KL_ERROR_UNSUPPORTED, "more than %u objects", UINT32_MAX - 1);
	if (row == heap->capacity && !grow(heap))
		return kl_error_nomem();
#define X(type, name) heap->name[row] = object->name;
	KL_HEAP_COLUMNS(X)
#undef X
	heap->first_area[row] = (uint32_t)heap->areas.count;
	heap->area_count[row] = 0;
	heap->rows++;
	return NULL;
}

bool kl_heap_add_area(struct kl_heap *heap, uint64_t start, uint64_t length)
{
	struct kl_scan_area area = {.start = start, .length = length};
	size_t row = heap->rows - 1;

	if (heap->area_count[row] == UINT16_MAX || !kl_vec_push(&heap->areas, area))
		return false;
	heap->area_count[row]++;
	return true;
}

struct kl_error *kl_heap_add_stack(struct kl_heap *heap, const uint64_t *frames, size_t count, uint32_t *ret)
{
	if (count > KL_STACK_MAX)
		count = KL_STACK_MAX;
	return kl_intern_add(heap->stacks, frames, count * sizeof(*frames), ret);
}

size_t kl_heap_frames(const struct kl_heap *heap, uint32_t id, uint64_t frames[KL_STACK_MAX])
{
	size_t length = 0;
	const char *bytes = kl_intern_get(heap->stacks, id, &length);

	/* kl_heap_add_stack() stores whole stacks of at most KL_STACK_MAX frames. */
	if (length)
		memcpy(frames, bytes, length);
	return length / sizeof(*frames);
}

void kl_heap_remove(struct kl_heap *heap, const uint8_t *gone)
{
	size_t row, kept = 0;

	for (row = 0; row < heap->rows; row++) {
		if (gone[row])
			continue;
#define X(type, name) heap->name[kept] = heap->name[row];
		KL_HEAP_COLUMNS(X)
#undef X
		kept++;
	}
	heap->rows = kept;
}

static int compare_spans(const void *a, const void *b)
{
	const struct kl_span *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->object < y->object ? -1 : 1;
}

/* Keeps the later row of every overlapping pair; works in place on sorted spans. */
static void drop_overlaps(struct kl_index *index, void (*overlap)(void *, size_t, size_t), void *context)
{
	size_t kept = 0, i;

	for (i = 0; i < index->count; i++) {
		struct kl_span span = index->spans[i];
		bool keep = true;

		while (keep && kept && index->spans[kept - 1].end > span.start) {
			uint32_t other = index->spans[kept - 1].object;

			keep = other < span.object;
			if (overlap)
				overlap(context, keep ? other : span.object, keep ? span.object : other);
			if (keep)
				kept--;
		}
		if (keep)
			index->spans[kept++] = span;
	}
	index->count = kept;
}

struct kl_error *kl_heap_build_index(struct kl_heap *heap, void (*overlap)(void *, size_t, size_t), void *context)
{
	size_t counts[KL_CLASSES] = {}, row;
	int class_;

	for (row = 0; row < heap->rows; row++)
		counts[heap->class_[row]]++;
	for (class_ = 0; class_ < KL_CLASSES; class_++) {
		struct kl_index *index = &heap->index[class_];

		kl_index_deinit(index);
		index->spans = calloc(counts[class_] ? counts[class_] : 1, sizeof(*index->spans));
		if (!index->spans)
			return kl_error_nomem();
	}
	for (row = 0; row < heap->rows; row++) {
		struct kl_index *index = &heap->index[heap->class_[row]];
		struct kl_span span = {.start = heap->address[row], .object = (uint32_t)row};

		if (!heap->size[row] || __builtin_add_overflow(span.start, heap->size[row], &span.end))
			continue;
		index->spans[index->count++] = span;
	}
	for (class_ = 0; class_ < KL_CLASSES; class_++) {
		struct kl_index *index = &heap->index[class_];

		qsort(index->spans, index->count, sizeof(*index->spans), compare_spans);
		drop_overlaps(index, overlap, context);
		kl_index_build(index);
	}
	return NULL;
}

struct kl_error *kl_heap_index_copies(struct kl_heap *heap, const uint64_t *offsets, size_t n)
{
	const struct kl_index *cookies = &heap->index[KLEAK_CLASS_PERCPU];
	struct kl_index *copies = &heap->copies;
	size_t i, cpu;

	kl_index_deinit(copies);
	copies->spans = calloc(cookies->count + 1, (n + 1) * sizeof(*copies->spans));
	if (!copies->spans)
		return kl_error_nomem();
	for (i = 0; i < cookies->count; i++) {
		for (cpu = 0; cpu < n; cpu++) {
			struct kl_span span = cookies->spans[i];

			span.start += offsets[cpu];
			span.end += offsets[cpu];
			if (span.start < span.end)
				copies->spans[copies->count++] = span;
		}
	}
	qsort(copies->spans, copies->count, sizeof(*copies->spans), compare_spans);
	drop_overlaps(copies, NULL, NULL);
	kl_index_build(copies);
	return NULL;
}

const char *kl_colour_name(enum kl_colour colour)
{
	static const char *const names[] = {"white", "grey", "black"};

	return names[colour];
}
