/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Layouts and variables as the compiler says, from every kind of debug file that two compilers and their tools make. */
#include "test.h"

#include <stddef.h>

#include "debug/debug.h"
#include "debug/symbols.h"
#include "test_debug/build.h"
#include "test_debug/types.h"

struct answers {
	struct kl_type shape, atomic, atomic_const, word, colour, base, opaque, only, fallback, none;
	struct kl_member flag, truth, small, as_pointer, deep_low, deeper, deepest, node, node_next, counter,
		counter_const;
	struct kl_member flags_low, flags_either, comm, table, links, links_prev, inner, innermost, callback,
		colour_member;
	struct kl_member in_anonymous, flexible, zero, nested, no_member, no_path, no_owner, by_typedef, owner_either;
	struct kl_member three, five, forty, byte, last, straddles, tail;
	struct kl_enumerator green, blue, wide, nameless, two, big, by_owner, wrong_owner, by_typedef_enum;
	struct kl_variable counter_mm, counter_lib, list_mm, list_lib, declared, defined_later, shape_pointer, any,
		absent;
	struct kl_variable symbol, no_symbol, elsewhere, linker_made, both, no_boundary;
};

#define TYPE(unit, path, field)                                                           \
	{                                                                                 \
		KL_REQUEST_TYPE, unit, NULL, path, false, offsetof(struct answers, field) \
	}
#define MEMBER(owner, path, field)                                                                   \
	{                                                                                            \
		KL_REQUEST_MEMBER, "mm/alpha.c", owner, path, false, offsetof(struct answers, field) \
	}
#define ENUMERATOR(owner, path, field)                                                                   \
	{                                                                                                \
		KL_REQUEST_ENUMERATOR, "mm/alpha.c", owner, path, false, offsetof(struct answers, field) \
	}
#define VARIABLE(unit, path, field)                                                           \
	{                                                                                     \
		KL_REQUEST_VARIABLE, unit, NULL, path, false, offsetof(struct answers, field) \
	}

