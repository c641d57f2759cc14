/* SPDX-License-Identifier: GPL-2.0-or-later */
/* siphash.h: SipHash-2-4 of one 64-bit integer, as the kernel's siphash_1u64() (lib/siphash.c) computes it.
 *
 * Kernels since 4.15 print %p as its low 32 bits. Algorithm: Aumasson and Bernstein, "SipHash: a fast short-input PRF".
 */
#ifndef KL_UTIL_SIPHASH_H
#define KL_UTIL_SIPHASH_H

#include <stdint.h>

/** kl_siphash_u64() - SipHash-2-4 of the 8 bytes of @value (little-endian) under the 128-bit @key. */
uint64_t kl_siphash_u64(uint64_t value, const uint64_t key[2]);

#endif
