/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of addresses and pointers: kallsyms in all its forms, modules, BPF programs, %p. */
#include "test.h"

#include <elf.h>

#include "kernel/machine/machine.h"
#include "kernel/machine/symbolize.h"
#include "test_kernel_fake.h"
#include "util/siphash.h"

/* ---- the name decoder over plain bytes --------------------------------------------------------------------------- */

/* Tokens: 0 "T", 1 "foo", 2 "_bar", 3 "". */
static const uint8_t tokens[] = "T\0foo\0_bar\0";

static struct kl_kallsyms_names names_of(const uint8_t *bytes, size_t length)
{
	return (struct kl_kallsyms_names){.names = bytes,
					  .names_length = length,
					  .tokens = tokens,
					  .tokens_length = sizeof(tokens),
					  .token_index = {0, 2, 6, 11}};
}

static void test_names_are_expanded_token_by_token(void)
{
	static const uint8_t bytes[] = {3, 0, 1, 2, 1, 1, 0, 2, 3, 1};
	struct kl_kallsyms_names t = names_of(bytes, sizeof(bytes));
	char name[16], type;
	size_t next;

	CHECK(kl_kallsyms_expand(&t, 0, &type, name, sizeof(name), &next));
	CHECK_STR(name, "foo_bar");
	CHECK_INT(type, 'T');
	CHECK_INT(next, 4);
	CHECK(kl_kallsyms_expand(&t, 4, &type, name, sizeof(name), &next));
	CHECK_STR(name, "oo"); /* the type may share its token with the name */
	CHECK_INT(type, 'f');
	CHECK(kl_kallsyms_expand(&t, 6, &type, name, sizeof(name), &next));
	CHECK_STR(name, "");
	CHECK_INT(next, 7);
	CHECK(kl_kallsyms_expand(&t, 0, &type, name, 4, &next));
	CHECK_STR(name, "foo");
	CHECK_INT(next, 4);
}

/* 6.1: a length of 128 or more takes two bytes, seven bits in the first. */
static void test_big_symbols_have_two_length_bytes(void)
{
	uint8_t bytes[2 + 130] = {0x82, 1};
	struct kl_kallsyms_names t = names_of(bytes, sizeof(bytes));
	char name[512], type;
	size_t next;

	memset(bytes + 2, 1, 130);
	CHECK(kl_kallsyms_expand(&t, 0, &type, name, sizeof(name), &next));
	CHECK_INT(next, 132);
	CHECK_INT(strlen(name), 3 * 130 - 1);
}

static void test_damaged_names_are_refused(void)
{
	static const uint8_t cut[] = {3, 0, 1}, big_cut[] = {0x81}, wild[] = {1, 7};
	struct kl_kallsyms_names t = names_of(cut, sizeof(cut));
	char name[16], type;
	size_t next;

	CHECK(!kl_kallsyms_expand(&t, 0, &type, name, sizeof(name), &next));
	CHECK(!kl_kallsyms_expand(&t, 3, &type, name, sizeof(name), &next));
	t = names_of(big_cut, sizeof(big_cut));
	CHECK(!kl_kallsyms_expand(&t, 0, &type, name, sizeof(name), &next));
	t = names_of(wild, sizeof(wild));
	t.token_index[7] = 60000;
	CHECK(!kl_kallsyms_expand(&t, 0, &type, name, sizeof(name), &next));
	t.token_index[7] = sizeof(tokens) - 1; /* the empty string that ends the table */
	CHECK(kl_kallsyms_expand(&t, 0, &type, name, sizeof(name), &next));
	t.tokens_length = 3; /* a token without an end */
	t.token_index[7] = 2;
	CHECK(!kl_kallsyms_expand(&t, 0, &type, name, sizeof(name), &next));
}

/* ---- tables in memory -------------------------------------------------------------------------------------------- */

#define NUM_SYMS 0x100
#define RELATIVE_BASE 0x108
#define NAMES 0x200
#define TOKEN_TABLE 0x400
#define TOKEN_INDEX 0x800
#define OFFSETS 0xc00
#define ADDRESSES 0xe00
#define STEXT 0x40000
#define ETEXT 0x48000
#define SINITTEXT 0x60000
#define EINITTEXT 0x61000
#define IMAGE_END 0x70000

