/* SPDX-License-Identifier: GPL-2.0-or-later */
/* checksum.h: kmemleak's CRC over an object's content. */
#ifndef KL_MARK_CHECKSUM_H
#define KL_MARK_CHECKSUM_H

#include "mark/mark.h"

/** kl_kernel_crc32() - the kernel's crc32(): reflected polynomial 0xedb88320 without any inversion, unlike zlib's. All
 * zero bytes with seed 0 give 0. Source: include/linux/crc32.h, numerically checked. */
uint32_t kl_kernel_crc32(uint32_t seed, const void *bytes, size_t length);

/** kl_checksum_object() - what update_checksum() would store for row @row now.
 * Returns false when a byte of it is not in the dump, or for a physical object, which the kernel never checksums.
 */
bool kl_checksum_object(const struct kl_mark_input *in, uint32_t row, uint32_t *ret);

/** kl_content_hash() - a hash of our own over every byte of row @row, to compare two dumps by: from its first to its
 * last, and of a per-CPU object all copies in the order of the CPUs, so that equal copies do not cancel each other out.
 * Returns false when a byte of it is not in the dump. */
bool kl_content_hash(const struct kl_mark_input *in, uint32_t row, uint64_t *ret);

#endif
