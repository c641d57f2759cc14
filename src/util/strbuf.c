/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "util/strbuf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "util/error.h"

static bool fail_strbuf(struct kl_strbuf *sb)
{
	kl_nomem_note();
	sb->failed = true;
	return false;
}

/* Room for @more bytes and the NUL after them. */
static bool make_strbuf_room(struct kl_strbuf *sb, size_t more)
{
	size_t need, grown;
	char *moved;

	if (sb->failed)
		return false;
	if (__builtin_add_overflow(sb->length, more, &need) || __builtin_add_overflow(need, 1, &need))
		return fail_strbuf(sb);
	if (need <= sb->capacity)
		return true;
	grown = sb->capacity < 32 ? 64 : sb->capacity * 2;
	if (grown < need)
		grown = need;
	moved = realloc(sb->data, grown);
	if (!moved)
		return fail_strbuf(sb);
	sb->data = moved;
	sb->capacity = grown;
	return true;
}

void kl_strbuf_append(struct kl_strbuf *sb, const void *bytes, size_t length)
{
	if (!make_strbuf_room(sb, length))
		return;
	if (length)
		memcpy(sb->data + sb->length, bytes, length);
	sb->length += length;
	sb->data[sb->length] = '\0';
}

void kl_strbuf_puts(struct kl_strbuf *sb, const char *string)
{
	kl_strbuf_append(sb, string, strlen(string));
}

void kl_strbuf_putc(struct kl_strbuf *sb, char c)
{
	kl_strbuf_append(sb, &c, 1);
}

void kl_strbuf_printf(struct kl_strbuf *sb, const char *format, ...)
{
	va_list args, again;
	int n;

	va_start(args, format);
	va_copy(again, args);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (n < 0)
		fail_strbuf(sb);
	else if (make_strbuf_room(sb, (size_t)n))
		sb->length += (size_t)vsnprintf(sb->data + sb->length, (size_t)n + 1, format, again);
	va_end(again);
}

void kl_strbuf_reset(struct kl_strbuf *sb)
{
	sb->length = 0;
	if (sb->data)
		sb->data[0] = '\0';
}

const char *kl_strbuf_string(const struct kl_strbuf *sb)
{
	return sb->data && !sb->failed ? sb->data : "";
}

char *kl_strbuf_take(struct kl_strbuf *sb)
{
	char *taken = NULL;

	if (make_strbuf_room(sb, 0)) {
		sb->data[sb->length] = '\0';
		taken = sb->data;
		sb->data = NULL;
	}
	kl_strbuf_deinit(sb);
	return taken;
}

void kl_strbuf_deinit(struct kl_strbuf *sb)
{
	free(sb->data);
	memset(sb, 0, sizeof(*sb));
}
