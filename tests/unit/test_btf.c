/* SPDX-License-Identifier: GPL-2.0-or-later */
/* BTF made here byte by byte: every kind and format that is known, and what a stranger might send. */
#include "test.h"

#include <endian.h>
#include <stdlib.h>
#include <unistd.h>

#include "debug/btf.h"
#include "util/vec.h"

enum {
	INT = 1,
	PTR,
	ARRAY,
	STRUCT,
	UNION,
	ENUM,
	FWD,
	TYPEDEF,
	CONST = 10,
	FUNC = 12,
	PROTO,
	VAR,
	DATASEC,
	ENUM64 = 19
};

/* BTF in the making. */
struct maker {
	KL_VEC(uint8_t) types, strings, layout;
	uint32_t header; /* its length */
	uint32_t first_string;
	uint32_t count; /* of types so far */
};

static struct maker new_maker(void)
{
	struct maker m = {.header = 24};

	CHECK(kl_vec_push(&m.strings, 0));
	return m;
}

static void put(struct maker *m, uint32_t value)
{
	int i;

	for (i = 0; i < 4; i++)
		CHECK(kl_vec_push(&m->types, (uint8_t)(value >> (8 * i))));
}

static uint32_t text(struct maker *m, const char *s)
{
	uint32_t at = m->first_string + (uint32_t)m->strings.count;

	if (!*s)
		return 0;
	do
		CHECK(kl_vec_push(&m->strings, (uint8_t)*s));
	while (*s++);
	return at;
}

/* The part that all types have; returns the number of the type. */
static uint32_t type(struct maker *m, const char *name, uint32_t kind, uint32_t count, uint32_t value)
{
	put(m, text(m, name));
	put(m, kind << 24 | count);
	put(m, value);
	return ++m->count;
}

static void member(struct maker *m, const char *name, uint32_t of, uint32_t place)
{
	put(m, text(m, name));
	put(m, of);
	put(m, place);
}

static uint32_t integer(struct maker *m, const char *name, uint32_t size, uint32_t data)
{
	uint32_t id = type(m, name, INT, 0, size);

	put(m, data);
	return id;
}

static uint32_t array(struct maker *m, uint32_t of, uint32_t count)
{
	uint32_t id = type(m, "", ARRAY, 0, 0);

	put(m, of);
	put(m, of);
	put(m, count);
	return id;
}

static void put_header(uint8_t *to, uint32_t value)
{
	value = htole32(value);
	memcpy(to, &value, sizeof(value));
}

/* All of it, malloc'ed. */
static uint8_t *finish(struct maker *m, size_t *size)
{
	size_t types = m->types.count, strings = m->strings.count, layout = m->layout.count;
	uint8_t *data = calloc(1, m->header + types + strings + layout + 1);

	*size = m->header + types + strings + layout;
	data[0] = 0x9f;
	data[1] = 0xeb;
	data[2] = 1;
	put_header(data + 4, m->header);
	put_header(data + 12, (uint32_t)types);
	put_header(data + 16, (uint32_t)types);
	put_header(data + 20, (uint32_t)strings);
	if (m->header >= 32) {
		put_header(data + 24, (uint32_t)(types + strings));
		put_header(data + 28, (uint32_t)layout);
	}
	memcpy(data + m->header, m->types.data, types);
	memcpy(data + m->header + types, m->strings.data, strings);
	if (layout)
		memcpy(data + m->header + types + strings, m->layout.data, layout);
	kl_vec_deinit(&m->types);
	kl_vec_deinit(&m->strings);
	kl_vec_deinit(&m->layout);
	return data;
}

static struct kl_error *parse(struct maker *m, const struct kl_btf *base, struct kl_btf **ret)
{
	size_t size;
	uint8_t *data = finish(m, &size);

	CHECK(kl_btf_size(data) <= size);
	return kl_btf_parse(data, size, base, ret);
}

/* ---- symbols ---- */

static bool find_symbol(const void *context, const char *name, bool is_variable, uint64_t *address, uint64_t *room)
{
	static const struct {
		const char *name;
		uint64_t address, room;
	} symbols[] = {
		{"__per_cpu_start", 0x1000, 0},       {"list", 0xffffffff81000000, 16},
		{"pools", 0xffffffff81000010, 65536}, {"one_pool", 0xffffffff81010010, 24},
		{"clock", 0xffffffff81010030, 64},    {"tight", 0xffffffff81010070, 8},
	};
	size_t i;

	(void)context;
	(void)is_variable;
	for (i = 0; i < sizeof(symbols) / sizeof(*symbols); i++)
		if (!strcmp(symbols[i].name, name)) {
			*address = symbols[i].address;
			*room = symbols[i].room;
			return true;
		}
	return false;
}