static const struct kl_request requests[] = {
	TYPE("mm/alpha.c", "shape", shape),
	TYPE("mm/alpha.c", "atomic_like", atomic),
	TYPE("mm/alpha.c", "const_atomic", atomic_const),
	TYPE("mm/alpha.c", "word", word),
	TYPE("mm/alpha.c", "colour", colour),
	TYPE("mm/alpha.c", "unsigned long|long unsigned int", base),
	TYPE("mm/alpha.c", "opaque", opaque),
	TYPE(NULL, "only_here", only),
	TYPE("no/such.c|lpha.c|lib/alpha.c|mm/alpha.c", "nothing|only_here", fallback),
	TYPE(NULL, "nothing", none),
	MEMBER("shape", "flag", flag),
	MEMBER("shape", "truth", truth),
	MEMBER("shape", "small", small),
	MEMBER("shape", "as_pointer", as_pointer),
	MEMBER("shape", "deep_low", deep_low),
	MEMBER("shape", "deeper", deeper),
	MEMBER("shape", "deepest", deepest),
	MEMBER("shape", "node", node),
	MEMBER("shape", "node.next", node_next),
	MEMBER("atomic_like", "counter", counter),
	MEMBER("shape", "use_count.counter", counter_const),
	MEMBER("shape", "flags.high", flags_low),
	MEMBER("shape", "flags.f|flags", flags_either),
	MEMBER("shape", "comm", comm),
	MEMBER("shape", "table", table),
	MEMBER("shape", "links", links),
	MEMBER("shape", "links.prev", links_prev),
	MEMBER("shape", "named.inner", inner),
	MEMBER("shape", "named.deep.innermost", innermost),
	MEMBER("shape", "callback", callback),
	MEMBER("shape", "colour", colour_member),
	MEMBER("shape", "in_anonymous", in_anonymous),
	MEMBER("shape", "flexible", flexible),
	MEMBER("outer", "zero", zero),
	MEMBER("outer", "holder.nested", nested),
	MEMBER("shape", "nothing", no_member),
	MEMBER("shape", "node.nothing.next", no_path),
	MEMBER("nothing", "flag", no_owner),
	MEMBER("const_atomic", "counter", by_typedef),
	MEMBER("nothing|link|shape", "no|prev", owner_either),
	MEMBER("bits", "three", three),
	MEMBER("bits", "five", five),
	MEMBER("bits", "forty", forty),
	MEMBER("bits", "byte", byte),
	MEMBER("bits", "last", last),
	MEMBER("packed_bits", "straddles", straddles),
	MEMBER("packed_bits", "tail", tail),
	ENUMERATOR(NULL, "GREEN", green),
	ENUMERATOR(NULL, "BLUE", blue),
	ENUMERATOR(NULL, "NOTHING|WIDE", wide),
	ENUMERATOR(NULL, "NAMELESS_SECOND", nameless),
	ENUMERATOR(NULL, "TYPEDEF_TWO", two),
	ENUMERATOR("big", "BIG", big),
	ENUMERATOR("colour", "GREEN", by_owner),
	ENUMERATOR("big", "GREEN", wrong_owner),
	ENUMERATOR("numbers", "TYPEDEF_ONE", by_typedef_enum),
	VARIABLE("mm/alpha.c", "counter", counter_mm),
	VARIABLE("lib/alpha.c", "counter", counter_lib),
	VARIABLE("mm/alpha.c", "list", list_mm),
	VARIABLE("lib/alpha.c", "list", list_lib),
	VARIABLE("mm/alpha.c", "declared_bytes", declared),
	VARIABLE("mm/alpha.c", "defined_later", defined_later),
	VARIABLE("mm/alpha.c", "shape_pointer", shape_pointer),
	VARIABLE(NULL, "other_shape", any),
	VARIABLE("mm/alpha.c", "only_in_lib", absent),
	VARIABLE("mm/alpha.c", "other_shape", elsewhere),
	VARIABLE("mm/alpha.c", "linker_made", linker_made),
	VARIABLE("fs/gamma.c", "both", both),
	VARIABLE("pha.c|ib/alpha.c", "list", no_boundary),
	{KL_REQUEST_SYMBOL, NULL, NULL, "nothing|alpha", false, offsetof(struct answers, symbol)},
	{KL_REQUEST_SYMBOL, NULL, NULL, "nothing", false, offsetof(struct answers, no_symbol)},
};
#define REQUESTS (sizeof(requests) / sizeof(requests[0]))

/* Whether @m is the member of the real compiler's struct. */
#define CHECK_PLACE(m, type, member)                                        \
	do {                                                                \
		CHECK((m).present);                                         \
		CHECK_INT((m).offset, offsetof(struct type, member));       \
		CHECK_INT((m).size, sizeof(((struct type *)NULL)->member)); \
		CHECK_INT((m).bit_size, 0);                                 \
	} while (0)

#define CHECK_ARRAY(m, elements, bytes)             \
	do {                                        \
		CHECK((m).is_array);                \
		CHECK_INT((m).count, elements);     \
		CHECK_INT((m).element_size, bytes); \
	} while (0)

static void check_types(const struct answers *a)
{
	CHECK(a->shape.present);
	CHECK_INT(a->shape.size, sizeof(struct shape));
	CHECK_INT(a->atomic.size, sizeof(atomic_like));
	CHECK_INT(a->atomic_const.size, sizeof(const_atomic));
	CHECK_INT(a->word.size, sizeof(union word));
	CHECK_INT(a->colour.size, sizeof(enum colour));
	CHECK_INT(a->base.size, sizeof(unsigned long));
	CHECK(!a->opaque.present);
	CHECK(a->only.present);
	CHECK_INT(a->only.size, 8);
	CHECK(a->fallback.present);
	CHECK(!a->none.present);
}

