/* SPDX-License-Identifier: GPL-2.0-or-later */
/* escape.h: bytes from a dump or a database made harmless for a terminal, for JSON and for SQL text.
 *
 * Task names, symbols and module names are whatever was in memory: control sequences, broken UTF-8, characters that
 * reverse the direction of writing. All functions append to a string buffer and accept any bytes.
 */
#ifndef KL_UTIL_ESCAPE_H
#define KL_UTIL_ESCAPE_H

#include <stddef.h>
#include <stdint.h>

#include "util/strbuf.h"

/** kl_utf8_next() - decode one character.
 * @ret: the code point.
 *
 * Returns the bytes it takes, 0 when @bytes does not begin with a valid sequence (overlong forms, surrogates and code
 * points past U+10FFFF are invalid) or @length is 0.
 */
size_t kl_utf8_next(const char *bytes, size_t length, uint32_t *ret);

/** kl_escape_terminal() - for people: printable text as it is, control bytes and invalid UTF-8 as \xNN, characters
 * that change direction, join lines or have no width as \u{NNNN}, a backslash doubled. Newlines are control bytes. */
void kl_escape_terminal(struct kl_strbuf *sb, const char *bytes, size_t length);

/** kl_escape_json() - the inside of a JSON string; invalid bytes become \ufffd, what a terminal would act on \uNNNN. */
void kl_escape_json(struct kl_strbuf *sb, const char *bytes, size_t length);

/** kl_escape_utf8() - valid UTF-8 without NUL: invalid bytes and NUL as \xNN, all else unchanged. For SQL TEXT, which
 * other programs refuse to read when it is not valid. */
void kl_escape_utf8(struct kl_strbuf *sb, const char *bytes, size_t length);

/** kl_escape_hex() - two lower-case hexadecimal digits for each byte. */
void kl_escape_hex(struct kl_strbuf *sb, const void *bytes, size_t length);

/** kl_display_width() - columns that @string (already escaped) takes on a terminal, one per character. */
size_t kl_display_width(const char *string);

#endif
