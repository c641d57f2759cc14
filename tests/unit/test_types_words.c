/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which words of a struct may be pointers, as two compilers and every DWARF version describe it; and the cache of that.
 */
#include "test.h"

#include <unistd.h>

#include "debug/pointer_words.h"
#include "debug/pointer_words_cache.h"
#include "test_debug/build.h"

static const char source[] =
	"typedef unsigned long word; typedef struct { long counter; } atomic_long_t;\n"
	"struct list { struct list *next, **pprev; };\n"
	"struct rb_node { unsigned long __rb_parent_color; struct rb_node *left, *right; };\n"
	"struct other_node { unsigned long __rb_parent_color; };\n"
	"enum colour { RED, GREEN };\n"
	"struct plain { long a; double b; enum colour c; int d; char text[16]; void *p; word w; };\n"
	"struct holes { char c; void *p __attribute__((aligned(16))); char d; long e __attribute__((aligned(16))); };\n"
	"struct bits { unsigned long low : 40, high : 24; void *p; unsigned x : 3; };\n"
	"struct nested { long before; struct { long in; struct list *lost; }; struct { long n; struct list l; } named; "
	"};\n"
	"struct arrays { struct list l[2]; void *p[2][2]; long n[3]; int (*call[1])(void); struct { long a; void *b; } "
	"s[2]; };\n"
	"struct either { union { void *p; long n[2]; } u; union { long a; double b; }; };\n"
	"struct packed { char c; void *p; char d; long n; } __attribute__((packed));\n"
	"struct table { struct rb_node rb; atomic_long_t owner; struct other_node o; long l; };\n"
	"struct callback_head { struct callback_head *next; void (*func)(void *); };\n"
	"struct rw_semaphore { long count; atomic_long_t owner; };\n"
	"struct late { struct callback_head rcu; union { struct callback_head head; struct list *l; } u; "
	"struct rw_semaphore sem; void *owner; };\n"
	"struct flexible { long n; void *tail[]; };\n"
	"struct twin { long n; void *p; };\n"
	"struct mixed { const volatile word *volatile cp; const word w; };\n"
	"struct plain plain; struct holes holes; struct bits bits; struct nested nested; struct arrays arrays;\n"
	"struct either either; struct packed packed; struct table table; struct flexible *flexible; struct twin twin;\n"
	"struct mixed mixed; struct late late; struct never_defined *never; unsigned long stamps[4];\n"
	"void *only_pointers[4];\n"
	"static struct twin hidden; void *use(void) { hidden.n++; return &hidden; }\n"
	"struct flexible *flexible2(struct flexible *f) { f->n++; return f; }\n";
/* Another struct of the same name and size in another unit, and one of another size. */
static const char other_source[] = "struct twin {\n void *p;\n long n; }; struct twin twin2;\n"
				   "struct mixed { void *longer[4]; }; struct mixed mixed2;\n";

static const char *const names[] = {"plain", "holes",    "bits", "nested", "arrays",        "either", "packed",
				    "table", "flexible", "twin", "mixed",  "never_defined", "absent", "late"};
#define NAMES (sizeof(names) / sizeof(*names))

static void write_source(const char *name, const char *text)
{
	FILE *f = fopen(in_dir(name), "w");

	CHECK(f && fputs(text, f) >= 0);
	if (f)
		fclose(f);
}

static bool find(const char *file, uint64_t end, struct kl_pointer_word_list *list)
{
	struct kl_pointer_words_query query = {.names = names, .n_names = NAMES, .end = end};
	_cleanup_(kl_debug_closep) struct kl_debug *dbg = NULL;

	CHECK_OK(kl_word_list_init(list));
	CHECK_OK(kl_debug_open(in_dir(file), &dbg));
	if (!dbg)
		return false;
	CHECK_OK(kl_pointer_words_find(dbg, &query, list));
	return true;
}

/* "01" and so on: one digit per word, its KL_WORD_ bits. */
static void check(const struct kl_pointer_word_list *list, const char *name, uint64_t size, const char *words)
{
	const struct kl_pointer_words *w = kl_word_list_find(list, name, size);
	size_t i;

	if (!w || !w->present) {
		FAIL_("no struct %s of %zu bytes", name, (size_t)size);
		return;
	}
	CHECK_INT(kl_word_count(w->size), strlen(words));
	for (i = 0; i < strlen(words) && i < kl_word_count(w->size); i++)
		if (w->pointers[i] != words[i] - '0')
			FAIL_("word %zu of %s is %d", i, name, w->pointers[i]);
}

