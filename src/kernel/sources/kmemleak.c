/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/sources/kmemleak.h"

#include <inttypes.h>

#include "kernel/machine/list.h"
#include "kernel/sources/kmemleak_info.h"
#include "kernel/sources/stacks.h"

#define ANOMALY "kmemleak object"

/* No object is larger than the machine's memory; this is more than any has. */
#define MAX_MEMORY (UINT64_C(1) << 46)

/* The kernel's flag bits. Bit 3 had two meanings: NEW in 2.6.31/32, nothing, FULL_SCAN since 5.4. */
#define RAW_ALLOCATED (1 << 0)
#define RAW_REPORTED (1 << 1)
#define RAW_NO_SCAN (1 << 2)
#define RAW_NEW_OR_FULL_SCAN (1 << 3)
#define RAW_PHYS (1 << 4)    /* 6.0 */
#define RAW_PERCPU (1 << 5)  /* 6.8, 39042079a0c24 */
#define RAW_SUSPECT (1 << 6) /* 7.3 */
#define RAW_DELSTATE_REMOVED (1 << 0)

struct reader {
	struct kl_kernel *k;
	const struct kl_layout_kmemleak_object *l;
	uint8_t *raw; /* what is read of one struct kmemleak_object */
	size_t raw_size;
	struct kl_kmemleak *km;
	struct kl_heap *heap;
	uint64_t pool_start, pool_end; /* mem_pool[], 0 without */
	struct kl_source_stacks stacks;
	uint64_t initial_zero, initial_ones;
};

/* Objects, or parts of them that are scanned, were lost: what they hold is no leak. */
static void lose_objects(struct reader *r)
{
	kl_kernel_incomplete(r->k, "kmemleak's list of objects");
}

/* ---- flags ---- */

static uint8_t decode_flags(const struct reader *r, uint64_t raw, uint64_t metadata)
{
	uint8_t flags = 0;

	flags |= raw & RAW_ALLOCATED ? KL_OBJECT_ALLOCATED : 0;
	flags |= raw & RAW_REPORTED ? KL_OBJECT_REPORTED : 0;
	flags |= raw & RAW_NO_SCAN ? KL_OBJECT_NO_SCAN : 0;
	/* Checksums (2.6.33) replaced the NEW flag. */
	if (raw & RAW_NEW_OR_FULL_SCAN)
		flags |= r->l->checksum.present ? KL_OBJECT_FULL_SCAN : KL_OBJECT_NEW;
	if ((raw & RAW_SUSPECT) && r->l->unref_scans.present)
		flags |= KL_OBJECT_SUSPECT;
	if (metadata >= r->pool_start && metadata < r->pool_end)
		flags |= KL_OBJECT_POOLED;
	return flags;
}

static enum kleak_class decode_class(const struct reader *r, uint64_t raw)
{
	if ((raw & RAW_PHYS) && r->k->layouts.variables.object_phys_tree_root.present)
		return KLEAK_CLASS_PHYSICAL;
	if ((raw & RAW_PERCPU) && r->k->layouts.variables.object_percpu_tree_root.present)
		return KLEAK_CLASS_PERCPU;
	return KLEAK_CLASS_VIRTUAL;
}

/* ---- stacks ---- */

/* Frames inside the record, before 6.2. */
static struct kl_error *inline_stack(struct reader *r, const uint8_t *raw, uint64_t metadata, uint32_t *ret)
{
	const struct kl_member *trace = &r->l->trace;
	uint64_t frames[KL_STACK_MAX] = {}, count = kl_member_get(&r->l->trace_len, raw), i;

	*ret = 0;
	if (count > trace->count || count > KL_STACK_MAX) {
		kl_kernel_anomaly(r->k, ANOMALY, metadata,
				  "kmemleak_object %#" PRIx64 " claims %" PRIu64 " stack frames", metadata, count);
		return NULL;
	}
	for (i = 0; i < count; i++)
		frames[i] = kl_get_u64(raw + trace->offset + i * 8);
	return kl_heap_add_stack(r->heap, frames, count, ret);
}

static struct kl_error *read_stack(struct reader *r, const uint8_t *raw, uint64_t metadata, uint32_t *ret)
{
	if (r->l->trace_handle.present)
		return kl_source_stacks_find(&r->stacks, (uint32_t)kl_member_get(&r->l->trace_handle, raw), ret);
	if (r->l->trace.present && r->l->trace_len.present)
		return inline_stack(r, raw, metadata, ret);
	*ret = 0;
	return NULL;
}

/* ---- scan areas ---- */

