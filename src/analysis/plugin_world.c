/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/plugin_world.h"

#include <string.h>

#include "debug/debug.h"
#include "debug/symbols.h"
#include "kernel/machine/maple.h"
#include "kernel/machine/percpu.h"
#include "kernel/machine/symbolize.h"
#include "plugin/ask.h"

/* ---- needs ---- */

/* Whether @name is one of @alternatives, which are separated by '|'. */
static bool is_alternative(const char *alternatives, const char *name)
{
	size_t length = strlen(name);

	while (alternatives) {
		if (!strncmp(alternatives, name, length) && (alternatives[length] == '|' || !alternatives[length]))
			return true;
		alternatives = strchr(alternatives, '|');
		alternatives += alternatives != NULL;
	}
	return false;
}

static bool asks_the_same(const struct kl_request *r, const struct kleak_need *need)
{
	if (!need->type)
		return (r->kind == KL_REQUEST_VARIABLE || r->kind == KL_REQUEST_SYMBOL) && !strcmp(r->path, need->name);
	if (!need->name)
		return r->kind == KL_REQUEST_TYPE && is_alternative(r->path, need->type);
	return r->kind == KL_REQUEST_MEMBER && is_alternative(r->owner, need->type) && !strcmp(r->path, need->name);
}

/* An answer of either kind, as plugins want it. */
static struct kleak_where where_of(const struct kl_kernel *k, enum kl_request_kind kind, const void *answer)
{
	const struct kl_variable *variable = answer;
	const struct kl_member *member = answer;
	const struct kl_type *type = answer;

	switch (kind) {
	case KL_REQUEST_TYPE:
		return (struct kleak_where){.size = type->size, .present = type->present};
	case KL_REQUEST_MEMBER:
		return (struct kleak_where){.value = member->offset, .size = member->size, .present = member->present};
	default:
		return (struct kleak_where){
			.value = kl_kernel_variable(k, variable), .size = variable->size, .present = variable->present};
	}
}

/* From the layouts that every run has, where they ask about the same; false where they do not. What they did not find
 * is not searched for once more: that would be a search through debug information in every run on every kernel that is
 * older than what a plugin knows, 0.2 s of processor time beside 0.1 s for the whole of a small dump. */
static bool resolve_from_layouts(const struct kl_kernel *k, const struct kleak_need *need, struct kleak_where *ret)
{
	bool asked = false;
	size_t n, i;
	const struct kl_request *requests = kl_layouts_requests(&n);

	for (i = 0; i < n; i++) {
		if (ret->present || !asks_the_same(&requests[i], need))
			continue;
		*ret = where_of(k, requests[i].kind, (const char *)&k->layouts + requests[i].target);
		asked = true;
	}
	return asked;
}

static struct kleak_where resolve_from_debug(struct kl_opened *o, const struct kleak_need *need)
{
	struct kl_type_files files = kl_opened_type_files(o);
	struct kl_debug *debug = kl_type_file_open(&files, NULL);
	struct kleak_where ret = {};
	union {
		struct kl_type type;
		struct kl_member member;
		struct kl_variable variable;
	} answer = {};
	struct kl_request request = {
		.kind = !need->type  ? KL_REQUEST_SYMBOL
			: need->name ? KL_REQUEST_MEMBER
				     : KL_REQUEST_TYPE,
		.owner = need->type && need->name ? need->type : NULL,
		.path = need->name ? need->name : need->type,
	};
	struct kl_error *err;

	if (!debug)
		return ret;
	err = kl_debug_resolve(debug, &request, 1, &answer);
	if (!err)
		ret = where_of(o->kernel, request.kind, &answer);
	kl_error_destroy(err);
	return ret;
}

static struct kleak_where resolve_need(void *context, const struct kleak_need *need)
{
	struct kl_plugin_memory *memory = context;
	struct kleak_where ret = {};

	if (resolve_from_layouts(memory->o->kernel, need, &ret))
		return ret;
	return resolve_from_debug(memory->o, need);
}