static void check_member(const struct kl_pointer_word_list *list, const char *name, size_t word, const char *path)
{
	const struct kl_pointer_words *w = kl_word_list_find(list, name, 0);

	if (w && word < kl_word_count(w->size))
		CHECK_STR(kl_intern_get(list->names, w->members[word], NULL), path);
	else
		FAIL_("no word %zu of %s", word, name);
}

static void check_all(const struct kl_pointer_word_list *list)
{
	const struct kl_pointer_words *w;

	check(list, "plain", 0, "0000010");
	check(list, "holes", 0, "001000");
	check(list, "bits", 0, "010");
	check(list, "nested", 0,
	      "0010"
	      "11");
	check(list, "arrays", 0,
	      "1111"
	      "1111"
	      "000"
	      "1"
	      "0101");
	check(list, "either", 0, "100");
	check(list, "packed", 0, "110");
	check(list, "table", 0,
	      "1111"
	      "00");
	check(list, "flexible", 0, "0");
	check(list, "late", 0, "2030001"); /* what is a pointer in another view may be one at any time */
	check(list, "twin", 16, "11");     /* a pointer in either of the two structs of that name */
	check(list, "mixed", 16, "10");
	check(list, "mixed", 32, "1111");
	check_member(list, "plain", 2, "c");
	check_member(list, "bits", 0, "low");
	check_member(list, "nested", 1, "in");
	check_member(list, "nested", 3, "named.n");
	check_member(list, "arrays", 9, "n");
	check_member(list, "holes", 3, "d");
	check_member(list, "holes", 1, "");
	w = kl_word_list_find(list, "absent", 0);
	CHECK(w && !w->present);
	w = kl_word_list_find(list, "never_defined", 0);
	CHECK(w && !w->present);
}

static void check_compiler(const char *compiler, const char *flags)
{
	_cleanup_word_list_ struct kl_pointer_word_list list = {};

	if (!have(compiler))
		SKIP("no such compiler");
	CHECK(sh("%s %s -O1 -ffreestanding -fno-pic -c words.c -o words.o && %s %s -O1 -ffreestanding -fno-pic -c "
		 "other.c -o other.o && ld -e 0 --build-id=0xaabb -o words words.o other.o",
		 compiler, flags, compiler, flags));
	if (find("words", 0, &list))
		check_all(&list);
}

static void test_gcc_dwarf5(void)
{
	check_compiler("gcc", "-gdwarf-5");
}

static void test_gcc_dwarf4(void)
{
	check_compiler("gcc", "-gdwarf-4");
}

static void test_gcc_dwarf2(void)
{
	check_compiler("gcc", "-gdwarf-2 -gstrict-dwarf");
}

static void test_clang_dwarf5(void)
{
	check_compiler("clang", "-gdwarf-5");
}

static void test_clang_dwarf4(void)
{
	check_compiler("clang", "-gdwarf-4");
}

static const struct kl_pointer_words *find_variable(const struct kl_pointer_word_list *list, const char *name)
{
	const struct kl_pointer_words *w;

	kl_vec_for_each (w, &list->list)
		if (w->is_variable && !strcmp(kl_intern_get(list->names, w->name, NULL), name))
			return w;
	return NULL;
}

static void test_variables(void)
{
	_cleanup_word_list_ struct kl_pointer_word_list list = {}, none = {};
	const struct kl_pointer_words *w;

	CHECK(sh(
		"gcc -g -O1 -ffreestanding -fno-pic -c words.c -o words.o && ld -e 0 -Tdata=0x600000 -o vars words.o"));
	if (!find("vars", UINT64_MAX, &list) || !find("vars", 0x1000, &none))
		return;
	w = find_variable(&list, "stamps");
	CHECK(w && w->size == 32 && w->address >= 0x400000 && !w->pointers[0] && !w->pointers[3]);
	w = find_variable(&list, "hidden");
	CHECK(w && w->size == 16 && !w->pointers[0] && w->pointers[1]);
	CHECK(!find_variable(&list, "only_pointers"));
	CHECK(!find_variable(&none, "stamps"));
}

