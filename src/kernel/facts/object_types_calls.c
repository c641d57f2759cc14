/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/facts/object_types_calls.h"

#include <string.h>

#include "debug/alloc_calls_cache.h"
#include "kernel/machine/machine.h"
#include "kernel/machine/symbolize.h"
#include "util/stack_name.h"

/* Frames in which the allocator must be found: kmemleak's and the slab's own come first. */
#define FRAMES 12

/* Functions, 5.17 .. 7.3, whose kmem_cache_alloc*() calls are all for one struct. */
static const struct {
	const char *function, *type;
} functions[] = {
	{"__d_alloc", "dentry"},           {"alloc_vfsmnt", "mount"}, {"alloc_vmap_area", "vmap_area"},
	{"cred_alloc_blank", "cred"},      {"prepare_creds", "cred"}, {"vm_area_alloc", "vm_area_struct"},
	{"vm_area_dup", "vm_area_struct"},
};

#define FUNCTIONS (sizeof(functions) / sizeof(*functions))
#define STRINGS FUNCTIONS /* behind them in the list: strings */

/* Functions, 5.17 .. 7.3, that kmalloc() strings and nothing else. */
static const char *const string_functions[] = {"kstrdup",    "kstrndup",      "kmemdup_nul",      "__kmemdup_nul",
					       "kvasprintf", "kstrdup_const", "kvasprintf_const", "kasprintf"};

struct kl_error *kl_type_sites_init(struct kl_kernel *k, const struct kl_heap *heap, const struct kl_type_files *files,
				    struct kl_type_sites *ret)
{
	size_t i;

	*ret = (struct kl_type_sites){.k = k, .heap = heap, .files = files};
	for (i = 0; i < FUNCTIONS; i++)
		if (!kl_vec_push(&ret->list, ((struct kl_type_site){.type = functions[i].type})))
			return kl_error_nomem();
	return kl_vec_push(&ret->list, ((struct kl_type_site){.kmalloc = true})) ? NULL : kl_error_nomem();
}

void kl_type_sites_deinit(struct kl_type_sites *sites)
{
	struct kl_site_source *source;

	kl_vec_for_each (source, &sites->sources)
		kl_alloc_calls_deinit(&source->calls);
	kl_vec_deinit(&sites->sources);
	kl_vec_deinit(&sites->list);
	kl_map_deinit(&sites->by_stack);
}

/* ---- what a file tells ---- */

static struct kl_error *read_calls(struct kl_type_sites *sites, struct kl_module *module, struct kl_alloc_calls *ret)
{
	const char *build_id = kl_type_file_build_id(sites->k, module);
	struct kl_debug *dbg;
	struct kl_error *err;
	bool hit;

	err = kl_alloc_calls_load(sites->files->cache_dir, build_id, ret, &hit);
	if (err || hit)
		return err;
	dbg = kl_type_file_open(sites->files, module);
	if (!dbg)
		return NULL;
	err = kl_alloc_calls_find(dbg, ret);
	if (!err) {
		kl_error_destroy(kl_alloc_calls_store(sites->files->cache_dir, build_id, ret));
		return NULL;
	}
	ret->list.count = 0;
	if (kl_error_code(err) == KL_ERROR_NOMEM)
		return err;
	kl_kernel_anomaly_error(sites->k, "types", 0, err);
	return NULL;
}

static struct kl_error *calls_of(struct kl_type_sites *sites, struct kl_module *module,
				 const struct kl_alloc_calls **ret)
{
	struct kl_site_source source = {.module = module}, *known;
	struct kl_error *err;

	kl_vec_for_each (known, &sites->sources) {
		if (known->module == module) {
			*ret = &known->calls;
			return NULL;
		}
	}
	err = kl_alloc_calls_init(&source.calls);
	if (!err)
		err = read_calls(sites, module, &source.calls);
	if (!err && !kl_vec_push(&sites->sources, source))
		err = kl_error_nomem();
	if (err) {
		kl_alloc_calls_deinit(&source.calls);
		return err;
	}
	*ret = &sites->sources.data[sites->sources.count - 1].calls;
	return NULL;
}

/* Addresses in a module's file are of our own making: a call in one is found by its function. */
static struct kl_error *find_in_module(struct kl_type_sites *sites, const struct kl_alloc_calls *calls, uint64_t pc,
				       const struct kl_alloc_call **ret)
{
	struct kl_symbol_place place;
	bool found;
	/* the return address may be the first byte of the next function */
	struct kl_error *err = kl_symbol_find(sites->k, pc - 1, &place, &found);

	*ret = !err && found ? kl_alloc_calls_in(calls, place.symbol.name, place.offset + 1) : NULL;
	return err;
}

/* The index of what @call in @module's file allocates. */
static struct kl_error *add_site(struct kl_type_sites *sites, const struct kl_alloc_calls *calls,
				 const struct kl_alloc_call *call, struct kl_module *module, size_t *ret)
{
	struct kl_type_site site = {.size = call->size, .module = module, .kmalloc = true};
	size_t i;

	site.type = kl_intern_get(calls->names, call->type, NULL);
	for (i = STRINGS + 1; i < sites->list.count; i++) {
		const struct kl_type_site *known = &sites->list.data[i];

		if (known->module == module && known->size == site.size && !strcmp(known->type, site.type))
			break;
	}
	*ret = i;
	return i < sites->list.count || kl_vec_push(&sites->list, site) ? NULL : kl_error_nomem();
}

/* Return address @pc, behind a call of kmalloc(). */
static struct kl_error *find_call(struct kl_type_sites *sites, uint64_t pc, size_t *ret)
{
	const struct kl_alloc_calls *calls;
	const struct kl_alloc_call *call;
	struct kl_modules *modules;
	struct kl_module *module;
	struct kl_error *err = kl_machine_modules(sites->k, &modules);

