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

		err = value_text(o->stmt, i, &text);
		kl_table_cell(o->table, kl_strbuf_string(&text), text.length, number);
	}
	return err;
}

static struct kl_error *table_end(struct kl_query_output *o)
{
	return kl_table_end(o->table);
}

/* RFC 4180: quotes where a comma, a quote or a line break stands, doubled inside. */
static void put_csv_text(FILE *out, const char *text, size_t length)
{
	const char *end = text + length, *quote;
	bool quoted = false;
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
				 bool first)
{
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
		put_csv_text(o->out, cell.data, cell.length);
	else
		put_csv_text(o->out, text, length);
	return NULL;
}

static struct kl_error *csv_begin(struct kl_query_output *o)
{
	struct kl_error *err = NULL;
	const char *name;
	int i;

	for (i = 0; i < sqlite3_column_count(o->stmt) && !err; i++) {
		name = sqlite3_column_name(o->stmt, i);
		err = name ? csv_cell(o, name, strlen(name), false, !i) : kl_error_nomem();
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
		bool number = is_number(o->stmt, i);

		err = value_text(o->stmt, i, &text);
		if (!err)
			err = csv_cell(o, kl_strbuf_string(&text), text.length, number, !i);
	}
	fputs("\r\n", o->out);
	return err;
}

static struct kl_error *csv_end(struct kl_query_output *o)
{
	(void)o;
	return NULL;
}

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
	{"csv", csv_begin, csv_row, csv_end, NULL},
	{"json", json_begin, json_row, json_end, json_fail},
};

const struct kl_query_format *kl_query_format_find(const char *name)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
		if (!strcmp(formats[i].name, name))
			return &formats[i];
	}
	return NULL;
}