/* Relative {offset, length} in 2.6.31/32, absolute {start, size} since. */
static struct kl_error *read_scan_area(struct reader *r, uint64_t address, uint64_t object, uint64_t *start,
				       uint64_t *length)
{
	const struct kl_layout_kmemleak_scan_area *l = &r->k->layouts.kmemleak_scan_area;
	struct kl_error *err;

	if (l->start.present) {
		err = kl_kernel_read_member(r->k, address, &l->start, start);
		*start = kl_untag(r->k, *start);
		return err ? err : kl_kernel_read_member(r->k, address, &l->size, length);
	}
	err = kl_kernel_read_member(r->k, address, &l->offset, start);
	*start += object;
	return err ? err : kl_kernel_read_member(r->k, address, &l->length, length);
}

static struct kl_error *read_scan_areas(struct reader *r, uint64_t metadata, const struct kl_object *object)
{
	const struct kl_layout_kmemleak_scan_area *l = &r->k->layouts.kmemleak_scan_area;
	struct kl_list_walk walk;
	uint64_t node;

	if (!l->type.present)
		return NULL;
	kl_hlist_begin(&walk, r->k, "scan areas", metadata + r->l->area_list.offset);
	while (kl_list_next(&walk, &node)) {
		uint64_t start = 0, length = 0, end, address = node - l->node.offset;
		struct kl_error *err = read_scan_area(r, address, object->address, &start, &length);

		if (err) {
			kl_kernel_anomaly_error(r->k, ANOMALY, address, err);
			lose_objects(r);
			break;
		}
		if (start < object->address || __builtin_add_overflow(start, length, &end) ||
		    end > object->address + object->size) {
			kl_kernel_anomaly(r->k, ANOMALY, address,
					  "scan area of %" PRIu64 " bytes at %#" PRIx64
					  " lies outside its object %#" PRIx64,
					  length, start, object->address);
			lose_objects(r);
			continue;
		}
		if (!kl_heap_add_area(r->heap, start, length))
			return kl_error_nomem();
	}
	if (walk.broken)
		lose_objects(r);
	return NULL;
}

/* ---- objects ---- */

/* Is this entry of the list an object that lives? Others are counted. */
static bool is_live(struct reader *r, const uint8_t *raw)
{
	if (kl_member_get(&r->l->del_state, raw) & RAW_DELSTATE_REMOVED) {
		r->km->skipped.removed++;
		return false;
	}
	if (!(kl_member_get(&r->l->flags, raw) & RAW_ALLOCATED) || !kl_member_get(&r->l->use_count, raw)) {
		r->km->skipped.freed++;
		return false;
	}
	return true;
}

static uint64_t memory_size(const struct kl_kernel *k)
{
	const struct kl_image_info *info = k->image ? kl_image_info(k->image) : NULL;

	return info && info->max_pfn < MAX_MEMORY >> k->page_shift ? info->max_pfn << k->page_shift : MAX_MEMORY;
}

static bool is_plausible_object(struct reader *r, const struct kl_object *object)
{
	uint64_t end;

	if (object->size && object->size <= memory_size(r->k) &&
	    !__builtin_add_overflow(object->address, object->size, &end) &&
	    (object->class_ != KLEAK_CLASS_VIRTUAL || object->address >> 63))
		return true;
	r->km->skipped.invalid++;
	lose_objects(r);
	kl_kernel_anomaly(r->k, ANOMALY, object->metadata,
			  "kmemleak_object %#" PRIx64 " claims %" PRIu64 " bytes at %#" PRIx64, object->metadata,
			  object->size, object->address);
	return false;
}

static void note_checksum(struct reader *r, const struct kl_object *object)
{
	if (object->min_count > 0)
		return;
	/* Never white, hence never looked at: it still holds what new objects get. */
	r->initial_zero += object->checksum == 0;
	r->initial_ones += object->checksum == UINT32_MAX;
}

static struct kl_error *decode_object(struct reader *r, const uint8_t *raw, uint64_t metadata, struct kl_object *ret)
{
	const struct kl_layout_kmemleak_object *l = r->l;
	uint64_t flags = kl_member_get(&l->flags, raw), pointer = kl_member_get(&l->pointer, raw);
	const char *comm = (const char *)raw + l->comm.offset;
	struct kl_error *err;

	*ret = (struct kl_object){
		.size = kl_member_get(&l->size, raw),
		.excess_ref = kl_untag(r->k, kl_member_get(&l->excess_ref, raw)),
		.jiffies = kl_member_get(&l->jiffies, raw),
		.metadata = metadata,
		.min_count = (int32_t)kl_member_get(&l->min_count, raw),
		.count = (int32_t)kl_member_get(&l->count, raw),
		.checksum = (uint32_t)kl_member_get(&l->checksum, raw),
		.unref_scans = (uint32_t)kl_member_get(&l->unref_scans, raw),
		.pid = (int32_t)kl_member_get(&l->pid, raw),
		.flags = decode_flags(r, flags, metadata),
		.class_ = (uint8_t)decode_class(r, flags),
	};
	ret->address = ret->class_ == KLEAK_CLASS_VIRTUAL ? kl_untag(r->k, pointer) : pointer;
	if (ret->address != pointer)
		r->km->info.tagged_pointers = true;
	err = kl_intern_add(r->heap->comms, comm, strnlen(comm, l->comm.size), &ret->comm);
	return err ? err : read_stack(r, raw, metadata, &ret->stack);
}

