/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/machine/inferred.h"

#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "kernel/machine/image_scan.h"
#include "kernel/machine/list.h"
#include "kernel/machine/machine.h"
#include "util/bytes.h"

#define ANOMALY "symbols"
#define ELEMENTS_MAX (1 << 16) /* of a ring */
#define SLOTS_MIN 4            /* lists of per-CPU chunks; a real kernel has over ten */
#define PERCPU_UNIT_MAX (UINT64_C(1) << 26)
#define CHUNK_PAGES_MAX (1 << 16)
#define SLAB_SIZE_MAX (1 << 24)
#define INFERRED_MAX 8 /* in one search */

struct inference {
	struct kl_kernel *k;
	uint64_t start, end; /* of the image's data */
	uint64_t percpu_base;
	uint64_t cache; /* of vmap areas */
	const struct inferred *wanted;
	unsigned places[INFERRED_MAX]; /* of each of the wanted, how many were found; UINT_MAX = it was known before */
	size_t n;
};

/* One variable: whether what stands at @place, the word @value, is it, or the member of it that is told by. */
struct inferred {
	size_t target;  /* its struct kl_variable in struct kl_layouts */
	size_t told_by; /* a struct kl_member likewise; 0 = the whole */
	bool (*is_it)(struct inference *s, uint64_t place, uint64_t value);
	bool is_pointer;
	bool any; /* of several places with one value any will do */
};

/* ---- reading what may be nothing -------------------------------------------------------------------------- */

static bool guess_member(struct kl_kernel *k, uint64_t address, const struct kl_member *m, uint64_t *ret)
{
	uint64_t ignored, end = address + m->offset + m->size - 1;
	struct kl_error *err;

	if (!m->present || !kl_kernel_read_guess(k, (address + m->offset) & ~UINT64_C(7), &ignored) ||
	    !kl_kernel_read_guess(k, end & ~UINT64_C(7), &ignored))
		return false;
	err = kl_kernel_read_member(k, address, m, ret);
	kl_error_destroy(err);
	*ret = err ? 0 : kl_untag(k, *ret);
	return !err;
}

/* A text that begins at @address, and ends before as much as @size. */
static bool guess_string(struct kl_kernel *k, uint64_t address, char *buffer, size_t size)
{
	uint64_t ignored;
	struct kl_error *err;

	if (!kl_kernel_read_guess(k, address & ~UINT64_C(7), &ignored))
		return false;
	err = kl_kernel_read_string(k, address, buffer, size);
	kl_error_destroy(err);
	return !err;
}

static bool is_pointer_value(uint64_t value)
{
	return value >> 56 == 0xff && !(value & 7) && value < UINT64_MAX - 4096;
}

/* ---- rings of one kind of element -------------------------------------------------------------------------------- */

static bool is_in_symbol(const char *name)
{
	size_t i;

	for (i = 0; name[i]; i++)
		if (name[i] <= ' ' || name[i] > '~')
			return false;
	return i > 0;
}

static bool is_slab_cache(struct kl_kernel *k, uint64_t address)
{
	const struct kl_layout_kmem_cache *l = &k->layouts.kmem_cache;
	uint64_t size, object_size, name;
	char text[64];

	if (!guess_member(k, address, &l->size, &size) || !size || size > SLAB_SIZE_MAX ||
	    !guess_member(k, address, &l->object_size, &object_size) || !object_size || object_size > size ||
	    !guess_member(k, address, &l->name, &name))
		return false;
	return guess_string(k, name, text, sizeof(text)) && is_in_symbol(text);
}

static bool is_module_struct(struct kl_kernel *k, uint64_t address)
{
	const struct kl_layout_module *l = &k->layouts.module;
	char name[64];
	uint64_t state;

	/* MODULE_STATE_LIVE to MODULE_STATE_UNFORMED */
	if (!guess_member(k, address, &l->state, &state) || state > 3)
		return false;
	return guess_string(k, address + l->name.offset, name, sizeof(name)) && is_in_symbol(name) &&
	       strlen(name) < l->name.size;
}

