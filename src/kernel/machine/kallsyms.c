/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/machine/kallsyms.h"

#include <inttypes.h>
#include <string.h>

#include "kernel/kernel.h"
#include "kernel/machine/kallsyms_find.h"
#include "util/bytes.h"
#include "util/search.h"

/* kallsyms_seqs_of_names[] numbers symbols in three bytes. */
#define MAX_SYMBOLS (1u << 24)
#define MAX_NAMES ((size_t)1 << 28)

struct kl_kallsyms {
	struct kl_kallsyms_places places;
	size_t count;
	uint64_t *addresses;
	uint32_t *offsets; /* of each name in `names` */
	KL_VEC(uint8_t) names;
	uint8_t *tokens;
	struct kl_kallsyms_names tables;
	bool all;
	/* run-time bounds, as the kernel's own section symbols say */
	uint64_t stext, etext, sinittext, einittext, init_begin, init_end, end;
};

/* ---- loading ----------------------------------------------------------------------------------------------------- */

/* Run-time address of one of the tables: VMCOREINFO has them since 6.0, .symtab always. 0 = there is none. */
static uint64_t table_address(struct kl_kernel *k, const char *name, const struct kl_variable *symbol)
{
	uint64_t address;

	if (k->image && kl_image_vmcoreinfo_symbol(k->image, name, &address))
		return address;
	return kl_kernel_variable(k, symbol);
}

#define TABLE(k, name) table_address(k, "kallsyms_" #name, &(k)->layouts.symbols.kallsyms_##name)

/* What VMCOREINFO or the layouts say. */
static struct kl_kallsyms_places told_places(struct kl_kernel *k)
{
	return (struct kl_kallsyms_places){
		.num_syms = TABLE(k, num_syms),
		.names = TABLE(k, names),
		.token_table = TABLE(k, token_table),
		.token_index = TABLE(k, token_index),
		.offsets = TABLE(k, offsets),
		.relative_base = TABLE(k, relative_base),
		.addresses = TABLE(k, addresses),
	};
}

/* Reads the token table, whose length is where its last token ends. */
static struct kl_error *read_tokens(struct kl_kernel *k, struct kl_kallsyms *ks)
{
	uint64_t index = ks->places.token_index, table = ks->places.token_table;
	char last[KL_KSYM_NAME_MAX];
	uint8_t raw[sizeof(ks->tables.token_index)];
	struct kl_error *err;
	size_t length = 0;

	if (!index || !table)
		return kl_error_create(KL_ERROR_NOT_FOUND, "no token table");
	err = kl_kernel_read(k, index, raw, sizeof(raw));
	if (err)
		return err;
	for (size_t i = 0; i < 256; i++) {
		ks->tables.token_index[i] = kl_get_u16(raw + 2 * i);
		if (ks->tables.token_index[i] > length)
			length = ks->tables.token_index[i];
	}
	err = kl_kernel_read_string(k, table + length, last, sizeof(last));
	if (err)
		return err;
	length += strlen(last) + 1;
	ks->tokens = malloc(length);
	if (!ks->tokens)
		return kl_error_nomem();
	ks->tables.tokens = ks->tokens;
	ks->tables.tokens_length = length;
	return kl_kernel_read(k, table, ks->tokens, length);
}

/* Nothing tells how long the names are: they are read page by page as they are walked. */
static struct kl_error *more_names(struct kl_kernel *k, struct kl_kallsyms *ks, uint64_t names)
{
	size_t page = (size_t)1 << k->page_shift;
	size_t part = page - ((names + ks->names.count) & (page - 1));
	struct kl_error *err;

	if (ks->names.count > MAX_NAMES)
		return kl_error_create(KL_ERROR_CORRUPT, "the names do not end");
	if (!kl_vec_reserve(&ks->names, part))
		return kl_error_nomem();
	err = kl_kernel_read(k, names + ks->names.count, ks->names.data + ks->names.count, part);
	if (err)
		return err;
	ks->names.count += part;
	ks->tables.names = ks->names.data;
	ks->tables.names_length = ks->names.count;
	return NULL;
}

static struct kl_error *read_names(struct kl_kernel *k, struct kl_kallsyms *ks)
{
	uint64_t names = ks->places.names;
	size_t offset = 0, begin, end;