enum form { ABSOLUTE, RELATIVE, ABSOLUTE_PERCPU, PLACE_RELATIVE };

struct entry {
	uint64_t address;
	const char *name; /* with its type letter in front */
};

static const struct entry text_only[] = {
	{0xffff888000040000, "T_stext"},   {0xffff888000040000, "T_text"},     {0xffff888000040100, "Talpha"},
	{0xffff888000040100, "talias"},    {0xffff888000040180, "tbeta.cold"}, {0xffff888000048000, "T_etext"},
	{0xffff888000060000, "tinit_one"},
};

static const struct entry with_data[] = {
	{0xffff888000040000, "T_stext"}, {0xffff888000040100, "Talpha"},    {0xffff888000048000, "T_etext"},
	{0xffff888000050000, "dtable"},  {0xffff888000060000, "tinit_one"}, {0xffff88800006f000, "bcounter"},
};

/* One token per byte value: a name is its own bytes. */
static void put_names(struct kl_kernel *k, const struct entry *e, size_t n)
{
	size_t at_name = NAMES;

	for (size_t i = 0; i < n; i++) {
		size_t length = strlen(e[i].name);

		fake_of(k)->bytes[at_name] = (uint8_t)length;
		put(k, at_name + 1, e[i].name, length);
		at_name += length + 1;
	}
	for (unsigned i = 0; i < 256; i++) {
		put_u16(k, TOKEN_INDEX + 2 * i, (uint16_t)(2 * i));
		fake_of(k)->bytes[TOKEN_TABLE + 2 * i] = (uint8_t)i;
	}
}

static void put_address(struct kl_kernel *k, size_t i, uint64_t address, enum form form)
{
	uint64_t base = at(STEXT);
	bool absolute = address < FAKE_BASE;

	switch (form) {
	case ABSOLUTE:
		put_u64(k, ADDRESSES + 8 * i, address);
		return;
	case RELATIVE:
		put_u32(k, OFFSETS + 4 * i, (uint32_t)(address - base));
		return;
	case ABSOLUTE_PERCPU:
		put_u32(k, OFFSETS + 4 * i, (uint32_t)(absolute ? address : base - 1 - address));
		return;
	case PLACE_RELATIVE:
		put_u32(k, OFFSETS + 4 * i, (uint32_t)(address - at(OFFSETS + 4 * i)));
		return;
	}
}

static struct kl_kernel *kernel_with(const struct entry *e, size_t n, enum form form)
{
	struct kl_kernel *k = fake_kernel();
	struct kl_layouts *l = &k->layouts;

	l->symbols.kallsyms_num_syms = variable(NUM_SYMS, 4);
	l->symbols.kallsyms_names = variable(NAMES, 0);
	l->symbols.kallsyms_token_table = variable(TOKEN_TABLE, 0);
	l->symbols.kallsyms_token_index = variable(TOKEN_INDEX, 0);
	if (form == ABSOLUTE)
		l->symbols.kallsyms_addresses = variable(ADDRESSES, 0);
	else
		l->symbols.kallsyms_offsets = variable(OFFSETS, 0);
	if (form == RELATIVE || form == ABSOLUTE_PERCPU)
		l->symbols.kallsyms_relative_base = variable(RELATIVE_BASE, 8);
	l->symbols._stext = variable(STEXT, 0);
	l->symbols._etext = variable(ETEXT, 0);
	l->symbols._sinittext = variable(SINITTEXT, 0);
	l->symbols._einittext = variable(EINITTEXT, 0);
	l->symbols._end = variable(IMAGE_END, 0);
	put_u32(k, NUM_SYMS, (uint32_t)n);
	put_u32(k, NUM_SYMS + 4, 0xffffffff); /* what follows the 32-bit count is something else */
	put_u64(k, RELATIVE_BASE, at(STEXT));
	put_names(k, e, n);
	for (size_t i = 0; i < n; i++)
		put_address(k, i, e[i].address, form);
	return k;
}