static bool has_unit(const void *context, const char *unit)
{
	(void)context;
	return strcmp(unit, "mm/absent.c") != 0;
}

static const struct kl_btf_symbols symbols = {find_symbol, has_unit, NULL};

static bool resolve(const struct kl_btf *btf, struct kl_request r, void *result)
{
	r.target = 0;
	r.required = true;
	struct kl_error *err = kl_btf_resolve(btf, &symbols, &r, 1, result);
	bool found = !err;

	kl_error_destroy(err);
	return found;
}

static bool find_member(const struct kl_btf *btf, const char *owner, const char *path, struct kl_member *ret)
{
	return resolve(btf, (struct kl_request){KL_REQUEST_MEMBER, NULL, owner, path}, ret);
}

static bool find_variable(const struct kl_btf *btf, const char *name, const char *of, struct kl_variable *ret)
{
	return resolve(btf, (struct kl_request){KL_REQUEST_VARIABLE, NULL, NULL, name, .type = of}, ret);
}

static bool find_enumerator(const struct kl_btf *btf, const char *owner, const char *name, int64_t *ret)
{
	struct kl_enumerator e = {};
	bool found = resolve(btf, (struct kl_request){KL_REQUEST_ENUMERATOR, NULL, owner, name}, &e);

	*ret = e.value;
	return found;
}

/* ---- what is asked ---- */

static void test_members(void)
{
	struct maker m = new_maker();
	_cleanup_(kl_btf_destroyp) struct kl_btf *btf = NULL;
	uint32_t i32 = integer(&m, "int", 4, 1 << 24 | 32), pointer = type(&m, "", PTR, 0, 0), inner, outer;
	struct kl_member a = {};

	inner = type(&m, "", UNION, 2, 8);
	member(&m, "next", pointer, 0);
	member(&m, "low", i32, 0);
	outer = type(&m, "object", STRUCT, 4, 40);
	member(&m, "count", i32, 0);
	member(&m, "", inner, 64);
	member(&m, "words", m.count + 2, 128);
	member(&m, "tail", m.count + 3, 320);
	type(&m, "object_t", TYPEDEF, 0, outer);
	array(&m, pointer, 3);
	array(&m, i32, 0);
	CHECK_OK(parse(&m, NULL, &btf));

	CHECK(find_member(btf, "object", "count", &a));
	CHECK_INT(a.offset, 0);
	CHECK(a.is_signed && !a.is_pointer);
	CHECK(find_member(btf, "absent|object_t", "nothing|next", &a));
	CHECK_INT(a.offset, 8);
	CHECK(a.is_pointer);
	CHECK(find_member(btf, "object", "words", &a));
	CHECK_INT(a.offset, 16);
	CHECK_INT(a.size, 24);
	CHECK_INT(a.count, 3);
	CHECK_INT(a.element_size, 8);
	CHECK(find_member(btf, "object", "tail", &a));
	CHECK(a.is_array);
	CHECK_INT(a.count, 0);
	CHECK_INT(a.size, 0);
	CHECK(!find_member(btf, "object", "next.deeper", &a));
	CHECK(!find_member(btf, "nothing", "count", &a));
	CHECK(!resolve(btf, (struct kl_request){KL_REQUEST_MEMBER, "mm/absent.c", "object", "count"}, &a));
}

/* kind_flag says the bits of a member; before 4.20 an integer type of its own did. */
static void test_bit_fields(void)
{
	struct maker m = new_maker();
	_cleanup_(kl_btf_destroyp) struct kl_btf *btf = NULL;
	uint32_t u32 = integer(&m, "unsigned int", 4, 32), three = integer(&m, "", 4, 2 << 16 | 3);
	struct kl_member a = {};

	type(&m, "flags", STRUCT | 0x80, 2, 4);
	member(&m, "first", u32, 5 << 24 | 0);
	member(&m, "second", u32, 13 << 24 | 5);
	type(&m, "old", STRUCT, 1, 4);
	member(&m, "bits", three, 8);
	CHECK_OK(parse(&m, NULL, &btf));

	CHECK(find_member(btf, "flags", "second", &a));
	CHECK_INT(a.offset, 0);
	CHECK_INT(a.bit_offset, 5);
	CHECK_INT(a.bit_size, 13);
	CHECK_INT(a.size, 3);
	CHECK(find_member(btf, "old", "bits", &a));
	CHECK_INT(a.offset, 1);
	CHECK_INT(a.bit_offset, 2);
	CHECK_INT(a.bit_size, 3);
}