/* ---- memory ---- */

static size_t read_memory(void *context, uint64_t address, void *buffer, size_t length)
{
	struct kl_plugin_memory *memory = context;

	return kl_kernel_read_partial(memory->o->kernel, address, buffer, length);
}

static uint64_t percpu_copy_for_plugin(void *context, uint64_t cookie, uint32_t cpu)
{
	const struct kl_kernel *k = ((struct kl_plugin_memory *)context)->o->kernel;
	uint64_t address;

	if (!k->percpu.smp)
		return cpu ? 0 : cookie;
	if (cpu >= k->percpu.cpus.count || !kl_percpu_address(k, cookie, k->percpu.cpus.data[cpu], &address))
		return 0;
	return address;
}

struct kleak_object kl_plugin_object(const struct kl_heap *heap, uint32_t row)
{
	return (struct kleak_object){
		.address = heap->address[row], .size = heap->size[row], .class_ = heap->class_[row]};
}

static bool find_object_for_plugin(void *context, uint64_t address, struct kleak_object *ret)
{
	const struct kl_heap *heap = ((struct kl_plugin_memory *)context)->heap;
	uint32_t row = heap ? kl_heap_find_virtual(heap, address) : KL_NO_OBJECT;

	if (row == KL_NO_OBJECT)
		return false;
	*ret = kl_plugin_object(heap, row);
	return true;
}

static void name_symbol(void *context, uint64_t address, struct kl_strbuf *ret)
{
	struct kl_plugin_memory *memory = context;

	kl_error_destroy(kl_symbolize(memory->o->kernel, address, ret));
}

static size_t read_maple_tree(void *context, uint64_t tree, struct kleak_range *ret, size_t max)
{
	struct kl_kernel *k = ((struct kl_plugin_memory *)context)->o->kernel;
	struct kl_maple_ranges ranges = {.broken = true};
	size_t n, i;

	if (k->layouts.maple_tree.type.present)
		kl_error_destroy(kl_maple_read(k, "a plugin's tree", tree, &ranges));
	for (i = 0; i < ranges.list.count && i < max; i++) {
		const struct kl_maple_range *r = &ranges.list.data[i];

		ret[i] = (struct kleak_range){.first = r->first, .last = r->last, .value = r->entry};
	}
	n = ranges.broken ? SIZE_MAX : ranges.list.count;
	kl_vec_deinit(&ranges.list);
	return n;
}

struct kl_plugin_world kl_plugin_world_of(struct kl_plugin_memory *memory)
{
	const struct kl_kernel *k = memory->o->kernel;

	return (struct kl_plugin_world){
		.release = k->release,
		.machine = kl_arch_name(k->arch),
		.page_shift = k->page_shift,
		.possible_cpus = k->percpu.smp ? (uint32_t)k->percpu.cpus.count : 1,
		.resolve = resolve_need,
		.read = read_memory,
		.percpu = percpu_copy_for_plugin,
		.object_at = find_object_for_plugin,
		.symbol_at = name_symbol,
		.ranges = read_maple_tree,
		.context = memory,
	};
}

void kl_plugin_note_failure(struct kl_kernel *k, const struct kl_plugin *p, const char *lost)
{
	if (p->state != KL_PLUGIN_FAILED)
		return;
	kl_kernel_anomaly(k, "plugin", 0, "%s: %s", p->name, p->why ? p->why : "?");
	if (lost)
		kl_kernel_incomplete(k, lost);
}

struct kl_error *kl_plugin_consult(const struct kl_plugin_memory *memory, struct kl_plugin *p, uint32_t capability,
				   const struct kl_plugin_world *world, struct kl_plugin_answer *ret)
{
	struct kl_opened *o = memory->o;
	struct kl_error *err;

	o->kernel->muted++; /* what is met in the child is not known here either */
	err = kl_plugin_ask(o->options->plugins, p, capability, world, o->options->progress, ret);
	o->kernel->muted--;
	return err;
}