	ks->offsets = malloc(ks->count * sizeof(*ks->offsets));
	if (!ks->offsets)
		return kl_error_nomem();
	for (size_t i = 0; i < ks->count; i++) {
		while (!kl_kallsyms_bounds(&ks->tables, offset, &begin, &end)) {
			struct kl_error *err = more_names(k, ks, names);

			if (err)
				return kl_error_prepend(err, "name %zu of %zu", i, ks->count);
		}
		ks->offsets[i] = (uint32_t)offset;
		offset = end;
	}
	return NULL;
}

static struct kl_error *read_absolute(struct kl_kernel *k, struct kl_kallsyms *ks, uint64_t table)
{
	struct kl_error *err = kl_kernel_read(k, table, ks->addresses, ks->count * 8);

	for (size_t i = 0; !err && i < ks->count; i++)
		ks->addresses[i] = kl_get_u64(&ks->addresses[i]);
	return err;
}

static struct kl_error *read_relative(struct kl_kernel *k, struct kl_kallsyms *ks, uint64_t table)
{
	uint64_t base_address = ks->places.relative_base, base = 0;
	_cleanup_free_ uint8_t *raw = malloc(ks->count * 4);
	bool absolute_percpu = false;
	struct kl_error *err;

	if (!raw)
		return kl_error_nomem();
	err = kl_kernel_read(k, table, raw, ks->count * 4);
	if (!err && base_address)
		err = kl_kernel_read_u64(k, base_address, &base);
	if (err)
		return err;
	/* Without that scheme all values are distances from the lowest symbol, and no image is 2 GiB long. */
	for (size_t i = 0; base_address && i < ks->count; i++)
		absolute_percpu |= (int32_t)kl_get_u32(raw + 4 * i) < 0;
	for (size_t i = 0; i < ks->count; i++) {
		int32_t value = (int32_t)kl_get_u32(raw + 4 * i);

		if (!base_address)
			ks->addresses[i] = table + 4 * i + (uint64_t)(int64_t)value;
		else if (!absolute_percpu)
			ks->addresses[i] = base + (uint32_t)value;
		else if (value >= 0)
			ks->addresses[i] = (uint64_t)value;
		else
			ks->addresses[i] = base - 1 - (uint64_t)(int64_t)value;
	}
	return NULL;
}

static struct kl_error *read_addresses(struct kl_kernel *k, struct kl_kallsyms *ks)
{
	uint64_t offsets = ks->places.offsets, addresses = ks->places.addresses;

	ks->addresses = calloc(ks->count, sizeof(*ks->addresses));
	if (!ks->addresses)
		return kl_error_nomem();
	if (offsets)
		return read_relative(k, ks, offsets);
	if (addresses)
		return read_absolute(k, ks, addresses);
	return kl_error_create(KL_ERROR_NOT_FOUND, "no addresses");
}

static void set_bounds(struct kl_kernel *k, struct kl_kallsyms *ks)
{
	if (!k->layouts.symbols._stext.present) {
		kl_image_vmcoreinfo_symbol(k->image, "_stext", &ks->stext);
		return;
	}
	ks->stext = kl_kernel_variable(k, &k->layouts.symbols._stext);
	ks->etext = kl_kernel_variable(k, &k->layouts.symbols._etext);
	ks->sinittext = kl_kernel_variable(k, &k->layouts.symbols._sinittext);
	ks->einittext = kl_kernel_variable(k, &k->layouts.symbols._einittext);
	ks->init_begin = kl_kernel_variable(k, &k->layouts.symbols.__init_begin);
	ks->init_end = kl_kernel_variable(k, &k->layouts.symbols.__init_end);
	ks->end = kl_kernel_variable(k, &k->layouts.symbols._end);
}

static bool is_kernel_text(const struct kl_kallsyms *ks, uint64_t address)
{
	return (address >= ks->stext && address < ks->etext) || (address >= ks->sinittext && address < ks->einittext);
}

/* The index of the last symbol at or below @address, as the kernel searches; 0 when all lie above. */
static size_t last_symbol_at_or_below(const struct kl_kallsyms *ks, uint64_t address)
{
	size_t n = kl_search_prefix(ks->addresses, ks->count, it, *it <= address);

	return n ? n - 1 : 0;
}

