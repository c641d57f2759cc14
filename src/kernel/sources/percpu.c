/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/sources/percpu.h"

#include "kernel/machine/machine.h"

static struct kl_error *add_chunk_objects(struct kl_heap *heap, const struct kl_percpu_chunk *chunk)
{
	struct kl_percpu_allocation allocation;
	struct kl_error *err = NULL;
	uint32_t bit = 0;

	while (!err && kl_percpu_next_allocation(chunk, &bit, &allocation)) {
		struct kl_object object = kl_source_object(KLEAK_CLASS_PERCPU, allocation.cookie, allocation.size);

		object.metadata = chunk->address;
		err = kl_heap_add(heap, &object);
	}
	return err;
}

struct kl_error *kl_percpu_source_read(struct kl_source_reading *r)
{
	const struct kl_percpu_chunks *chunks;
	struct kl_error *err = kl_machine_percpu_chunks(r->k, &chunks);
	const struct kl_percpu_chunk *chunk;

	if (err)
		return err;
	kl_vec_for_each (chunk, &chunks->list) {
		err = add_chunk_objects(r->heap, chunk);
		if (err)
			break;
	}
	return err;
}
