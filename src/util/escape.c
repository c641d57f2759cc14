/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "util/escape.h"

#include <string.h>

size_t kl_utf8_next(const char *bytes, size_t length, uint32_t *ret)
{
	const uint8_t *p = (const uint8_t *)bytes;
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t need, i;
	uint32_t c;

	if (!length)
		return 0;
	if (p[0] < 0x80) {
		*ret = p[0];
		return 1;
	}
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		need = 2;
	else if (p[0] >= 0xe0 && p[0] <= 0xef)
		need = 3;
	else if (p[0] >= 0xf0 && p[0] <= 0xf4)
		need = 4;
	else
		return 0;
	if (length < need)
		return 0;
	c = p[0] & (0x7fU >> need);
	for (i = 1; i < need; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < smallest[need] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*ret = c;
	return need;
}

/* C0 and C1 controls and DEL. */
static bool is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0);
}

/* Characters that are not seen but change what is seen: directions, joiners, separators of lines, byte order mark,
 * tags. */
static bool is_deceptive(uint32_t c)
{
	return c == 0xad || c == 0x61c || c == 0x180e || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) ||
	       (c >= 0xe0000 && c <= 0xe0fff);
}

/* How many of the first bytes are ASCII that no output has a meaning for. Texts are copied in such runs: 60 MB as JSON
 * take 0.33 s of CPU instead of 0.70 s. */
static size_t plain_run(const char *bytes, size_t length)
{
	size_t n = 0;

	while (n < length && bytes[n] >= 0x20 && bytes[n] < 0x7f && bytes[n] != '\\' && bytes[n] != '"')
		n++;
	return n;
}

void kl_escape_terminal(struct kl_strbuf *sb, const char *bytes, size_t length)
{
	uint32_t c;
	size_t n;

	for (; length; bytes += n, length -= n) {
		n = plain_run(bytes, length);
		if (n) {
			kl_strbuf_append(sb, bytes, n);
			continue;
		}
		n = kl_utf8_next(bytes, length, &c);
		if (!n || c < 0x80) {
			n = 1;
			if (*bytes == '\\')
				kl_strbuf_puts(sb, "\\\\");
			else if ((unsigned char)*bytes >= 0x7f || is_control((unsigned char)*bytes))
				kl_strbuf_printf(sb, "\\x%02x", (unsigned char)*bytes);
			else
				kl_strbuf_putc(sb, *bytes);
		} else if (is_control(c) || is_deceptive(c)) {
			kl_strbuf_printf(sb, "\\u{%x}", c);
		} else {
			kl_strbuf_append(sb, bytes, n);
		}
	}
}

static void escape_json_ascii(struct kl_strbuf *sb, char c)
{
	static const char short_form[] = "\"\"\\\\\bb\ff\nn\rr\tt";
	const char *p;

	for (p = short_form; *p; p += 2) {
		if (c == p[0]) {
			kl_strbuf_putc(sb, '\\');
			kl_strbuf_putc(sb, p[1]);
			return;
		}
	}
	if (is_control((unsigned char)c))
		kl_strbuf_printf(sb, "\\u%04x", (unsigned char)c);
	else
		kl_strbuf_putc(sb, c);
}

void kl_escape_json(struct kl_strbuf *sb, const char *bytes, size_t length)
{
	uint32_t c;
	size_t n;

	for (; length; bytes += n, length -= n) {
		n = plain_run(bytes, length);
		if (n) {
			kl_strbuf_append(sb, bytes, n);
			continue;
		}
		n = kl_utf8_next(bytes, length, &c);
		if (!n) {
			n = 1;
			kl_strbuf_puts(sb, "\\ufffd");
		} else if (c < 0x80) {
			escape_json_ascii(sb, *bytes);
		} else if (!is_control(c) && !is_deceptive(c)) {
			kl_strbuf_append(sb, bytes, n);
		} else if (c < 0x10000) {
			kl_strbuf_printf(sb, "\\u%04x", c);
		} else {
			kl_strbuf_printf(sb, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10),
					 0xdc00 + ((c - 0x10000) & 0x3ff));
		}
	}
}

void kl_escape_hex(struct kl_strbuf *sb, const void *bytes, size_t length)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *byte = bytes, *end = byte + length;
	char chunk[256];
	size_t n;

	while (byte < end) {
		for (n = 0; n < sizeof(chunk) && byte < end; byte++) {
			chunk[n++] = digits[*byte >> 4];
			chunk[n++] = digits[*byte & 0xf];
		}
		kl_strbuf_append(sb, chunk, n);
	}
}

void kl_escape_utf8(struct kl_strbuf *sb, const char *bytes, size_t length)
{
	uint32_t c;
	size_t n;

	for (; length; bytes += n, length -= n) {
		n = kl_utf8_next(bytes, length, &c);
		if (n && c) {
			kl_strbuf_append(sb, bytes, n);
		} else {
			n = 1;
			kl_strbuf_printf(sb, "\\x%02x", (unsigned char)*bytes);
		}
	}
}

size_t kl_display_width(const char *string)
{
	size_t width = 0;

	for (; *string; string++)
		width += ((unsigned char)*string & 0xc0) != 0x80;
	return width;
}
