/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/sources/percpu_copies.h"

#include <inttypes.h>

#include "kernel/machine/machine.h"
#include "kernel/machine/percpu.h"

/* Of all objects together: more than a machine of 8192 CPUs has, in 1.5 GiB. A dump may claim any number. */
#define COPIES_MAX (UINT64_C(1) << 26)

struct joiner {
	struct kl_kernel *k;
	struct kl_heap *heap;
	struct kl_modules *modules;
	uint8_t *gone; /* per row: joined to another one */
};

/* Of its static variables: the module's own record refers to them, be it in memory that is scanned or not. */
static bool is_of_module(const struct joiner *j, uint64_t cookie)
{
	const struct kl_module *m;

	kl_vec_for_each (m, &j->modules->list) {
		if (m->percpu_size && m->percpu == cookie)
			return true;
	}
	return false;
}

static bool is_never_judged(const struct kl_heap *heap, uint32_t row)
{
	return !heap->min_count[row] && heap->flags[row] & KL_OBJECT_ALLOCATED && !heap->area_count[row];
}

/* The record that begins at @address and may stand for the allocation @a there; KL_NO_OBJECT when there is none. */
static uint32_t find_record_of(const struct joiner *j, enum kleak_class class_, uint64_t address,
			       const struct kl_percpu_allocation *a)
{
	const struct kl_heap *heap = j->heap;
	uint32_t row = kl_index_find(&heap->index[class_], address);

	if (row == KL_NO_OBJECT || j->gone[row] || heap->class_[row] != class_ || heap->address[row] != address ||
	    heap->size[row] > a->size || !is_never_judged(heap, row))
		return KL_NO_OBJECT;
	return row;
}

static bool are_alike(const struct kl_heap *heap, uint32_t a, uint32_t b)
{
	return heap->size[a] == heap->size[b] && heap->stack[a] == heap->stack[b] && heap->flags[a] == heap->flags[b];
}

/* The record of the copy on each CPU, the first possible one's first. */
static bool find_copies(const struct joiner *j, const struct kl_percpu_allocation *a, uint32_t *rows)
{
	const struct kl_percpu *percpu = &j->k->percpu;
	uint64_t address;
	size_t i;

	for (i = 0; i < percpu->cpus.count; i++) {
		if (!kl_percpu_address(j->k, a->cookie, percpu->cpus.data[i], &address))
			return false;
		rows[i] = find_record_of(j, KLEAK_CLASS_VIRTUAL, address, a);
		if (rows[i] == KL_NO_OBJECT || !are_alike(j->heap, rows[0], rows[i]))
			return false;
	}
	return i > 0;
}

static void join_allocation(struct joiner *j, const struct kl_percpu_allocation *a, uint32_t *rows)
{
	struct kl_heap *heap = j->heap;
	uint32_t row = find_record_of(j, KLEAK_CLASS_PERCPU, a->cookie, a);
	size_t i;

	if (is_of_module(j, a->cookie))
		return;
	if (row == KL_NO_OBJECT) {
		if (!find_copies(j, a, rows))
			return;
		row = rows[0];
		for (i = 1; i < j->k->percpu.cpus.count; i++)
			j->gone[rows[i]] = 1;
	}
	heap->class_[row] = KLEAK_CLASS_PERCPU;
	heap->address[row] = a->cookie;
	heap->flags[row] |= KL_OBJECT_UNCOUNTED;
}

static struct kl_error *join_all(struct joiner *j)
{
	_cleanup_free_ uint32_t *rows = calloc(j->k->percpu.cpus.count + 1, sizeof(*rows));
	const struct kl_percpu_chunks *chunks;
	const struct kl_percpu_chunk *chunk;
	struct kl_percpu_allocation a;
	struct kl_error *err;
	uint32_t bit;

	if (!rows)
		return kl_error_nomem();
	err = kl_machine_percpu_chunks(j->k, &chunks);
	if (!err)
		err = kl_machine_modules(j->k, &j->modules);
	if (err)
		return err;
	kl_vec_for_each (chunk, &chunks->list) {
		for (bit = 0; kl_percpu_next_allocation(chunk, &bit, &a);)
			join_allocation(j, &a, rows);
	}
	kl_heap_remove(j->heap, j->gone);
	return kl_heap_build_index(j->heap, NULL, NULL);
}

static struct kl_error *index_copies(const struct kl_kernel *k, struct kl_heap *heap)
{
	const struct kl_percpu *percpu = &k->percpu;
	_cleanup_free_ uint64_t *offsets = calloc(percpu->cpus.count + 1, sizeof(*offsets));
	size_t i;

	if (!offsets)
		return kl_error_nomem();
	for (i = 0; i < percpu->cpus.count; i++) {
		if (!kl_percpu_address(k, 0, percpu->cpus.data[i], &offsets[i]))
			return NULL;
	}
	return kl_heap_index_copies(heap, offsets, percpu->cpus.count);
}

struct kl_error *kl_percpu_copies_join(struct kl_kernel *k, const struct kl_kmemleak_info *info, struct kl_heap *heap)
{
	_cleanup_free_ uint8_t *gone = calloc(heap->rows + 1, 1);
	struct joiner j = {.k = k, .heap = heap, .gone = gone};
	uint64_t copies = (uint64_t)heap->index[KLEAK_CLASS_PERCPU].count * k->percpu.cpus.count;
	struct kl_error *err = NULL;

	if (!gone)
		return kl_error_nomem();
	if (copies > COPIES_MAX) {
		kl_kernel_anomaly(k, "per-CPU", 0, "%" PRIu64 " copies of per-CPU objects are too many", copies);
		return NULL;
	}
	if (!info->has_percpu_range && heap->rows)
		err = join_all(&j);
	return err ? err : index_copies(k, heap);
}
