/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "debug/line_program.h"

#include "debug/libdwarf_compat.h"

/* What a root DIE and its line program refer to; the unit itself is section 1. */
static const char *const other_sections[] = {
	".debug_abbrev", ".debug_str", ".debug_str_offsets", ".debug_line_str", ".debug_line", ".debug_addr",
};

struct unit_in_libdwarf {
	struct kl_dwarf *dw;
	Dwarf_Debug handle;
	kl_libdwarf_interface interface;
	struct kl_libdwarf_object object;
	struct kl_libdwarf_section sections[2 + sizeof(other_sections) / sizeof(other_sections[0])];
};

/* Records that libdwarf returned DW_DLV_ERROR; releases @error. */
static void record_libdwarf_error(struct unit_in_libdwarf *u, Dwarf_Error error)
{
	bool nomem = error && dwarf_errno(error) == DW_DLE_ALLOC_FAIL;

	kl_dwarf_fail(u->dw, nomem ? kl_error_nomem()
				   : kl_error_create(KL_ERROR_CORRUPT, "damaged DWARF: %s",
						     error ? dwarf_errmsg(error) : "unknown error"));
	if (error)
		dwarf_dealloc_error(u->handle, error);
}

static void add_libdwarf_section(struct unit_in_libdwarf *u, const char *name, struct kl_dwarf_section section)
{
	if (!section.size)
		return;
	u->sections[u->object.count++] = (struct kl_libdwarf_section){name, section.data, section.size};
	u->object.file_size += section.size;
}

/* libdwarf is shown a .debug_info of this one unit, whose root refers to other sections only. With all of it, it would
 * first walk the units before: 13 000 in a kernel that went through dwz. */
static bool show_unit_to_libdwarf(struct unit_in_libdwarf *u, const struct kl_unit_header *header)
{
	struct kl_dwarf_section info = {u->dw->info.data + header->start, header->end - header->start};
	Dwarf_Error error = NULL;
	size_t i;
	int r;

	u->sections[0].name = "";
	u->object.sections = u->sections;
	u->object.count = 1;
	add_libdwarf_section(u, ".debug_info", info);
	for (i = 0; i < sizeof(other_sections) / sizeof(other_sections[0]); i++)
		add_libdwarf_section(u, other_sections[i], kl_dwarf_load(u->dw, other_sections[i]));
	/* Whatever is allocated here is released here, so libdwarf need not keep a tree of it. */
	dwarf_set_de_alloc_flag(0);
	r = kl_libdwarf_init(&u->object, &u->interface, &u->handle, &error);
	if (r == DW_DLV_OK)
		return true;
	u->handle = NULL;
	record_libdwarf_error(u, r == DW_DLV_ERROR ? error : NULL);
	return false;
}

/* The path of @line into @row when it differs from the one before, whose file had the number @last. */
static bool read_row_path(struct unit_in_libdwarf *u, Dwarf_Line line, struct kl_line_row *row, Dwarf_Unsigned *last,
			  char **path)
{
	Dwarf_Error error = NULL;
	Dwarf_Unsigned number;

	if (dwarf_line_srcfileno(line, &number, &error) != DW_DLV_OK) {
		record_libdwarf_error(u, error);
		return false;
	}
	row->number = number;
	row->same_path = number == *last;
	if (row->same_path)
		return true;
	*last = number;
	/* a number that the file table does not have is no failure: the row has no file */
	if (dwarf_linesrc(line, path, &error) == DW_DLV_OK)
		row->path = *path;
	else if (error)
		dwarf_dealloc_error(u->handle, error);
	return true;
}

static bool read_row_place(struct unit_in_libdwarf *u, Dwarf_Line line, struct kl_line_row *row)
{
	Dwarf_Error error = NULL;
	Dwarf_Unsigned number;
	Dwarf_Addr address;
	Dwarf_Bool end;

	if (dwarf_lineaddr(line, &address, &error) != DW_DLV_OK || dwarf_lineno(line, &number, &error) != DW_DLV_OK ||
	    dwarf_lineendsequence(line, &end, &error) != DW_DLV_OK) {
		record_libdwarf_error(u, error);
		return false;
	}
	row->address = address;
	row->line = (uint32_t)number;
	row->end = end;
	return true;
}

static struct kl_error *visit_rows(struct unit_in_libdwarf *u, Dwarf_Line_Context lines,
				   struct kl_error *(*visit)(const struct kl_line_row *row, void *context),
				   void *context)
{
	Dwarf_Unsigned last = UINT64_MAX;
	struct kl_error *err = NULL;
	Dwarf_Error error = NULL;
	Dwarf_Signed count, i;
	Dwarf_Line *list;
	int r;

	r = dwarf_srclines_from_linecontext(lines, &list, &count, &error);
	if (r == DW_DLV_ERROR)
		record_libdwarf_error(u, error);
	for (i = 0; r == DW_DLV_OK && i < count && !err; i++) {
		struct kl_line_row row = {};
		char *path = NULL;

		if (!read_row_path(u, list[i], &row, &last, &path) || !read_row_place(u, list[i], &row))
			break;
		err = visit(&row, context);
		if (path)
			dwarf_dealloc(u->handle, path, DW_DLA_STRING);
	}
	return err;
}

static struct kl_error *read_unit_rows(struct unit_in_libdwarf *u,
				       struct kl_error *(*visit)(const struct kl_line_row *row, void *context),
				       void *context)
{
	Dwarf_Line_Context lines = NULL;
	struct kl_error *err = NULL;
	Dwarf_Error error = NULL;
	Dwarf_Unsigned version;
	Dwarf_Small tables;
	Dwarf_Die root;
	int r;

	r = kl_libdwarf_next_unit(u->handle, &root, &error);
	if (r == DW_DLV_OK) {
		r = dwarf_srclines_b(root, &version, &tables, &lines, &error);
		if (r == DW_DLV_OK) {
			err = visit_rows(u, lines, visit, context);
			dwarf_srclines_dealloc_b(lines);
		}
		dwarf_dealloc_die(root);
	}
	if (r == DW_DLV_ERROR)
		record_libdwarf_error(u, error);
	return err;
}

struct kl_error *kl_line_program_read(struct kl_dwarf *dw, const struct kl_unit_header *header,
				      struct kl_error *(*visit)(const struct kl_line_row *row, void *context),
				      void *context)
{
	struct unit_in_libdwarf u = {.dw = dw};
	struct kl_error *err = NULL;

	if (show_unit_to_libdwarf(&u, header))
		err = read_unit_rows(&u, visit, context);
	if (u.handle)
		kl_libdwarf_finish(u.handle);
	if (!err)
		err = kl_dwarf_failure(dw);
	return err;
}
