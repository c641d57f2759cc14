/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/places.h"

#include <inttypes.h>

#include "kernel/machine/percpu.h"
#include "kernel/machine/symbolize.h"
#include "util/search.h"
#include "util/stack_name.h"

/* Words that are looked at below a word on a stack, for the return address of the function whose frame it is. */
#define FRAME_WORDS 64

void kl_places_deinit(struct kl_places *p)
{
	kl_strbuf_deinit(&p->name);
	kl_strbuf_deinit(&p->allocator);
	kl_intern_destroy(p->allocators);
	p->allocators = NULL;
	kl_map_deinit(&p->by_stack);
}

static void begin_place(struct kl_places *p, const char *kind, uint64_t start, uint64_t at, struct kl_store_holder *ret)
{
	kl_strbuf_reset(&p->name);
	kl_strbuf_reset(&p->allocator);
	*ret = (struct kl_store_holder){
		.kind = kind, .has_address = true, .address = start, .offset = (int64_t)(at - start)};
}

static struct kl_error *end_place(struct kl_places *p, struct kl_store_holder *ret)
{
	if (p->name.failed || p->allocator.failed)
		return kl_error_nomem();
	if (p->name.length)
		ret->name = kl_strbuf_string(&p->name);
	if (p->allocator.length)
		ret->allocator = kl_strbuf_string(&p->allocator);
	return NULL;
}

/* ---- names ---- */

/* "init_task+0x2f8", "cleancache_ops [mod]"; false when no symbol is known. */
static struct kl_error *append_symbol(struct kl_places *p, uint64_t address, bool *found)
{
	struct kl_symbol_place place;
	struct kl_error *err = kl_symbol_find(p->k, address, &place, found);

	if (err || !*found)
		return err;
	kl_strbuf_puts(&p->name, place.symbol.name);
	if (place.offset)
		kl_strbuf_printf(&p->name, "+%#" PRIx64, place.offset);
	if (*place.module)
		kl_strbuf_printf(&p->name, " [%s]", place.module);
	return NULL;
}

/* Static data that its type was asked for; NULL when none is there. */
static const struct kl_named_data *find_named_data_at(const struct kl_facts *f, uint64_t address)
{
	size_t n = kl_search_prefix(f->named.data, f->named.count, data, data->start <= address);

	return n && address < f->named.data[n - 1].end ? &f->named.data[n - 1] : NULL;
}

/* Kernels without CONFIG_KALLSYMS_ALL know no data; debug information may. */
static struct kl_error *append_variable(struct kl_places *p, uint64_t address, bool *found)
{
	const struct kl_named_data *data = find_named_data_at(&p->m->facts, address);

	*found = data != NULL;
	if (!data)
		return append_symbol(p, address, found);
	kl_strbuf_puts(&p->name, kl_intern_get(p->m->facts.names, data->name, NULL));
	if (address != data->start)
		kl_strbuf_printf(&p->name, "+%#" PRIx64, address - data->start);
	return NULL;
}

/* "slab_alloc_node" and its like say nothing: the first frame that is not the allocator's. */
static struct kl_error *find_allocator_of_stack(struct kl_places *p, uint32_t stack, uint32_t *ret)
{
	uint64_t addresses[KL_STACK_MAX];
	size_t n = kl_heap_frames(p->m->in.heap, stack, addresses), i, starts[KL_STACK_MAX];
	_cleanup_strbuf_ struct kl_strbuf texts = {};
	const char *symbols[KL_STACK_MAX];
	struct kl_error *err = NULL;
	uint64_t unused;

	*ret = 0;
	/* the cache stands for a stack that nobody kept, and is named anyway */
	if (n == 1 && kl_map_get(&p->owners->caches->by_address, addresses[0], &unused))
		return NULL;
	for (i = 0; i < n && !err; i++) {
		starts[i] = texts.length;
		err = kl_symbolize(p->k, addresses[i], &texts);
		kl_strbuf_append(&texts, "", 1);
	}
	if (err || texts.failed || !n)
		return err ? err : texts.failed ? kl_error_nomem() : NULL;
	for (i = 0; i < n; i++)
		symbols[i] = texts.data + starts[i];
	i = kl_stack_top(symbols, n);
	return kl_intern_add(p->allocators, symbols[i], strlen(symbols[i]), ret);
}