#define KERNEL_WITH(entries, form) kernel_with(entries, sizeof(entries) / sizeof((entries)[0]), form)

static void check_symbol(struct kl_kernel *k, uint64_t address, const char *expected)
{
	_cleanup_strbuf_ struct kl_strbuf sb = {0};

	CHECK_OK(kl_symbolize(k, address, &sb));
	CHECK_STR(kl_strbuf_string(&sb), expected);
}

static void test_every_form_of_addresses(void)
{
	for (enum form form = ABSOLUTE; form <= PLACE_RELATIVE; form++) {
		struct kl_kernel *k = KERNEL_WITH(text_only, form);
		enum kl_symbol_source source;

		CHECK_OK(kl_symbols_source(k, &source));
		CHECK_INT(source, KL_SYMBOLS_DUMP);
		check_symbol(k, at(STEXT + 0x120), "alpha+0x20/0x80");
		CHECK_INT(k->anomaly_count, 0);
		fake_destroy(k);
	}
}

/* x86-64 before 6.15 lists per-CPU variables at their small offsets, below everything else. */
static void test_zero_based_percpu_symbols_are_absolute(void)
{
	static const struct entry entries[] = {{0, "Afirst"}, {0x2000, "Asecond"}, {0xffff888000040000, "T_stext"}};
	struct kl_kernel *k = KERNEL_WITH(entries, ABSOLUTE_PERCPU);
	_cleanup_(kl_kallsyms_destroyp) struct kl_kallsyms *ks = NULL;
	struct kl_ksym symbol;
	char type;

	CHECK_OK(kl_kallsyms_load(k, &ks));
	CHECK(kl_kallsyms_get(ks, 1, &type, &symbol));
	CHECK_INT(symbol.start, 0x2000);
	CHECK_INT(type, 'A');
	CHECK(!kl_kallsyms_lookup(ks, 0x2004, &symbol)); /* not an address of the kernel image */
	fake_destroy(k);
}

static void test_first_alias_wins_and_sizes_are_gaps(void)
{
	struct kl_kernel *k = KERNEL_WITH(text_only, RELATIVE);

	check_symbol(k, at(STEXT), "_stext+0x0/0x100");
	check_symbol(k, at(STEXT + 0x17f), "alpha+0x7f/0x80");
	check_symbol(k, at(STEXT + 0x180), "beta.cold+0x0/0x7e80");
	fake_destroy(k);
}

static void test_the_last_symbol_ends_with_its_section(void)
{
	struct kl_kernel *k = KERNEL_WITH(text_only, RELATIVE);

	check_symbol(k, at(SINITTEXT + 0x10), "init_one+0x10/0x1000"); /* _einittext */
	fake_destroy(k);
	k = KERNEL_WITH(with_data, RELATIVE);
	check_symbol(k, at(0x6f010), "counter+0x10/0x1000"); /* _end */
	fake_destroy(k);
}

/* is_ksym_addr(): data has names only with CONFIG_KALLSYMS_ALL. */
static void test_data_has_names_only_with_kallsyms_all(void)
{
	struct kl_kernel *k = KERNEL_WITH(text_only, RELATIVE);

	check_symbol(k, at(0x50010), "0xffff888000050010");
	check_symbol(k, at(ETEXT), "0xffff888000048000");
	fake_destroy(k);
	k = KERNEL_WITH(with_data, RELATIVE);
	check_symbol(k, at(0x50010), "table+0x10/0x10000");
	check_symbol(k, at(IMAGE_END), "0xffff888000070000");
	check_symbol(k, at(STEXT - 1), "0xffff88800003ffff");
	fake_destroy(k);
}

/* Without usable tables and without vmlinux, addresses stay numbers and the reason is recorded. */
static void check_refused(struct kl_kernel *k, const char *reason)
{
	enum kl_symbol_source source;

	CHECK_OK(kl_symbols_source(k, &source));
	CHECK_INT(source, KL_SYMBOLS_NONE);
	check_symbol(k, at(STEXT), "0xffff888000040000");
	CHECK_INT(k->anomaly_count, 1);
	if (k->anomalies.count && !strstr(k->anomalies.data[0].message, reason))
		FAIL_("anomaly \"%s\" does not say \"%s\"", k->anomalies.data[0].message, reason);
	fake_destroy(k);
}

