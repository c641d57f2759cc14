/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cursor.h: little-endian numbers read one after the other out of bytes that may end too soon.
 *
 * Private to src/debug. Reading past the end gives zeros and sets `failed`; check it once at the end.
 */
#ifndef KL_DEBUG_CURSOR_H
#define KL_DEBUG_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/bytes.h"

struct kl_cursor {
	const uint8_t *at, *end;
	bool failed;
};

static inline uint64_t kl_cursor_uint(struct kl_cursor *c, size_t size)
{
	uint64_t value = 0;

	if (c->failed || (size_t)(c->end - c->at) < size) {
		c->failed = true;
		return 0;
	}
	value = kl_get_uint(c->at, size);
	c->at += size;
	return value;
}

/* DWARF's unsigned LEB128; more than 64 bits are a failure. */
static inline uint64_t kl_cursor_uleb(struct kl_cursor *c)
{
	uint64_t value = 0;
	unsigned int shift;
	uint8_t byte;

	for (shift = 0; shift < 64; shift += 7) {
		byte = (uint8_t)kl_cursor_uint(c, 1);
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return value;
	}
	c->failed = true;
	return 0;
}

/* DWARF's signed LEB128; bits beyond the 64th are dropped. */
static inline int64_t kl_cursor_sleb(struct kl_cursor *c)
{
	uint64_t value = 0;
	unsigned int shift = 0;
	uint8_t byte;

	do {
		byte = (uint8_t)kl_cursor_uint(c, 1);
		if (shift < 64)
			value |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while (!c->failed && (byte & 0x80));
	if (shift < 64 && (byte & 0x40))
		value |= ~UINT64_C(0) << shift;
	return (int64_t)value;
}

static inline void kl_cursor_skip(struct kl_cursor *c, uint64_t length)
{
	if (c->failed || length > (uint64_t)(c->end - c->at))
		c->failed = true;
	else
		c->at += length;
}

#endif
