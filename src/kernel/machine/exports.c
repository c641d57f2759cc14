/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/machine/exports.h"

#include <string.h>

#include "kernel/kernel.h"
#include "kernel/machine/image_scan.h"
#include "util/bytes.h"

/* A distribution's kernel has 15 000. */
#define EXPORTS_MAX (1 << 20)
/* Fewer neighbors than this are no table. */
#define EXPORTS_MIN 8
/* C literals of that name, besides the one that an entry points to. */
#define LITERALS_MAX 16
#define NAME_MAX_ 256

/* Newest first: the longer relative entries, read as shorter ones, lead nowhere, and the other way round. */
static const struct export_shape {
	unsigned size, name; /* of an entry; where the name is in it */
	bool relative;
} shapes[] = {{12, 4, true}, {8, 4, true}, {16, 8, false}};
#define N_SHAPES (sizeof(shapes) / sizeof(*shapes))

struct export_entry {
	uint64_t address;
	char name[NAME_MAX_];
};

static uint64_t resolve_word(uint64_t place, const uint8_t *raw, bool relative)
{
	return relative ? place + (uint64_t)(int64_t)(int32_t)kl_get_u32(raw) : kl_get_u64(raw);
}

static bool is_export_name(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789.$";
	size_t length = strspn(name, letters);

	return length && !name[length] && length < NAME_MAX_ - 1;
}

/* Whether the entry at @place is one. */
static bool read_export(struct kl_kernel *k, uint64_t place, const struct export_shape *shape, struct export_entry *ret)
{
	uint8_t raw[16];
	uint64_t name;
	struct kl_error *err;

	if (kl_kernel_read_partial(k, place, raw, shape->size) < shape->size)
		return false;
	ret->address = resolve_word(place, raw, shape->relative);
	name = resolve_word(place + shape->name, raw + shape->name, shape->relative);
	if (!(name >> 63))
		return false;
	err = kl_kernel_read_string(k, name, ret->name, sizeof(ret->name));
	kl_error_destroy(err);
	return !err && is_export_name(ret->name);
}

static uint64_t hash_of_name(const char *name)
{
	return kl_hash_bytes(KL_HASH_SEED, name, strlen(name));
}

static struct kl_error *add_export(struct kl_exports *exports, const struct export_entry *entry)
{
	struct kl_export export = {.address = entry->address};
	struct kl_error *err = kl_intern_add(exports->names, entry->name, strlen(entry->name), &export.name);

	if (err)
		return err;
	return kl_map_put(&exports->by_name, hash_of_name(entry->name), exports->list.count) &&
			       kl_vec_push(&exports->list, export)
		       ? NULL
		       : kl_error_nomem();
}

/* ---- tables that are named --------------------------------------------------------------------------------------- */

/* How many entries of @shape there are from @start on, at most up to @end. */
static size_t count_exports(struct kl_kernel *k, uint64_t start, uint64_t end, const struct export_shape *shape)
{
	struct export_entry entry;
	size_t count = 0;

	while (start + shape->size <= end && count < EXPORTS_MAX && read_export(k, start, shape, &entry)) {
		start += shape->size;
		count++;
	}
	return count;
}

static struct kl_error *add_exports(struct kl_kernel *k, uint64_t start, size_t count, const struct export_shape *shape,
				    struct kl_exports *ret)
{
	struct kl_error *err = NULL;
	struct export_entry entry;
	size_t i;

	for (i = 0; i < count && !err; i++)
		if (read_export(k, start + i * shape->size, shape, &entry))
			err = add_export(ret, &entry);
	return err;
}

/* The shape in which all of the table are entries is the right one. */
static struct kl_error *read_table(struct kl_kernel *k, const uint64_t table[2], struct kl_exports *ret)
{
	size_t i;

	for (i = 0; i < N_SHAPES; i++) {
		uint64_t count = (table[1] - table[0]) / shapes[i].size;

		if (table[1] > table[0] && (table[1] - table[0]) % shapes[i].size == 0 && count <= EXPORTS_MAX &&
		    count_exports(k, table[0], table[1], &shapes[i]) == count)
			return add_exports(k, table[0], count, &shapes[i], ret);
	}
	return NULL;
}

