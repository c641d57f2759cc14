/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/query_format.h"

#include <string.h>

#include "util/strbuf.h"

/* The bytes of a value as text; blobs as SQL writes them. */
static struct kl_error *value_text(sqlite3_stmt *stmt, int column, struct kl_strbuf *ret)
{
	const unsigned char *bytes;
	int i, n;

	kl_strbuf_reset(ret);
	if (sqlite3_column_type(stmt, column) == SQLITE_BLOB) {
		bytes = sqlite3_column_blob(stmt, column);
		n = sqlite3_column_bytes(stmt, column);
		kl_strbuf_puts(ret, "x'");
		for (i = 0; i < n; i++)
			kl_strbuf_printf(ret, "%02x", bytes[i]);
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

static struct kl_error *table_begin(struct kl_query_output *o)
{
	int i, columns = sqlite3_column_count(o->stmt);
	struct kl_error *err;

	err = kl_table_create(o->out, (size_t)columns, &o->table);
	for (i = 0; i < columns && !err; i++)
		kl_table_cell(o->table, sqlite3_column_name(o->stmt, i), strlen(sqlite3_column_name(o->stmt, i)),
			      false);
	return err;
}

static struct kl_error *table_row(struct kl_query_output *o)
{
	_cleanup_strbuf_ struct kl_strbuf text = {};
	int i, type, columns = sqlite3_column_count(o->stmt);
	struct kl_error *err = NULL;

	for (i = 0; i < columns && !err; i++) {
		type = sqlite3_column_type(o->stmt, i);
		err = value_text(o->stmt, i, &text);
		kl_table_cell(o->table, kl_strbuf_string(&text), text.length,
			      type == SQLITE_INTEGER || type == SQLITE_FLOAT);
	}
	return err;
}

static struct kl_error *table_end(struct kl_query_output *o)
{
	return kl_table_end(o->table);
}

/* RFC 4180: quotes where a comma, a quote or a line break stands, doubled inside, lines ended by CR LF. */
static void csv_cell(FILE *out, const char *text, size_t length, bool first)
{
	bool quote = false;
	size_t i;

	for (i = 0; i < length; i++)
		quote = quote || strchr("\",\r\n", text[i]) != NULL;
	if (!first)
		putc(',', out);
	if (quote)
		putc('"', out);
	for (i = 0; i < length; i++) {
		if (text[i] == '"')
			putc('"', out);
		putc(text[i], out);
	}
	if (quote)
		putc('"', out);
}

static struct kl_error *csv_begin(struct kl_query_output *o)
{
	const char *name;
	int i;

	for (i = 0; i < sqlite3_column_count(o->stmt); i++) {
		name = sqlite3_column_name(o->stmt, i);
		csv_cell(o->out, name, strlen(name), !i);
	}
	fputs("\r\n", o->out);
	return NULL;
}

static struct kl_error *csv_row(struct kl_query_output *o)
{
	_cleanup_strbuf_ struct kl_strbuf text = {};
	struct kl_error *err = NULL;
	int i;

	for (i = 0; i < sqlite3_column_count(o->stmt) && !err; i++) {
		err = value_text(o->stmt, i, &text);
		csv_cell(o->out, kl_strbuf_string(&text), text.length, !i);
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
