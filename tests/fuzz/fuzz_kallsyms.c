/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kallsyms in a kernel's memory: the input is all of it. The tables are searched, and read where they were found; the
 * first 8 bytes say where else they might be. */
#include "fuzz.h"

#include "kernel/kernel.h"
#include "kernel/machine/kallsyms.h"
#include "kernel/machine/kallsyms_find.h"
#include "util/bytes.h"

#define BASE 0xffffffff81000000ULL

struct memory {
	const uint8_t *data;
	size_t size;
	const void *zeroed; /* the buffer that holds nothing but zeroes since the last reading */
	size_t zeroed_length;
};

static size_t read_partial(void *context, uint64_t address, void *buffer, size_t length)
{
	struct memory *m = context;
	size_t before = address < BASE ? (size_t)(BASE - address) : 0;
	size_t at = address < BASE ? 0 : (size_t)(address - BASE);
	size_t there = at < m->size && before < length ? m->size - at : 0;

	if (there > length - before)
		there = length - before;
	if (!there && m->zeroed == buffer && m->zeroed_length == length)
		return 0; /* the scan's window, 256 times in a row: nine tenths of the time went into that */
	memset(buffer, 0, length);
	if (there)
		memcpy((uint8_t *)buffer + before, m->data + at, there);
	m->zeroed = there ? NULL : buffer;
	m->zeroed_length = length;
	return there;
}

static struct kl_error *read_all(void *context, uint64_t address, void *buffer, size_t length)
{
	return read_partial(context, address, buffer, length) == length
		       ? NULL
		       : kl_error_create(KL_ERROR_MISSING, "%zu bytes", length);
}

static struct kl_variable at(uint64_t address)
{
	return (struct kl_variable){.present = address != 0, .address = address};
}

static void load(struct kl_kernel *k, const struct kl_kallsyms_places *p)
{
	_cleanup_(kl_kallsyms_destroyp) struct kl_kallsyms *ks = NULL;
	struct kl_ksym symbol;
	char type;

	k->layouts.symbols._stext = at(BASE);
	k->layouts.symbols._etext = at(BASE + 4096);
	k->layouts.symbols._end = at(BASE + (1 << 20));
	k->layouts.symbols.kallsyms_num_syms = at(p->num_syms);
	k->layouts.symbols.kallsyms_names = at(p->names);
	k->layouts.symbols.kallsyms_token_table = at(p->token_table);
	k->layouts.symbols.kallsyms_token_index = at(p->token_index);
	k->layouts.symbols.kallsyms_offsets = at(p->offsets);
	k->layouts.symbols.kallsyms_relative_base = at(p->relative_base);
	k->layouts.symbols.kallsyms_addresses = at(p->addresses);
	kl_error_destroy(kl_kallsyms_load(k, &ks));
	if (!ks)
		return;
	kl_kallsyms_lookup(ks, BASE + 100, &symbol);
	kl_kallsyms_get(ks, kl_kallsyms_count(ks) - 1, &type, &symbol);
	kl_kallsyms_room(ks, kl_kallsyms_count(ks) - 1);
}

static void fuzz_one(const uint8_t *data, size_t size)
{
	struct memory memory = {.data = data, .size = size};
	struct kl_kernel *k = calloc(1, sizeof(*k));
	struct kl_kallsyms_places guesses[KL_KALLSYMS_GUESSES];
	size_t found = 0, i;

	if (!k)
		abort();
	k->memory = (struct kl_kernel_access){read_all, read_partial, &memory};
	k->page_shift = 12;
	kl_error_destroy(kl_kallsyms_find(k, BASE, guesses, &found));
	for (i = 0; i < found; i++)
		load(k, &guesses[i]);
	if (size >= 8) {
		guesses[0] = (struct kl_kallsyms_places){
			.num_syms = BASE + 8,
			.names = BASE + 16,
			.token_table = BASE + kl_get_u16(data),
			.token_index = BASE + kl_get_u16(data + 2),
			.offsets = BASE + kl_get_u16(data + 4),
			.relative_base = data[6] & 1 ? BASE + 8 : 0,
		};
		load(k, &guesses[0]);
	}
	free(k);
}
