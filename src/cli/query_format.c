/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/query_format.h"

#include <string.h>

#include "util/escape.h"
#include "util/strbuf.h"

/* The bytes of a value as text; blobs as SQL writes them. */
static struct kl_error *value_text(sqlite3_stmt *stmt, int column, struct kl_strbuf *ret)
{
	const unsigned char *bytes;
	int n;

	kl_strbuf_reset(ret);
	if (sqlite3_column_type(stmt, column) == SQLITE_BLOB) {
		bytes = sqlite3_column_blob(stmt, column);
		n = sqlite3_column_bytes(stmt, column);
		kl_strbuf_puts(ret, "x'");
		if (!bytes && n)
			return kl_error_nomem();
		kl_escape_hex(ret, bytes, (size_t)n);
		kl_strbuf_putc(ret, '\'');
	} else {
		bytes = sqlite3_column_text(stmt, column);
		n = sqlite3_column_bytes(stmt, column);
		if (!bytes && sqlite3_column_type(stmt, column) != SQLITE_NULL)
			return kl_error_nomem();
		if (bytes)
			kl_strbuf_append(ret, bytes, (size_t)n);
	}
	return ret->failed ? kl_error_nomem() : NULL;
}

/* For people: what is not there is told from an empty text. */
static struct kl_error *shown_text(sqlite3_stmt *stmt, int column, struct kl_strbuf *ret)
{
	if (sqlite3_column_type(stmt, column) != SQLITE_NULL)
		return value_text(stmt, column, ret);
	kl_strbuf_reset(ret);
	kl_strbuf_puts(ret, "NULL");
	return ret->failed ? kl_error_nomem() : NULL;
}

static bool is_number(sqlite3_stmt *stmt, int column)
{
	int type = sqlite3_column_type(stmt, column);

	return type == SQLITE_INTEGER || type == SQLITE_FLOAT;
}

static struct kl_error *table_begin(struct kl_query_output *o)
{
	int i, columns = sqlite3_column_count(o->stmt);
	struct kl_error *err;

	err = kl_table_create(o->out, (size_t)columns, &o->table);
	for (i = 0; i < columns && !err; i++) {
		const char *name = sqlite3_column_name(o->stmt, i);

		if (!name)
			return kl_error_nomem();
		kl_table_cell(o->table, name, strlen(name), false);
	}
	return err;
}

static struct kl_error *table_row(struct kl_query_output *o)
{
	_cleanup_strbuf_ struct kl_strbuf text = {};
	int i, columns = sqlite3_column_count(o->stmt);
	struct kl_error *err = NULL;

	for (i = 0; i < columns && !err; i++) {
		bool number = is_number(o->stmt, i); /* before the value becomes text */

		err = shown_text(o->stmt, i, &text);
		kl_table_cell(o->table, kl_strbuf_string(&text), text.length, number);
	}
	return err;
}

static struct kl_error *table_end(struct kl_query_output *o)
{
	return kl_table_end(o->table);
}

/* RFC 4180: quotes where a comma, a quote or a line break stands, doubled inside; and around an empty text, which NULL
 * has none of. */
static void put_csv_text(FILE *out, const char *text, size_t length, bool empty_text)
{
	const char *end = text + length, *quote;
	bool quoted = empty_text;
	const char *special;

	for (special = "\",\r\n"; *special && !quoted; special++)
		quoted = memchr(text, *special, length) != NULL;
	if (!quoted) {
		fwrite(text, 1, length, out);
		return;
	}
	putc('"', out);
	while ((quote = memchr(text, '"', (size_t)(end - text)))) {
		fwrite(text, 1, (size_t)(quote - text) + 1, out);
		putc('"', out);
		text = quote + 1;
	}
	fwrite(text, 1, (size_t)(end - text), out);
	putc('"', out);
}

/* What spreadsheets take for a formula, or skip before they look for one. */
static bool is_formula(const char *text, size_t length)
{
	return length && memchr("=+-@\t\r\n", *text, 7);
}

static struct kl_error *csv_cell(const struct kl_query_output *o, const char *text, size_t length, bool number,
				 bool null, bool first)
{
	bool empty_text = !null && !length;
	_cleanup_strbuf_ struct kl_strbuf cell = {};

	if (!first)
		putc(',', o->out);
	if (o->safe && !number && is_formula(text, length))
		kl_strbuf_putc(&cell, '\'');
	if (o->terminal)
		kl_escape_terminal(&cell, text, length);
	else if (cell.length)
		kl_strbuf_append(&cell, text, length);
	if (cell.failed)
		return kl_error_nomem();
	if (cell.data)
		put_csv_text(o->out, cell.data, cell.length, empty_text);
	else
		put_csv_text(o->out, text, length, empty_text);
	return NULL;
}