static void check_members(const struct answers *a)
{
	CHECK_PLACE(a->flag, shape, flag);
	CHECK_PLACE(a->truth, shape, truth);
	CHECK_PLACE(a->small, shape, small);
	CHECK(a->small.is_signed && !a->flag.is_signed);
	CHECK_PLACE(a->as_pointer, shape, as_pointer);
	CHECK(a->as_pointer.is_pointer && !a->flag.is_pointer);
	CHECK_PLACE(a->deep_low, shape, deep_low);
	CHECK_PLACE(a->deeper, shape, deeper);
	CHECK_PLACE(a->deepest, shape, deepest);
	CHECK_ARRAY(a->deepest, 4, 1);
	CHECK_PLACE(a->node, shape, node);
	CHECK_PLACE(a->node_next, shape, node.next);
	CHECK_INT(a->counter.offset, 0);
	CHECK(a->counter.is_signed);
	CHECK_PLACE(a->counter_const, shape, use_count.counter);
	CHECK_PLACE(a->flags_low, shape, flags.high);
	CHECK_PLACE(a->flags_either, shape, flags);
	CHECK_PLACE(a->inner, shape, named.inner);
	CHECK_PLACE(a->innermost, shape, named.deep.innermost);
	CHECK_PLACE(a->callback, shape, callback);
	CHECK(a->callback.is_pointer);
	CHECK_PLACE(a->colour_member, shape, colour);
	CHECK_PLACE(a->nested, outer, holder.nested);
	CHECK(a->by_typedef.present && a->owner_either.present);
	CHECK_INT(a->owner_either.offset, offsetof(struct link, prev));
	CHECK(!a->no_member.present && !a->no_path.present && !a->no_owner.present);
}

static void check_arrays(const struct answers *a)
{
	CHECK_PLACE(a->comm, shape, comm);
	CHECK_ARRAY(a->comm, 16, 1);
	CHECK_PLACE(a->table, shape, table);
	CHECK_ARRAY(a->table, 15, 8);
	CHECK_PLACE(a->links, shape, links);
	CHECK_ARRAY(a->links, 2, sizeof(struct link));
	CHECK_INT(a->links_prev.offset, offsetof(struct shape, links[0].prev));
	CHECK(a->flexible.present);
	CHECK_INT(a->flexible.offset, offsetof(struct shape, flexible));
	CHECK_INT(a->flexible.size, 0);
	CHECK_ARRAY(a->flexible, 0, 8);
	CHECK_INT(a->zero.offset, offsetof(struct outer, zero));
	CHECK_INT(a->zero.size, 0);
	CHECK_ARRAY(a->zero, 0, 4);
}

/* Members read out of real structs, so that a wrong place shows whichever way it is described. */
static void check_bits(const struct answers *a)
{
	struct bits b;
	struct packed_bits p;
	struct {
		struct shape s;
	} s;

	memset(&b, 0xff, sizeof(b));
	memset(&p, 0xff, sizeof(p));
	memset(&s, 0xff, sizeof(s));
	b.three = 5;
	b.five = -7;
	b.forty = 0x123456789aUL;
	b.byte = 0x42;
	b.last = 0;
	p.straddles = 0x2aaaaaaaaaaaaaaaUL;
	p.tail = 9;
	s.s.in_anonymous = 6;
	CHECK_INT(kl_member_get(&a->three, &b), 5);
	CHECK_INT(a->three.bit_size, 3);
	CHECK_INT(kl_member_get(&a->five, &b), -7 & 0x1f);
	CHECK_INT(kl_member_get_signed(&a->five, &b), -7);
	CHECK(a->five.is_signed);
	CHECK_INT(kl_member_get(&a->forty, &b), 0x123456789aL);
	CHECK_INT(kl_member_get(&a->byte, &b), 0x42);
	CHECK_INT(kl_member_get(&a->last, &b), 0);
	CHECK(a->last.offset + a->last.size <= sizeof(b));
	CHECK_INT(kl_member_get(&a->straddles, &p), 0x2aaaaaaaaaaaaaaaL);
	CHECK_INT(a->straddles.size, 9);
	CHECK_INT(kl_member_get(&a->tail, &p), 9);
	CHECK(a->tail.offset + a->tail.size <= sizeof(p));
	CHECK_INT(kl_member_get(&a->in_anonymous, &s), 6);
	CHECK(a->in_anonymous.bit_offset < 8);
}

