/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test.h"

#include "util/escape.h"

static const char *with(void (*escape)(struct kl_strbuf *, const char *, size_t), const char *bytes, size_t length)
{
	static struct kl_strbuf sb;

	kl_strbuf_reset(&sb);
	escape(&sb, bytes, length);
	return kl_strbuf_string(&sb);
}

#define TERMINAL(s) with(kl_escape_terminal, s, sizeof(s) - 1)
#define JSON(s) with(kl_escape_json, s, sizeof(s) - 1)
#define UTF8(s) with(kl_escape_utf8, s, sizeof(s) - 1)

static void test_plain_text_stays(void)
{
	CHECK_STR(TERMINAL("kworker/0:1H \"x\" 'y'"), "kworker/0:1H \"x\" 'y'");
	CHECK_STR(TERMINAL("gr\xc3\xbc\xc3\x9f \xe6\xbc\xa2 \xf0\x9f\x90\xa7"),
		  "gr\xc3\xbc\xc3\x9f \xe6\xbc\xa2 \xf0\x9f\x90\xa7");
	CHECK_STR(JSON("gr\xc3\xbc\xc3\x9f"), "gr\xc3\xbc\xc3\x9f");
}

static void test_control_bytes(void)
{
	CHECK_STR(TERMINAL("\033]0;owned\a\n\t\x7f"), "\\x1b]0;owned\\x07\\x0a\\x09\\x7f");
	CHECK_STR(TERMINAL("a\0b"), "a\\x00b");
	CHECK_STR(TERMINAL("\xc2\x9b\x32J"), "\\u{9b}2J"); /* CSI as one C1 character */
	CHECK_STR(JSON("\033\n\r\t\b\f\x7f\0"), "\\u001b\\n\\r\\t\\b\\f\\u007f\\u0000");
	CHECK_STR(JSON("\"\\/"), "\\\"\\\\/");
	CHECK_STR(JSON("\xc2\x9b"), "\\u009b");
}

/* What was escaped can be told from what looked so. */
static void test_backslash_is_doubled(void)
{
	CHECK_STR(TERMINAL("\\x1b"), "\\\\x1b");
}

static void test_deceptive_characters(void)
{
	CHECK_STR(TERMINAL("a\xe2\x80\xae"
			   "b"),
		  "a\\u{202e}b");
	CHECK_STR(TERMINAL("\xe2\x80\x8b\xef\xbb\xbf\xe2\x81\xa6"), "\\u{200b}\\u{feff}\\u{2066}");
	CHECK_STR(JSON("\xe2\x80\xa8"), "\\u2028");
	CHECK_STR(JSON("\xf3\xa0\x81\x81"), "\\udb40\\udc41"); /* U+E0041, a tag */
}

static void test_invalid_utf8(void)
{
	static const char *const bad[] = {
		"\x80",             /* continuation alone */
		"\xc3",             /* cut short */
		"\xc0\xaf",         /* overlong */
		"\xe0\x80\xaf",     /* overlong */
		"\xed\xa0\x80",     /* surrogate */
		"\xf4\x90\x80\x80", /* past U+10FFFF */
		"\xf5\x80\x80\x80",
		"\xff",
	};
	uint32_t c;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CHECK_INT(kl_utf8_next(bad[i], strlen(bad[i]), &c), 0);
	CHECK_STR(TERMINAL("a\xe2\x82"), "a\\xe2\\x82");
	CHECK_STR(JSON("a\xe2\x82z"), "a\\ufffd\\ufffdz");
	CHECK_STR(UTF8("a\xff\xc3\xbc\0\n"), "a\\xff\xc3\xbc\\x00\n");
}

static void test_utf8_boundaries(void)
{
	uint32_t c = 0;

	CHECK_INT(kl_utf8_next("", 0, &c), 0);
	CHECK_INT(kl_utf8_next("\xc2\x80", 2, &c), 2);
	CHECK_INT(c, 0x80);
	CHECK_INT(kl_utf8_next("\xdf\xbf", 2, &c), 2);
	CHECK_INT(c, 0x7ff);
	CHECK_INT(kl_utf8_next("\xe0\xa0\x80", 3, &c), 3);
	CHECK_INT(c, 0x800);
	CHECK_INT(kl_utf8_next("\xf4\x8f\xbf\xbf", 4, &c), 4);
	CHECK_INT(c, 0x10ffff);
	CHECK_INT(kl_utf8_next("\xf4\x8f\xbf\xbf", 3, &c), 0);
}

static void test_width_counts_characters(void)
{
	CHECK_INT(kl_display_width("abc"), 3);
	CHECK_INT(kl_display_width("gr\xc3\xbc\xc3\x9f"), 4);
}

int main(void)
{
	RUN(test_plain_text_stays);
	RUN(test_control_bytes);
	RUN(test_backslash_is_doubled);
	RUN(test_deceptive_characters);
	RUN(test_invalid_utf8);
	RUN(test_utf8_boundaries);
	RUN(test_width_counts_characters);
	return DONE();
}