static bool is_btf_module(struct kl_kernel *k, uint64_t address)
{
	uint64_t module, btf, data, begin;

	return guess_member(k, address, &k->layouts.btf_module.module, &module) && is_module_struct(k, module) &&
	       guess_member(k, address, &k->layouts.btf_module.btf, &btf) &&
	       guess_member(k, btf, &k->layouts.btf.data, &data) && kl_kernel_read_guess(k, data, &begin) &&
	       (begin & 0xffffff) == 0x01eb9f;
}

/* Whether @place is the head of a ring, not an element itself. */
static bool is_ring_of(struct inference *s, uint64_t place, uint64_t value, const struct kl_member *link,
		       bool (*is_element)(struct kl_kernel *k, uint64_t address))
{
	uint64_t node = value, back = place, told, steps;

	/* The newest is first, and no variable of the image. */
	if (!link->present || (value >= s->start && value < s->end))
		return false;
	for (steps = 0; node != place; steps++) {
		if (steps == ELEMENTS_MAX || !is_pointer_value(node) || !kl_kernel_read_guess(s->k, node + 8, &told) ||
		    told != back || !is_element(s->k, node - link->offset))
			return false;
		back = node;
		if (!kl_kernel_read_guess(s->k, node, &node))
			return false;
	}
	return steps && !is_element(s->k, place - link->offset);
}

static bool is_slab_caches(struct inference *s, uint64_t place, uint64_t value)
{
	return is_ring_of(s, place, value, &s->k->layouts.kmem_cache.list, is_slab_cache);
}

static bool is_modules(struct inference *s, uint64_t place, uint64_t value)
{
	return is_ring_of(s, place, value, &s->k->layouts.module.list, is_module_struct);
}

static bool is_btf_modules(struct inference *s, uint64_t place, uint64_t value)
{
	return is_ring_of(s, place, value, &s->k->layouts.btf_module.list, is_btf_module);
}

/* ---- sysctl ------------------------------------------------------------------------------------------------------ */

/* The root of all tables holds a header of its own, which names it. */
static bool is_sysctl_table_root(struct inference *s, uint64_t place, uint64_t value)
{
	const struct kl_layout_ctl_table_root *l = &s->k->layouts.ctl_table_root;
	uint64_t set, table, again;

	return l->header_root.present && place - l->header_root.offset == value &&
	       guess_member(s->k, value, &l->header_set, &set) && set - value == l->default_set.offset &&
	       guess_member(s->k, value, &l->header_table, &table) && table &&
	       guess_member(s->k, value, &l->header_table_arg, &again) && table == again;
}

/* ---- vmalloc ----------------------------------------------------------------------------------------------------- */

static bool is_sound_vmap_node(struct kl_kernel *k, uint64_t node)
{
	const struct kl_layout_vmap_node *l = &k->layouts.vmap_node;
	const struct kl_member *head = &k->layouts.vmap_pool.head;
	uint32_t i;

	if (!kl_list_is_sound(k, node + l->busy.offset) || !kl_list_is_sound(k, node + l->lazy.offset))
		return false;
	for (i = 0; i < l->pool.count; i++)
		if (!kl_list_is_sound(k, node + l->pool.offset + i * l->pool.element_size + head->offset))
			return false;
	return true;
}

/* The first area in use of a node; true when it has none. */
static bool begins_with_area(struct kl_kernel *k, uint64_t node)
{
	uint64_t head = node + k->layouts.vmap_node.busy.offset, first, start, end;
	const struct kl_layout_vmap_area *l = &k->layouts.vmap_area;

	return kl_kernel_read_guess(k, head, &first) &&
	       (first == head || (guess_member(k, first - l->list.offset, &l->va_start, &start) &&
				  guess_member(k, first - l->list.offset, &l->va_end, &end) && start >> 56 == 0xff &&
				  start < end && !((start | end) & ((1u << k->page_shift) - 1))));
}

