/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_types_scene.h: objects of a real dump whose stacks name one call of kmalloc(). The kernels of the corpus have no
 * location lists, so that the cache says of it what a test wants it to say.
 */
#ifndef KL_TESTS_TYPES_SCENE_H
#define KL_TESTS_TYPES_SCENE_H

#include "test_types_world.h"

#include "debug/alloc_calls_cache.h"
#include "debug/pointer_words.h"
#include "kernel/machine/symbolize.h"

/* Every kernel has some of these, alone in a large bucket: s = kzalloc(sizeof(*s)). SCENE names the test's cache. */
#define CALLER "alloc_super"
#define TYPE "super_block"

struct scene {
	struct world w;
	char cache[4096];
	uint64_t pc;     /* behind the call, run-time */
	uint32_t stack;  /* one that has it */
	size_t depth;    /* of the frame behind the call */
	size_t objects;  /* whose stack has it behind the allocator */
	uint64_t size;   /* of the struct */
	uint32_t object; /* of the bucket */
	uint32_t nested; /* the stack that nest_frames() made of it; 0 = none yet */
};

static bool is_in(struct kl_kernel *k, uint64_t address, const char *function)
{
	_cleanup_strbuf_ struct kl_strbuf text = {};

	CHECK_OK(kl_symbolize(k, address, &text));
	return !strncmp(kl_strbuf_string(&text), function, strlen(function));
}

/* The place in the frames of @stack where a kmalloc() was called by CALLER; 0 when there is none. */
static size_t find_caller(struct scene *s, uint32_t stack)
{
	uint64_t frames[KL_STACK_MAX];
	size_t i, n = kl_heap_frames(&s->w.heap, stack, frames);

	for (i = 1; i < n; i++)
		if (is_in(s->w.k, frames[i], CALLER) &&
		    (is_in(s->w.k, frames[i - 1], "__kmalloc") || is_in(s->w.k, frames[i - 1], "kmalloc")))
			return i;
	return 0;
}

static void find_objects(struct scene *s)
{
	const struct kl_heap *heap = &s->w.heap;
	uint64_t frames[KL_STACK_MAX];
	uint32_t row;

	for (row = 0; row < heap->rows; row++) {
		size_t depth = heap->size[row] > 1024 ? find_caller(s, heap->stack[row]) : 0;

		if (!depth)
			continue;
		kl_heap_frames(&s->w.heap, heap->stack[row], frames);
		if (s->pc && s->pc != frames[depth])
			continue; /* other calls of the same function allocate something else */
		s->pc = frames[depth];
		s->depth = depth;
		s->stack = heap->stack[row];
		s->object = (uint32_t)heap->size[row];
		s->objects++;
	}
}

static uint64_t size_of(struct kl_debug *dbg, const char *type)
{
	struct kl_pointer_words_query query = {.names = &type, .n_names = 1};
	_cleanup_word_list_ struct kl_pointer_word_list list = {};
	const struct kl_pointer_words *w;

	CHECK_OK(kl_word_list_init(&list));
	CHECK_OK(kl_pointer_words_find(dbg, &query, &list));
	w = kl_word_list_find(&list, type, 0);
	return w ? w->size : 0;
}

static bool open_scene(struct scene *s)
{
	const char *build = getenv("KLEAK_BUILD");

	*s = (struct scene){};
	if (!open_world(&s->w, "x86_64-6.12"))
		return false;
	snprintf(s->cache, sizeof(s->cache), "%s/%s.cache", build ? build : "/tmp", SCENE);
	s->w.files.cache_dir = s->cache;
	find_objects(s);
	s->size = size_of(s->w.debug, TYPE);
	CHECK(s->objects > 2 && s->size && s->size < s->object);
	return true;
}

/* Reads types where @call, whose address is filled in, is all that is known of calls; @type: its struct, or NULL. */
static void read_with_call(struct scene *s, struct kl_alloc_call call, const char *type)
{
	_cleanup_alloc_calls_ struct kl_alloc_calls calls = {};

	call.address = s->pc - s->w.k->shift;
	CHECK_OK(kl_alloc_calls_init(&calls));
	if (type)
		CHECK_OK(kl_intern_add(calls.names, type, strlen(type), &call.type));
	CHECK(kl_vec_push(&calls.list, call));
	CHECK_OK(kl_alloc_calls_store(s->cache, s->w.k->build_id, &calls));
	read_types(&s->w);
}

#endif
