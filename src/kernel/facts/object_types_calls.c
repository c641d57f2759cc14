/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/facts/object_types_calls.h"

#include <string.h>

/* Functions, 5.17 .. 7.3, whose kmem_cache_alloc*() calls are all for one struct. */
static const struct {
	const char *function, *type;
} functions[] = {
	{"__d_alloc", "dentry"},           {"alloc_vfsmnt", "mount"}, {"alloc_vmap_area", "vmap_area"},
	{"cred_alloc_blank", "cred"},      {"prepare_creds", "cred"}, {"vm_area_alloc", "vm_area_struct"},
	{"vm_area_dup", "vm_area_struct"},
};

/* Functions, 3.19 .. 7.3, that kmalloc() a struct with a text behind it and nothing else. */
static const struct {
	const char *function, *type;
} text_functions[] = {
	{"__d_alloc", "external_name"},
};

#define FUNCTIONS (sizeof(functions) / sizeof(*functions))
#define TEXT_FUNCTIONS (sizeof(text_functions) / sizeof(*text_functions))
#define STRINGS FUNCTIONS              /* behind them in the list: strings, */
#define TEXTS (STRINGS + 1)            /* structs with a text, */
#define CALLS (TEXTS + TEXT_FUNCTIONS) /* and what single calls tell */

/* Functions, 5.17 .. 7.3, that kmalloc() strings and nothing else. */
static const char *const string_functions[] = {"kstrdup",    "kstrndup",      "kmemdup_nul",      "__kmemdup_nul",
					       "kvasprintf", "kstrdup_const", "kvasprintf_const", "kasprintf"};

struct kl_error *kl_type_sites_init(struct kl_alloc_stacks *stacks, struct kl_type_sites *ret)
{
	size_t i;

	*ret = (struct kl_type_sites){.stacks = stacks};
	for (i = 0; i < FUNCTIONS; i++)
		if (!kl_vec_push(&ret->list, ((struct kl_type_site){.type = functions[i].type})))
			return kl_error_nomem();
	if (!kl_vec_push(&ret->list, ((struct kl_type_site){.kmalloc = true})))
		return kl_error_nomem();
	for (i = 0; i < TEXT_FUNCTIONS; i++)
		if (!kl_vec_push(&ret->list, ((struct kl_type_site){
						     .type = text_functions[i].type, .kmalloc = true, .text = true})))
			return kl_error_nomem();
	return NULL;
}

void kl_type_sites_deinit(struct kl_type_sites *sites)
{
	kl_vec_deinit(&sites->list);
	kl_map_deinit(&sites->by_stack);
}

static size_t find_function(const char *caller)
{
	size_t i;

	for (i = 0; i < FUNCTIONS; i++)
		if (!strcmp(caller, functions[i].function))
			return i;
	return SIZE_MAX;
}

static size_t find_text_function(const char *caller)
{
	size_t i;

	for (i = 0; i < TEXT_FUNCTIONS; i++)
		if (!strcmp(caller, text_functions[i].function))
			return TEXTS + i;
	return SIZE_MAX;
}

static bool makes_strings(const char *caller)
{
	size_t i;

	for (i = 0; i < sizeof(string_functions) / sizeof(*string_functions); i++)
		if (!strcmp(caller, string_functions[i]))
			return true;
	return false;
}

/* The index of what the call of @origin allocates. */
static struct kl_error *add_site(struct kl_type_sites *sites, const struct kl_alloc_origin *origin, size_t *ret)
{
	struct kl_type_site site = {.size = origin->call->size, .module = origin->module, .kmalloc = true};
	size_t i;

	site.type = kl_intern_get(origin->names, origin->call->type, NULL);
	for (i = CALLS; i < sites->list.count; i++) {
		const struct kl_type_site *known = &sites->list.data[i];

		if (known->module == site.module && known->size == site.size && !strcmp(known->type, site.type))
			break;
	}
	*ret = i;
	return i < sites->list.count || kl_vec_push(&sites->list, site) ? NULL : kl_error_nomem();
}

static struct kl_error *find_site(struct kl_type_sites *sites, uint32_t stack, size_t *ret)
{
	struct kl_alloc_origin origin;
	struct kl_error *err = kl_alloc_stacks_find(sites->stacks, stack, &origin);
	const char *caller;

	if (err)
		return err;
	caller = kl_intern_get(sites->stacks->names, origin.caller, NULL);
	if (origin.allocator == KL_ALLOCATOR_CACHE)
		*ret = find_function(caller);
	else if (makes_strings(caller))
		*ret = STRINGS;
	else if (origin.allocator == KL_ALLOCATOR_SIZE && origin.call && origin.call->type)
		return add_site(sites, &origin, ret);
	else if (origin.allocator == KL_ALLOCATOR_SIZE)
		*ret = find_text_function(caller);
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
	err = find_site(sites, stack, ret);
	if (!err && !kl_map_put(&sites->by_stack, stack, *ret == SIZE_MAX ? 0 : *ret + 1))
		err = kl_error_nomem();
	return err;
}
