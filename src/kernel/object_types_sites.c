/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/object_types_sites.h"

#include <string.h>

#include "kernel/symbolize.h"
#include "util/stack_name.h"

/* Frames looked at: the allocator's own and the first behind them. */
#define FRAMES 12

/* Functions, 5.17 .. 7.3, whose kmem_cache_alloc*() calls are all for one struct. */
#define SITES(X)                             \
	X("__d_alloc", "dentry")             \
	X("alloc_vfsmnt", "mount")           \
	X("alloc_vmap_area", "vmap_area")    \
	X("cred_alloc_blank", "cred")        \
	X("prepare_creds", "cred")           \
	X("vm_area_alloc", "vm_area_struct") \
	X("vm_area_dup", "vm_area_struct")

static const char *const functions[] = {
#define X(function, type) function,
	SITES(X)
#undef X
};

static const char *const types[] = {
#define X(function, type) type,
	SITES(X)
#undef X
};

size_t kl_type_sites_names(const char *const **ret)
{
	*ret = types;
	return sizeof(types) / sizeof(*types);
}

/* Texts of @n frames, each in a buffer of its own. */
static struct kl_error *symbolize(struct kl_kernel *k, const uint64_t *frames, size_t n, struct kl_strbuf *ret)
{
	struct kl_error *err = NULL;
	size_t i;

	for (i = 0; i < n && !err; i++) {
		err = kl_symbolize(k, frames[i], &ret[i]);
		if (!err && ret[i].failed)
			err = kl_error_nomem();
	}
	return err;
}

static bool starts_with(const struct kl_symbol_text *s, const char *prefix)
{
	return s->function && s->function_length >= strlen(prefix) && !memcmp(s->function, prefix, strlen(prefix));
}

/* The function itself, or a part or copy of it that the compiler made (".isra.0"). */
static bool is_function(const struct kl_symbol_text *s, const char *name)
{
	size_t length = strlen(name);

	return starts_with(s, name) && (s->function_length == length || s->function[length] == '.');
}

static size_t match(const char *const *texts, size_t n)
{
	size_t i, top = n ? kl_stack_top(texts, n) : 0;
	struct kl_symbol_text allocator, caller;

	if (!top)
		return SIZE_MAX;
	allocator = kl_symbol_text_parse(texts[top - 1]);
	caller = kl_symbol_text_parse(texts[top]);
	if (!starts_with(&allocator, "kmem_cache_alloc") || caller.module_length)
		return SIZE_MAX;
	for (i = 0; i < sizeof(functions) / sizeof(*functions); i++)
		if (is_function(&caller, functions[i]))
			return i;
	return SIZE_MAX;
}

static struct kl_error *look(struct kl_type_sites *sites, uint32_t stack, size_t *ret)
{
	uint64_t frames[KL_TYPE_FRAMES];
	size_t i, n = sites->files->frames(sites->files->context, stack, frames);
	struct kl_strbuf buffers[FRAMES] = {};
	const char *texts[FRAMES];
	struct kl_error *err;

	if (n > FRAMES)
		n = FRAMES;
	err = symbolize(sites->k, frames, n, buffers);
	for (i = 0; i < n; i++)
		texts[i] = kl_strbuf_string(&buffers[i]);
	*ret = err ? SIZE_MAX : match(texts, n);
	for (i = 0; i < n; i++)
		kl_strbuf_deinit(&buffers[i]);
	return err;
}

struct kl_error *kl_type_sites_find(struct kl_type_sites *sites, uint32_t stack, size_t *ret)
{
	struct kl_error *err;
	uint64_t known;

	*ret = SIZE_MAX;
	if (!stack || !sites->files->frames)
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