/* Looked up once per stack: hundreds of thousands of findings come from a few. */
static struct kl_error *append_allocator(struct kl_places *p, uint32_t row)
{
	uint32_t stack = p->m->in.heap->stack[row], name;
	struct kl_error *err = NULL;
	uint64_t known;

	if (!p->allocators)
		err = kl_intern_create(&p->allocators);
	if (err)
		return err;
	if (!kl_map_get(&p->by_stack, stack, &known)) {
		err = find_allocator_of_stack(p, stack, &name);
		if (err)
			return err;
		known = name;
		if (!kl_map_put(&p->by_stack, stack, known))
			return kl_error_nomem();
	}
	kl_strbuf_puts(&p->allocator, kl_intern_get(p->allocators, (uint32_t)known, NULL));
	return NULL;
}

/* ---- stacks ---- */

static bool is_text(const struct kl_places *p, uint64_t address)
{
	uint64_t start = kl_kernel_variable(p->k, &p->k->layouts.symbols._stext);
	uint64_t end = kl_kernel_variable(p->k, &p->k->layouts.symbols._etext);
	const struct kl_module *module;
	size_t i;

	if (end > start && address - start < end - start)
		return true;
	module = kl_modules_at(p->owners->modules, address);
	for (i = 0; module && i < module->n_regions; i++) {
		if (module->regions[i].text && address - module->regions[i].base < module->regions[i].text_size)
			return true;
	}
	return false;
}

/* The function in whose frame the word at @at is: it pushed the nearest return address below. */
static struct kl_error *append_place_of_frame(struct kl_places *p, uint64_t at, uint64_t lowest)
{
	uint64_t word, from = at - lowest > 8 * FRAME_WORDS ? at - 8 * FRAME_WORDS : lowest;
	bool found;

	for (at = (at & ~UINT64_C(7)) - 8; at >= from && at < UINT64_MAX - 8; at -= 8) {
		struct kl_error *err;

		if (kl_kernel_read_partial(p->k, at, &word, sizeof(word)) < sizeof(word) || !is_text(p, word))
			continue;
		kl_strbuf_puts(&p->name, " in ");
		err = append_symbol(p, word, &found);
		if (!found)
			kl_strbuf_printf(&p->name, "%#" PRIx64, word);
		return err;
	}
	return NULL;
}

static struct kl_error *place_of_stack(struct kl_places *p, const struct kl_task *task, uint64_t at,
				       struct kl_store_holder *ret)
{
	struct kl_error *err;

	begin_place(p, "stack", task->stack, at, ret);
	kl_strbuf_printf(&p->name, "stack of %s (%" PRId32 ")", task->comm, task->pid);
	err = append_place_of_frame(p, at, task->running || !task->sp ? task->stack : task->sp);
	return err ? err : end_place(p, ret);
}

/* ---- per-CPU memory ---- */

static bool is_static_percpu(const struct kl_kernel *k, uint64_t at)
{
	const struct kl_percpu *percpu = &k->percpu;
	const unsigned *cpu;

	kl_vec_for_each (cpu, &percpu->cpus) {
		if (percpu->smp && at - percpu->offsets.data[*cpu] - percpu->start < percpu->end - percpu->start)
			return true;
	}
	return false;
}

static struct kl_error *place_of_percpu(struct kl_places *p, uint64_t at, struct kl_store_holder *ret)
{
	const struct kl_percpu *percpu = &p->k->percpu;
	const unsigned *cpu;
	struct kl_error *err = NULL;
	bool found;