static void test_enumerators(void)
{
	struct maker m = new_maker();
	_cleanup_(kl_btf_destroyp) struct kl_btf *btf = NULL;
	int64_t value;

	type(&m, "", ENUM | 0x80, 1, 4);
	put(&m, text(&m, "NEGATIVE"));
	put(&m, (uint32_t)-2);
	type(&m, "color", ENUM, 2, 4);
	put(&m, text(&m, "LARGE"));
	put(&m, 0xf0000000);
	put(&m, text(&m, "TWICE"));
	put(&m, 1);
	type(&m, "shade", ENUM, 1, 4);
	put(&m, text(&m, "TWICE"));
	put(&m, 2);
	type(&m, "", ENUM64, 1, 8);
	put(&m, text(&m, "WIDE"));
	put(&m, 5);
	put(&m, 1);
	CHECK_OK(parse(&m, NULL, &btf));

	CHECK(find_enumerator(btf, NULL, "NEGATIVE", &value));
	CHECK_INT(value, -2);
	CHECK(find_enumerator(btf, NULL, "LARGE", &value));
	CHECK_INT(value, 0xf0000000);
	CHECK(find_enumerator(btf, NULL, "WIDE", &value));
	CHECK_INT(value, 0x100000005);
	CHECK(!find_enumerator(btf, NULL, "TWICE", &value));
	CHECK(find_enumerator(btf, "tint|shade", "TWICE", &value));
	CHECK_INT(value, 2);
}

/* Two drivers have a struct of one name: the one that has what is asked for is meant. */
static void test_one_name_for_two(void)
{
	static const struct kl_request requests[] = {
		{KL_REQUEST_TYPE, NULL, NULL, "slot", false, 0},
		{KL_REQUEST_MEMBER, NULL, "slot", "number", false, sizeof(struct kl_type)},
		{KL_REQUEST_MEMBER, NULL, "slot", "name", false, sizeof(struct kl_type) + sizeof(struct kl_member)},
	};
	struct maker m = new_maker();
	_cleanup_(kl_btf_destroyp) struct kl_btf *btf = NULL;
	uint32_t i32 = integer(&m, "int", 4, 1 << 24 | 32), pointer = type(&m, "", PTR, 0, 0);
	struct {
		struct kl_type type;
		struct kl_member number, name;
	} answers;

	type(&m, "slot", STRUCT, 1, 4);
	member(&m, "number", i32, 0);
	type(&m, "slot", STRUCT, 2, 16);
	member(&m, "name", pointer, 0);
	member(&m, "number", i32, 64);
	type(&m, "twin", STRUCT, 1, 8);
	member(&m, "number", i32, 0);
	type(&m, "twin", STRUCT, 1, 8);
	member(&m, "number", i32, 32);
	CHECK_OK(parse(&m, NULL, &btf));
	CHECK_OK(kl_btf_resolve(btf, &symbols, requests, 3, &answers));
	CHECK_INT(answers.type.size, 16);
	CHECK_INT(answers.number.offset, 8);
	CHECK(answers.name.present);
	CHECK(!find_member(btf, "twin", "number", &answers.number));
}

