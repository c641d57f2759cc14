/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/emitter.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "util/escape.h"

/* Objects and arrays down to here begin lines of their own; what is deeper stays on one line. */
#define LINES_TO_DEPTH 2

/* JSON has no need of these in strings, and stays the same with their numbers. */
static void write_for_html(FILE *out, const char *json)
{
	size_t n;

	for (; *json; json += n) {
		n = strcspn(json, "<>&");
		fwrite(json, 1, n, out);
		if (!json[n])
			return;
		fprintf(out, "\\u%04x", (unsigned char)json[n++]);
	}
}

static void write_quoted(struct kl_emitter *e, const char *bytes, size_t length)
{
	_cleanup_strbuf_ struct kl_strbuf sb = {};

	kl_escape_json(&sb, bytes, length);
	putc('"', e->out);
	if (e->in_html && !sb.failed)
		write_for_html(e->out, kl_strbuf_string(&sb));
	else
		fwrite(kl_strbuf_string(&sb), 1, sb.failed ? 0 : sb.length, e->out);
	putc('"', e->out);
}

static void break_line(struct kl_emitter *e)
{
	unsigned i;

	putc('\n', e->out);
	for (i = 0; i < e->depth; i++)
		putc('\t', e->out);
}

/* Comma, line and name before a value. */
static void begin_value(struct kl_emitter *e, const char *name)
{
	if (e->depth) {
		bool used = e->levels[e->depth - 1].used;

		e->levels[e->depth - 1].used = true;
		if (used)
			putc(',', e->out);
		if (e->depth <= LINES_TO_DEPTH && !e->lines)
			break_line(e);
		else if (used)
			putc(' ', e->out);
	}
	if (name) {
		write_quoted(e, name, strlen(name));
		fputs(": ", e->out);
	}
}

static void open_level(struct kl_emitter *e, const char *name, char open, char close)
{
	begin_value(e, name);
	putc(open, e->out);
	assert(e->depth < KL_EMITTER_DEPTH);
	e->levels[e->depth].close = close;
	e->levels[e->depth].used = false;
	e->depth++;
}

void kl_emit_object(struct kl_emitter *e, const char *name)
{
	open_level(e, name, '{', '}');
}

void kl_emit_array(struct kl_emitter *e, const char *name)
{
	open_level(e, name, '[', ']');
}

void kl_emit_end(struct kl_emitter *e)
{
	assert(e->depth);
	e->depth--;
	if (e->levels[e->depth].used && e->depth < LINES_TO_DEPTH && !e->lines)
		break_line(e);
	putc(e->levels[e->depth].close, e->out);
	if (!e->depth)
		putc('\n', e->out);
}

void kl_emit_bytes(struct kl_emitter *e, const char *name, const char *bytes, size_t length)
{
	begin_value(e, name);
	write_quoted(e, bytes, length);
}

void kl_emit_string(struct kl_emitter *e, const char *name, const char *value)
{
	if (value)
		kl_emit_bytes(e, name, value, strlen(value));
	else
		kl_emit_null(e, name);
}

void kl_emit_int(struct kl_emitter *e, const char *name, int64_t value)
{
	begin_value(e, name);
	fprintf(e->out, "%" PRId64, value);
}

void kl_emit_real(struct kl_emitter *e, const char *name, double value)
{
	char text[32];

	if (!isfinite(value)) {
		kl_emit_null(e, name);
		return;
	}
	begin_value(e, name);
	/* Short when that is exact, all digits otherwise. */
	snprintf(text, sizeof(text), "%.6g", value);
	if (strtod(text, NULL) != value)
		snprintf(text, sizeof(text), "%.17g", value);
	fputs(text, e->out);
}

void kl_emit_bool(struct kl_emitter *e, const char *name, bool value)
{
	begin_value(e, name);
	fputs(value ? "true" : "false", e->out);
}

void kl_emit_null(struct kl_emitter *e, const char *name)
{
	begin_value(e, name);
	fputs("null", e->out);
}

void kl_emit_address(struct kl_emitter *e, const char *name, uint64_t value)
{
	begin_value(e, name);
	fprintf(e->out, "\"0x%016" PRIx64 "\"", value);
}

void kl_emit_hash(struct kl_emitter *e, const char *name, uint64_t value)
{
	begin_value(e, name);
	fprintf(e->out, "\"%016" PRIx64 "\"", value);
}

void kl_emit_json(struct kl_emitter *e, const char *name, const char *json)
{
	begin_value(e, name);
	fputs(json, e->out);
}