static void check_enumerators(const struct answers *a)
{
	CHECK(a->green.present && a->blue.present && a->wide.present);
	CHECK_INT(a->green.value, GREEN);
	CHECK_INT(a->blue.value, BLUE);
	CHECK_INT(a->wide.value, WIDE);
	CHECK_INT(a->nameless.value, NAMELESS_SECOND);
	CHECK_INT(a->two.value, TYPEDEF_TWO);
	CHECK_INT(a->big.value, BIG);
	CHECK_INT(a->by_owner.value, GREEN);
	CHECK(!a->wrong_owner.present);
	CHECK(a->by_typedef_enum.present);
	CHECK_INT(a->by_typedef_enum.value, TYPEDEF_ONE);
}

/* The address of @name as the linker decided; 0 when it is not unique. */
static uint64_t address_of(struct kl_debug *dbg, const char *name)
{
	struct kl_symbol symbol = {0};

	kl_error_destroy(kl_symbols_by_name(dbg, name, &symbol));
	return symbol.address;
}

static void check_variables(struct kl_debug *dbg, const struct answers *a)
{
	CHECK(a->counter_mm.present && a->counter_lib.present);
	CHECK(a->counter_mm.address != a->counter_lib.address);
	CHECK_INT(a->counter_mm.size, 4);
	CHECK(!a->counter_mm.is_array);
	CHECK_INT(a->counter_lib.size, 24);
	CHECK_ARRAY(a->counter_lib, 3, 8);
	CHECK_INT(a->list_mm.size, sizeof(struct link));
	CHECK(a->list_lib.is_pointer && !a->list_mm.is_pointer);
	CHECK_INT(a->declared.address, address_of(dbg, "declared_bytes"));
	CHECK_INT(a->declared.size, 24);
	CHECK_ARRAY(a->declared, 24, 1);
	CHECK(a->defined_later.present);
	CHECK_INT(a->defined_later.address, address_of(dbg, "defined_later"));
	CHECK_INT(a->defined_later.size, 8);
	CHECK(a->shape_pointer.is_pointer);
	CHECK_INT(a->any.address, address_of(dbg, "other_shape"));
	CHECK(!a->absent.present);
	/* global, but not declared in the unit asked for (Clang never says what is declared) */
	CHECK_INT(a->elsewhere.address, address_of(dbg, "other_shape"));
	CHECK(a->elsewhere.is_pointer);
	/* the global one, not the static one of the unit that is looked at first */
	CHECK_INT(a->both.address, address_of(dbg, "both"));
	CHECK_INT(a->both.size, 16);
	CHECK_ARRAY(a->both, 2, 8);
	CHECK(!a->no_boundary.present);
	CHECK(a->linker_made.present);
	CHECK_INT(a->linker_made.address, address_of(dbg, "linker_made"));
	CHECK(a->symbol.present);
	CHECK_INT(a->symbol.address, address_of(dbg, "alpha"));
	CHECK(!a->no_symbol.present);
}

static void check_file(const char *name)
{
	_cleanup_(kl_debug_closep) struct kl_debug *dbg = NULL;
	struct answers a;

	memset(&a, 0xee, sizeof(a));
	CHECK_OK(kl_debug_open(in_dir(name), &dbg));
	if (!dbg)
		return;
	CHECK(kl_debug_has_dwarf(dbg));
	CHECK_OK(kl_debug_resolve(dbg, requests, REQUESTS, &a));
	check_types(&a);
	check_members(&a);
	check_arrays(&a);
	check_bits(&a);
	check_enumerators(&a);
	check_variables(dbg, &a);
	if (case_failed_)
		printf("# in %s\n", name);
}