static void test_tables_that_do_not_prove_right_are_refused(void)
{
	struct kl_kernel *k = KERNEL_WITH(text_only, RELATIVE);

	put_u32(k, OFFSETS + 4 * 3, 0x7fff0000);
	check_refused(k, "out of order");
	k = KERNEL_WITH(text_only, RELATIVE);
	put(k, NAMES + 1, "T_etext", 7);
	put(k, NAMES + 9, "T_etex", 6);
	check_refused(k, "no _stext");
	k = KERNEL_WITH(text_only, RELATIVE);
	put_u32(k, NUM_SYMS, 0xffffffff);
	check_refused(k, "symbols");
	k = KERNEL_WITH(text_only, RELATIVE);
	put_u32(k, NUM_SYMS, 0xffffff); /* names run out of memory that is mapped */
	check_refused(k, "name");
	k = KERNEL_WITH(text_only, RELATIVE);
	fake_of(k)->gone[0] = true;
	check_refused(k, "missing");
	k = KERNEL_WITH(text_only, RELATIVE);
	k->layouts.symbols.kallsyms_names.present = false;
	check_refused(k, "the kernel has none");
}

/* ---- modules ----------------------------------------------------------------------------------------------------- */

#define MODULES 0x1000
#define MODULE 0x2000
#define KALLSYMS 0x3000
#define SYMTAB 0x4000
#define STRTAB 0x5000
#define MOD_CODE 0x80000
#define MOD_DATA_AT 0x90000

static void put_sym(struct kl_kernel *k, size_t index, uint32_t name, uint16_t section, uint64_t value)
{
	Elf64_Sym sym = {.st_name = name, .st_shndx = section, .st_value = value};

	put(k, SYMTAB + index * sizeof(sym), &sym, sizeof(sym));
}

/* Strings: 1 "mod_init", 10 "$x", 13 "mod_alias", 23 "mod_data", 32 ".Ltmp" */
static const char strings[] = "\0mod_init\0$x\0mod_alias\0mod_data\0.Ltmp";

static void put_module_symbols(struct kl_kernel *k)
{
	put(k, STRTAB, strings, sizeof(strings));
	put_sym(k, 0, 0, SHN_UNDEF, 0);
	put_sym(k, 1, 10, 1, at(MOD_CODE + 0x40));         /* a mapping symbol */
	put_sym(k, 2, 13, SHN_UNDEF, at(MOD_CODE + 0x48)); /* undefined */
	put_sym(k, 3, 1, 1, at(MOD_CODE + 0x40));
	put_sym(k, 4, 13, 1, at(MOD_CODE + 0x40));
	put_sym(k, 5, 0, 1, at(MOD_CODE + 0x50)); /* unnamed */
	put_sym(k, 6, 32, 1, at(MOD_CODE + 0x58));
	put_sym(k, 7, 23, 2, at(MOD_DATA_AT + 0x10));
}

static void put_module(struct kl_kernel *k)
{
	struct kl_layouts *l = &k->layouts;

	l->variables.modules = variable(MODULES, 16);
	l->module.type = (struct kl_type){true, 256};
	l->module.list = member(0, 16);
	l->module.name = member(16, 56);
	l->module.state = member(72, 4);
	l->enumerators.MODULE_STATE_UNFORMED = (struct kl_enumerator){true, 3};
	put_u64(k, MODULES, at(MODULE));
	put_u64(k, MODULE + 8, at(MODULES));
	put_u64(k, MODULE, at(MODULES));
	put_u64(k, MODULES + 8, at(MODULE));
	put(k, MODULE + 16, "leaky", 6);
	put_module_symbols(k);
}

/* 6.4 and newer: mem[] and mod->kallsyms. */
static struct kl_kernel *kernel_with_module(const struct entry *e, size_t n)
{
	struct kl_kernel *k = kernel_with(e, n, RELATIVE);
	struct kl_layouts *l = &k->layouts;