	if (err)
		return err;
	module = kl_modules_at(modules, pc);
	if (!module && sites->k->forced)
		return NULL; /* addresses of another kernel */
	err = calls_of(sites, module, &calls);
	if (err)
		return err;
	if (module)
		err = find_in_module(sites, calls, pc, &call);
	else
		call = kl_alloc_calls_at(calls, pc - sites->k->shift);
	return err || !call ? err : add_site(sites, calls, call, module, ret);
}

/* ---- what a stack tells ---- */

enum frame {
	OTHER_FRAME,
	INSIDE_FRAME, /* between the allocator and kmemleak's record of the object */
	CACHES_FRAME, /* allocates from a cache */
	SIZES_FRAME,  /* allocates as many bytes as asked for */
};

/* 5.17 .. 7.3. kmem_cache_alloc_trace() is kmalloc() of a constant size (before 6.1). */
static const struct {
	const char *prefix;
	enum frame kind;
} known_frames[] = {
	{"kmemleak_alloc", INSIDE_FRAME},
	{"create_object", INSIDE_FRAME},
	{"__create_object", INSIDE_FRAME},
	{"slab_post_alloc_hook", INSIDE_FRAME},
	{"slab_alloc", INSIDE_FRAME},
	{"__kmem_cache_alloc", INSIDE_FRAME},
	{"__do_kmalloc", INSIDE_FRAME},
	{"kmem_cache_alloc_trace", SIZES_FRAME},
	{"kmem_cache_alloc_node_trace", SIZES_FRAME},
	{"kmem_cache_alloc", CACHES_FRAME},
	{"kmalloc", SIZES_FRAME},
	{"__kmalloc", SIZES_FRAME},
	{"kzalloc", SIZES_FRAME},
};

static bool starts_with(const struct kl_symbol_text *s, const char *prefix)
{
	return s->function && !s->module_length && s->function_length >= strlen(prefix) &&
	       !memcmp(s->function, prefix, strlen(prefix));
}

/* The function itself, or a part or copy of it that the compiler made (".isra.0"). */
static bool is_function(const struct kl_symbol_text *s, const char *name)
{
	size_t length = strlen(name);

	return starts_with(s, name) && (s->function_length == length || s->function[length] == '.');
}

static enum frame kind_of(const struct kl_symbol_text *s)
{
	size_t i;

	for (i = 0; i < sizeof(known_frames) / sizeof(*known_frames); i++)
		if (starts_with(s, known_frames[i].prefix))
			return known_frames[i].kind;
	return OTHER_FRAME;
}

static size_t find_function(const struct kl_symbol_text *s)
{
	size_t i;

	for (i = 0; i < FUNCTIONS; i++)
		if (is_function(s, functions[i].function))
			return i;
	return SIZE_MAX;
}

static bool makes_strings(const struct kl_symbol_text *s)
{
	size_t i;

	for (i = 0; i < sizeof(string_functions) / sizeof(*string_functions); i++)
		if (is_function(s, string_functions[i]))
			return true;
	return false;
}

/* What a caller asked for that is in @symbol and returns to @pc. @allocator: the kind of frame it called; its own may
 * be missing, left out until 6.4 or jumped from, and then there are only frames inside. */
static struct kl_error *ask_caller(struct kl_type_sites *sites, enum frame allocator,
				   const struct kl_symbol_text *symbol, uint64_t pc, size_t *ret)
{
	if (allocator == CACHES_FRAME)
		*ret = find_function(symbol);
	else if (makes_strings(symbol))
		*ret = STRINGS;
	else if (allocator == SIZES_FRAME)
		return find_call(sites, pc, ret);
	return NULL;
}

/* Looks from the inside for the allocator and who called it. When anything else is on the way, such as
 * alloc_slab_obj_exts(), the allocator behind that allocated another object. */
static struct kl_error *look(struct kl_type_sites *sites, uint32_t stack, size_t *ret)
{
	_cleanup_strbuf_ struct kl_strbuf text = {};
	uint64_t frames[KL_STACK_MAX];
	size_t i, n = kl_heap_frames(sites->heap, stack, frames);
	enum frame last = INSIDE_FRAME;

	*ret = SIZE_MAX;
	for (i = 0; i < n && i < FRAMES; i++) {
		struct kl_symbol_text symbol;
		struct kl_error *err;
		enum frame kind;

		kl_strbuf_reset(&text);
		err = kl_symbolize(sites->k, frames[i], &text);
		if (!err && text.failed)
			err = kl_error_nomem();
		if (err)
			return err;
		symbol = kl_symbol_text_parse(kl_strbuf_string(&text));
		kind = kind_of(&symbol);
		if (kind == OTHER_FRAME || (last != INSIDE_FRAME && kind != last))
			return ask_caller(sites, last, &symbol, frames[i], ret);
		last = kind;
	}
	return NULL;
}

struct kl_error *kl_type_sites_find(struct kl_type_sites *sites, uint32_t stack, size_t *ret)
{
	struct kl_error *err;
	uint64_t known;

	*ret = SIZE_MAX;
	if (!stack)
		return NULL;
	if (kl_map_get(&sites->by_stack, stack, &known)) {
		*ret = known ? (size_t)known - 1 : SIZE_MAX;
		return NULL;
	}
	err = look(sites, stack, ret);
	if (!err && !kl_map_put(&sites->by_stack, stack, *ret == SIZE_MAX ? 0 : *ret + 1))
		err = kl_error_nomem();
	return err;
}
