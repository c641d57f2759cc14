/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/whatis.h"

#include <inttypes.h>
#include <string.h>

#include "kernel/machine/symbolize.h"
#include "util/bytes.h"
#include "verdict/retained.h"

/* ---- the allocation ---- */

static struct kl_error *add_stack(struct kl_inquiry *q, uint32_t row, struct kl_whatis *w)
{
	const struct kl_heap *heap = &q->a->snapshot.heap;
	uint64_t addresses[KL_STACK_MAX];
	size_t n = kl_heap_frames(heap, heap->stack[row], addresses), i;

	for (i = 0; i < n; i++) {
		_cleanup_strbuf_ struct kl_strbuf symbol = {};
		struct kl_store_frame frame = {.address = addresses[i], .line = KL_UNKNOWN};
		struct kl_error *err = kl_symbolize_frame(q->a->opened.kernel, addresses, i, &symbol);

		frame.symbol = kl_strbuf_string(&symbol);
		if (!err)
			err = kl_answers_keep(&w->texts, &frame.symbol);
		if (err)
			return err;
		if (!kl_vec_push(&w->thing.stack, frame))
			return kl_error_nomem();
	}
	return NULL;
}

static bool task_lives(const struct kl_inquiry *q, int32_t pid, const char *comm)
{
	const struct kl_task *task;

	/* idle tasks are called after their CPU, and were the first to run */
	if (!pid)
		return true;
	kl_vec_for_each (task, &q->owners.tasks.list) {
		if (task->pid == pid && !strcmp(task->comm, comm))
			return true;
	}
	return false;
}

static struct kl_error *add_task(struct kl_inquiry *q, uint32_t row, struct kl_whatis *w)
{
	const struct kl_heap *heap = &q->a->snapshot.heap;
	struct kl_store_thing *thing = &w->thing;

	if (!(heap->source.knows & KL_KNOWS_TASK) || heap->pid[row] == KL_UNKNOWN_PID)
		return NULL;
	thing->pid = heap->pid[row];
	thing->comm = heap->comm[row] ? kl_intern_get(heap->comms, heap->comm[row], NULL) : NULL;
	thing->task_lives = thing->comm && task_lives(q, heap->pid[row], thing->comm);
	return kl_answers_keep(&w->texts, &thing->comm);
}

static void add_age(const struct kl_inquiry *q, uint32_t row, struct kl_store_thing *thing)
{
	const struct kl_kernel *k = q->a->opened.kernel;
	const struct kl_image_info *image = kl_image_info(q->a->opened.image);
	int64_t jiffies, now = image->crash_time ? image->crash_time : k->time;

	if (!k->hz || !kl_heap_age(&q->a->snapshot.heap, row, k->jiffies, &jiffies))
		return;
	thing->age_ms = jiffies / k->hz * 1000 + jiffies % k->hz * 1000 / k->hz;
	if (now)
		thing->allocated_at = now - thing->age_ms / 1000;
}

/* ---- what hangs on it ---- */

static struct kl_error *add_retained(struct kl_inquiry *q, uint32_t row, struct kl_store_thing *thing)
{
	const struct kl_heap *heap = &q->a->snapshot.heap;
	_cleanup_(kl_retained_deinit) struct kl_retained retained = {};
	_cleanup_free_ uint32_t *heads = NULL;
	const struct kl_finding *f = kl_inquiry_finding(q, row);
	struct kl_error *err;

	if (!f || f->head == KL_NO_OBJECT)
		return NULL;
	thing->has_head = true;
	thing->head = heap->address[f->head];
	heads = malloc((heap->rows + 1) * sizeof(*heads));
	if (!heads)
		return kl_error_nomem();
	memset(heads, 0xff, (heap->rows + 1) * sizeof(*heads)); /* KL_NO_OBJECT */
	kl_vec_for_each (f, &q->a->judgement.findings.list)
		heads[f->row] = f->head;
	err = kl_retained_compute(heap, &q->a->marking.marked.edges, heads, &retained);
	if (err)
		return err;
	thing->retained_objects = (int64_t)retained.objects[row];
	thing->retained_bytes = retained.bytes[row] < INT64_MAX ? (int64_t)retained.bytes[row] : INT64_MAX;
	thing->has_parent = retained.parent[row] != KL_NO_OBJECT;
	thing->parent = thing->has_parent ? heap->address[retained.parent[row]] : 0;
	return NULL;
}

/* ---- what stands there ---- */

static struct kl_error *name_word(struct kl_inquiry *q, struct kl_whatis *w, struct kl_store_shown_word *word)
{
	_cleanup_strbuf_ struct kl_strbuf name = {};
	struct kl_store_holder holder;
	bool known;
	struct kl_error *err = kl_place_of_address(&q->places, word->value, &holder, &known);