	put_module(k);
	l->module.mem = (struct kl_member){
		.present = true, .is_array = true, .offset = 80, .size = 32, .count = 2, .element_size = 16};
	l->module.kallsyms = member(112, 8);
	l->module_memory.type = (struct kl_type){true, 16};
	l->module_memory.base = member(0, 8);
	l->module_memory.size = member(8, 4);
	l->mod_kallsyms.type = (struct kl_type){true, 32};
	l->mod_kallsyms.symtab = member(0, 8);
	l->mod_kallsyms.num_symtab = member(8, 4);
	l->mod_kallsyms.strtab = member(16, 8);
	l->enumerators.MOD_TEXT = (struct kl_enumerator){true, 0};
	put_u64(k, MODULE + 80, at(MOD_CODE));
	put_u32(k, MODULE + 88, 0x1000);
	put_u64(k, MODULE + 96, at(MOD_DATA_AT));
	put_u32(k, MODULE + 104, 0x2000);
	put_u64(k, MODULE + 112, at(KALLSYMS));
	put_u64(k, KALLSYMS, at(SYMTAB));
	put_u32(k, KALLSYMS + 8, 8);
	put_u64(k, KALLSYMS + 16, at(STRTAB));
	return k;
}

#define KERNEL_WITH_MODULE(entries) kernel_with_module(entries, sizeof(entries) / sizeof((entries)[0]))

static void test_module_symbols_are_bounded_by_their_region(void)
{
	struct kl_kernel *k = KERNEL_WITH_MODULE(with_data);

	check_symbol(k, at(MOD_CODE + 0x60), "mod_init+0x20/0xfc0 [leaky]");
	check_symbol(k, at(MOD_DATA_AT + 0x18), "mod_data+0x8/0x1ff0 [leaky]");
	check_symbol(k, at(MOD_CODE + 0x10), "0xffff888000080010"); /* before the first symbol of the region */
	check_symbol(k, at(MOD_DATA_AT + 0x8), "0xffff888000090008");
	check_symbol(k, at(MOD_CODE + 0x1000), "0xffff888000081000");
	CHECK_INT(k->anomaly_count, 0);
	fake_destroy(k);
}

static void test_module_data_needs_kallsyms_all(void)
{
	struct kl_kernel *k = KERNEL_WITH_MODULE(text_only);

	check_symbol(k, at(MOD_CODE + 0x60), "mod_init+0x20/0xfc0 [leaky]");
	check_symbol(k, at(MOD_DATA_AT + 0x18), "0xffff888000090018");
	fake_destroy(k);
}

static void test_unformed_modules_have_no_symbols(void)
{
	struct kl_kernel *k = KERNEL_WITH_MODULE(with_data);
	struct kl_modules *modules;

	put_u32(k, MODULE + 72, 3);
	check_symbol(k, at(MOD_CODE + 0x60), "0xffff888000080060");
	CHECK_OK(kl_machine_modules(k, &modules));
	CHECK_INT(modules->list.count, 1);
	CHECK_INT(modules->list.data[0].state, KL_MODULE_UNFORMED);
	CHECK_STR(modules->list.data[0].name, "leaky");
	fake_destroy(k);
}

/* 4.5 .. 6.3, with the tables in struct module as before 4.5: the end of the text bounds every symbol. */
static void test_old_layouts_bound_symbols_by_the_end_of_text(void)
{
	struct kl_kernel *k = KERNEL_WITH(with_data, RELATIVE);
	struct kl_layouts *l = &k->layouts;

	put_module(k);
	l->module.core_base = member(80, 8);
	l->module.core_size = member(88, 4);
	l->module.core_text_size = member(92, 4);
	l->module.symtab = member(96, 8);
	l->module.num_symtab = member(104, 4);
	l->module.strtab = member(112, 8);
	put_u64(k, MODULE + 80, at(MOD_CODE));
	put_u32(k, MODULE + 88, 0x20000);
	put_u32(k, MODULE + 92, 0x1000);
	put_u64(k, MODULE + 96, at(SYMTAB));
	put_u32(k, MODULE + 104, 8);
	put_u64(k, MODULE + 112, at(STRTAB));
	check_symbol(k, at(MOD_CODE + 0x60), "mod_init+0x20/0xfc0 [leaky]");
	/* what the kernel prints there: the distance to the end of the text wraps around */
	check_symbol(k, at(MOD_DATA_AT + 0x18), "mod_data+0x8/0xffffffffffff0ff0 [leaky]");
	fake_destroy(k);
}

