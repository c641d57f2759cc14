/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/machine/module.h"

#include <elf.h>
#include <endian.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "debug/btf.h"
#include "kernel/machine/list.h"
#include "util/search.h"

#define MAX_MODULES 65536
#define MAX_MODULE_SYMBOLS (1u << 22)
#define MAX_MODULE_STRINGS (1u << 26)

/* ---- regions ----------------------------------------------------------------------------------------------------- */

static void add_region(struct kl_module *m, const struct kl_module_region *region)
{
	if (region->base && region->size && m->n_regions < KL_MODULE_REGIONS)
		m->regions[m->n_regions++] = *region;
}

static bool is_enumerator(const struct kl_enumerator *e, size_t value)
{
	return e->present && (uint64_t)e->value == value;
}

/* mem[MOD_MEM_NUM_TYPES] */
static void read_mem(const struct kl_layouts *l, const uint8_t *raw, struct kl_module *m)
{
	const struct kl_member *mem = &l->module.mem;

	if (l->module_memory.type.size > mem->element_size)
		return;
	for (size_t i = 0; i < mem->count; i++) {
		const uint8_t *entry = raw + mem->offset + i * mem->element_size;
		struct kl_module_region region = {
			.base = kl_member_get(&l->module_memory.base, entry),
			.size = kl_member_get(&l->module_memory.size, entry),
			.text = is_enumerator(&l->enumerators.MOD_TEXT, i) ||
				is_enumerator(&l->enumerators.MOD_INIT_TEXT, i),
			.init = is_enumerator(&l->enumerators.MOD_INIT_TEXT, i) ||
				is_enumerator(&l->enumerators.MOD_INIT_DATA, i) ||
				is_enumerator(&l->enumerators.MOD_INIT_RODATA, i),
		};

		region.text_size = region.size;
		add_region(m, &region);
	}
}

static void read_layouts(const struct kl_layout_module *l, const uint8_t *raw, struct kl_module *m)
{
	struct kl_module_region core = {
		.base = kl_member_get(&l->core_base, raw),
		.size = kl_member_get(&l->core_size, raw),
		.text_size = kl_member_get(&l->core_text_size, raw),
		.text = true,
	};
	struct kl_module_region init = {
		.base = kl_member_get(&l->init_base, raw),
		.size = kl_member_get(&l->init_size, raw),
		.text_size = kl_member_get(&l->init_text_size, raw),
		.text = true,
		.init = true,
	};
	/* symbols of a data_layout are bounded by the core's text, as if they lay there (find_kallsyms_symbol(), 6.1)
	 */
	struct kl_module_region data = {
		.base = kl_member_get(&l->data_base, raw),
		.size = kl_member_get(&l->data_size, raw),
	};

	add_region(m, &init);
	add_region(m, &core);
	add_region(m, &data);
}

/* ---- list -------------------------------------------------------------------------------------------------------- */

/* The enumerators have kept their values since 2.6.31; UNFORMED came with 3.8. */
static enum kl_module_state state_of(const struct kl_layouts *l, int64_t value)
{
	if (l->enumerators.MODULE_STATE_UNFORMED.present && value == l->enumerators.MODULE_STATE_UNFORMED.value)
		return KL_MODULE_UNFORMED;
	if (l->enumerators.MODULE_STATE_GOING.present && value == l->enumerators.MODULE_STATE_GOING.value)
		return KL_MODULE_GOING;
	if (l->enumerators.MODULE_STATE_COMING.present && value == l->enumerators.MODULE_STATE_COMING.value)
		return KL_MODULE_COMING;
	return KL_MODULE_LIVE;
}

static void read_build_id(const struct kl_member *id, const uint8_t *raw, struct kl_module *m)
{
	bool any = false;

	if (!id->present || id->size != 20)
		return;
	for (size_t i = 0; i < 20; i++) {
		snprintf(m->build_id + 2 * i, 3, "%02x", raw[id->offset + i]);
		any |= raw[id->offset + i] != 0;
	}
	if (!any)
		*m->build_id = '\0';
}

static void parse_module(const struct kl_layouts *l, const uint8_t *raw, struct kl_module *m)
{
	const struct kl_layout_module *lm = &l->module;
	size_t name = lm->name.size < KL_MODULE_NAME_MAX ? lm->name.size : KL_MODULE_NAME_MAX - 1;

	memcpy(m->name, raw + lm->name.offset, name);
	m->state = state_of(l, kl_member_get_signed(&lm->state, raw));
	m->percpu = kl_member_get(&lm->percpu, raw);
	m->percpu_size = kl_member_get(&lm->percpu_size, raw);
	read_build_id(&lm->build_id, raw, m);
	if (lm->mem.present && l->module_memory.type.present)
		read_mem(l, raw, m);
	else
		read_layouts(lm, raw, m);
}

