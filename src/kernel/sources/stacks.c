/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/sources/stacks.h"

#include "kernel/machine/stackdepot.h"

struct kl_error *kl_source_stacks_find(struct kl_source_stacks *s, uint32_t handle, uint32_t *ret)
{
	uint64_t frames[KL_STACK_MAX] = {}, known;
	size_t count = 0;
	struct kl_error *err;

	*ret = 0;
	if (!handle)
		return NULL;
	if (kl_map_get(&s->by_handle, handle, &known)) {
		*ret = (uint32_t)known;
		return NULL;
	}
	kl_stackdepot_fetch(s->k, handle, frames, &count);
	err = kl_heap_add_stack(s->heap, frames, count, ret);
	if (!err && !kl_map_put(&s->by_handle, handle, *ret))
		err = kl_error_nomem();
	return err;
}