/* Any damage ends in an error or in fewer answers, never outside the sections. */
static void test_damaged_dwarf(void)
{
	unsigned seed = 1, i, k;
	uint8_t *bytes = NULL;
	long size = 0;
	FILE *f;

	CHECK(sh("gcc -g -O1 -ffreestanding -fno-pic -c words.c -o words.o && ld -e 0 -o whole words.o"));
	f = fopen(in_dir("whole"), "rb");
	if (f && !fseek(f, 0, SEEK_END) && (size = ftell(f)) > 0 && (bytes = malloc((size_t)size))) {
		rewind(f);
		CHECK(fread(bytes, 1, (size_t)size, f) == (size_t)size);
	}
	if (f)
		fclose(f);
	for (i = 0; bytes && i < 300; i++) {
		_cleanup_word_list_ struct kl_pointer_word_list list = {};
		struct kl_pointer_words_query query = {.names = names, .n_names = NAMES, .end = UINT64_MAX};
		_cleanup_(kl_debug_closep) struct kl_debug *dbg = NULL;
		struct kl_error *err = NULL;

		f = fopen(in_dir("damaged"), "wb");
		CHECK(f && fwrite(bytes, 1, (size_t)size, f) == (size_t)size);
		for (k = 0; f && k < 8; k++) {
			seed = seed * 1664525 + 1013904223;
			fseek(f, 0x1000 + (long)(seed >> 8) % (size - 0x1800), SEEK_SET);
			fputc((int)(seed & 0xff), f);
		}
		if (f)
			fclose(f);
		CHECK_OK(kl_word_list_init(&list));
		err = kl_debug_open(in_dir("damaged"), &dbg);
		if (!err)
			err = kl_pointer_words_find(dbg, &query, &list);
		kl_error_destroy(err);
	}
	free(bytes);
}

/* ---- the cache ---- */

#define ID "aabbccdd"

static void store(struct kl_pointer_word_list *list, uint64_t end)
{
	CHECK(sh(
		"rm -rf cache && gcc -g -O1 -ffreestanding -fno-pic -c words.c -o words.o && gcc -g -O1 -ffreestanding "
		"-fno-pic -c other.c -o other.o && ld -e 0 -o words words.o other.o"));
	if (find("words", end, list))
		CHECK_OK(kl_pointer_words_cache_store(in_dir("cache"), ID, 0, end, list));
}

static void test_cache_answers_the_same(void)
{
	_cleanup_word_list_ struct kl_pointer_word_list list = {}, again = {};
	bool hit = false;

	store(&list, UINT64_MAX);
	CHECK_OK(kl_word_list_init(&again));
	CHECK_OK(kl_pointer_words_cache_load(in_dir("cache"), ID, 0, UINT64_MAX, &again, &hit));
	CHECK(hit);
	CHECK_INT(again.list.count, list.list.count);
	check_all(&again);
	CHECK(find_variable(&again, "stamps") && find_variable(&again, "stamps")->address);
}

static void check_miss(const char *id, uint64_t end)
{
	_cleanup_word_list_ struct kl_pointer_word_list list = {};
	bool hit = true;

	CHECK_OK(kl_word_list_init(&list));
	CHECK_OK(kl_pointer_words_cache_load(in_dir("cache"), id, 0, end, &list, &hit));
	CHECK(!hit);
	CHECK_INT(list.list.count, 0);
}

static void test_cache_misses(void)
{
	_cleanup_word_list_ struct kl_pointer_word_list list = {};

	store(&list, 0);
	check_miss("aabbccde", 0);
	check_miss(ID, 4096); /* made for other variables */
	check_miss("../" ID, 0);
	check_miss(NULL, 0);
	CHECK(sh("cp cache/layouts/%s.pointer_words whole.words && sed -i 's/pprev/pprex/' "
		 "cache/layouts/%s.pointer_words",
		 ID, ID));
	check_miss(ID, 0);
	CHECK(sh("head -c 600 whole.words >cache/layouts/%s.pointer_words", ID));
	check_miss(ID, 0);
	CHECK(sh(": >cache/layouts/%s.pointer_words", ID));
	check_miss(ID, 0);
}

int main(void)
{
	make_dir("test_types_words");
	write_source("words.c", source);
	write_source("other.c", other_source);
	RUN(test_gcc_dwarf5);
	RUN(test_gcc_dwarf4);
	RUN(test_gcc_dwarf2);
	RUN(test_clang_dwarf5);
	RUN(test_clang_dwarf4);
	RUN(test_variables);
	RUN(test_damaged_dwarf);
	RUN(test_cache_answers_the_same);
	RUN(test_cache_misses);
	return DONE();
}
