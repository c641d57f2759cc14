/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "debug/symbols.h"

#include <gelf.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "debug/debug_private.h"
#include "util/search.h"
#include "util/vec.h"

struct entry {
	struct kl_symbol symbol;
	uint32_t order; /* place in .symtab */
	bool weak;
};

struct kl_symbol_table {
	KL_VEC(struct entry) by_name;
	KL_VEC(struct entry) by_address; /* without the absolute ones */
	bool by_address_sorted;          /* few ask: sorting 60 000 symbols takes 10 ms */
};

/* Mapping symbols of the Arm ABI ($x, $d, $x.123) and the assembler's local labels. The corpus' aarch64 vmlinux has 10
 * 877 of the former, 1408 of them at the address of a function, whose name they could take. */
static bool is_noise_symbol(const char *name)
{
	return !*name || !strncmp(name, ".L", 2) ||
	       (name[0] == '$' && strchr("xdat", name[1]) && name[1] && (!name[2] || name[2] == '.'));
}

static bool add_symbol(const struct kl_elf_file *file, struct kl_symbol_table *table, const GElf_Sym *sym,
		       const char *name, uint32_t order)
{
	int type = GELF_ST_TYPE(sym->st_info);
	struct entry e = {
		.symbol = {.is_global = GELF_ST_BIND(sym->st_info) != STB_LOCAL,
			   .name = name,
			   .address = sym->st_value,
			   .size = sym->st_size},
		.order = order,
		.weak = GELF_ST_BIND(sym->st_info) == STB_WEAK,
	};

	if (sym->st_shndx == SHN_UNDEF || type == STT_SECTION || type == STT_FILE || is_noise_symbol(name))
		return true;
	if (file->relocatable && sym->st_shndx < file->section_count) {
		if (!(file->sections[sym->st_shndx].flags & SHF_ALLOC))
			return true;
		e.symbol.address += file->sections[sym->st_shndx].address;
	}
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): there is room, or the push says no */
	if (sym->st_shndx != SHN_ABS && !kl_vec_push(&table->by_address, e))
		return false;
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): likewise */
	return kl_vec_push(&table->by_name, e);
}

static bool is_made_by_linker(const char *name)
{
	return !strncmp(name, "__start_", 8) || !strncmp(name, "__stop_", 7) || !strncmp(name, "__end_", 6);
}

static int compare_symbol_addresses(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	const char *n = x->symbol.name, *m = y->symbol.name;

	if (x->symbol.address != y->symbol.address)
		return x->symbol.address < y->symbol.address ? -1 : 1;
	if (x->weak != y->weak)
		return x->weak ? 1 : -1;
	if (is_made_by_linker(n) != is_made_by_linker(m))
		return is_made_by_linker(n) ? 1 : -1;
	if (strspn(n, "_") != strspn(m, "_"))
		return strspn(n, "_") < strspn(m, "_") ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

static int compare_symbol_names(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = strcmp(x->symbol.name, y->symbol.name);

	if (order)
		return order;
	if (x->symbol.is_global != y->symbol.is_global)
		return x->symbol.is_global ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

static struct kl_error *read_symbol_table(const struct kl_elf_file *file, struct kl_symbol_table *table)
{
	const struct kl_elf_section *section = NULL;
	Elf_Data *data;
	size_t i, count;

	for (i = 1; i < file->section_count && !section; i++)
		if (file->sections[i].type == SHT_SYMTAB)
			section = &file->sections[i];
	data = section ? elf_getdata(section->scn, NULL) : NULL;
	count = data ? data->d_size / sizeof(Elf64_Sym) : 0;
	for (i = 1; i < count && i <= INT32_MAX; i++) {
		const char *name;
		GElf_Sym sym;

		if (!gelf_getsym(data, (int)i, &sym))
			return kl_error_create(KL_ERROR_CORRUPT, "%s: damaged .symtab", file->path);
		name = elf_strptr(file->elf, section->link, sym.st_name);
		if (name && !add_symbol(file, table, &sym, name, (uint32_t)i))
			return kl_error_nomem();
	}
	return NULL;
}

static struct kl_error *load_symbols(struct kl_debug *dbg)
{
	struct kl_symbol_table *table;
	struct kl_error *err;

	if (dbg->symbols)
		return NULL;
	table = calloc(1, sizeof(*table));
	if (!table)
		return kl_error_nomem();
	err = read_symbol_table(dbg->file, table);
	if (err) {
		kl_symbol_table_destroy(table);
		return err;
	}
	if (table->by_name.count)
		qsort(table->by_name.data, table->by_name.count, sizeof(struct entry), compare_symbol_names);
	dbg->symbols = table;
	return NULL;
}

void kl_symbol_table_destroy(struct kl_symbol_table *table)
{
	if (!table)
		return;
	kl_vec_deinit(&table->by_address);
	kl_vec_deinit(&table->by_name);
	free(table);
}

struct kl_error *kl_symbols_by_name(struct kl_debug *dbg, const char *name, struct kl_symbol *ret)
{
	const struct entry *found, *next, *end;
	struct kl_error *err = load_symbols(dbg);

	if (err)
		return err;
	found = dbg->symbols->by_name.data;
	end = found + dbg->symbols->by_name.count;
	found += kl_search_prefix(found, dbg->symbols->by_name.count, e, strcmp(e->symbol.name, name) < 0);
	if (found == end || strcmp(found->symbol.name, name))
		return kl_error_create(KL_ERROR_NOT_FOUND, "%s: no symbol %s", kl_debug_path(dbg), name);
	for (next = found + 1; !found->symbol.is_global && next < end && !strcmp(next->symbol.name, name); next++)
		if (next->symbol.address != found->symbol.address)
			return kl_error_create(KL_ERROR_NOT_FOUND, "%s: several local symbols %s", kl_debug_path(dbg),
					       name);
	*ret = found->symbol;
	return NULL;
}

static void sort_symbols_by_address(struct kl_symbol_table *table)
{
	if (!table->by_address_sorted && table->by_address.count)
		qsort(table->by_address.data, table->by_address.count, sizeof(struct entry), compare_symbol_addresses);
	table->by_address_sorted = true;
}

struct kl_error *kl_symbols_by_address(struct kl_debug *dbg, uint64_t address, struct kl_symbol *ret)
{
	size_t after, first, count;
	const struct entry *entries;
	struct kl_error *err = load_symbols(dbg);

	if (err)
		return err;
	sort_symbols_by_address(dbg->symbols);
	entries = dbg->symbols->by_address.data;
	count = dbg->symbols->by_address.count;
	after = kl_search_prefix(entries, count, e, e->symbol.address <= address);
	if (!after)
		return kl_error_create(KL_ERROR_NOT_FOUND, "%s: no symbol at or below %#" PRIx64, kl_debug_path(dbg),
				       address);
	for (first = after - 1; first && entries[first - 1].symbol.address == entries[after - 1].symbol.address;)
		first--;
	*ret = entries[first].symbol;
	ret->size = after < count ? entries[after].symbol.address - ret->address : 0;
	return NULL;
}