/* The tables prove themselves: in order, and with the right name at the one address that is known for sure. */
static struct kl_error *prove_tables(const struct kl_kallsyms *ks)
{
	struct kl_ksym symbol;
	char type;

	for (size_t i = 1; i < ks->count; i++) {
		if (ks->addresses[i] < ks->addresses[i - 1])
			return kl_error_create(KL_ERROR_CORRUPT, "symbol %zu is out of order", i);
	}
	for (size_t i = last_symbol_at_or_below(ks, ks->stext); ks->addresses[i] == ks->stext; i--) {
		if (kl_kallsyms_get(ks, i, &type, &symbol) && !strcmp(symbol.name, "_stext"))
			return NULL;
		if (i == 0)
			break;
	}
	return kl_error_create(KL_ERROR_CORRUPT, "no _stext at %#" PRIx64, ks->stext);
}

/* The bounds of sections as the table itself names them, where no layouts did. */
static void find_section_bounds(struct kl_kallsyms *ks)
{
	const struct {
		const char *name;
		uint64_t *bound;
	} bounds[] = {
		{"_etext", &ks->etext},         {"_sinittext", &ks->sinittext},
		{"_einittext", &ks->einittext}, {"__init_begin", &ks->init_begin},
		{"__init_end", &ks->init_end},  {"_end", &ks->end},
	};
	struct kl_ksym symbol;
	char type;

	for (size_t i = 0; i < ks->count; i++) {
		if (ks->addresses[i] < ks->stext || !kl_kallsyms_get(ks, i, &type, &symbol) || symbol.name[0] != '_')
			continue;
		for (size_t b = 0; b < sizeof(bounds) / sizeof(bounds[0]); b++)
			if (!*bounds[b].bound && !strcmp(symbol.name, bounds[b].name))
				*bounds[b].bound = symbol.start;
	}
}

/* What scripts/kallsyms keeps of data even without CONFIG_KALLSYMS_ALL, since 6.9: bounds of named sections. */
static bool is_section_bound(const char *name)
{
	return !strncmp(name, "__start_", strlen("__start_")) || !strncmp(name, "__stop_", strlen("__stop_"));
}

/* Without CONFIG_KALLSYMS_ALL, it keeps what lies in a text section, both ends included. */
static bool has_data_symbols(const struct kl_kallsyms *ks)
{
	struct kl_ksym symbol;
	char type;

	for (size_t i = 0; i < ks->count; i++) {
		uint64_t a = ks->addresses[i];

		if ((a >= ks->stext && a <= ks->etext) || (a >= ks->sinittext && a <= ks->einittext))
			continue;
		if (!kl_kallsyms_get(ks, i, &type, &symbol) || !is_section_bound(symbol.name))
			return true;
	}
	return false;
}

static struct kl_error *load_tables(struct kl_kernel *k, struct kl_kallsyms *ks)
{
	struct kl_error *err;
	uint32_t count;

	/* unsigned int since 4.20, unsigned long before: the low half is enough */
	err = kl_kernel_read_u32(k, ks->places.num_syms, &count);
	if (err)
		return err;
	if (!count || count > MAX_SYMBOLS)
		return kl_error_create(KL_ERROR_CORRUPT, "%" PRIu32 " symbols", count);
	ks->count = count;
	set_bounds(k, ks);
	err = read_tokens(k, ks);
	if (!err)
		err = read_names(k, ks);
	if (!err)
		err = read_addresses(k, ks);
	if (!err)
		err = prove_tables(ks);
	if (!err && !ks->etext)
		find_section_bounds(ks);
	if (!err)
		ks->all = has_data_symbols(ks);
	return err;
}

static struct kl_error *load_at(struct kl_kernel *k, const struct kl_kallsyms_places *places, struct kl_kallsyms **ret)
{
	_cleanup_(kl_kallsyms_destroyp) struct kl_kallsyms *ks = calloc(1, sizeof(*ks));
	struct kl_error *err;

	if (!ks)
		return kl_error_nomem();
	ks->places = *places;
	err = load_tables(k, ks);
	if (err)
		return err;
	*ret = kl_take(ks);
	return NULL;
}

/* The first of the guesses that proves right. */
static struct kl_error *load_by_search(struct kl_kernel *k, struct kl_kallsyms **ret)
{
	struct kl_kallsyms_places guesses[KL_KALLSYMS_GUESSES];
	size_t found = 0, i;
	struct kl_error *err;
	uint64_t stext;

