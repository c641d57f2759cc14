/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/facts/alloc_stacks.h"

#include <string.h>

#include "debug/alloc_calls_cache.h"
#include "kernel/machine/machine.h"
#include "kernel/machine/symbolize.h"
#include "util/stack_name.h"

/* Frames in which the allocator's caller must be found: kmemleak's and the slab's own come first. */
#define FRAMES 12

struct kl_error *kl_alloc_stacks_init(struct kl_kernel *k, const struct kl_heap *heap,
				      const struct kl_type_files *files, struct kl_alloc_stacks *ret)
{
	*ret = (struct kl_alloc_stacks){.k = k, .heap = heap, .files = files};
	return kl_intern_create(&ret->names);
}

void kl_alloc_stacks_deinit(struct kl_alloc_stacks *stacks)
{
	struct kl_alloc_calls_source *source;

	kl_vec_for_each (source, &stacks->sources)
		kl_alloc_calls_deinit(&source->calls);
	kl_vec_deinit(&stacks->sources);
	kl_vec_deinit(&stacks->origins);
	kl_map_deinit(&stacks->by_stack);
	kl_intern_destroy(stacks->names);
	stacks->names = NULL;
}

/* ---- what a file tells ---- */

static struct kl_error *read_calls(struct kl_alloc_stacks *stacks, struct kl_module *module, struct kl_alloc_calls *ret)
{
	const char *build_id = kl_type_file_build_id(stacks->k, module);
	struct kl_debug *dbg;
	struct kl_error *err;
	bool hit;

	err = kl_alloc_calls_load(stacks->files->cache_dir, build_id, ret, &hit);
	if (err || hit)
		return err;
	dbg = kl_type_file_open(stacks->files, module);
	if (!dbg)
		return NULL;
	err = kl_alloc_calls_find(dbg, ret);
	if (!err) {
		kl_error_destroy(kl_alloc_calls_store(stacks->files->cache_dir, build_id, ret));
		return NULL;
	}
	ret->list.count = 0;
	if (kl_error_code(err) == KL_ERROR_NOMEM || kl_error_code(err) == KL_ERROR_INTERRUPTED)
		return err;
	kl_kernel_anomaly_error(stacks->k, "types", 0, err);
	return NULL;
}

/* @ret is valid until another file is asked. */
static struct kl_error *calls_of(struct kl_alloc_stacks *stacks, struct kl_module *module,
				 const struct kl_alloc_calls **ret)
{
	struct kl_alloc_calls_source source = {.module = module}, *known;
	struct kl_error *err;

	kl_vec_for_each (known, &stacks->sources) {
		if (known->module == module) {
			*ret = &known->calls;
			return NULL;
		}
	}
	err = kl_alloc_calls_init(&source.calls);
	if (!err)
		err = read_calls(stacks, module, &source.calls);
	if (!err && !kl_vec_push(&stacks->sources, source))
		err = kl_error_nomem();
	if (err) {
		kl_alloc_calls_deinit(&source.calls);
		return err;
	}
	*ret = &stacks->sources.data[stacks->sources.count - 1].calls;
	return NULL;
}

/* Addresses in a module's file are of our own making: a call in one is found by its function. */
static struct kl_error *find_in_module(struct kl_alloc_stacks *stacks, const struct kl_alloc_calls *calls, uint64_t pc,
				       const struct kl_alloc_call **ret)
{
	struct kl_symbol_place place;
	bool found;
	/* the return address may be the first byte of the next function */
	struct kl_error *err = kl_symbol_find(stacks->k, pc - 1, &place, &found);

	*ret = !err && found ? kl_alloc_calls_in(calls, place.symbol.name, place.offset + 1) : NULL;
	return err;
}

/* The call of an allocator that returns to @pc; ret->call stays NULL when nothing is known of it. */
static struct kl_error *find_call(struct kl_alloc_stacks *stacks, uint64_t pc, struct kl_alloc_origin *ret)
{
	const struct kl_alloc_calls *calls;
	struct kl_modules *modules;
	struct kl_error *err = kl_machine_modules(stacks->k, &modules);

	*ret = (struct kl_alloc_origin){};
	if (err)
		return err;
	ret->module = kl_modules_at(modules, pc);
	if (!ret->module && stacks->k->forced)
		return NULL; /* addresses of another kernel */
	err = calls_of(stacks, ret->module, &calls);
	if (err)
		return err;
	ret->names = calls->names;
	if (ret->module)
		return find_in_module(stacks, calls, pc, &ret->call);
	ret->call = kl_alloc_calls_at(calls, pc - stacks->k->shift);
	return NULL;
}

/* ---- frames ---- */

enum frame {
	OTHER_FRAME,
	INSIDE_FRAME,  /* between the allocator and kmemleak's record of the object */
	CACHES_FRAME,  /* allocates from a cache */
	SIZES_FRAME,   /* allocates as many bytes as asked for */
	AREAS_FRAME,   /* an area of vmalloc space */
	PERCPU_FRAME,  /* per-CPU memory */
	HANDING_FRAME, /* calls one of these with its caller's flags, and returns what that returned */
};