static void test_gcc_dwarf5(void)
{
	CHECK(build_program("cc -gdwarf-5", "plain"));
	check_file("plain");
}

static void test_gcc_dwarf4(void)
{
	CHECK(build_program("cc -gdwarf-4", "dwarf4"));
	check_file("dwarf4");
}

static void test_gcc_dwarf2(void)
{
	CHECK(build_program("cc -gdwarf-2 -gstrict-dwarf", "dwarf2"));
	check_file("dwarf2");
}

static void test_clang_dwarf5_indexed_addresses(void)
{
	if (!have("clang"))
		SKIP("clang is not installed");
	CHECK(build_program("clang -gdwarf-5", "clang5"));
	check_file("clang5");
}

static void test_clang_dwarf4(void)
{
	if (!have("clang"))
		SKIP("clang is not installed");
	CHECK(build_program("clang -gdwarf-4", "clang4"));
	check_file("clang4");
}

/* The common types move to partial units, which are imported. */
static void test_dwz(void)
{
	if (!have("dwz"))
		SKIP("dwz is not installed");
	CHECK(sh("dwz -o dwz plain"));
	CHECK(sh("readelf --debug-dump=info dwz | grep -q DW_TAG_imported_unit"));
	check_file("dwz");
}

static void test_separate_debug_file(void)
{
	CHECK(sh("objcopy --only-keep-debug plain separate"));
	check_file("separate");
}

static void test_compressed_sections(void)
{
	CHECK(sh("objcopy --compress-debug-sections=zlib plain zlib"));
	check_file("zlib");
	CHECK(sh("objcopy --compress-debug-sections=zlib-gnu plain zlib-gnu"));
	CHECK(sh("readelf -SW zlib-gnu | grep -q zdebug_info"));
	check_file("zlib-gnu");
	if (!sh("objcopy --compress-debug-sections=zstd plain zstd"))
		SKIP("zlib checked; this objcopy cannot write zstd sections");
	check_file("zstd");
}

static void test_compressed_files(void)
{
	if (!have("xz") || !have("zstd") || !have("gzip"))
		SKIP("xz, zstd or gzip is not installed");
	/* by content, not by name; several streams in one file are one file */
	CHECK(sh("xz -c plain > one.gz && zstd -qc plain > two.xz && gzip -c plain > three"));
	check_file("one.gz");
	check_file("two.xz");
	check_file("three");
	CHECK(sh("head -c 5000 plain > a && tail -c +5001 plain > b"));
	CHECK(sh("(xz -c a; xz -c b) > m.xz && (gzip -c a; gzip -c b) > m.gz && (zstd -qc a; zstd -qc b) > m.zst"));
	check_file("m.xz");
	check_file("m.gz");
	check_file("m.zst");
}

static void test_module_sections_are_placed(void)
{
	_cleanup_(kl_debug_closep) struct kl_debug *dbg = NULL;

	CHECK(sh("as -o sections.ko src/sections.s"));
	CHECK_OK(kl_debug_open(in_dir("sections.ko"), &dbg));
	if (!dbg)
		return;
	CHECK(address_of(dbg, "in_text"));
	CHECK(address_of(dbg, "in_unlikely") > address_of(dbg, "in_text"));
	CHECK(address_of(dbg, "in_init") > address_of(dbg, "in_unlikely"));
}

