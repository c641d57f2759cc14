/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/machine/kfence.h"

#include <inttypes.h>

#include "util/search.h"

#define ANOMALY "KFENCE"
#define RECORDS_MAX 65535 /* CONFIG_KFENCE_NUM_OBJECTS is at most that */
#define RECORD_MAX 16384  /* bytes; two stacks of 64 frames are most of one */
/* So many records in a row that are none end the array: two pages of it may be missing in the dump. */
#define GAP_MAX 16

struct record_reader {
	struct kl_kernel *k;
	struct kl_kfence *ret;
	uint64_t pool;
	uint64_t page_size;
	uint8_t *raw;
};

static void record_reader_deinit(struct record_reader *r)
{
	free(r->raw);
}

static uint64_t page_of_record(const struct record_reader *r, uint64_t index)
{
	return r->pool + (2 * index + 2) * r->page_size;
}

/* Reads record @index; false when it is none. */
static bool read_guard_record(struct record_reader *r, uint64_t index)
{
	const struct kl_layout_kfence_metadata *l = &r->k->layouts.kfence_metadata;
	struct kl_error *err =
		kl_kernel_read(r->k, r->ret->records + index * l->type.size, r->raw, (size_t)l->type.size);
	bool failed = err;

	kl_error_destroy(err);
	return !failed &&
	       (kl_untag(r->k, kl_member_get(&l->addr, r->raw)) & ~(r->page_size - 1)) == page_of_record(r, index);
}

/* Notes the object of the record just read, if it has one. */
static struct kl_error *decode_record(struct record_reader *r, uint64_t index)
{
	const struct kl_layout_kfence_metadata *l = &r->k->layouts.kfence_metadata;
	const struct kl_layouts *all = &r->k->layouts;
	uint64_t page = page_of_record(r, index), state = kl_member_get(&l->state, r->raw);
	struct kl_kfence_object object = {
		.record = r->ret->records + index * l->type.size,
		.address = kl_untag(r->k, kl_member_get(&l->addr, r->raw)),
		.size = kl_member_get(&l->size, r->raw),
		.cache = kl_untag(r->k, kl_member_get(&l->cache, r->raw)),
	};

	if (state < (uint64_t)all->enumerators.KFENCE_OBJECT_ALLOCATED.value)
		return NULL;
	if (state > (uint64_t)all->enumerators.KFENCE_OBJECT_FREED.value || !object.size ||
	    object.size > page + r->page_size - object.address) {
		kl_kernel_anomaly(r->k, ANOMALY, object.record,
				  "a record of %" PRIu64 " bytes in state %" PRIu64 ", which cannot be", object.size,
				  state);
		return kl_vec_push(&r->ret->unknown, page) ? NULL : kl_error_nomem();
	}
	if (state != (uint64_t)all->enumerators.KFENCE_OBJECT_ALLOCATED.value)
		return NULL;
	return kl_vec_push(&r->ret->list, object) ? NULL : kl_error_nomem();
}

/* Records before @index that are none, but have others behind them. */
static struct kl_error *note_gap(struct record_reader *r, uint64_t first, uint64_t index)
{
	for (; first < index; first++) {
		kl_kernel_anomaly(r->k, ANOMALY, r->ret->records, "records that are damaged, or not in the dump");
		if (!kl_vec_push(&r->ret->unknown, page_of_record(r, first)))
			return kl_error_nomem();
	}
	return NULL;
}

static struct kl_error *read_guard_records(struct record_reader *r)
{
	const struct kl_variable *records = &r->k->layouts.variables.kfence_metadata;
	uint64_t max = records->is_array && records->count < RECORDS_MAX ? records->count : RECORDS_MAX, i;
	struct kl_kfence *ret = r->ret;
	struct kl_error *err = NULL;

	for (i = 0; i < max && i < ret->count + GAP_MAX && !err; i++) {
		if (!read_guard_record(r, i))
			continue;
		err = note_gap(r, ret->count, i);
		if (!err)
			err = decode_record(r, i);
		ret->count = i + 1;
	}
	if (err || !ret->count)
		return err;
	ret->start = r->pool;
	ret->end = page_of_record(r, ret->count);
	return NULL;
}

static struct kl_error *find_records(struct kl_kernel *k, uint64_t *ret)
{
	const struct kl_variable *records = &k->layouts.variables.kfence_metadata;

	*ret = kl_kernel_variable(k, records);
	return records->is_pointer ? kl_kernel_read_u64(k, *ret, ret) : NULL;
}

struct kl_error *kl_kfence_read(struct kl_kernel *k, struct kl_kfence *ret)
{
	_cleanup_(record_reader_deinit) struct record_reader r = {
		.k = k, .ret = ret, .page_size = UINT64_C(1) << k->page_shift};
	const struct kl_layouts *l = &k->layouts;
	struct kl_error *err;

	*ret = (struct kl_kfence){};
	if (!l->variables.__kfence_pool.present || !l->variables.kfence_metadata.present ||
	    !l->kfence_metadata.type.present || !l->enumerators.KFENCE_OBJECT_FREED.present ||
	    !l->enumerators.KFENCE_OBJECT_ALLOCATED.present || l->kfence_metadata.type.size > RECORD_MAX)
		return NULL;
	err = kl_kernel_read_u64(k, kl_kernel_variable(k, &l->variables.__kfence_pool), &r.pool);
	if (!err)
		err = find_records(k, &ret->records);
	if (err)
		return kl_kernel_go_on(k, ANOMALY, 0, kl_error_prepend(err, "the pool of KFENCE"));
	r.pool = kl_untag(k, r.pool);
	ret->records = kl_untag(k, ret->records);
	/* It may be switched off, or have failed to start. */
	if (!r.pool || !ret->records)
		return NULL;
	r.raw = malloc(l->kfence_metadata.type.size);
	err = r.raw ? read_guard_records(&r) : kl_error_nomem();
	if (!err && !ret->count)
		kl_kernel_anomaly(k, ANOMALY, ret->records, "the records of the pool cannot be read");
	if (err)
		kl_kfence_deinit(ret);
	return err;
}

void kl_kfence_deinit(struct kl_kfence *f)
{
	kl_vec_deinit(&f->list);
	kl_vec_deinit(&f->unknown);
}

const struct kl_kfence_object *kl_kfence_find(const struct kl_kernel *k, const struct kl_kfence *f, uint64_t address)
{
	uint64_t page = address & ~((UINT64_C(1) << k->page_shift) - 1), next = page + (UINT64_C(1) << k->page_shift);
	size_t n = kl_search_prefix(f->list.data, f->list.count, object, object->address < next);

	return n && f->list.data[n - 1].address >= page ? &f->list.data[n - 1] : NULL;
}