	begin_place(p, "percpu", at, at, ret);
	kl_vec_for_each (cpu, &percpu->cpus) {
		uint64_t cookie = at - percpu->offsets.data[*cpu];

		if (cookie - percpu->start >= percpu->end - percpu->start)
			continue;
		/* Symbols of zero-based sections are small numbers, as cookies are; other ones are moved with both. */
		err = append_variable(p, at, &found);
		if (!err && !found)
			err = append_symbol(p, cookie, &found);
		if (!found)
			kl_strbuf_printf(&p->name, "per-CPU 0x%" PRIx64, cookie);
		kl_strbuf_printf(&p->name, " of CPU %u", *cpu);
		break;
	}
	return err ? err : end_place(p, ret);
}

/* ---- objects ---- */

static bool is_image(const struct kl_places *p, uint64_t address)
{
	uint64_t start = kl_kernel_variable(p->k, &p->k->layouts.symbols._stext);
	uint64_t end = kl_kernel_variable(p->k, &p->k->layouts.symbols._end);

	return address - start < end - start;
}

static struct kl_error *place_of_variable(struct kl_places *p, uint64_t at, struct kl_store_holder *ret)
{
	bool found;
	struct kl_error *err;

	begin_place(p, "root", at, at, ret);
	err = append_variable(p, at, &found);
	return err ? err : end_place(p, ret);
}

static void name_type(struct kl_places *p, uint32_t row, struct kl_store_holder *ret)
{
	const struct kl_facts *f = &p->m->facts;
	const struct kl_object_type *type;
	uint64_t offset = (uint64_t)ret->offset;
	uint32_t member = 0;

	if (!f->type_of || !f->type_of[row])
		return;
	type = &f->types.data[f->type_of[row]];
	ret->type = kl_intern_get(f->names, type->name, NULL);
	if (type->members && offset < type->size)
		member = type->members[offset / 8];
	if (member)
		ret->member = kl_intern_get(f->names, member, NULL);
}

static void name_place_in_object(struct kl_places *p, struct kl_store_holder *ret)
{
	if (ret->type && ret->member)
		kl_strbuf_printf(&p->name, "%s.%s", ret->type, ret->member);
	else if (ret->type || ret->cache)
		kl_strbuf_printf(&p->name, "%s+0x%" PRIx64, ret->type ? ret->type : ret->cache, (uint64_t)ret->offset);
}

/* The start of the CPU's copy that @at lies in. */
static uint64_t copy_start(struct kl_places *p, uint32_t row, uint64_t at)
{
	const struct kl_heap *heap = p->m->in.heap;
	const unsigned *cpu;

	kl_vec_for_each (cpu, &p->k->percpu.cpus) {
		uint64_t start;

		if (!kl_percpu_address(p->k, heap->address[row], *cpu, &start) || at - start >= heap->size[row])
			continue;
		kl_strbuf_printf(&p->name, "per-CPU object, copy of CPU %u", *cpu);
		return start;
	}
	return at;
}

struct kl_error *kl_place_of_object(struct kl_places *p, uint32_t row, uint64_t at, struct kl_store_holder *ret)
{
	const struct kl_heap *heap = p->m->in.heap;
	const struct kl_task *task = kl_owners_task(p->owners, at);
	bool percpu = heap->class_[row] == KLEAK_CLASS_PERCPU;
	struct kl_error *err;
	struct kl_slab slab;

	if (task)
		return place_of_stack(p, task, at, ret);
	/* the memory that copies of static per-CPU memory lie in may be an object */
	if (!percpu && is_static_percpu(p->k, at))
		return place_of_percpu(p, at, ret);
	if (is_image(p, at) || kl_modules_at(p->owners->modules, at))
		return place_of_variable(p, at, ret);
	begin_place(p, "object", percpu ? at : kl_object_start(heap, p->m->in.space, row), at, ret);
	if (percpu) {
		ret->address = copy_start(p, row, at);
		ret->offset = (int64_t)(at - ret->address);
	} else {
		if (kl_slab_at(p->owners->caches, at, &slab))
			ret->cache = slab.cache->name;
		name_type(p, row, ret);
		name_place_in_object(p, ret);
	}
	err = append_allocator(p, row);
	return err ? err : end_place(p, ret);
}

