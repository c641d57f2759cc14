/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "profiling/tag_deduce.h"

#include <string.h>

#include "kernel/machine/symbolize.h"

/* The allocator and the function that called it are among the first frames. */
#define PREFIX_MAX 8

struct deduction {
	struct kl_kernel *k;
	const struct kl_alloc_tags *tags;
	struct kl_heap *heap;
	struct kl_map learnt;  /* hash of the first frames of a stack -> tag, KL_NO_TAG when there were several */
	struct kl_map answers; /* stack -> tag, KL_NO_TAG when none can be told */
	struct kl_map taught;  /* stack and tag that were learnt from */
};

static uint64_t hash_frames(uint64_t hash, uint64_t frame)
{
	return kl_hash_bytes(hash, &frame, sizeof(frame));
}

static size_t first_frames(const struct deduction *d, uint32_t stack, uint64_t frames[KL_STACK_MAX])
{
	size_t n = kl_heap_frames(d->heap, stack, frames);

	return n < PREFIX_MAX ? n : PREFIX_MAX;
}

/* ---- learning ---- */

static bool learn_stack(struct deduction *d, uint32_t stack, uint32_t tag)
{
	uint64_t frames[KL_STACK_MAX], hash = KL_HASH_SEED, known;
	size_t n = first_frames(d, stack, frames), i;

	for (i = 0; i < n; i++) {
		hash = hash_frames(hash, frames[i]);
		if (!kl_map_get(&d->learnt, hash, &known))
			known = tag;
		if (!kl_map_put(&d->learnt, hash, known == tag ? tag : KL_NO_TAG))
			return false;
	}
	return true;
}

static struct kl_error *learn(struct deduction *d)
{
	const struct kl_heap *heap = d->heap;

	for (size_t row = 0; row < heap->rows; row++) {
		uint64_t pair = (uint64_t)heap->stack[row] << 32 | heap->tag[row], seen;

		if (!heap->tag[row] || !heap->stack[row] || kl_map_get(&d->taught, pair, &seen))
			continue;
		if (!kl_map_put(&d->taught, pair, 1) || !learn_stack(d, heap->stack[row], heap->tag[row] - 1))
			return kl_error_nomem();
	}
	return NULL;
}

/* ---- applying ---- */

/* Whether @frame lies in the function that @tag names, whatever suffix the compiler gave to it. */
static struct kl_error *is_in_function(struct deduction *d, uint64_t frame, uint32_t tag, bool *ret)
{
	const char *function = kl_alloc_tags_string(d->tags, d->tags->list.data[tag].function);
	size_t length = strlen(function);
	struct kl_symbol_place place;
	struct kl_error *err = kl_symbol_find(d->k, frame, &place, ret);

	if (err || !*ret)
		return err;
	*ret = length && !strncmp(place.symbol.name, function, length) &&
	       (place.symbol.name[length] == '\0' || place.symbol.name[length] == '.');
	return NULL;
}

static struct kl_error *deduce_stack(struct deduction *d, uint32_t stack, uint32_t *ret)
{
	uint64_t frames[KL_STACK_MAX], hash = KL_HASH_SEED, tag;
	size_t n = first_frames(d, stack, frames), i, j;
	bool found = false;
	struct kl_error *err = NULL;

	*ret = KL_NO_TAG;
	for (i = 0; i < n && !found; i++) {
		hash = hash_frames(hash, frames[i]);
		if (!kl_map_get(&d->learnt, hash, &tag))
			return NULL;
		if (tag == KL_NO_TAG)
			continue;
		for (j = 0; j <= i && !found && !err; j++)
			err = is_in_function(d, frames[j], (uint32_t)tag, &found);
		if (err)
			return err;
		if (found)
			*ret = (uint32_t)tag;
	}
	return NULL;
}

static struct kl_error *apply_row(struct deduction *d, size_t row, uint64_t *deduced)
{
	struct kl_heap *heap = d->heap;
	uint64_t answer;
	uint32_t tag;
	struct kl_error *err;

	if (!kl_map_get(&d->answers, heap->stack[row], &answer)) {
		err = deduce_stack(d, heap->stack[row], &tag);
		if (err)
			return err;
		answer = tag;
		if (!kl_map_put(&d->answers, heap->stack[row], answer))
			return kl_error_nomem();
	}
	if (answer == KL_NO_TAG)
		return NULL;
	heap->tag[row] = (uint32_t)answer + 1;
	heap->flags[row] |= KL_OBJECT_TAG_DEDUCED;
	(*deduced)++;
	return NULL;
}

struct kl_error *kl_tags_deduce(struct kl_kernel *k, const struct kl_alloc_tags *tags, struct kl_heap *heap,
				uint64_t *deduced)
{
	struct deduction d = {.k = k, .tags = tags, .heap = heap};
	uint64_t count = 0;
	struct kl_error *err = tags->list.count ? learn(&d) : NULL;

	for (size_t row = 0; row < heap->rows && !err && d.learnt.count; row++) {
		if (!heap->tag[row] && heap->stack[row])
			err = apply_row(&d, row, &count);
	}
	kl_map_deinit(&d.learnt);
	kl_map_deinit(&d.answers);
	kl_map_deinit(&d.taught);
	if (deduced)
		*deduced = count;
	return err;
}
