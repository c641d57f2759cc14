/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines and symbols of addresses, held against addr2line and nm. */
#include "test.h"

#include "debug/debug.h"
#include "debug/line.h"
#include "debug/symbols.h"
#include "test_debug/build.h"

/* What addr2line says about @address: "alpha.c:40", without folders. */
static bool addr2line(const char *name, const char *section, uint64_t address, char *ret, size_t size)
{
	char command[2048], line[1024];
	const char *base;
	FILE *pipe;
	bool ok;

	snprintf(command, sizeof(command), "addr2line %s %s -e '%s' %#" PRIx64, section ? "-j" : "",
		 section ? section : "", in_dir(name), address);
	pipe = popen(command, "r");
	ok = pipe && fgets(line, sizeof(line), pipe);
	if (pipe)
		pclose(pipe);
	if (!ok)
		return false;
	line[strcspn(line, " \n")] = '\0'; /* "(discriminator 2)" */
	base = strrchr(line, '/');
	snprintf(ret, size, "%s", base ? base + 1 : line);
	return true;
}

/* Every address of @symbol; @section when the file is relocatable, as addr2line counts from its start then. */
static void check_symbol(struct kl_debug *dbg, const char *name, const char *symbol, const char *section)
{
	uint64_t start = 0, size, i;
	struct kl_symbol s = {0};

	CHECK_OK(kl_symbols_by_name(dbg, symbol, &s));
	CHECK(s.size > 2);
	if (section)
		CHECK(kl_debug_section(dbg, section, &start, &size));
	for (i = 0; i < s.size; i++) {
		char wanted[1024], got[1280];
		const char *file = "";
		unsigned int line = 0;

		CHECK_OK(kl_debug_line(dbg, s.address + i, &file, &line));
		snprintf(got, sizeof(got), "%s:%u", strrchr(file, '/') ? strrchr(file, '/') + 1 : file, line);
		CHECK(addr2line(name, section, s.address - start + i, wanted, sizeof(wanted)));
		if (strcmp(got, wanted))
			FAIL_("%s: %s+%#" PRIx64 ": %s, addr2line says %s", name, symbol, i, got, wanted);
	}
}

static void check_program(const char *name)
{
	_cleanup_(kl_debug_closep) struct kl_debug *dbg = NULL;
	struct kl_symbol s = {0};
	const char *file;
	unsigned int line;

	CHECK_OK(kl_debug_open(in_dir(name), &dbg));
	if (!dbg)
		return;
	check_symbol(dbg, name, "alpha", NULL);
	check_symbol(dbg, name, "beta", NULL);
	check_symbol(dbg, name, "alpha_init", NULL);
	check_symbol(dbg, name, "gamma_one", NULL);
	check_symbol(dbg, name, "delta_two", NULL);
	CHECK_ERROR(kl_debug_line(dbg, 0x1234, &file, &line), KL_ERROR_NOT_FOUND);
	CHECK_OK(kl_symbols_by_name(dbg, "beta", &s));
	CHECK_OK(kl_debug_line(dbg, s.address, &file, &line));
	CHECK_STR(file, "src/lib/alpha.c");
}

static void test_with_aranges(void)
{
	CHECK(build_program("cc -gdwarf-5", "plain"));
	check_program("plain");
	CHECK(build_program("cc -gdwarf-4", "dwarf4"));
	check_program("dwarf4");
}

/* Every function is a sequence of its own then; without padding one ends where the next begins, and the linker put
 * them in another order than the compiler wrote them. */
static void test_adjacent_sequences(void)
{
	struct kl_symbol one = {0}, two = {0};
	_cleanup_(kl_debug_closep) struct kl_debug *dbg = NULL;

	CHECK(build_program("cc -g -ffunction-sections -falign-functions=1", "sections"));
	check_program("sections");
	CHECK_OK(kl_debug_open(in_dir("sections"), &dbg));
	CHECK_OK(kl_symbols_by_name(dbg, "gamma_one", &one));
	CHECK_OK(kl_symbols_by_name(dbg, "delta_two", &two));
	CHECK_INT(two.address + two.size, one.address);
}