static bool is_vmap_nodes(struct inference *s, uint64_t place, uint64_t value)
{
	const struct kl_layout_vmap_node *l = &s->k->layouts.vmap_node;

	(void)place;
	return l->busy.present && l->lazy.present && l->pool.count && s->k->layouts.vmap_pool.head.present &&
	       is_sound_vmap_node(s->k, value) && begins_with_area(s->k, value);
}

static bool is_vmap_area_cachep(struct inference *s, uint64_t place, uint64_t value)
{
	(void)place;
	return s->cache && value == s->cache;
}

/* ---- per-CPU memory ---------------------------------------------------------------------------------------------- */

static bool is_pcpu_chunk(struct kl_kernel *k, uint64_t address)
{
	const struct kl_layout_pcpu_chunk *l = &k->layouts.pcpu_chunk;
	uint64_t base, pages, start, bytes;

	if (!guess_member(k, address, &l->base_addr, &base) || base >> 56 != 0xff ||
	    base & ((1u << k->page_shift) - 1) || !guess_member(k, address, &l->nr_pages, &pages) || !pages ||
	    pages > CHUNK_PAGES_MAX || !guess_member(k, address, &l->start_offset, &start) ||
	    !guess_member(k, address, &l->free_bytes, &bytes))
		return false;
	return start < 1u << k->page_shift && bytes <= pages << k->page_shift;
}

/* All of an array of lists are sound, and what is on them is a chunk. */
static bool is_pcpu_chunk_lists(struct inference *s, uint64_t place, uint64_t value)
{
	uint64_t slots, chunks = 0, first;

	(void)place;
	for (slots = 0; slots < SLOTS_MIN || (slots < 1024 && !chunks); slots++) {
		uint64_t head = value + 16 * slots;

		if (!kl_list_is_sound(s->k, head) || !kl_kernel_read_guess(s->k, head, &first))
			return false;
		if (first == head)
			continue;
		if (!is_pcpu_chunk(s->k, first - s->k->layouts.pcpu_chunk.list.offset))
			return false;
		chunks++;
	}
	return chunks != 0;
}

/* A chunk of the first per-CPU memory that is on no list. */
static bool is_pcpu_reserved_chunk(struct inference *s, uint64_t place, uint64_t value)
{
	const struct kl_layout_pcpu_chunk *l = &s->k->layouts.pcpu_chunk;
	uint64_t next, base;

	(void)place;
	return l->list.present && kl_kernel_read_guess(s->k, value + l->list.offset, &next) &&
	       next == value + l->list.offset && is_pcpu_chunk(s->k, value) &&
	       guess_member(s->k, value, &l->base_addr, &base) && base >= s->percpu_base &&
	       base - s->percpu_base < PERCPU_UNIT_MAX;
}

static bool is_pcpu_base_addr(struct inference *s, uint64_t place, uint64_t value)
{
	(void)place;
	return s->percpu_base && value == s->percpu_base;
}

/* The units of the CPUs lie one behind the other, from pcpu_base_addr on. */
static uint64_t lowest_percpu_memory(const struct kl_kernel *k)
{
	uint64_t lowest = UINT64_MAX;
	const unsigned *cpu;

	kl_vec_for_each (cpu, &k->percpu.cpus)
		if (*cpu < k->percpu.offsets.count && k->percpu.offsets.data[*cpu] + k->percpu.start < lowest)
			lowest = k->percpu.offsets.data[*cpu] + k->percpu.start;
	return k->percpu.smp && lowest != UINT64_MAX ? lowest : 0;
}

/* ---- the search -------------------------------------------------------------------------------------------------- */

#define VARIABLE(name) offsetof(struct kl_layouts, variables.name), 0
#define SYMBOL(name) offsetof(struct kl_layouts, symbols.name), 0

static struct kl_variable *target_of(struct kl_kernel *k, const struct inferred *it)
{
	return (void *)((char *)&k->layouts + it->target);
}

