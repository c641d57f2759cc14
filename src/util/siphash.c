/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "util/siphash.h"

static uint64_t rotate_left(uint64_t x, unsigned n)
{
	return x << n | x >> (64 - n);
}

static void siphash_rounds(uint64_t v[4], unsigned n)
{
	while (n--) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = rotate_left(v[1], 13) ^ v[0];
		v[3] = rotate_left(v[3], 16) ^ v[2];
		v[0] = rotate_left(v[0], 32);
		v[2] += v[1];
		v[0] += v[3];
		v[1] = rotate_left(v[1], 17) ^ v[2];
		v[3] = rotate_left(v[3], 21) ^ v[0];
		v[2] = rotate_left(v[2], 32);
	}
}

uint64_t kl_siphash_u64(uint64_t value, const uint64_t key[2])
{
	/* the last block holds the length modulo 256 in its top byte and no bytes of the message */
	const uint64_t blocks[] = {value, UINT64_C(8) << 56};
	uint64_t v[4] = {
		key[0] ^ 0x736f6d6570736575,
		key[1] ^ 0x646f72616e646f6d,
		key[0] ^ 0x6c7967656e657261,
		key[1] ^ 0x7465646279746573,
	};

	for (unsigned i = 0; i < 2; i++) {
		v[3] ^= blocks[i];
		siphash_rounds(v, 2);
		v[0] ^= blocks[i];
	}
	v[2] ^= 0xff;
	siphash_rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}