/* ---- roots and registers ---- */

static struct kl_error *place_of_struct_page(struct kl_places *p, uint64_t at, struct kl_store_holder *ret)
{
	const struct kl_memmap *memmap = p->owners->memmap;
	const struct kl_page_range *range;

	begin_place(p, "page", at, at, ret);
	kl_vec_for_each (range, &memmap->by_frame) {
		uint64_t index = (at - kl_memmap_page(memmap, range, range->start)) / memmap->page_size;

		if (index >= range->end - range->start)
			continue;
		ret->address = kl_memmap_page(memmap, range, range->start + index);
		ret->offset = (int64_t)(at - ret->address);
		ret->type = "page";
		kl_strbuf_printf(&p->name, "struct page of frame %#" PRIx64, range->start + index);
		break;
	}
	return end_place(p, ret);
}

/* Registers of all CPUs that have some, one after the other. */
static struct kl_error *place_of_register(struct kl_places *p, uint64_t number, struct kl_store_holder *ret)
{
	uint64_t per_cpu = 0;

	while (kl_register_name(p->k->arch, (unsigned)per_cpu))
		per_cpu++;
	if (!per_cpu)
		per_cpu = 1;
	begin_place(p, "register", 0, 0, ret);
	ret->has_address = false;
	ret->offset = KL_UNKNOWN;
	kl_strbuf_printf(&p->name, "%s of CPU %" PRIu64, kl_register_name(p->k->arch, (unsigned)(number % per_cpu)),
			 number / per_cpu);
	return end_place(p, ret);
}

static struct kl_error *place_of_word(struct kl_places *p, struct kl_store_holder *ret)
{
	begin_place(p, "callback", 0, 0, ret);
	ret->has_address = false;
	ret->offset = KL_UNKNOWN;
	kl_strbuf_puts(&p->name, "list of RCU callbacks");
	return end_place(p, ret);
}

/* A page that is a root as a whole. */
static struct kl_error *place_of_page_root(struct kl_places *p, const char *kind, uint64_t at,
					   struct kl_store_holder *ret)
{
	begin_place(p, kind, at & ~((UINT64_C(1) << p->k->page_shift) - 1), at, ret);
	return end_place(p, ret);
}

static struct kl_error *place_of_root(struct kl_places *p, const struct kl_root *root, uint64_t at,
				      struct kl_store_holder *ret)
{
	const struct kl_task *task = root->kind == KL_ROOT_STACK ? kl_owners_task(p->owners, at) : NULL;

	if (task)
		return place_of_stack(p, task, at, ret);
	if (root->kind == KL_ROOT_PERCPU)
		return place_of_percpu(p, at, ret);
	if (root->kind == KL_ROOT_PAGE)
		return place_of_struct_page(p, at, ret);
	if (root->kind == KL_ROOT_BOOT)
		return place_of_page_root(p, "reserved-page", at, ret);
	if (root->kind == KL_ROOT_UNTRACKED)
		return place_of_page_root(p, "untracked-page", at, ret);
	return place_of_variable(p, at, ret);
}

/* After all that this program knows itself. */
static struct kl_error *name_by_plugins(struct kl_places *p, struct kl_store_holder *ret)
{
	struct kl_error *err = p->naming ? kl_naming_append(p->naming, ret, &p->name) : NULL;

	return err ? err : end_place(p, ret);
}

static struct kl_error *place_of_node(struct kl_places *p, size_t node, uint64_t at, uint32_t traits,
				      struct kl_store_holder *ret)
{
	const struct kl_references *refs = &p->m->references;

	if (node < refs->objects)
		return kl_place_of_object(p, (uint32_t)node, at, ret);
	if (node < refs->objects + refs->roots)
		return place_of_root(p, &p->m->facts.roots.list.data[node - refs->objects], at, ret);
	return traits & KL_TRAIT_REGISTER ? place_of_register(p, at, ret) : place_of_word(p, ret);
}