static uint64_t offset_in_variable(struct kl_kernel *k, const struct inferred *it)
{
	const struct kl_member *m = (const void *)((const char *)&k->layouts + it->told_by);

	return it->told_by ? m->offset : 0;
}

static void try_inferences(struct inference *s, uint64_t place, uint64_t value)
{
	size_t i;

	for (i = 0; i < s->n; i++) {
		const struct inferred *it = &s->wanted[i];

		if (s->places[i] > (it->any ? 0 : 1) || !it->is_it(s, place, value))
			continue;
		s->places[i]++;
		*target_of(s->k, it) = (struct kl_variable){
			.present = true,
			.is_pointer = it->is_pointer,
			.address = place - offset_in_variable(s->k, it) - s->k->shift,
			.size = it->is_pointer ? 8 : 16,
		};
	}
}

static bool visit_data(void *context, uint64_t address, const uint8_t *bytes, size_t length)
{
	struct inference *s = context;
	size_t at;

	for (at = 0; at + 8 <= length && address + at < s->end; at += 8) {
		uint64_t value = kl_untag(s->k, kl_get_u64(bytes + at));

		if (is_pointer_value(value))
			try_inferences(s, address + at, value);
	}
	return address + length >= s->end;
}

/* Those of the @n @wanted that nobody knows. A place that is not the only one proves nothing. */
static struct kl_error *search_data(struct inference *s, const struct inferred *wanted, size_t n)
{
	struct kl_error *err;
	size_t i;

	s->wanted = wanted;
	s->n = n;
	for (i = 0; i < n; i++)
		s->places[i] = target_of(s->k, &wanted[i])->present ? UINT_MAX : 0;
	err = kl_image_windows(s->k, s->start, 0, visit_data, s);
	for (i = 0; i < n; i++)
		if (!wanted[i].any && s->places[i] > 1 && s->places[i] < UINT_MAX)
			*target_of(s->k, &wanted[i]) = (struct kl_variable){};
	return err;
}

/* ---- the image --------------------------------------------------------------------------------------------------- */

/* Behind the last page of the image; 0 when that cannot be told. Memory of the image that was given away, as that of
 * initialization, lies before it: what has become of such pages is no data of the kernel's. */
static struct kl_error *find_image_end(struct kl_kernel *k, uint64_t start, uint64_t *ret)
{
	uint64_t page = UINT64_C(1) << k->page_shift, at, gap = 0;
	const struct kl_memmap *memory;
	struct kl_error *err = kl_machine_memmap(k, &memory);
	bool is_image;

	*ret = 0;
	if (err)
		return err;
	for (at = start; at - start < KL_IMAGE_SCAN_MAX && gap < UINT64_C(16) << 20; at += page) {
		if (kl_memmap_is_image(k, memory, at, &is_image) && is_image) {
			*ret = at + page;
			gap = 0;
		} else {
			gap += page;
		}
	}
	return NULL;
}

static void set_symbol(struct kl_kernel *k, struct kl_variable *symbol, uint64_t address)
{
	if (!symbol->present)
		*symbol = (struct kl_variable){.present = true, .address = address - k->shift};
}

/* The data are somewhere between code and end. What is between them besides, constants, refers to nothing. */
static void set_sections(struct kl_kernel *k, uint64_t start, uint64_t end)
{
	set_symbol(k, &k->layouts.symbols._sdata, start);
	set_symbol(k, &k->layouts.symbols._edata, end);
	set_symbol(k, &k->layouts.symbols._end, end);
}

/* ---- all of it --------------------------------------------------------------------------------------------------- */

static void tell_unknown(struct kl_kernel *k, bool is_known, const char *what, const char *part)
{
	if (is_known)
		return;
	kl_kernel_anomaly(
		k, ANOMALY, 0,
		"the kernel has no symbols of variables (CONFIG_KALLSYMS_ALL), and %s cannot be found by what "
		"it holds",
		what);
	kl_kernel_incomplete(k, part);
}