static struct kl_error *csv_begin(struct kl_query_output *o)
{
	struct kl_error *err = NULL;
	const char *name;
	int i;

	for (i = 0; i < sqlite3_column_count(o->stmt) && !err; i++) {
		name = sqlite3_column_name(o->stmt, i);
		err = name ? csv_cell(o, name, strlen(name), false, false, !i) : kl_error_nomem();
	}
	fputs("\r\n", o->out);
	return err;
}

static struct kl_error *csv_row(struct kl_query_output *o)
{
	_cleanup_strbuf_ struct kl_strbuf text = {};
	struct kl_error *err = NULL;
	int i;

	for (i = 0; i < sqlite3_column_count(o->stmt) && !err; i++) {
		bool number = is_number(o->stmt, i), null = sqlite3_column_type(o->stmt, i) == SQLITE_NULL;

		err = value_text(o->stmt, i, &text);
		if (!err)
			err = csv_cell(o, kl_strbuf_string(&text), text.length, number, null, !i);
	}
	fputs("\r\n", o->out);
	return err;
}

static struct kl_error *no_end(struct kl_query_output *o)
{
	(void)o;
	return NULL;
}

/* ---- one line per value ---- */

static struct kl_error *list_begin(struct kl_query_output *o)
{
	o->rows = 0;
	return NULL;
}

static struct kl_error *list_row(struct kl_query_output *o)
{
	_cleanup_strbuf_ struct kl_strbuf text = {}, line = {};
	struct kl_error *err = NULL;
	const char *name;
	int i;

	if (o->rows++)
		putc('\n', o->out);
	for (i = 0; i < sqlite3_column_count(o->stmt) && !err; i++) {
		name = sqlite3_column_name(o->stmt, i);
		if (!name)
			return kl_error_nomem();
		err = shown_text(o->stmt, i, &text);
		if (err)
			return err;
		kl_strbuf_reset(&line);
		kl_escape_terminal(&line, name, strlen(name));
		kl_strbuf_puts(&line, " = ");
		kl_escape_terminal(&line, kl_strbuf_string(&text), text.length);
		err = line.failed ? kl_error_nomem() : NULL;
		fprintf(o->out, "%s\n", kl_strbuf_string(&line));
	}
	return err;
}

/* ---- tab-separated: as PostgreSQL's COPY reads it ---- */

static struct kl_error *tsv_cell(const struct kl_query_output *o, const char *text, size_t length, bool first)
{
	static const char special[] = {'\t', '\n', '\r', '\\'}, letters[] = {'t', 'n', 'r', '\\'};
	_cleanup_strbuf_ struct kl_strbuf cell = {}, shown = {};
	const char *found;
	size_t i;

	for (i = 0; i < length; i++) {
		found = memchr(special, text[i], sizeof(special));
		if (found)
			kl_strbuf_putc(&cell, '\\');
		kl_strbuf_putc(&cell, found ? letters[found - special] : text[i]);
	}
	if (o->terminal)
		kl_escape_terminal(&shown, kl_strbuf_string(&cell), cell.length);
	if (cell.failed || shown.failed)
		return kl_error_nomem();
	fputs(first ? "" : "\t", o->out);
	fwrite(kl_strbuf_string(o->terminal ? &shown : &cell), 1, o->terminal ? shown.length : cell.length, o->out);
	return NULL;
}

static struct kl_error *tsv_begin(struct kl_query_output *o)
{
	struct kl_error *err = NULL;
	const char *name;
	int i;

	for (i = 0; i < sqlite3_column_count(o->stmt) && !err; i++) {
		name = sqlite3_column_name(o->stmt, i);
		err = name ? tsv_cell(o, name, strlen(name), !i) : kl_error_nomem();
	}
	putc('\n', o->out);
	return err;
}

static struct kl_error *tsv_row(struct kl_query_output *o)
{
	_cleanup_strbuf_ struct kl_strbuf text = {};
	struct kl_error *err = NULL;
	int i;

	for (i = 0; i < sqlite3_column_count(o->stmt) && !err; i++) {
		if (sqlite3_column_type(o->stmt, i) == SQLITE_NULL) {
			fputs(i ? "\t\\N" : "\\N", o->out);
			continue;
		}
		err = value_text(o->stmt, i, &text);
		if (!err)
			err = tsv_cell(o, kl_strbuf_string(&text), text.length, !i);
	}
	putc('\n', o->out);
	return err;
}

/* ---- a table as GitHub and others show it ---- */