/* Then the units tell where their code is: as a range, and mm/alpha.c with two sections as a list. */
static void test_without_aranges(void)
{
	CHECK(sh("objcopy -R .debug_aranges plain bare5 && objcopy -R .debug_aranges dwarf4 bare4"));
	check_program("bare5");
	check_program("bare4");
}

static void test_clang(void)
{
	if (!have("clang"))
		SKIP("clang is not installed");
	CHECK(build_program("clang -gdwarf-5", "clang5"));
	CHECK(sh("readelf --debug-dump=info clang5 | grep -q DW_AT_rnglists_base"));
	check_program("clang5");
	CHECK(build_program("clang -gdwarf-4 -fdebug-ranges-base-address", "clang4"));
	check_program("clang4");
}

/* All places of @address as addr2line tells them, "function file:line" each, without folders. */
static void places_of_addr2line(const char *name, uint64_t address, char *ret, size_t size)
{
	char command[2048], function[1024], line[1024];
	size_t n = 0;
	FILE *pipe;

	snprintf(command, sizeof(command), "addr2line -i -f -e '%s' %#" PRIx64, in_dir(name), address);
	pipe = popen(command, "r");
	while (pipe && fgets(function, sizeof(function), pipe) && fgets(line, sizeof(line), pipe)) {
		const char *base = strrchr(line, '/');

		function[strcspn(function, "\n")] = '\0';
		line[strcspn(line, " \n")] = '\0';
		n += (size_t)snprintf(ret + n, size - n, "%s %s\n", function, base ? base + 1 : line);
	}
	if (pipe)
		pclose(pipe);
}

static size_t check_places(struct kl_debug *dbg, const char *name, const struct kl_symbol *s, uint64_t address)
{
	struct kl_source_place places[KL_PLACES_MAX];
	char wanted[4096] = "", got[4096] = "";
	size_t n = 0, length = 0, i;

	CHECK_OK(kl_debug_places(dbg, address, places, &n));
	for (i = 0; i < n; i++) {
		const char *base = strrchr(places[i].file, '/');

		length += (size_t)snprintf(got + length, sizeof(got) - length, "%s %s:%u\n",
					   places[i].function ? places[i].function : s->name,
					   base ? base + 1 : places[i].file, places[i].line);
	}
	places_of_addr2line(name, address, wanted, sizeof(wanted));
	if (strcmp(got, wanted))
		FAIL_("%s: %#" PRIx64 ": %s, addr2line says %s", name, address, got, wanted);
	return n;
}

static void check_inlined(const char *compiler, const char *name)
{
	_cleanup_(kl_debug_closep) struct kl_debug *dbg = NULL;
	struct kl_symbol s = {0};
	size_t deepest = 0, n;
	uint64_t i;

	CHECK(sh("%s -O2 -ffreestanding -fno-pic -c src/calls.c -o %s.o && ld -e 0 --unresolved-symbols=ignore-all "
		 "-o %s %s.o",
		 compiler, name, name, name));
	CHECK_OK(kl_debug_open(in_dir(name), &dbg));
	CHECK_OK(kl_symbols_by_name(dbg, "inlined_told", &s));
	for (i = 0; i < s.size; i++) {
		n = check_places(dbg, name, &s, s.address + i);
		deepest = n > deepest ? n : deepest;
	}
	CHECK(deepest == 3); /* kmalloc() in make() in inlined_told() */
}

static void test_inlined(void)
{
	check_inlined("cc -gdwarf-5", "inlined5");
	check_inlined("cc -gdwarf-4", "inlined4");
	if (have("clang"))
		check_inlined("clang -gdwarf-5", "inlined-clang");
}

static void test_module(void)
{
	_cleanup_(kl_debug_closep) struct kl_debug *dbg = NULL;

	CHECK(sh("ld -r -o module.ko plain.mm.o plain.lib.o plain.fs.o"));
	CHECK_OK(kl_debug_open(in_dir("module.ko"), &dbg));
	if (!dbg)
		return;
	check_symbol(dbg, "module.ko", "alpha", ".text");
	check_symbol(dbg, "module.ko", "beta", ".text");
	check_symbol(dbg, "module.ko", "alpha_init", ".init.text");
}

