/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "debug/line.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "debug/debug_private.h"
#include "debug/line_program.h"
#include "debug/scopes.h"
#include "debug/unit_ranges.h"
#include "util/intern.h"
#include "util/search.h"

struct row {
	uint64_t address;
	uint32_t order; /* place in the line program */
	uint32_t file;  /* interned */
	uint32_t line;
	bool end; /* the first address past a sequence */
};

/* A file of the unit's table: those that some row names. */
struct numbered_file {
	uint64_t number;
	uint32_t file; /* interned */
};

struct unit_lines {
	uint32_t unit;
	KL_VEC(struct row) rows; /* sorted by address */
	KL_VEC(struct numbered_file) files;
	struct kl_function_scopes scopes;
};

static void unit_lines_deinit(struct unit_lines *lines)
{
	kl_vec_deinit(&lines->rows);
	kl_vec_deinit(&lines->files);
	kl_function_scopes_deinit(&lines->scopes);
}

struct kl_line_table {
	struct kl_unit_ranges aranges;
	struct kl_unit_ranges unit_ranges;
	bool unit_ranges_loaded;
	struct kl_intern *files;
	char *root;                      /* the kernel's source tree, without the last '/'; NULL when unknown */
	KL_VEC(struct unit_lines) units; /* those that were asked for */
};

void kl_line_table_destroy(struct kl_line_table *table)
{
	struct unit_lines *u;

	if (!table)
		return;
	kl_vec_for_each (u, &table->units)
		unit_lines_deinit(u);
	kl_vec_deinit(&table->units);
	kl_unit_ranges_deinit(&table->aranges);
	kl_unit_ranges_deinit(&table->unit_ranges);
	kl_intern_destroy(table->files);
	free(table->root);
	free(table);
}

/* A kernel built outside its source tree (O=) has absolute names. Every kernel has an init/main.c: what stands before
 * that is the root of the tree. */
static struct kl_error *find_source_root(const struct kl_units *units, char **ret)
{
	static const char anchor[] = "/init/main.c";
	size_t unit = kl_units_find(units, (struct kl_slice){anchor + 1, strlen(anchor + 1)}, 0);
	const char *name = unit == SIZE_MAX ? "" : units->all.data[unit].name;

	if (*name != '/')
		return NULL;
	*ret = strndup(name, strlen(name) - strlen(anchor));
	return *ret ? NULL : kl_error_nomem();
}

static struct kl_error *load_line_table(struct kl_debug *dbg)
{
	struct kl_line_table *table;
	struct kl_error *err;

	if (dbg->lines)
		return NULL;
	err = kl_debug_units(dbg);
	if (err)
		return err;
	table = calloc(1, sizeof(*table));
	if (!table)
		return kl_error_nomem();
	err = kl_intern_create(&table->files);
	if (!err)
		err = find_source_root(&dbg->units, &table->root);
	if (!err)
		err = kl_unit_ranges_from_aranges(&dbg->units, &table->aranges);
	if (err) {
		kl_line_table_destroy(table);
		return err;
	}
	dbg->lines = table;
	return NULL;
}

const char *kl_debug_source_root(struct kl_debug *dbg)
{
	struct kl_error *err = load_line_table(dbg);

	kl_error_destroy(err);
	return err ? NULL : dbg->lines->root;
}

static struct kl_error *find_unit_of_code(struct kl_debug *dbg, uint64_t address, size_t *ret)
{
	struct kl_line_table *table = dbg->lines;
	struct kl_error *err;

	*ret = kl_unit_ranges_find(&table->aranges, address);
	if (*ret != SIZE_MAX)
		return NULL;
	/* Clang leaves .debug_aranges to the few units that come from assembler sources */
	if (!table->unit_ranges_loaded) {
		err = kl_unit_ranges_from_units(&dbg->units, &table->unit_ranges);
		if (err)
			return err;
		table->unit_ranges_loaded = true;
	}
	*ret = kl_unit_ranges_find(&table->unit_ranges, address);
	return NULL;
}

/* @path without @directory in front. */
static const char *path_below(const char *path, const char *directory)
{
	size_t length = directory ? strlen(directory) : 0;

	return length && !strncmp(path, directory, length) && path[length] == '/' ? path + length + 1 : path;
}

/* @path as the kernel's developers write it. */
static const char *shorten_path(const char *path, const char *root, const char *directory)
{
	const char *inside = path_below(path, root);

	path = inside == path ? path_below(path, directory) : inside;
	while (!strncmp(path, "./", 2))
		path += 2;
	return path;
}

/* Rows of one unit on their way into the table. */
struct row_sink {
	struct kl_line_table *table;
	struct unit_lines *lines;
	const char *directory; /* where the unit was compiled */
	uint32_t file;         /* of the row before, interned; 0 = none */
};

static uint32_t *find_numbered_file(const struct unit_lines *lines, uint64_t number)
{
	struct numbered_file *known;

	kl_vec_for_each (known, &lines->files) {
		if (known->number == number)
			return &known->file;
	}
	return NULL;
}

static struct kl_error *add_line_row(const struct kl_line_row *row, void *context)
{
	struct row_sink *sink = context;
	struct kl_error *err;

	if (!row->same_path) {
		const char *path = row->path ? shorten_path(row->path, sink->table->root, sink->directory) : NULL;

		sink->file = 0;
		err = path ? kl_intern_add(sink->table->files, path, strlen(path), &sink->file) : NULL;
		if (err)
			return err;
		if (!find_numbered_file(sink->lines, row->number) &&
		    !kl_vec_push(&sink->lines->files, ((struct numbered_file){row->number, sink->file})))
			return kl_error_nomem();
	}
	if (!kl_vec_push(&sink->lines->rows, ((struct row){row->address, (uint32_t)sink->lines->rows.count, sink->file,
							   row->line, row->end})))
		return kl_error_nomem();
	return NULL;
}