	if (!k->image || !kl_image_vmcoreinfo_symbol(k->image, "_stext", &stext))
		return kl_error_create(KL_ERROR_NOT_FOUND, "the kernel has none");
	err = kl_kallsyms_find(k, stext, guesses, &found);
	if (!err && !found)
		err = kl_error_create(KL_ERROR_NOT_FOUND, "VMCOREINFO does not say where, and nothing looks like it");
	for (i = 0; i < found; i++) {
		kl_error_destroy(err);
		err = load_at(k, &guesses[i], ret);
		if (!err || kl_error_code(err) == KL_ERROR_NOMEM)
			break;
	}
	return err;
}

struct kl_error *kl_kallsyms_load(struct kl_kernel *k, struct kl_kallsyms **ret)
{
	struct kl_kallsyms_places told = told_places(k);
	struct kl_error *err;

	if (told.num_syms && told.names)
		err = load_at(k, &told, ret);
	else if (k->layouts.symbols._stext
			 .present) /* whoever made them had a .symtab, and would have seen the tables */
		err = kl_error_create(KL_ERROR_NOT_FOUND, "the kernel has none");
	else
		err = load_by_search(k, ret);
	return kl_error_prepend(err, "kallsyms");
}

void kl_kallsyms_destroy(struct kl_kallsyms *ks)
{
	if (!ks)
		return;
	free(ks->addresses);
	free(ks->offsets);
	free(ks->tokens);
	kl_vec_deinit(&ks->names);
	free(ks);
}

/* ---- lookup ------------------------------------------------------------------------------------------------------ */

size_t kl_kallsyms_count(const struct kl_kallsyms *ks)
{
	return ks->count;
}

uint64_t kl_kallsyms_address(const struct kl_kallsyms *ks, size_t index)
{
	return ks->addresses[index];
}

uint64_t kl_kallsyms_room(const struct kl_kallsyms *ks, size_t index)
{
	size_t next = index + 1;

	while (next < ks->count && ks->addresses[next] == ks->addresses[index])
		next++;
	return next < ks->count ? ks->addresses[next] - ks->addresses[index] : UINT32_MAX;
}

void kl_kallsyms_text(const struct kl_kallsyms *ks, uint64_t *start, uint64_t *end)
{
	*start = ks->etext > ks->stext ? ks->stext : 0;
	*end = ks->etext > ks->stext ? ks->etext : 0;
}

bool kl_kallsyms_all(const struct kl_kallsyms *ks)
{
	return ks->all;
}

bool kl_kallsyms_get(const struct kl_kallsyms *ks, size_t index, char *type, struct kl_ksym *ret)
{
	size_t next;

	if (index >= ks->count)
		return false;
	ret->start = ks->addresses[index];
	ret->size = 0;
	return kl_kallsyms_expand(&ks->tables, ks->offsets[index], type, ret->name, sizeof(ret->name), &next);
}

/* is_ksym_addr() */
static bool in_kernel(const struct kl_kallsyms *ks, uint64_t address)
{
	if (!ks->all)
		return is_kernel_text(ks, address);
	return (address >= ks->stext && address < ks->end) || (address >= ks->init_begin && address < ks->init_end);
}

/* Where the kernel says the last symbol ends. */
static uint64_t end_of_last(const struct kl_kallsyms *ks, uint64_t address)
{
	if (address >= ks->sinittext && address < ks->einittext)
		return ks->einittext;
	return ks->all ? ks->end : ks->etext;
}

bool kl_kallsyms_lookup(const struct kl_kallsyms *ks, uint64_t address, struct kl_ksym *ret)
{
	size_t first, next;
	uint64_t end;
	char type;

	if (!in_kernel(ks, address))
		return false;
	first = last_symbol_at_or_below(ks, address);
	while (first && ks->addresses[first - 1] == ks->addresses[first])
		first--;
	for (next = first + 1; next < ks->count && ks->addresses[next] == ks->addresses[first]; next++)
		;
	end = next < ks->count ? ks->addresses[next] : end_of_last(ks, address);
	if (!kl_kallsyms_get(ks, first, &type, ret))
		return false;
	ret->size = end - ret->start;
	return *ret->name != '\0';
}