static void test_variables(void)
{
	struct maker m = new_maker();
	_cleanup_(kl_btf_destroyp) struct kl_btf *btf = NULL;
	uint32_t pointer = type(&m, "", PTR, 0, 0), pair, section;
	struct kl_variable v = {};

	pair = type(&m, "list_head", STRUCT, 2, 16);
	member(&m, "next", pointer, 0);
	member(&m, "prev", pointer, 64);
	type(&m, "stacks", VAR, 0, array(&m, pointer, 2) + 0);
	put(&m, 0);
	section = type(&m, ".data..percpu", DATASEC, 1, 64);
	put(&m, section - 1);
	put(&m, 48);
	put(&m, 16);
	CHECK_OK(parse(&m, NULL, &btf));
	(void)pair;

	CHECK(find_variable(btf, "stacks", NULL, &v));
	CHECK_INT(v.address, 0x1000 + 48);
	CHECK_INT(v.count, 2);
	CHECK(find_variable(btf, "list", "list_head", &v));
	CHECK_INT(v.address, 0xffffffff81000000);
	CHECK_INT(v.size, 16);
	CHECK(find_variable(btf, "pools", "*[64]|*", &v));
	CHECK(v.is_array && !v.is_pointer);
	CHECK_INT(v.count, 8192);
	CHECK(find_variable(btf, "one_pool", "*[64]|*", &v));
	CHECK(v.is_pointer && !v.is_array);
	CHECK(find_variable(btf, "clock", "absent|8+list_head", &v));
	CHECK_INT(v.size, 24);
	CHECK(!find_variable(btf, "tight", "list_head", &v));
	CHECK(!v.present);
	CHECK(!find_variable(btf, "absent", "4", &v));
}

/* What a module adds goes on where its base ends. */
static void test_split(void)
{
	struct maker m = new_maker(), split = {.header = 24};
	_cleanup_(kl_btf_destroyp) struct kl_btf *base = NULL, *btf = NULL;
	uint32_t i32 = integer(&m, "int", 4, 1 << 24 | 32);
	struct kl_member a = {};

	type(&m, "common", STRUCT, 1, 8);
	member(&m, "count", i32, 32);
	split.count = m.count;
	split.first_string = (uint32_t)m.strings.count;
	type(&split, "own", STRUCT, 1, 16);
	member(&split, "both", 2, 64);
	CHECK_OK(parse(&m, NULL, &base));
	CHECK_OK(parse(&split, base, &btf));
	CHECK_INT(kl_btf_count(btf), 1);
	CHECK(find_member(btf, "own", "both.count", &a));
	CHECK_INT(a.offset, 12);
	CHECK(find_member(btf, "common", "count", &a));
	CHECK(!find_member(base, "own", "both", &a));
}

/* A module built outside of the kernel's tree brings a base of its own, of names and sizes. */
static void put_distilled(struct maker *base, struct maker *split, uint32_t size_of_common)
{
	uint32_t i32 = integer(base, "int", 4, 1 << 24 | 32), common, later;

	common = type(base, "common", STRUCT, 0, size_of_common);
	later = type(base, "pointed_to", 7, 0, 0); /* FWD */
	split->count = base->count;
	split->first_string = (uint32_t)base->strings.count;
	type(split, "", PTR, 0, later);
	type(split, "own", STRUCT, 3, 24);
	member(split, "count", i32, 0); /* a string of its own that the base has, too, is the base's in real ones */
	member(split, "both", common, 64);
	member(split, "next", split->count - 1, 128);
}

static void test_distilled_base(void)
{
	struct maker m = new_maker(), base = new_maker(), split = {.header = 24};
	_cleanup_(kl_btf_destroyp) struct kl_btf *kernel = NULL, *distilled = NULL, *parsed = NULL, *btf = NULL;
	uint32_t i32;
	struct kl_member a = {};

	type(&m, "other", STRUCT, 0, 8);
	i32 = integer(&m, "int", 4, 1 << 24 | 32);
	type(&m, "common", STRUCT, 1, 4); /* another one of that name */
	member(&m, "wrong", i32, 0);
	type(&m, "common", STRUCT, 1, 8);
	member(&m, "inner", i32, 32);
	CHECK_OK(parse(&m, NULL, &kernel));
	put_distilled(&base, &split, 8);
	CHECK_OK(parse(&base, NULL, &distilled));
	CHECK_OK(parse(&split, distilled, &parsed));
	CHECK_OK(kl_btf_relocate(parsed, kernel, &btf));
	CHECK_INT(kl_btf_count(btf), 2);
	CHECK(find_member(btf, "own", "both.inner", &a));
	CHECK_INT(a.offset, 12);
	CHECK(find_member(btf, "own", "next", &a));
	CHECK(a.is_pointer);
	CHECK(find_member(btf, "own", "count", &a));
	CHECK(a.is_signed);
}