static void test_damaged_module_tables_are_told_once(void)
{
	struct kl_kernel *k = KERNEL_WITH_MODULE(with_data);

	put_u32(k, KALLSYMS + 8, 0x7fffffff);
	check_symbol(k, at(MOD_CODE + 0x60), "0xffff888000080060");
	check_symbol(k, at(MOD_CODE + 0x70), "0xffff888000080070");
	CHECK_INT(k->anomaly_count, 1);
	fake_destroy(k);
	k = KERNEL_WITH_MODULE(with_data);
	put_sym(k, 3, 0xfffffff0, 1, at(MOD_CODE + 0x40));
	check_symbol(k, at(MOD_CODE + 0x60), "0xffff888000080060");
	CHECK_INT(k->anomaly_count, 1);
	fake_destroy(k);
}

/* ---- BPF --------------------------------------------------------------------------------------------------------- */

static void test_bpf_programs_have_names(void)
{
	struct kl_kernel *k = KERNEL_WITH(text_only, RELATIVE);
	struct kl_layouts *l = &k->layouts;

	l->variables.bpf_kallsyms = variable(0x1000, 16);
	l->bpf_ksym.type = (struct kl_type){true, 64};
	l->bpf_ksym.start = member(0, 8);
	l->bpf_ksym.end = member(8, 8);
	l->bpf_ksym.name = member(16, 32);
	l->bpf_ksym.lnode = member(48, 16);
	put_u64(k, 0x1000, at(0x2000 + 48));
	put_u64(k, 0x2000 + 48, at(0x1000));
	put_u64(k, 0x2000 + 56, at(0x1000));
	put_u64(k, 0x2000, at(0x90000));
	put_u64(k, 0x2008, at(0x90040));
	put(k, 0x2010, "bpf_prog_6deef7357e7b4530", 26);
	check_symbol(k, at(0x90010), "bpf_prog_6deef7357e7b4530+0x10/0x40 [bpf]");
	check_symbol(k, at(0x90040), "0xffff888000090040");
	fake_destroy(k);
}

/* ---- pointers ---------------------------------------------------------------------------------------------------- */

/* The vector for 8 bytes of SipHash's authors: key 00 01 .. 0f, input 00 01 .. 07. */
static void test_siphash_vector(void)
{
	static const uint64_t key[2] = {0x0706050403020100, 0x0f0e0d0c0b0a0908};

	CHECK_INT(kl_siphash_u64(0x0706050403020100, key), 0x93f5f5799a932462);
}

static void check_pointer(struct kl_kernel *k, uint64_t pointer, const char *plain, const char *restricted)
{
	_cleanup_strbuf_ struct kl_strbuf sb = {0};

	kl_format_pointer(k, pointer, &sb);
	CHECK_STR(kl_strbuf_string(&sb), plain);
	kl_strbuf_reset(&sb);
	kl_format_restricted_pointer(k, pointer, &sb);
	CHECK_STR(kl_strbuf_string(&sb), restricted);
}

static void test_pointers_before_hashing(void)
{
	struct kl_kernel *k = fake_kernel();

	check_pointer(k, 0xffffffff81000123, "ffffffff81000123", "ffffffff81000123");
	check_pointer(k, 0x10, "0000000000000010", "0000000000000010");
	fake_destroy(k);
}

static struct kl_kernel *hashing_kernel(void)
{
	struct kl_kernel *k = fake_kernel();

	k->layouts.variables.ptr_key = variable(0x100, 16);
	k->layouts.variables.filled_random_ptr_key = variable(0x110, 1);
	k->layouts.symbols.no_hash_pointers = variable(0x111, 0);
	k->layouts.symbols.kptr_restrict = variable(0x118, 0);
	put_u64(k, 0x100, 0x0706050403020100);
	put_u64(k, 0x108, 0x0f0e0d0c0b0a0908);
	put(k, 0x110, "\1\0", 2);
	return k;
}