	if (err || !known)
		return err;
	if (holder.name)
		kl_strbuf_puts(&name, holder.name);
	else if (strcmp(holder.kind, "object") != 0)
		kl_strbuf_puts(&name, holder.kind);
	else
		kl_strbuf_printf(&name, "object+0x%" PRIx64, (uint64_t)holder.offset);
	if (name.failed)
		return kl_error_nomem();
	word->name = kl_strbuf_string(&name);
	return kl_answers_keep(&w->texts, &word->name);
}

static struct kl_error *add_content(struct kl_inquiry *q, uint64_t from, uint64_t length, struct kl_whatis *w)
{
	struct kl_error *err = NULL;
	uint64_t at;

	from &= ~UINT64_C(7);
	w->thing.shown_from = from;
	for (at = from; at - from < length && !err; at += 8) {
		struct kl_store_shown_word word = {};
		uint8_t raw[8];

		word.present = kl_kernel_read_partial(q->a->opened.kernel, at, raw, sizeof(raw)) == sizeof(raw);
		word.value = kl_get_u64(raw);
		if (word.present)
			err = name_word(q, w, &word);
		if (!err && !kl_vec_push(&w->thing.words, word))
			err = kl_error_nomem();
	}
	return err;
}

/* ---- together ---- */

static struct kl_error *add_object(struct kl_inquiry *q, uint32_t row, struct kl_whatis *w)
{
	struct kl_error *err = kl_answer_object(q, row, &w->texts, &w->thing.object);

	w->thing.has_object = true;
	if (!err)
		err = add_stack(q, row, w);
	if (!err)
		err = add_task(q, row, w);
	if (!err)
		err = add_retained(q, row, &w->thing);
	add_age(q, row, &w->thing);
	return err;
}

/* Where the memory is that @address, which names row @row, means: of a cookie the first CPU's copy, of a physical
 * address the direct map. */
static uint64_t memory_of(const struct kl_inquiry *q, uint32_t row, uint64_t address)
{
	const struct kl_heap *heap = &q->a->snapshot.heap;
	const struct kl_percpu *percpu = &q->a->opened.kernel->percpu;
	bool as_named = address - heap->address[row] < heap->size[row];

	if (!as_named || heap->class_[row] == KLEAK_CLASS_VIRTUAL)
		return address;
	if (heap->class_[row] == KLEAK_CLASS_PHYSICAL)
		return address + q->a->marking.space.direct_map;
	return percpu->smp && percpu->cpus.count ? address + percpu->offsets.data[percpu->cpus.data[0]] : address;
}

static struct kl_error *describe_owner(struct kl_inquiry *q, const struct kl_owner *owner, struct kl_whatis *w)
{
	struct kl_error *err = kl_place_of_owner(&q->places, owner, &w->thing.place);

	w->thing.kind = kl_owner_name(owner->kind);
	w->thing.why = kl_owner_why(owner->kind);
	w->thing.has_physical = true;
	w->thing.physical = owner->physical;
	if (owner->cache)
		w->thing.slot_size = owner->cache->size;
	return err ? err : kl_answers_keep_holder(&w->texts, &w->thing.place);
}

struct kl_error *kl_whatis_find(struct kl_inquiry *q, uint64_t address, size_t content, struct kl_whatis *ret)
{
	uint32_t row = kl_inquiry_find(q, address);
	uint64_t at = row == KL_NO_OBJECT ? address : memory_of(q, row, address), length = content, size;
	struct kl_error *err = kl_owners_map(&q->owners);
	struct kl_owner owner;

	ret->thing = (struct kl_store_thing){.address = address,
					     .slot_size = KL_UNKNOWN,
					     .pid = KL_UNKNOWN,
					     .age_ms = KL_UNKNOWN,
					     .allocated_at = KL_UNKNOWN,
					     .retained_objects = KL_UNKNOWN,
					     .retained_bytes = KL_UNKNOWN};
	if (!err)
		err = kl_owner_find(&q->owners, at, &owner);
	if (!err)
		err = describe_owner(q, &owner, ret);
	if (err)
		return err;
	if (row == KL_NO_OBJECT && owner.kind == KL_OWNER_SLACK)
		row = owner.row;
	if (row != KL_NO_OBJECT)
		err = add_object(q, row, ret);
	if (err || row == KL_NO_OBJECT || owner.kind == KL_OWNER_SLACK)
		return err ? err : add_content(q, at, length, ret);
	/* of a small object all of it, of a large one what follows the address */
	size = q->a->snapshot.heap.size[row];
	if (size <= length)
		at -= (uint64_t)ret->thing.place.offset < size ? (uint64_t)ret->thing.place.offset : 0;
	return add_content(q, at, size < length ? size : length, ret);
}

void kl_whatis_deinit(struct kl_whatis *w)
{
	kl_vec_deinit(&w->thing.stack);
	kl_vec_deinit(&w->thing.words);
	kl_answers_deinit(&w->texts);
}
