/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/machine/own_symbols.h"

#include <string.h>

#include "kernel/layouts.h"
#include "util/intern.h"

/* What is looked for besides the table. */
static const char *const others[] = {"__start_BTF", "__stop_BTF", "_stext", "_etext"};

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

static const struct kl_own_symbol *own_symbol(const struct kl_own_symbols *s, const char *name)
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

struct kl_error *kl_own_symbols_read(const struct kl_kallsyms *kallsyms, uint64_t shift, struct kl_own_symbols *ret)
{
	struct kl_error *err;

	*ret = (struct kl_own_symbols){.kallsyms = kallsyms, .shift = shift};
	kl_kallsyms_text(kallsyms, &ret->text_start, &ret->text_end);
	err = kl_intern_create(&ret->names);
	if (!err)
		err = want_all_names(ret);
	if (!err)
		find_wanted(ret);
	return err;
}

void kl_own_symbols_deinit(struct kl_own_symbols *symbols)
{
	kl_map_deinit(&symbols->wanted);
	kl_vec_deinit(&symbols->list);
	kl_intern_destroy(symbols->names);
	symbols->names = NULL;
}

bool kl_own_symbols_find(const void *context, const char *name, bool is_variable, uint64_t *address, uint64_t *room)
{
	const struct kl_own_symbols *s = context;
	const struct kl_own_symbol *symbol = own_symbol(s, name);
	size_t index;

	if (symbol && is_variable && symbol->data == 1)
		index = symbol->last_data;
	else if (symbol && !is_variable && symbol->all == 1)
		index = symbol->last;
	else if (symbol && !is_variable && symbol->globals == 1)
		index = symbol->last_global;
	else
		return false;
	*address = kl_kallsyms_address(s->kallsyms, index);
	*room = kl_kallsyms_room(s->kallsyms, index);
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