struct kl_error *kl_place_of_node(struct kl_places *p, size_t node, uint64_t at, uint32_t traits,
				  struct kl_store_holder *ret)
{
	struct kl_error *err = place_of_node(p, node, at, traits, ret);

	return err ? err : name_by_plugins(p, ret);
}

/* ---- pages ---- */

/* "mm/foo.c:42 alloc_foo", where the kernel profiled its allocations. */
static struct kl_error *append_call_site(struct kl_places *p, const struct kl_owner *owner)
{
	struct kl_owners *o = p->owners;
	const struct kl_alloc_tag *tag;
	uint64_t frame = owner->block, page;
	enum kl_page_ref what;
	uint32_t index;
	struct kl_error *err;

	if (!p->profiling || !kl_memmap_read_head(p->k, o->memmap, &frame, &page, o->page))
		return NULL;
	err = kl_page_tag(&p->profiling->pages, frame, o->page, &what, &index);
	if (err || what != KL_PAGE_REF_TAG)
		return err;
	tag = &p->profiling->tags.list.data[index];
	kl_strbuf_printf(&p->name, "page of %s:%" PRIu32 " %s", kl_alloc_tags_string(&p->profiling->tags, tag->file),
			 tag->line, kl_alloc_tags_string(&p->profiling->tags, tag->function));
	return NULL;
}

/* ---- memory without references ---- */

static struct kl_error *place_of_owner(struct kl_places *p, const struct kl_owner *owner, struct kl_store_holder *ret)
{
	uint64_t at = owner->address;
	struct kl_error *err = NULL;
	bool found;

	switch (owner->kind) {
	case KL_OWNER_OBJECT:
		return kl_place_of_object(p, owner->row, at, ret);
	case KL_OWNER_STACK:
		return place_of_stack(p, owner->task, at, ret);
	case KL_OWNER_PERCPU_STATIC:
		return place_of_percpu(p, at, ret);
	case KL_OWNER_STRUCT_PAGE:
		return place_of_struct_page(p, at, ret);
	default:
		break;
	}
	begin_place(p, kl_owner_name(owner->kind), owner->start, at, ret);
	if (owner->cache) {
		ret->cache = owner->cache->name;
		kl_strbuf_printf(&p->name, "%s+0x%" PRIx64, ret->cache, (uint64_t)ret->offset);
	}
	if (owner->kind == KL_OWNER_IMAGE || owner->kind == KL_OWNER_MODULE) {
		err = append_variable(p, at, &found);
		if (!err && !found && owner->module)
			kl_strbuf_printf(&p->name, "[%s]", owner->module->name);
	}
	if (owner->kind == KL_OWNER_PAGE_UNTRACKED || owner->kind == KL_OWNER_PAGE_TYPED ||
	    owner->kind == KL_OWNER_PAGE_TABLE)
		err = append_call_site(p, owner);
	if (!err && owner->kind == KL_OWNER_SLACK)
		err = append_allocator(p, owner->row);
	return err ? err : end_place(p, ret);
}

struct kl_error *kl_place_of_owner(struct kl_places *p, const struct kl_owner *owner, struct kl_store_holder *ret)
{
	struct kl_error *err = place_of_owner(p, owner, ret);

	return err ? err : name_by_plugins(p, ret);
}

struct kl_error *kl_place_of_address(struct kl_places *p, uint64_t address, struct kl_store_holder *holder, bool *ret)
{
	uint32_t row = kl_index_find(&p->m->in.heap->index[KLEAK_CLASS_VIRTUAL], address);
	struct kl_owner owner;
	struct kl_error *err;

	*ret = false;
	if (!(address >> 63))
		return NULL;
	err = row == KL_NO_OBJECT ? kl_owner_find(p->owners, address, &owner) : NULL;
	if (err) {
		kl_error_destroy(err);
		return NULL;
	}
	*ret = true;
	return row == KL_NO_OBJECT ? place_of_owner(p, &owner, holder) : kl_place_of_object(p, row, address, holder);
}