/* References between DIEs and strings of a module are right only after relocation. */
static void test_relocatable(void)
{
	_cleanup_(kl_debug_closep) struct kl_debug *dbg = NULL;
	uint64_t text, init, size;

	CHECK(sh("ld -r --defsym linker_made=7 -o module.ko plain.mm.o plain.lib.o plain.fs.o"));
	check_file("module.ko");
	CHECK(sh("objcopy --compress-debug-sections=zlib module.ko packed.ko"));
	check_file("packed.ko");
	CHECK_OK(kl_debug_open(in_dir("module.ko"), &dbg));
	if (!dbg)
		return;
	CHECK(kl_debug_is_relocatable(dbg));
	CHECK(kl_debug_section(dbg, ".text", &text, &size) && size);
	CHECK_INT(text, 0);
	CHECK_INT(address_of(dbg, "alpha"), text);
	CHECK(kl_debug_section(dbg, ".init.text", &init, &size) && init > text);
	CHECK_INT(address_of(dbg, "alpha_init"), init);
	CHECK(!kl_debug_section(dbg, ".debug_info", &init, &size));
	CHECK(!kl_debug_section(dbg, ".nothing", &init, &size));
}

static void test_aarch64_module(void)
{
	if (!have("aarch64-linux-gnu-gcc"))
		SKIP("aarch64-linux-gnu-gcc is not installed");
	CHECK(compile_sources("aarch64-linux-gnu-gcc -g -fsigned-char", "arm"));
	CHECK(sh("aarch64-linux-gnu-ld -r --defsym linker_made=7 -o arm.ko arm.mm.o arm.lib.o arm.fs.o"));
	check_file("arm.ko");
}

static void test_second_resolve_uses_the_first(void)
{
	_cleanup_(kl_debug_closep) struct kl_debug *dbg = NULL;
	struct answers a, b;

	CHECK_OK(kl_debug_open(in_dir("plain"), &dbg));
	CHECK_OK(kl_debug_resolve(dbg, requests, REQUESTS, &a));
	memset(&b, 0xee, sizeof(b));
	CHECK_OK(kl_debug_resolve(dbg, requests, REQUESTS, &b));
	CHECK_INT(a.straddles.offset, b.straddles.offset);
	CHECK_INT(a.any.address, b.any.address);
	check_types(&b);
}

/* The message names what is missing, where it was looked for, and the file. */
static void test_missing_required(void)
{
	_cleanup_(kl_debug_closep) struct kl_debug *dbg = NULL;
	struct kl_request wanted[] = {
		MEMBER("shape", "flag", flag),
		MEMBER("shape", "colour.nothing|nothing", no_member),
	};
	_cleanup_error_ struct kl_error *err = NULL;
	struct answers a;

	wanted[0].required = wanted[1].required = true;
	CHECK_OK(kl_debug_open(in_dir("plain"), &dbg));
	err = kl_debug_resolve(dbg, wanted, 2, &a);
	CHECK(err);
	if (!err)
		return;
	CHECK_INT(kl_error_code(err), KL_ERROR_NOT_FOUND);
	CHECK(strstr(kl_error_message(err), "shape"));
	CHECK(strstr(kl_error_message(err), "colour.nothing|nothing"));
	CHECK(strstr(kl_error_message(err), "mm/alpha.c"));
	CHECK(strstr(kl_error_message(err), in_dir("plain")));
	wanted[1].required = false;
	CHECK_OK(kl_debug_resolve(dbg, wanted, 2, &a));
}

int main(void)
{
	make_dir("test_debug");
	RUN(test_gcc_dwarf5);
	RUN(test_gcc_dwarf4);
	RUN(test_gcc_dwarf2);
	RUN(test_clang_dwarf5_indexed_addresses);
	RUN(test_clang_dwarf4);
	RUN(test_dwz);
	RUN(test_separate_debug_file);
	RUN(test_compressed_sections);
	RUN(test_compressed_files);
	RUN(test_relocatable);
	RUN(test_module_sections_are_placed);
	RUN(test_aarch64_module);
	RUN(test_second_resolve_uses_the_first);
	RUN(test_missing_required);
	return DONE();
}