/* Names as the kernel's developers write them, also when it was built outside its source tree. */
static void test_names_are_relative_to_the_kernel(void)
{
	_cleanup_(kl_debug_closep) struct kl_debug *dbg = NULL;
	struct kl_symbol s = {0};
	const char *file;
	unsigned int line;

	CHECK(sh("mkdir -p out src/init && echo 'int main_marker;' > src/init/main.c && cd out && "
		 "for u in mm/alpha lib/alpha init/main; do cc -g -O1 -ffreestanding -fno-pic -c \"$PWD/../src/$u.c\" "
		 "-o "
		 "$(basename $(dirname $u)).o || exit 1; done && ld -e 0 -o ../kernel mm.o lib.o init.o"));
	CHECK_OK(kl_debug_open(in_dir("kernel"), &dbg));
	CHECK_OK(kl_symbols_by_name(dbg, "alpha", &s));
	CHECK_OK(kl_debug_line(dbg, s.address, &file, &line));
	CHECK_STR(file, "mm/alpha.c");
}

static void test_symbols_by_name(void)
{
	_cleanup_(kl_debug_closep) struct kl_debug *dbg = NULL;
	struct kl_symbol s = {0};

	CHECK_OK(kl_debug_open(in_dir("plain"), &dbg));
	CHECK_OK(kl_symbols_by_name(dbg, "alpha", &s));
	CHECK_STR(s.name, "alpha");
	CHECK(s.is_global);
	CHECK(sh("nm plain | grep -q '%016" PRIx64 " T alpha$'", s.address));
	CHECK_OK(kl_symbols_by_name(dbg, "both", &s));
	CHECK(s.is_global);
	CHECK_INT(s.size, 16);
	CHECK_OK(kl_symbols_by_name(dbg, "only_in_lib", &s));
	CHECK(!s.is_global);
	/* a local one in each of the two units */
	CHECK_ERROR(kl_symbols_by_name(dbg, "counter", &s), KL_ERROR_NOT_FOUND);
	CHECK_ERROR(kl_symbols_by_name(dbg, "nothing", &s), KL_ERROR_NOT_FOUND);
	CHECK_ERROR(kl_symbols_by_name(dbg, "alpha.c", &s), KL_ERROR_NOT_FOUND);
	CHECK_ERROR(kl_symbols_by_name(dbg, "", &s), KL_ERROR_NOT_FOUND);
}

static void check_name_at(struct kl_debug *dbg, uint64_t address, const char *name, uint64_t size)
{
	struct kl_symbol s = {0};

	CHECK_OK(kl_symbols_by_address(dbg, address, &s));
	CHECK_STR(s.name, name);
	CHECK_INT(s.size, size);
}

/* The rules of scripts/kallsyms.c among names of one address, and what is no symbol at all. */
static void test_symbols_by_address(void)
{
	_cleanup_(kl_debug_closep) struct kl_debug *dbg = NULL;
	struct kl_symbol s = {0};

	CHECK(sh("as --keep-locals -o symbols.o src/symbols.s && ld -e 0 -Ttext=0x401000 -o symbols symbols.o"));
	CHECK_OK(kl_debug_open(in_dir("symbols"), &dbg));
	if (!dbg)
		return;
	check_name_at(dbg, 0x401001, "strong", 2);
	check_name_at(dbg, 0x401002, "___three", 1);
	check_name_at(dbg, 0x401003, "_one", 1);
	check_name_at(dbg, 0x401004, "first", 1);
	check_name_at(dbg, 0x401005, "last", 1);
	CHECK_ERROR(kl_symbols_by_address(dbg, 0x400fff, &s), KL_ERROR_NOT_FOUND);
	CHECK_ERROR(kl_symbols_by_name(dbg, ".Llabel", &s), KL_ERROR_NOT_FOUND);
	CHECK_ERROR(kl_symbols_by_name(dbg, "$x", &s), KL_ERROR_NOT_FOUND);
	CHECK_OK(kl_symbols_by_name(dbg, "absolute", &s));
	CHECK_INT(s.address, 0x10);
}

int main(void)
{
	make_dir("test_debug_line");
	RUN(test_with_aranges);
	RUN(test_adjacent_sequences);
	RUN(test_without_aranges);
	RUN(test_clang);
	RUN(test_inlined);
	RUN(test_module);
	RUN(test_names_are_relative_to_the_kernel);
	RUN(test_symbols_by_name);
	RUN(test_symbols_by_address);
	return DONE();
}
