/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bytes.h: integers out of raw little-endian bytes at any alignment.
 *
 * Every kernel that is read here (x86-64, aarch64) is little-endian; src/image refuses others.
 */
#ifndef KL_UTIL_BYTES_H
#define KL_UTIL_BYTES_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

static inline uint16_t kl_get_u16(const void *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return le16toh(v);
}

static inline uint32_t kl_get_u32(const void *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return le32toh(v);
}

static inline uint64_t kl_get_u64(const void *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return le64toh(v);
}

/** kl_get_uint() - an unsigned integer of @size bytes (1, 2, 4 or 8; others give 0). */
static inline uint64_t kl_get_uint(const void *p, size_t size)
{
	switch (size) {
	case 1:
		return *(const uint8_t *)p;
	case 2:
		return kl_get_u16(p);
	case 4:
		return kl_get_u32(p);
	case 8:
		return kl_get_u64(p);
	default:
		return 0;
	}
}

#endif