/* A kernel that has nothing in the space of modules has loaded none. */
static bool has_modules(struct kl_kernel *k)
{
	const struct kl_vmap_areas *areas;
	uint64_t start, end, from;
	const uint64_t *area;
	struct kl_error *err = kl_machine_vmap_areas(k, &areas);

	if (err || !areas->busy_known || !kl_modules_space(k, &start, &end)) {
		kl_error_destroy(err);
		return true;
	}
	kl_vec_for_each (area, &areas->in_use)
		if (!guess_member(k, *area, &k->layouts.vmap_area.va_start, &from) || (from >= start && from < end))
			return true;
	return false;
}

static void tell_what_is_missing(struct kl_kernel *k)
{
	const struct kl_layouts *l = &k->layouts;
	const struct kl_kernel *c = k;

	tell_unknown(k, l->symbols._end.present, "the end of its image", "the kernel's data");
	tell_unknown(k, !c->percpu.smp || l->symbols.__per_cpu_end.present, "the section of per-CPU variables",
		     "per-CPU memory");
	tell_unknown(k, l->variables.slab_caches.present, "the list of slab caches", "the list of slab caches");
	tell_unknown(k, l->variables.vmap_nodes.present || l->variables.vmap_area_list.present,
		     "the list of vmalloc areas", "the areas of vmalloc()");
	tell_unknown(k, !c->percpu.smp || l->variables.pcpu_chunk_lists.present, "the list of per-CPU chunks",
		     "per-CPU memory");
	tell_unknown(k, l->variables.modules.present || !has_modules(k), "the list of modules", "the list of modules");
}

/* The cache of vmap areas is known by its name, which it has unless it was merged with another. */
static struct kl_error *find_vmap_area_cache(struct inference *s)
{
	const struct kl_slab_caches *caches;
	struct kl_error *err = kl_machine_slab_caches(s->k, &caches);
	const struct kl_slab_cache *cache;

	if (err)
		return err;
	kl_vec_for_each (cache, &caches->list)
		if (!strcmp(cache->name, "vmap_area"))
			s->cache = cache->address;
	return NULL;
}

struct kl_error *kl_infer_within(struct kl_kernel *k, uint64_t start, uint64_t end)
{
	static const struct inferred first[] = {
		{VARIABLE(slab_caches), is_slab_caches, false, false},
		{VARIABLE(modules), is_modules, false, false},
		{VARIABLE(btf_modules), is_btf_modules, false, false},
		{offsetof(struct kl_layouts, variables.sysctl_table_root),
		 offsetof(struct kl_layouts, ctl_table_root.header_root), is_sysctl_table_root, false, false},
		{VARIABLE(vmap_nodes), is_vmap_nodes, true, false},
		{VARIABLE(pcpu_chunk_lists), is_pcpu_chunk_lists, true, false},
		{VARIABLE(pcpu_reserved_chunk), is_pcpu_reserved_chunk, true, false},
		{SYMBOL(pcpu_base_addr), is_pcpu_base_addr, true, true},
	};
	static const struct inferred second[] = {{VARIABLE(vmap_area_cachep), is_vmap_area_cachep, true, true}};
	struct inference s = {.k = k, .start = start, .end = end, .percpu_base = lowest_percpu_memory(k)};
	struct kl_error *err = search_data(&s, first, sizeof(first) / sizeof(*first));

	if (!err && k->layouts.symbols.pcpu_base_addr.present)
		k->percpu.base_address = s.percpu_base;
	if (!err)
		err = find_vmap_area_cache(&s);
	return err || !s.cache ? err : search_data(&s, second, 1);
}

struct kl_error *kl_infer_variables(struct kl_kernel *k)
{
	uint64_t page = UINT64_C(1) << k->page_shift, end;
	uint64_t start = (kl_kernel_variable(k, &k->layouts.symbols._etext) + page - 1) & ~(page - 1);
	struct kl_error *err = find_image_end(k, start, &end);

	if (!err && end) {
		set_sections(k, start, end);
		err = kl_infer_within(k, start, end);
	}
	if (!err)
		tell_what_is_missing(k);
	return err;
}