/* What means something in Markdown or HTML, and line breaks, which would end the row. */
static void put_markdown(struct kl_strbuf *sb, const char *text, size_t length)
{
	_cleanup_strbuf_ struct kl_strbuf safe = {};
	size_t i;

	kl_escape_terminal(&safe, text, length);
	for (i = 0; i < safe.length; i++) {
		char c = safe.data[i];

		if (c == '<')
			kl_strbuf_puts(sb, "&lt;");
		else if (c == '&')
			kl_strbuf_puts(sb, "&amp;");
		else if (strchr("\\`*_[]|~#!@", c))
			kl_strbuf_printf(sb, "\\%c", c);
		else
			kl_strbuf_putc(sb, c);
	}
	sb->failed |= safe.failed;
}

static struct kl_error *markdown_line(struct kl_query_output *o, bool heading)
{
	_cleanup_strbuf_ struct kl_strbuf line = {}, text = {};
	struct kl_error *err = NULL;
	const char *name;
	int i;

	for (i = 0; i < sqlite3_column_count(o->stmt) && !err; i++) {
		kl_strbuf_puts(&line, "| ");
		if (heading) {
			name = sqlite3_column_name(o->stmt, i);
			if (!name)
				return kl_error_nomem();
			put_markdown(&line, name, strlen(name));
		} else {
			err = shown_text(o->stmt, i, &text);
			put_markdown(&line, kl_strbuf_string(&text), text.length);
		}
		kl_strbuf_putc(&line, ' ');
	}
	if (line.failed)
		return kl_error_nomem();
	fprintf(o->out, "%s|\n", kl_strbuf_string(&line));
	return err;
}

static struct kl_error *markdown_begin(struct kl_query_output *o)
{
	struct kl_error *err = markdown_line(o, true);
	int i;

	for (i = 0; i < sqlite3_column_count(o->stmt); i++)
		fputs("|---", o->out);
	fputs("|\n", o->out);
	return err;
}

static struct kl_error *markdown_row(struct kl_query_output *o)
{
	return markdown_line(o, false);
}

/* ---- JSON ---- */

static struct kl_error *json_begin(struct kl_query_output *o)
{
	o->emitter = (struct kl_emitter){.out = o->out};
	kl_emit_array(&o->emitter, NULL);
	return NULL;
}

static struct kl_error *json_row(struct kl_query_output *o)
{
	_cleanup_strbuf_ struct kl_strbuf text = {};
	struct kl_error *err = NULL;
	const char *name;
	int i;

	kl_emit_object(&o->emitter, NULL);
	for (i = 0; i < sqlite3_column_count(o->stmt) && !err; i++) {
		name = sqlite3_column_name(o->stmt, i);
		if (!name)
			return kl_error_nomem();
		switch (sqlite3_column_type(o->stmt, i)) {
		case SQLITE_INTEGER:
			kl_emit_int(&o->emitter, name, sqlite3_column_int64(o->stmt, i));
			break;
		case SQLITE_FLOAT:
			kl_emit_real(&o->emitter, name, sqlite3_column_double(o->stmt, i));
			break;
		case SQLITE_NULL:
			kl_emit_null(&o->emitter, name);
			break;
		default:
			err = value_text(o->stmt, i, &text);
			kl_emit_bytes(&o->emitter, name, kl_strbuf_string(&text), text.length);
		}
	}
	kl_emit_end(&o->emitter);
	return err;
}

static struct kl_error *ndjson_begin(struct kl_query_output *o)
{
	o->emitter = (struct kl_emitter){.out = o->out, .lines = true};
	return NULL;
}

static struct kl_error *json_end(struct kl_query_output *o)
{
	kl_emit_end(&o->emitter);
	return NULL;
}

/* What stands in the array already stays valid, and nobody takes it for all. */
static bool json_fail(struct kl_query_output *o, const struct kl_error *err)
{
	if (!o->emitter.depth)
		return false;
	while (o->emitter.depth > 1)
		kl_emit_end(&o->emitter);
	kl_emit_object(&o->emitter, NULL);
	kl_emit_string(&o->emitter, "error", kl_error_message(err));
	kl_emit_end(&o->emitter);
	kl_emit_end(&o->emitter);
	return true;
}

static const struct kl_query_format formats[] = {
	{"table", table_begin, table_row, table_end, NULL},
	{"list", list_begin, list_row, no_end, NULL},
	{"csv", csv_begin, csv_row, no_end, NULL},
	{"tsv", tsv_begin, tsv_row, no_end, NULL},
	{"json", json_begin, json_row, json_end, json_fail},
	{"ndjson", ndjson_begin, json_row, no_end, NULL},
	{"markdown", markdown_begin, markdown_row, no_end, NULL},
};

const struct kl_query_format *kl_query_format_find(const char *name)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
		if (!strcmp(formats[i].name, name))
			return &formats[i];
	}
	return NULL;
}
