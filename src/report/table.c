/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/table.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "util/escape.h"
#include "util/strbuf.h"
#include "util/vec.h"

/* Rows looked at for the widths, the heading among them. */
#define TABLE_SAMPLE 1000

/* A column wider than this does not push the following ones further right. */
#define WIDEST 64

struct cell {
	size_t offset; /* into the kept text */
	bool right;
};

struct kl_table {
	FILE *out;
	size_t columns;
	size_t *widths;
	size_t count; /* cells so far, kept or printed */
	bool streaming;
	bool failed;
	struct kl_strbuf text; /* kept cells, each with its NUL */
	KL_VEC(struct cell) cells;
};

struct kl_error *kl_table_create(FILE *out, size_t columns, struct kl_table **ret)
{
	struct kl_table *t = calloc(1, sizeof(*t));

	if (!t)
		return kl_error_nomem();
	t->out = out;
	t->columns = columns;
	t->widths = calloc(columns + 1, sizeof(*t->widths));
	if (!t->widths) {
		free(t);
		return kl_error_nomem();
	}
	*ret = t;
	return NULL;
}

void kl_table_destroy(struct kl_table *t)
{
	if (!t)
		return;
	free(t->widths);
	kl_strbuf_deinit(&t->text);
	kl_vec_deinit(&t->cells);
	free(t);
}

static void print_cell(struct kl_table *t, size_t column, const char *text, bool right)
{
	size_t width = kl_display_width(text), gap;
	bool last = column + 1 == t->columns;

	gap = width < t->widths[column] ? t->widths[column] - width : 0;
	fprintf(t->out, "%*s%s%*s%s", right ? (int)gap : 0, "", text, right || last ? 0 : (int)gap, "",
		last ? "\n" : "  ");
}

static void print_kept(struct kl_table *t)
{
	size_t i;

	for (i = 0; i < t->cells.count && !t->text.failed; i++)
		print_cell(t, i % t->columns, kl_strbuf_string(&t->text) + t->cells.data[i].offset,
			   t->cells.data[i].right);
	t->cells.count = 0;
	kl_strbuf_reset(&t->text);
}

void kl_table_cell(struct kl_table *t, const char *text, size_t length, bool right)
{
	size_t column = t->count++ % t->columns, offset = t->text.length, width;

	kl_escape_terminal(&t->text, text, length);
	kl_strbuf_putc(&t->text, '\0');
	if (t->text.failed) {
		t->failed = true;
	} else if (t->streaming) {
		print_cell(t, column, kl_strbuf_string(&t->text), right);
		kl_strbuf_reset(&t->text);
	} else {
		width = kl_display_width(kl_strbuf_string(&t->text) + offset);
		if (width > WIDEST)
			width = WIDEST;
		if (width > t->widths[column])
			t->widths[column] = width;
		if (!kl_vec_push(&t->cells, ((struct cell){.offset = offset, .right = right})))
			t->failed = true;
		if (t->count == TABLE_SAMPLE * t->columns) {
			print_kept(t);
			t->streaming = true;
		}
	}
}

void kl_table_text(struct kl_table *t, const char *text)
{
	if (!text)
		text = "?";
	kl_table_cell(t, text, strlen(text), false);
}

void kl_table_number(struct kl_table *t, uint64_t number)
{
	char text[24];
	int length = snprintf(text, sizeof(text), "%" PRIu64, number);

	kl_table_cell(t, text, (size_t)length, true);
}

struct kl_error *kl_table_end(struct kl_table *t)
{
	print_kept(t);
	return t->failed ? kl_error_nomem() : NULL;
}