static struct kl_error *read_object(struct reader *r, uint64_t metadata)
{
	const uint8_t *raw = r->raw;
	struct kl_object object;
	struct kl_error *err;

	err = kl_kernel_read(r->k, metadata, r->raw, r->raw_size);
	if (err) {
		r->km->skipped.invalid++;
		lose_objects(r);
		kl_kernel_anomaly_error(r->k, ANOMALY, metadata, err);
		return NULL;
	}
	if (!is_live(r, raw))
		return NULL;
	err = decode_object(r, raw, metadata, &object);
	if (err || !is_plausible_object(r, &object))
		return err;
	note_checksum(r, &object);
	err = kl_heap_add(r->heap, &object);
	if (!err && kl_member_get(&r->l->area_list, raw))
		err = read_scan_areas(r, metadata, &object);
	return err;
}

static struct kl_error *read_objects(struct reader *r, const struct kl_progress *progress)
{
	uint64_t head = kl_kernel_variable(r->k, &r->k->layouts.variables.object_list), node;
	struct kl_list_walk walk;

	r->raw_size = kl_layouts_span(&r->k->layouts, &r->l->type);
	r->raw = malloc(r->raw_size);
	if (!r->raw)
		return kl_error_nomem();
	kl_list_begin(&walk, r->k, "object_list", head);
	while (kl_list_next(&walk, &node)) {
		struct kl_error *err = read_object(r, node - r->l->object_list.offset);

		if (!err && walk.count % 256 == 0)
			err = kl_progress_tick(progress, "reading objects", walk.count, 0);
		if (err)
			return err;
	}
	if (!walk.broken && !walk.count && r->km->info.state == KL_KMEMLEAK_ON) {
		kl_kernel_anomaly(r->k, ANOMALY, head, "kmemleak is on, but its list of objects is empty");
		lose_objects(r);
	}
	if (walk.broken)
		lose_objects(r);
	return NULL;
}

static void on_overlap(void *context, size_t dropped, size_t kept)
{
	struct reader *r = context;
	const struct kl_heap *heap = r->heap;

	lose_objects(r);
	kl_kernel_anomaly(r->k, ANOMALY, heap->metadata[dropped],
			  "object %#" PRIx64 " of %" PRIu64 " bytes overlaps the newer object %#" PRIx64 " of %" PRIu64
			  " bytes",
			  heap->address[dropped], heap->size[dropped], heap->address[kept], heap->size[kept]);
}

static struct kl_error *read_kmemleak(struct reader *r, const struct kl_progress *progress)
{
	const struct kl_variable *pool = &r->k->layouts.variables.mem_pool;
	struct kl_error *err;

	r->pool_start = kl_kernel_variable(r->k, pool);
	r->pool_end = r->pool_start + pool->size;
	kl_kmemleak_read_info(r->k, &r->km->info);
	r->heap->source = (struct kl_source){
		.name = "kmemleak",
		.state = kl_kmemleak_words(&r->km->info),
		.knows = KL_KNOWS_AGE | KL_KNOWS_TASK | KL_KNOWS_STACK | KL_KNOWS_SCANS | KL_KNOWS_BOOT,
	};
	if (r->km->info.state == KL_KMEMLEAK_ABSENT)
		return NULL;
	err = read_objects(r, progress);
	if (err)
		return err;
	/* The fix that chained per-CPU checksums also changed the initial value (6.12.y, 7.x): most objects tell which.
	 */
	r->km->info.initial_checksum = r->initial_ones > r->initial_zero ? UINT32_MAX : 0;
	return kl_heap_build_index(r->heap, on_overlap, r);
}

struct kl_error *kl_kmemleak_read(struct kl_kernel *k, const struct kl_progress *progress, struct kl_heap *heap,
				  struct kl_kmemleak *ret)
{
	struct reader r = {
		.k = k, .l = &k->layouts.kmemleak_object, .km = ret, .heap = heap, .stacks = {.k = k, .heap = heap}};
	struct kl_error *err;

	*ret = (struct kl_kmemleak){};
	err = read_kmemleak(&r, progress);
	kl_source_stacks_deinit(&r.stacks);
	free(r.raw);
	return err;
}

bool kl_kmemleak_would_print(const struct kl_kmemleak *km, const struct kl_heap *heap, size_t row)
{
	uint8_t wanted = KL_OBJECT_ALLOCATED | KL_OBJECT_REPORTED;

	return (heap->flags[row] & wanted) == wanted &&
	       kl_colour_of(heap->min_count[row], heap->count[row]) == KL_WHITE &&
	       (int64_t)(km->info.last_scan - (heap->jiffies[row] + km->info.min_age)) >= 0;
}
