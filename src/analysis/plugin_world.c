/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/plugin_world.h"

#include "analysis/plugin_needs.h"
#include "kernel/machine/maple.h"
#include "kernel/machine/percpu.h"
#include "kernel/machine/symbolize.h"
#include "plugin/ask.h"

static struct kleak_where resolve_need(void *context, const struct kleak_need *need, struct kl_strbuf *why)
{
	return kl_plugin_need_resolve(((struct kl_plugin_memory *)context)->o, need, why);
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
	const struct kl_plugin_damage *damage;
	struct kl_error *err;

	o->kernel->muted++; /* what is met in the child is not known here either */
	err = kl_plugin_ask(o->options->plugins, p, capability, world, o->options->progress, ret);
	o->kernel->muted--;
	kl_vec_for_each (damage, &ret->damages)
		kl_kernel_anomaly(o->kernel, "plugin", damage->address, "%s: %s", p->name, damage->what);
	return err;
}
