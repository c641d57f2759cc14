/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/sources/track.h"

#define ANOMALY "slab track"
#define TRACK_MAX 256 /* bytes of a struct track: 16 frames and four words at most */

static struct kl_error *read_frames(struct kl_source_stacks *stacks, const uint8_t *raw, uint32_t *ret)
{
	const struct kl_layout_track *l = &stacks->k->layouts.track;
	uint64_t frames[KL_STACK_MAX] = {};
	uint32_t handle = (uint32_t)kl_member_get(&l->handle, raw);
	struct kl_error *err = NULL;
	size_t n = 0;

	*ret = 0;
	if (handle)
		err = kl_source_stacks_find(stacks, handle, ret);
	if (err || *ret)
		return err;
	for (; l->addrs.present && n < l->addrs.count && n < KL_STACK_MAX; n++) {
		frames[n] = kl_get_u64(raw + l->addrs.offset + 8 * n);
		if (!frames[n])
			break;
	}
	if (!n)
		frames[n++] = kl_member_get(&l->addr, raw);
	return frames[0] ? kl_heap_add_stack(stacks->heap, frames, n, ret) : NULL;
}

static struct kl_error *read_kasan_track(struct kl_source_stacks *stacks, const struct kl_slab_cache *cache,
					 struct kl_object *object)
{
	const struct kl_layout_kasan_track *l = &stacks->k->layouts.kasan_track;
	uint64_t track = object->address + cache->kasan_offset, pid, handle;
	struct kl_error *err;

	if (!cache->kasan_offset)
		return NULL;
	err = kl_kernel_read_member(stacks->k, track, &l->pid, &pid);
	if (!err)
		err = kl_kernel_read_member(stacks->k, track, &l->stack, &handle);
	if (err)
		return kl_kernel_go_on(stacks->k, ANOMALY, object->address, err);
	if (handle)
		object->pid = (int32_t)pid;
	return kl_source_stacks_find(stacks, (uint32_t)handle, &object->stack);
}

static struct kl_error *read_slub_track(struct kl_source_stacks *stacks, const struct kl_slab_cache *cache,
					struct kl_object *object)
{
	const struct kl_layout_track *l = &stacks->k->layouts.track;
	uint8_t raw[TRACK_MAX];
	struct kl_error *err;

	if (!cache->track_offset || l->type.size > sizeof(raw))
		return NULL;
	err = kl_kernel_read(stacks->k, object->address + cache->track_offset, raw, l->type.size);
	if (err)
		return kl_kernel_go_on(stacks->k, ANOMALY, object->address, err);
	/* erased until somebody allocates the object */
	if (!kl_member_get(&l->addr, raw))
		return NULL;
	object->pid = (int32_t)kl_member_get(&l->pid, raw);
	object->jiffies = kl_member_get(&l->when, raw);
	return read_frames(stacks, raw, &object->stack);
}

struct kl_error *kl_track_read(struct kl_source_stacks *stacks, const struct kl_slab_cache *cache,
			       struct kl_object *object)
{
	struct kl_error *err = read_slub_track(stacks, cache, object);

	return err || object->stack ? err : read_kasan_track(stacks, cache, object);
}