/* ---- tables that are found --------------------------------------------------------------------------------------- */

/* Not preceded by a NUL: the linker merges strings that end alike. */
static const char known_export[] = "init_task";

struct export_search {
	struct kl_kernel *k;
	struct kl_exports *ret;
	uint64_t literals[LITERALS_MAX];
	size_t n_literals;
	struct kl_error *err;
};

static bool note_literal(void *context, uint64_t address)
{
	struct export_search *s = context;

	s->literals[s->n_literals++] = address;
	return s->n_literals == LITERALS_MAX;
}

static bool is_literal(const struct export_search *s, uint64_t address)
{
	size_t i;

	for (i = 0; i < s->n_literals; i++)
		if (s->literals[i] == address)
			return true;
	return false;
}

/* The entries around the one at @entry, which is init_task's when this is a table; *first is where they begin. */
static size_t measure_table(struct kl_kernel *k, uint64_t entry, const struct export_shape *shape, uint64_t *first)
{
	struct export_entry ignored;
	size_t before = 0;

	while (before < EXPORTS_MAX && read_export(k, entry - (before + 1) * shape->size, shape, &ignored))
		before++;
	*first = entry - before * shape->size;
	return before + count_exports(k, entry, UINT64_MAX, shape);
}

/* An entry's name may stand at @place: the table around it, in the shape that makes most of it. */
static bool try_table(struct export_search *s, uint64_t place, bool relative)
{
	const struct export_shape *best = NULL;
	uint64_t start = 0;
	size_t most = EXPORTS_MIN - 1, i;

	for (i = 0; i < N_SHAPES; i++) {
		uint64_t first;
		size_t count;

		if (shapes[i].relative != relative)
			continue;
		count = measure_table(s->k, place - shapes[i].name, &shapes[i], &first);
		if (count <= most)
			continue;
		most = count;
		best = &shapes[i];
		start = first;
	}
	if (!best)
		return false;
	s->err = add_exports(s->k, start, most, best, s->ret);
	return true;
}

static bool visit_words(void *context, uint64_t address, const uint8_t *bytes, size_t length)
{
	struct export_search *s = context;
	size_t at;

	for (at = 0; at + 8 <= length; at += 4) {
		uint64_t place = address + at;

		if (is_literal(s, resolve_word(place, bytes + at, true)) && try_table(s, place, true))
			return true;
		if (place % 8 == 0 && is_literal(s, kl_get_u64(bytes + at)) && try_table(s, place, false))
			return true;
	}
	return false;
}

static struct kl_error *find_tables_of_exports(struct kl_kernel *k, uint64_t start, struct kl_exports *ret)
{
	struct export_search s = {.k = k, .ret = ret};
	struct kl_error *err = kl_image_scan(k, start, known_export, sizeof(known_export), note_literal, &s);

	if (!err && s.n_literals)
		err = kl_image_windows(k, start, 8, visit_words, &s);
	return err ? err : s.err;
}

/* ------------------------------------------------------------------------------------------------------------------ */

struct kl_error *kl_exports_read(struct kl_kernel *k, uint64_t start, const uint64_t (*tables)[2], size_t n,
				 struct kl_exports *ret)
{
	struct kl_error *err;
	size_t i;

	*ret = (struct kl_exports){};
	err = kl_intern_create(&ret->names);
	for (i = 0; i < n && !err; i++)
		err = read_table(k, tables[i], ret);
	if (!err && !n)
		err = find_tables_of_exports(k, start, ret);
	return err;
}

void kl_exports_deinit(struct kl_exports *exports)
{
	kl_map_deinit(&exports->by_name);
	kl_vec_deinit(&exports->list);
	kl_intern_destroy(exports->names);
	*exports = (struct kl_exports){};
}

bool kl_exports_find(const struct kl_exports *exports, const char *name, uint64_t *address)
{
	uint64_t index;

	if (!kl_map_get(&exports->by_name, hash_of_name(name), &index) ||
	    strcmp(kl_intern_get(exports->names, exports->list.data[index].name, NULL), name))
		return false;
	*address = exports->list.data[index].address;
	return true;
}