/* A kernel whose struct has another size is not the one that the module was built for. */
static void test_distilled_of_another(void)
{
	struct maker m = new_maker(), base = new_maker(), split = {.header = 24};
	_cleanup_(kl_btf_destroyp) struct kl_btf *kernel = NULL, *distilled = NULL, *parsed = NULL, *btf = NULL;

	integer(&m, "int", 4, 1 << 24 | 32);
	type(&m, "common", STRUCT, 0, 8);
	CHECK_OK(parse(&m, NULL, &kernel));
	put_distilled(&base, &split, 16);
	CHECK_OK(parse(&base, NULL, &distilled));
	CHECK_OK(parse(&split, distilled, &parsed));
	CHECK_ERROR(kl_btf_relocate(parsed, kernel, &btf), KL_ERROR_MISMATCH);
}

/* ---- what is newer, or broken ---- */

/* A kind that nothing is known of is passed over when the BTF says how long it is. */
static void test_newer_kind(void)
{
	struct maker m = new_maker();
	_cleanup_(kl_btf_destroyp) struct kl_btf *btf = NULL, *none = NULL;
	struct kl_type a = {};
	int i;

	m.header = 32;
	type(&m, "newer", 20, 2, 0);
	put(&m, 1);
	put(&m, 2);
	integer(&m, "behind", 4, 32);
	for (i = 0; i < 21 * 4; i++)
		CHECK(kl_vec_push(&m.layout, i == 20 * 4 + 1 ? 4 : 0));
	CHECK_OK(parse(&m, NULL, &btf));
	CHECK(resolve(btf, (struct kl_request){KL_REQUEST_TYPE, NULL, NULL, "behind"}, &a));

	m = new_maker();
	type(&m, "newer", 20, 2, 0);
	CHECK_ERROR(parse(&m, NULL, &none), KL_ERROR_UNSUPPORTED);
}

/* More members than 16 bits can count (7.2). */
static void test_long_struct(void)
{
	struct maker m = new_maker();
	_cleanup_(kl_btf_destroyp) struct kl_btf *btf = NULL;
	uint32_t i32 = integer(&m, "int", 4, 1 << 24 | 32), i;
	struct kl_member a = {};

	type(&m, "long", STRUCT, 70000, 280000);
	for (i = 0; i < 70000; i++)
		member(&m, i == 69999 ? "last" : "m", i32, 32 * i);
	CHECK_OK(parse(&m, NULL, &btf));
	CHECK(find_member(btf, "long", "last", &a));
	CHECK_INT(a.offset, 4 * 69999);
}

static void test_cycles(void)
{
	struct maker m = new_maker();
	_cleanup_(kl_btf_destroyp) struct kl_btf *btf = NULL;
	_cleanup_word_list_ struct kl_pointer_word_list words = {};
	const char *const names[] = {"itself"};
	struct kl_member a = {};
	struct kl_type t = {};

	type(&m, "round", TYPEDEF, 0, 2);
	type(&m, "", CONST, 0, 1);
	type(&m, "itself", STRUCT, 1, 8);
	member(&m, "", 3, 0);
	type(&m, "nowhere", TYPEDEF, 0, 4000);
	type(&m, "grows", TYPEDEF, 0, 6);
	array(&m, 6, 0xffffffff);
	CHECK_OK(parse(&m, NULL, &btf));
	CHECK(!resolve(btf, (struct kl_request){KL_REQUEST_TYPE, NULL, NULL, "round"}, &t));
	CHECK(!resolve(btf, (struct kl_request){KL_REQUEST_TYPE, NULL, NULL, "nowhere"}, &t));
	CHECK(!resolve(btf, (struct kl_request){KL_REQUEST_TYPE, NULL, NULL, "grows"}, &t));
	CHECK(!find_member(btf, "itself", "anything", &a));
	CHECK_OK(kl_word_list_init(&words));
	CHECK_OK(kl_btf_pointer_words(btf, &symbols, &(struct kl_pointer_words_query){names, 1, 0, 0}, &words));
	CHECK_INT(words.list.count, 1);
	CHECK(!words.list.data[0].present);
}

/* Every prefix of a good one is told from it, and read without harm. */
static void test_truncated(void)
{
	struct maker m = new_maker();
	uint32_t i32 = integer(&m, "int", 4, 1 << 24 | 32);
	uint8_t *whole;
	size_t size, i;

	type(&m, "object", STRUCT, 1, 8);
	member(&m, "count", i32, 32);
	whole = finish(&m, &size);
	for (i = 0; i < size; i++) {
		uint8_t *part = malloc(i + 1);
		struct kl_btf *btf = NULL;
		struct kl_error *err;

		memcpy(part, whole, i);
		err = kl_btf_parse(part, i, NULL, &btf);
		CHECK(err && !btf);
		kl_error_destroy(err);
	}
	free(whole);
}