struct kl_error *kl_modules_read(struct kl_kernel *k, struct kl_modules *ret)
{
	const struct kl_layout_module *l = &k->layouts.module;
	uint64_t head = kl_kernel_variable(k, &k->layouts.variables.modules), node;
	size_t size = kl_layouts_span(&k->layouts, &l->type);
	_cleanup_free_ uint8_t *raw = NULL;
	struct kl_list_walk walk;

	memset(ret, 0, sizeof(*ret));
	if (!head || !l->type.present)
		return NULL;
	raw = malloc(size);
	if (!raw)
		return kl_error_nomem();
	kl_list_begin(&walk, k, "modules", head);
	walk.max = MAX_MODULES;
	while (kl_list_next(&walk, &node)) {
		uint64_t address = node - l->list.offset;
		struct kl_error *err = kl_kernel_read(k, address, raw, size);
		struct kl_module *m;

		if (err) {
			kl_kernel_anomaly_error(k, "module", address, kl_error_prepend(err, "struct module"));
			continue;
		}
		m = kl_vec_add(&ret->list);
		if (!m) {
			kl_modules_deinit(ret);
			return kl_error_nomem();
		}
		m->address = address;
		parse_module(&k->layouts, raw, m);
	}
	return NULL;
}

void kl_modules_deinit(struct kl_modules *m)
{
	struct kl_module *it;

	kl_vec_for_each (it, &m->list) {
		kl_vec_deinit(&it->symbols);
		free(it->strings);
		kl_btf_destroy(it->btf);
	}
	kl_vec_deinit(&m->list);
	*m = (struct kl_modules){};
}

static const struct kl_module_region *region_at(const struct kl_module *m, uint64_t address)
{
	for (size_t i = 0; i < m->n_regions; i++) {
		if (address - m->regions[i].base < m->regions[i].size)
			return &m->regions[i];
	}
	return NULL;
}

struct kl_module *kl_modules_at(struct kl_modules *m, uint64_t address)
{
	struct kl_module *it;

	kl_vec_for_each (it, &m->list) {
		if (it->state != KL_MODULE_UNFORMED && region_at(it, address))
			return it;
	}
	return NULL;
}

bool kl_modules_hold(const struct kl_modules *m, uint64_t address)
{
	const struct kl_module *it;

	kl_vec_for_each (it, &m->list) {
		if (region_at(it, address))
			return true;
	}
	return false;
}

bool kl_modules_space(struct kl_kernel *k, uint64_t *start, uint64_t *end)
{
	int64_t from, to;

	if (k->image && kl_image_vmcoreinfo_number(k->image, "MODULES_VADDR", &from) &&
	    kl_image_vmcoreinfo_number(k->image, "MODULES_END", &to)) {
		*start = (uint64_t)from;
		*end = (uint64_t)to;
		return true;
	}
	*start = kl_kernel_variable(k, &k->layouts.symbols._end);
	*end = 0xffffffffff000000; /* MODULES_END has stayed there; KASLR moves only the beginning */
	return k->arch == KL_ARCH_X86_64 && *start;
}

/* ---- symbols ----------------------------------------------------------------------------------------------------- */

struct symbol_tables {
	uint64_t symtab, strtab, count;
};

static struct kl_error *find_tables(struct kl_kernel *k, const struct kl_module *m, struct symbol_tables *ret)
{
	const struct kl_layouts *l = &k->layouts;
	uint64_t address = m->address, kallsyms;
	struct kl_error *err;

	if (!l->module.kallsyms.present) {
		err = kl_kernel_read_member(k, address, &l->module.symtab, &ret->symtab);
		if (!err)
			err = kl_kernel_read_member(k, address, &l->module.num_symtab, &ret->count);
		return err ? err : kl_kernel_read_member(k, address, &l->module.strtab, &ret->strtab);
	}
	err = kl_kernel_read_member(k, address, &l->module.kallsyms, &kallsyms);
	if (!err)
		err = kl_kernel_read_member(k, kallsyms, &l->mod_kallsyms.symtab, &ret->symtab);
	if (!err)
		err = kl_kernel_read_member(k, kallsyms, &l->mod_kallsyms.num_symtab, &ret->count);
	return err ? err : kl_kernel_read_member(k, kallsyms, &l->mod_kallsyms.strtab, &ret->strtab);
}

/* Strings from @strtab up to and including the one that begins at @last. */
static struct kl_error *read_strings(struct kl_kernel *k, struct kl_module *m, uint64_t strtab, size_t last)
{
	char name[KL_KSYM_NAME_MAX];
	struct kl_error *err;

	if (last > MAX_MODULE_STRINGS)
		return kl_error_create(KL_ERROR_CORRUPT, "a name at %zu", last);
	err = kl_kernel_read_string(k, strtab + last, name, sizeof(name));
	if (err)
		return err;
	m->strings_length = last + strlen(name) + 1;
	m->strings = malloc(m->strings_length);
	if (!m->strings)
		return kl_error_nomem();
	err = kl_kernel_read(k, strtab, m->strings, m->strings_length);
	m->strings[m->strings_length - 1] = '\0';
	return err;
}