static void test_hashed_pointers(void)
{
	struct kl_kernel *k = hashing_kernel();

	check_pointer(k, 0x0706050403020100, "000000009a932462", "000000009a932462");
	check_pointer(k, 0, "0000000000000000", "0000000000000000");
	check_pointer(k, (uint64_t)-12, "fffffffffffffff4", "fffffffffffffff4"); /* an error pointer */
	put_u32(k, 0x118, 1);
	check_pointer(k, 0x0706050403020100, "000000009a932462", "0706050403020100");
	put_u32(k, 0x118, 2);
	check_pointer(k, 0x0706050403020100, "000000009a932462", "0000000000000000");
	put_u32(k, 0x118, 0);
	put(k, 0x111, "\1", 1);
	check_pointer(k, 0x0706050403020100, "0706050403020100", "0706050403020100");
	fake_destroy(k);
}

static void test_pointers_before_the_key_is_drawn(void)
{
	struct kl_kernel *k = hashing_kernel();

	put(k, 0x110, "\0\0", 2);
	check_pointer(k, 0x1234, "(____ptrval____)", "(____ptrval____)");
	/* a static key that is on until then */
	k->layouts.variables.filled_random_ptr_key.present = false;
	k->layouts.variables.not_filled_ptr_key = variable(0x120, 16);
	put_u32(k, 0x120, 1);
	check_pointer(k, 0x1234, "(____ptrval____)", "(____ptrval____)");
	put_u32(k, 0x120, 0);
	check_pointer(k, 0x0706050403020100, "000000009a932462", "000000009a932462");
	fake_destroy(k);
}

/* ---- damage ------------------------------------------------------------------------------------------------------ */

/* xorshift, so that every run damages the same bytes */
static uint64_t draw(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Whatever stands in the tables, lookups end, stay inside of what they read, and give something printable. */
static void test_random_damage(void)
{
	uint64_t state = 0x9e3779b97f4a7c15;

	for (unsigned round = 0; round < 400; round++) {
		struct kl_kernel *k = KERNEL_WITH_MODULE(with_data);
		_cleanup_strbuf_ struct kl_strbuf sb = {0};

		for (unsigned i = 0; i < 1 + round % 16; i++) {
			/* the tables of the kernel, and those of the module */
			size_t base = draw(&state) % 2 ? 0x100 : MODULES, size = base == 0x100 ? 0xf00 : 0x4100;

			fake_of(k)->bytes[base + draw(&state) % size] = (uint8_t)draw(&state);
		}
		CHECK_OK(kl_symbolize(k, at(STEXT + 0x120), &sb));
		CHECK_OK(kl_symbolize(k, at(MOD_CODE + 0x60), &sb));
		CHECK_OK(kl_symbolize(k, at(MOD_DATA_AT + 0x18), &sb));
		CHECK(sb.length > 3 * 8);
		fake_destroy(k);
	}
}

int main(void)
{
	RUN(test_names_are_expanded_token_by_token);
	RUN(test_big_symbols_have_two_length_bytes);
	RUN(test_damaged_names_are_refused);
	RUN(test_every_form_of_addresses);
	RUN(test_zero_based_percpu_symbols_are_absolute);
	RUN(test_first_alias_wins_and_sizes_are_gaps);
	RUN(test_the_last_symbol_ends_with_its_section);
	RUN(test_data_has_names_only_with_kallsyms_all);
	RUN(test_tables_that_do_not_prove_right_are_refused);
	RUN(test_module_symbols_are_bounded_by_their_region);
	RUN(test_module_data_needs_kallsyms_all);
	RUN(test_unformed_modules_have_no_symbols);
	RUN(test_old_layouts_bound_symbols_by_the_end_of_text);
	RUN(test_damaged_module_tables_are_told_once);
	RUN(test_bpf_programs_have_names);
	RUN(test_siphash_vector);
	RUN(test_pointers_before_hashing);
	RUN(test_hashed_pointers);
	RUN(test_pointers_before_the_key_is_drawn);
	RUN(test_random_damage);
	return DONE();
}