/* 5.17 .. 7.3. kmem_cache_alloc_trace() is kmalloc() of a constant size (before 6.1). */
static const struct {
	const char *prefix;
	enum frame kind;
} known_frames[] = {
	{"kmemleak_alloc", INSIDE_FRAME},
	{"kmemleak_vmalloc", INSIDE_FRAME},
	{"create_object", INSIDE_FRAME},
	{"__create_object", INSIDE_FRAME},
	{"set_track", INSIDE_FRAME}, /* of SLUB */
	{"___slab_alloc", INSIDE_FRAME},
	{"__slab_alloc", INSIDE_FRAME},
	{"slab_post_alloc_hook", INSIDE_FRAME},
	{"slab_alloc", INSIDE_FRAME},
	{"__kmem_cache_alloc", INSIDE_FRAME},
	{"__do_kmalloc", INSIDE_FRAME},
	{"kmem_cache_alloc_trace", SIZES_FRAME},
	{"kmem_cache_alloc_node_trace", SIZES_FRAME},
	{"kmem_cache_alloc", CACHES_FRAME},
	{"kmalloc", SIZES_FRAME},
	{"__kmalloc", SIZES_FRAME},
	{"___kmalloc", SIZES_FRAME},
	{"kzalloc", SIZES_FRAME},
	{"__vmalloc", AREAS_FRAME},
	{"vmalloc", AREAS_FRAME},
	{"vzalloc", AREAS_FRAME},
	{"pcpu_alloc", PERCPU_FRAME},
	{"kvmalloc", HANDING_FRAME},
	{"__kvmalloc", HANDING_FRAME},
	{"kvzalloc", HANDING_FRAME},
	{"devm_kmalloc", HANDING_FRAME},
};

static enum frame kind_of(const struct kl_symbol_text *s)
{
	size_t i;

	if (!s->function || s->module_length)
		return OTHER_FRAME;
	for (i = 0; i < sizeof(known_frames) / sizeof(*known_frames); i++)
		if (s->function_length >= strlen(known_frames[i].prefix) &&
		    !memcmp(s->function, known_frames[i].prefix, strlen(known_frames[i].prefix)))
			return known_frames[i].kind;
	return OTHER_FRAME;
}

static enum kl_allocator allocator_of(enum frame kind)
{
	switch (kind) {
	case CACHES_FRAME:
		return KL_ALLOCATOR_CACHE;
	case SIZES_FRAME:
		return KL_ALLOCATOR_SIZE;
	case AREAS_FRAME:
		return KL_ALLOCATOR_AREA;
	case PERCPU_FRAME:
		return KL_ALLOCATOR_PERCPU;
	default:
		return KL_ALLOCATOR_UNKNOWN;
	}
}

/* One frame of a stack. */
struct step {
	enum frame kind;
	uint32_t function; /* identifier in names, as kl_alloc_origin.caller */
};

static struct kl_error *read_step(struct kl_alloc_stacks *stacks, uint64_t pc, struct step *ret)
{
	_cleanup_strbuf_ struct kl_strbuf text = {};
	struct kl_error *err = kl_symbolize(stacks->k, pc, &text);
	struct kl_symbol_text symbol;
	const char *dot;

	*ret = (struct step){};
	if (!err && text.failed)
		err = kl_error_nomem();
	if (err)
		return err;
	symbol = kl_symbol_text_parse(kl_strbuf_string(&text));
	ret->kind = kind_of(&symbol);
	if (!symbol.function || symbol.module_length)
		return NULL;
	/* a part or copy of the function that the compiler made (".isra.0") */
	dot = memchr(symbol.function, '.', symbol.function_length);
	return kl_intern_add(stacks->names, symbol.function,
			     dot ? (size_t)(dot - symbol.function) : symbol.function_length, &ret->function);
}

/* ---- stacks ---- */

/* What the caller at @pc asked of the allocator besides what is known from further inside. */
static struct kl_error *ask_caller(struct kl_alloc_stacks *stacks, uint64_t pc, struct kl_alloc_origin *known,
				   struct kl_alloc_origin *ret)
{
	struct kl_error *err = find_call(stacks, pc, ret);

	if (!err && ret->call) {
		known->flags |= ret->call->flags;
		known->zeroes |= ret->call->zeroes;
	}
	return err;
}

/* Looks from the inside for the allocator and who called it, and further out while that only hands on. When anything
 * else is on the way, the allocator behind that allocated another object. */
static struct kl_error *walk_stack(struct kl_alloc_stacks *stacks, uint32_t stack, struct kl_alloc_origin *ret)
{
	uint64_t frames[KL_STACK_MAX];
	size_t i, n = kl_heap_frames(stacks->heap, stack, frames);
	enum frame last = INSIDE_FRAME;
	bool found = false;

	for (i = 0; i < n && i < FRAMES && (!found || last == HANDING_FRAME); i++) {
		struct kl_alloc_origin here = {};
		struct step step;
		struct kl_error *err = read_step(stacks, frames[i], &step);

		if (!err && last != INSIDE_FRAME)
			err = ask_caller(stacks, frames[i], ret, &here);
		if (err)
			return err;
		if (!found && (step.kind == OTHER_FRAME || (last != INSIDE_FRAME && step.kind != last))) {
			found = true;
			ret->allocator = allocator_of(last);
			ret->caller = step.function;
			ret->module = here.module;
			ret->call = here.call;
			ret->names = here.names;
		}
		last = step.kind;
	}
	return NULL;
}

struct kl_error *kl_alloc_stacks_find(struct kl_alloc_stacks *stacks, uint32_t stack, struct kl_alloc_origin *ret)
{
	struct kl_alloc_origin origin = {};
	struct kl_error *err;
	uint64_t known;

	*ret = (struct kl_alloc_origin){};
	if (!stack)
		return NULL;
	if (kl_map_get(&stacks->by_stack, stack, &known)) {
		*ret = stacks->origins.data[known];
		return NULL;
	}
	err = walk_stack(stacks, stack, &origin);
	if (!err && (!kl_vec_push(&stacks->origins, origin) ||
		     !kl_map_put(&stacks->by_stack, stack, stacks->origins.count - 1)))
		err = kl_error_nomem();
	*ret = origin;
	return err;
}