/* Unnamed symbols and those that mark code and data for disassemblers are no answers (module_symbol.h). */
static bool is_uninformative(const char *name)
{
	return !name[0] || name[0] == '$' || (name[0] == '.' && name[1] == 'L') || (name[0] == 'L' && name[1] == '0');
}

static int by_value(const void *pa, const void *pb)
{
	const struct kl_module_symbol *a = pa, *b = pb;

	if (a->value != b->value)
		return a->value < b->value ? -1 : 1;
	return a->index < b->index ? -1 : a->index > b->index;
}

/* Symbol 0 is no symbol. */
static struct kl_error *parse_symbols(struct kl_module *m, const Elf64_Sym *table, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		uint32_t name = le32toh(table[i].st_name);
		struct kl_module_symbol *s;

		if (table[i].st_shndx == SHN_UNDEF || name >= m->strings_length || is_uninformative(m->strings + name))
			continue;
		s = kl_vec_add(&m->symbols);
		if (!s)
			return kl_error_nomem();
		s->value = le64toh(table[i].st_value);
		s->index = (uint32_t)i;
		s->name = name;
	}
	if (m->symbols.count)
		qsort(m->symbols.data, m->symbols.count, sizeof(*m->symbols.data), by_value);
	return NULL;
}

static struct kl_error *read_module_symbols(struct kl_kernel *k, struct kl_module *m)
{
	_cleanup_free_ Elf64_Sym *table = NULL;
	struct symbol_tables t = {0};
	struct kl_error *err;
	size_t last = 0;

	err = find_tables(k, m, &t);
	if (err)
		return err;
	if (t.count > MAX_MODULE_SYMBOLS)
		return kl_error_create(KL_ERROR_CORRUPT, "%" PRIu64 " symbols", t.count);
	if (!t.count)
		return NULL;
	table = calloc(t.count, sizeof(*table));
	if (!table)
		return kl_error_nomem();
	err = kl_kernel_read(k, t.symtab, table, t.count * sizeof(*table));
	if (err)
		return err;
	for (size_t i = 0; i < t.count; i++) {
		uint32_t name = le32toh(table[i].st_name);

		last = name > last ? name : last;
	}
	err = read_strings(k, m, t.strtab, last);
	return err ? err : parse_symbols(m, table, t.count);
}

/* The first symbol above @value, as an index; the count when there is none. */
static size_t first_above(const struct kl_module *m, uint64_t value)
{
	return kl_search_prefix(m->symbols.data, m->symbols.count, s, s->value <= value);
}

/* The bounds between which the symbol and its successor are looked for. Until 6.3 there was no lower one, and the upper
 * one was the end of the init or core text, whatever part of the module @address lay in. */
static bool find_bounds(struct kl_kernel *k, const struct kl_module *m, uint64_t address, bool all, uint64_t *low,
			uint64_t *high)
{
	const struct kl_module_region *r = region_at(m, address);

	if (!r)
		return false;
	if (k->layouts.module.mem.present) {
		*low = r->base;
		*high = r->base + r->size;
		return all || r->text;
	}
	for (size_t i = 0; i < m->n_regions && !r->text; i++) {
		if (m->regions[i].text && !m->regions[i].init)
			r = &m->regions[i];
	}
	*low = 1;
	*high = r->base + r->text_size;
	return true;
}

static void read_symbols_once(struct kl_kernel *k, struct kl_module *m)
{
	struct kl_error *err;

	if (m->symbols_read)
		return;
	m->symbols_read = true;
	err = read_module_symbols(k, m);
	if (!err)
		return;
	m->symbols.count = 0;
	kl_kernel_anomaly_error(k, "module", m->address, kl_error_prepend(err, "symbols of module %s", m->name));
}

bool kl_module_lookup(struct kl_kernel *k, struct kl_module *m, uint64_t address, bool all, struct kl_ksym *ret)
{
	uint64_t low, high, next;
	size_t above, best;

	if (!find_bounds(k, m, address, all, &low, &high))
		return false;
	read_symbols_once(k, m);
	above = first_above(m, address);
	if (above == 0 || m->symbols.data[above - 1].value < low)
		return false;
	for (best = above - 1; best && m->symbols.data[best - 1].value == m->symbols.data[best].value; best--)
		;
	next = above < m->symbols.count && m->symbols.data[above].value < high ? m->symbols.data[above].value : high;
	ret->start = m->symbols.data[best].value;
	ret->size = next - ret->start;
	snprintf(ret->name, sizeof(ret->name), "%s", m->strings + m->symbols.data[best].name);
	return true;
}

bool kl_module_symbol_find(struct kl_kernel *k, struct kl_module *m, const char *name, uint64_t *ret)
{
	const struct kl_module_symbol *s;
	size_t found = 0;

	*ret = 0;
	read_symbols_once(k, m);
	kl_vec_for_each (s, &m->symbols) {
		if (strcmp(m->strings + s->name, name))
			continue;
		*ret = s->value;
		found++;
	}
	return found == 1;
}