/* Ends of sequences come before what begins at the same address. */
static int compare_line_rows(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	if (x->end != y->end)
		return x->end ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

static struct kl_error *load_unit_lines(struct kl_debug *dbg, size_t unit, struct unit_lines *lines)
{
	struct row_sink sink = {.table = dbg->lines, .lines = lines};
	struct kl_attribute_value directory;
	struct kl_error *err;
	struct kl_die root;

	lines->unit = (uint32_t)unit;
	if (kl_unit_root(&dbg->units, unit, &root) && kl_die_attribute(dbg->dwarf, &root, DW_AT_comp_dir, &directory))
		sink.directory = directory.string;
	err = kl_line_program_read(dbg->dwarf, &dbg->dwarf->headers.data[unit], add_line_row, &sink);
	if (!err && lines->rows.count)
		qsort(lines->rows.data, lines->rows.count, sizeof(*lines->rows.data), compare_line_rows);
	return err ? err : kl_function_scopes_load(&dbg->units, unit, &lines->scopes);
}

static struct kl_error *unit_lines_of(struct kl_debug *dbg, size_t unit, const struct unit_lines **ret)
{
	struct unit_lines lines = {}, *known;
	struct kl_error *err;

	kl_vec_for_each (known, &dbg->lines->units) {
		if (known->unit == unit) {
			*ret = known;
			return NULL;
		}
	}
	err = load_unit_lines(dbg, unit, &lines);
	if (!err && !kl_vec_push(&dbg->lines->units, lines))
		err = kl_error_nomem();
	if (err) {
		unit_lines_deinit(&lines);
		return err;
	}
	*ret = &dbg->lines->units.data[dbg->lines->units.count - 1];
	return NULL;
}

/* The last row at or below @address; NULL when it lies between sequences. */
static const struct row *find_line_row(const struct unit_lines *lines, uint64_t address)
{
	size_t n = kl_search_prefix(lines->rows.data, lines->rows.count, row, row->address <= address);

	return n && !lines->rows.data[n - 1].end ? &lines->rows.data[n - 1] : NULL;
}

/* A call's file and line, as DW_TAG_inlined_subroutine tells them. */
static void set_call_place(const struct kl_debug *dbg, const struct unit_lines *lines, const struct kl_inlined *inlined,
			   struct kl_source_place *ret)
{
	const uint32_t *file = find_numbered_file(lines, inlined->call_file);

	/* The unit's own file is number 0 as well as 1 in the DWARF 5 of GCC and Clang, and libdwarf 20210528 takes 0
	 * for the one that a line program begins with. */
	if (!file && inlined->call_file == 1)
		file = find_numbered_file(lines, 0);
	ret->file = file ? kl_intern_get(dbg->lines->files, *file, NULL) : "";
	ret->line = (unsigned)inlined->call_line;
}

/* From the innermost place outwards: each inlined function is called from within the next. */
static struct kl_error *list_places(struct kl_debug *dbg, const struct unit_lines *lines, const struct row *row,
				    uint64_t address, struct kl_source_place *ret, size_t *n)
{
	struct kl_inlined inlined[KL_INLINED_MAX];
	struct kl_error *err;
	size_t depth, i;

	err = kl_function_scopes_inlined(&dbg->units, lines->unit, &lines->scopes, address, inlined, &depth);
	if (err)
		return err;
	ret[0].file = kl_intern_get(dbg->lines->files, row->file, NULL);
	ret[0].line = row->line;
	for (i = 0; i < depth; i++) {
		const struct kl_inlined *at = &inlined[depth - 1 - i];

		ret[i].function = at->name ? at->name : "?";
		set_call_place(dbg, lines, at, &ret[i + 1]);
	}
	ret[depth].function = NULL;
	*n = depth + 1;
	return NULL;
}

_Static_assert(KL_PLACES_MAX == KL_INLINED_MAX + 1, "every inlined function is a place, and the one around them");

struct kl_error *kl_debug_places(struct kl_debug *dbg, uint64_t address, struct kl_source_place ret[KL_PLACES_MAX],
				 size_t *n)
{
	const struct unit_lines *lines = NULL;
	const struct row *row = NULL;
	struct kl_error *err;
	size_t unit;

	err = load_line_table(dbg);
	if (!err)
		err = find_unit_of_code(dbg, address, &unit);
	if (!err && unit != SIZE_MAX)
		err = unit_lines_of(dbg, unit, &lines);
	if (!err && lines)
		row = find_line_row(lines, address);
	if (!err && !row)
		return kl_error_create(KL_ERROR_NOT_FOUND, "%s: no line for %#" PRIx64, kl_debug_path(dbg), address);
	if (!err)
		err = list_places(dbg, lines, row, address, ret, n);
	return kl_error_prepend(err, "%s: line of %#" PRIx64, kl_debug_path(dbg), address);
}

struct kl_error *kl_debug_line(struct kl_debug *dbg, uint64_t address, const char **file, unsigned int *line)
{
	struct kl_source_place places[KL_PLACES_MAX] = {};
	struct kl_error *err;
	size_t n;

	err = kl_debug_places(dbg, address, places, &n);
	if (err)
		return err;
	*file = places[0].file;
	*line = places[0].line;
	return NULL;
}