static void test_damaged(void)
{
	struct maker m = new_maker();
	struct kl_btf *btf = NULL;
	uint8_t *data;
	size_t size;

	integer(&m, "int", 4, 32);
	data = finish(&m, &size);
	data[size - 1] = 'x';
	CHECK_ERROR(kl_btf_parse(data, size, NULL, &btf), KL_ERROR_CORRUPT);

	m = new_maker();
	type(&m, "cut", STRUCT, 3, 8);
	CHECK_ERROR(parse(&m, NULL, &btf), KL_ERROR_CORRUPT);

	m = new_maker();
	integer(&m, "int", 4, 32);
	data = finish(&m, &size);
	data[2] = 2;
	CHECK_ERROR(kl_btf_parse(data, size, NULL, &btf), KL_ERROR_UNSUPPORTED);

	data = calloc(1, 64);
	CHECK_ERROR(kl_btf_parse(data, 64, NULL, &btf), KL_ERROR_FORMAT);
}

static void test_words(void)
{
	struct maker m = new_maker();
	_cleanup_(kl_btf_destroyp) struct kl_btf *btf = NULL;
	_cleanup_word_list_ struct kl_pointer_word_list words = {};
	const char *const names[] = {"node", "absent"};
	uint32_t u64 = integer(&m, "long unsigned int", 8, 64), pointer = type(&m, "", PTR, 0, 0), tree;
	const struct kl_pointer_words *w;

	tree = type(&m, "rb_node", STRUCT, 2, 16);
	member(&m, "__rb_parent_color", u64, 0); /* an integer by its type, a pointer by the table */
	member(&m, "rb_right", pointer, 64);
	type(&m, "node", STRUCT, 3, 40);
	member(&m, "rb", tree, 0);
	member(&m, "size", u64, 128);
	member(&m, "pairs", m.count + 1, 192);
	array(&m, tree, 1);
	CHECK_OK(parse(&m, NULL, &btf));
	CHECK_OK(kl_word_list_init(&words));
	CHECK_OK(kl_btf_pointer_words(btf, &symbols, &(struct kl_pointer_words_query){names, 2, 0, 0}, &words));
	w = kl_word_list_find(&words, "node", 40);
	CHECK(w && w->present);
	CHECK(w && w->pointers[0] && w->pointers[1] && !w->pointers[2] && w->pointers[3] && w->pointers[4]);
	CHECK_STR(w ? kl_intern_get(words.names, w->members[2], NULL) : NULL, "size");
	w = kl_word_list_find(&words, "absent", 0);
	CHECK(w && !w->present);
}

/* As it lies in /sys/kernel/btf, and as a section of an ELF file, are asked for by name. */
static void test_files(void)
{
	char path[] = "/tmp/test_btf.XXXXXX";
	int fd = mkstemp(path);
	struct maker m = new_maker();
	_cleanup_(kl_btf_destroyp) struct kl_btf *btf = NULL;
	struct kl_btf *none = NULL;
	uint8_t *data;
	size_t size;

	integer(&m, "int", 4, 32);
	data = finish(&m, &size);
	CHECK(write(fd, data, size) == (ssize_t)size);
	CHECK_OK(kl_btf_open(path, NULL, &btf));
	CHECK(ftruncate(fd, (off_t)size - 1) == 0);
	CHECK_ERROR(kl_btf_open(path, NULL, &none), KL_ERROR_CORRUPT);
	CHECK_ERROR(kl_btf_open("/proc/self/exe", NULL, &none), KL_ERROR_FORMAT);
	CHECK_ERROR(kl_btf_open("/nonexistent", NULL, &none), KL_ERROR_IO);
	free(data);
	close(fd);
	unlink(path);
}

int main(void)
{
	RUN(test_members);
	RUN(test_bit_fields);
	RUN(test_enumerators);
	RUN(test_one_name_for_two);
	RUN(test_variables);
	RUN(test_split);
	RUN(test_distilled_base);
	RUN(test_distilled_of_another);
	RUN(test_newer_kind);
	RUN(test_long_struct);
	RUN(test_cycles);
	RUN(test_truncated);
	RUN(test_damaged);
	RUN(test_words);
	RUN(test_files);
	return DONE();
}
