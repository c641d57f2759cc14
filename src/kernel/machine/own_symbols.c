/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/machine/own_symbols.h"

#include <string.h>

#include "kernel/kernel.h"
#include "util/intern.h"

/* What is looked for besides the table. */
static const char *const others[] = {
	"__start_BTF",           "__stop_BTF",          "_stext", "_etext", "__start___ksymtab", "__stop___ksymtab",
	"__start___ksymtab_gpl", "__stop___ksymtab_gpl"};

static uint64_t hash_of(const char *name, size_t length)
{
	return kl_hash_bytes(KL_HASH_SEED, name, length);
}

/* Each of the alternatives in @names. */
static struct kl_error *want_names(struct kl_own_symbols *s, const char *names)
{
	size_t length;
	uint64_t known;

	for (; *names; names += length + (names[length] == '|')) {
		struct kl_own_symbol symbol = {};
		struct kl_error *err;

		length = strcspn(names, "|");
		if (kl_map_get(&s->wanted, hash_of(names, length), &known))
			continue;
		err = kl_intern_add(s->names, names, length, &symbol.name);
		if (err)
			return err;
		if (!kl_vec_push(&s->list, symbol) ||
		    !kl_map_put(&s->wanted, hash_of(names, length), s->list.count - 1))
			return kl_error_nomem();
	}
	return NULL;
}

static struct kl_error *want_all_names(struct kl_own_symbols *s)
{
	size_t n, i;
	const struct kl_request *requests = kl_layouts_requests(&n);
	struct kl_error *err = NULL;

	for (i = 0; i < n && !err; i++) {
		if (requests[i].kind == KL_REQUEST_VARIABLE || requests[i].kind == KL_REQUEST_SYMBOL)
			err = want_names(s, requests[i].path);
		if (!err && requests[i].unit && kl_layouts_unit_proof(requests[i].unit))
			err = want_names(s, kl_layouts_unit_proof(requests[i].unit));
	}
	for (i = 0; i < sizeof(others) / sizeof(*others) && !err; i++)
		err = want_names(s, others[i]);
	return err;
}

static struct kl_own_symbol *own_symbol(const struct kl_own_symbols *s, const char *name)
{
	uint64_t index;

	if (!kl_map_get(&s->wanted, hash_of(name, strlen(name)), &index) ||
	    strcmp(kl_intern_get(s->names, s->list.data[index].name, NULL), name))
		return NULL;
	return &s->list.data[index];
}

/* Counts one more symbol, unless it stands where the one before did. */
static void count_symbol(const struct kl_own_symbols *s, size_t index, uint32_t *count, size_t *last)
{
	if (!*count || kl_kallsyms_address(s->kallsyms, *last) != kl_kallsyms_address(s->kallsyms, index))
		++*count;
	*last = index;
}

static bool is_upper(char letter)
{
	return letter >= 'A' && letter <= 'Z';
}

static void sort_in(struct kl_own_symbols *s, size_t index, char letter, struct kl_own_symbol *symbol)
{
	uint64_t address = kl_kallsyms_address(s->kallsyms, index);

	count_symbol(s, index, &symbol->all, &symbol->last);
	if (is_upper(letter))
		count_symbol(s, index, &symbol->globals, &symbol->last_global);
	/* nm calls a section T that holds code and data; what lies between _stext and _etext is code */
	if (!s->text_end || address < s->text_start || address >= s->text_end)
		count_symbol(s, index, &symbol->data, &symbol->last_data);
}

static void find_wanted(struct kl_own_symbols *s)
{
	struct kl_ksym symbol;
	uint64_t which;
	size_t i;
	char letter;

	for (i = 0; i < kl_kallsyms_count(s->kallsyms); i++)
		if (kl_kallsyms_get(s->kallsyms, i, &letter, &symbol) &&
		    kl_map_get(&s->wanted, hash_of(symbol.name, strlen(symbol.name)), &which) &&
		    !strcmp(kl_intern_get(s->names, s->list.data[which].name, NULL), symbol.name))
			sort_in(s, i, letter, &s->list.data[which]);
}

/* ---- besides kallsyms -------------------------------------------------------------------------------------------- */

void kl_own_symbols_tell(struct kl_own_symbols *s, const char *name, uint64_t address)
{
	struct kl_own_symbol *symbol = own_symbol(s, name);

	if (symbol && !symbol->all) {
		symbol->is_told = true;
		symbol->told = address;
	}
}

