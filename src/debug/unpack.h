/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unpack.h: files compressed with xz, zstd or gzip, unpacked into memory.
 *
 * Private to src/debug. Recognized by their first bytes, never by their name.
 */
#ifndef KL_DEBUG_UNPACK_H
#define KL_DEBUG_UNPACK_H

#include <stdint.h>

#include "util/error.h"

/** kl_unpack_file() - unpack up to @limit bytes of what @fd holds into a new file in memory.
 * @ret: the new descriptor, or -1 when @fd is not compressed. The caller closes it.
 * Fewer bytes than the whole are no error when @limit was reached. @fd is read from its start and left anywhere.
 * Errors: KL_ERROR_CORRUPT (damaged or truncated stream), KL_ERROR_IO, KL_ERROR_NOMEM.
 */
struct kl_error *kl_unpack_file(int fd, uint64_t limit, int *ret);

#endif
