/* SPDX-License-Identifier: GPL-2.0-or-later */
/* compression.h: which page compressions the installed libkdumpfile can undo.
 *
 * They are options of its build, it has no call that tells them, and a dump opens without: only every single page
 * fails. So the library is given a dump of one page in memory, whose contents are nonsense: "not implemented" or
 * "corrupt" is the answer.
 */
#ifndef KL_IMAGE_COMPRESSION_H
#define KL_IMAGE_COMPRESSION_H

#include <stdint.h>

/** kl_compression_name() - "zlib", "lzo", "snappy", "zstd", or "uncompressed"; @flag as in kdump_format.h. */
const char *kl_compression_name(uint32_t flag);

/** kl_compression_supported() - those of @flags (kdump_format.h) that work. */
uint32_t kl_compression_supported(uint32_t flags);

#endif