/* Where kallsyms says that a table of exports lies, run-time addresses. */
static size_t add_named_table(const struct kl_own_symbols *s, const char *start, const char *stop, uint64_t ret[2])
{
	const struct kl_own_symbol *first = own_symbol(s, start), *last = own_symbol(s, stop);

	if (!first || !last || first->all != 1 || last->all != 1)
		return 0;
	ret[0] = kl_kallsyms_address(s->kallsyms, first->last);
	ret[1] = kl_kallsyms_address(s->kallsyms, last->last);
	return 1;
}

static struct kl_error *ask_others(struct kl_kernel *k, struct kl_own_symbols *s)
{
	uint64_t tables[2][2], address;
	size_t n = add_named_table(s, "__start___ksymtab", "__stop___ksymtab", tables[0]);
	struct kl_own_symbol *symbol;
	struct kl_error *err;

	if (n)
		n += add_named_table(s, "__start___ksymtab_gpl", "__stop___ksymtab_gpl", tables[1]);
	err = kl_exports_read(k, s->text_start, (const uint64_t(*)[2])tables, n, &s->exports);
	if (err)
		return err;
	kl_vec_for_each (symbol, &s->list) {
		const char *name = kl_intern_get(s->names, symbol->name, NULL);

		if (kl_exports_find(&s->exports, name, &address) ||
		    (k->image && kl_image_vmcoreinfo_symbol(k->image, name, &address)))
			kl_own_symbols_tell(s, name, address);
	}
	return NULL;
}

/* ------------------------------------------------------------------------------------------------------------------ */

struct kl_error *kl_own_symbols_read(struct kl_kernel *k, struct kl_own_symbols *ret)
{
	struct kl_error *err;

	*ret = (struct kl_own_symbols){.kallsyms = k->kallsyms, .shift = k->shift};
	kl_kallsyms_text(k->kallsyms, &ret->text_start, &ret->text_end);
	err = kl_intern_create(&ret->names);
	if (!err)
		err = want_all_names(ret);
	if (!err) {
		find_wanted(ret);
		if (!kl_kallsyms_all(k->kallsyms))
			err = ask_others(k, ret);
	}
	return err;
}

void kl_own_symbols_deinit(struct kl_own_symbols *symbols)
{
	kl_map_deinit(&symbols->wanted);
	kl_vec_deinit(&symbols->list);
	kl_exports_deinit(&symbols->exports);
	kl_intern_destroy(symbols->names);
	symbols->names = NULL;
}

/* Which of the symbols in kallsyms is meant; SIZE_MAX when none is, or it is not certain which. */
static size_t choose_symbol(const struct kl_own_symbol *symbol, bool is_variable)
{
	if (is_variable)
		return symbol->data == 1 ? symbol->last_data : SIZE_MAX;
	if (symbol->all == 1)
		return symbol->last;
	return symbol->globals == 1 ? symbol->last_global : SIZE_MAX;
}

bool kl_own_symbols_find(const void *context, const char *name, bool is_variable, uint64_t *address, uint64_t *room)
{
	const struct kl_own_symbols *s = context;
	const struct kl_own_symbol *symbol = own_symbol(s, name);
	size_t index = symbol ? choose_symbol(symbol, is_variable) : SIZE_MAX;

	if (index != SIZE_MAX) {
		*address = kl_kallsyms_address(s->kallsyms, index);
		*room = kl_kallsyms_room(s->kallsyms, index);
	} else if (symbol && symbol->is_told) {
		*address = symbol->told;
		*room = 0; /* what follows has no name */
	} else {
		return false;
	}
	if (*address >> 63)
		*address -= s->shift;
	return true;
}

bool kl_own_symbols_has_unit(const void *context, const char *unit)
{
	const struct kl_own_symbols *s = context;
	const char *proof = kl_layouts_unit_proof(unit);
	const struct kl_own_symbol *symbol;
	char name[KL_KSYM_NAME_MAX];
	size_t length;

	if (!proof)
		return true;
	for (; *proof; proof += length + (proof[length] == '|')) {
		length = strcspn(proof, "|");
		if (length >= sizeof(name))
			continue;
		memcpy(name, proof, length);
		name[length] = '\0';
		symbol = own_symbol(s, name);
		if (symbol && symbol->all)
			return true;
	}
	return false;
}
