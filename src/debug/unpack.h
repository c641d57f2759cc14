/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unpack.h: files compressed with xz, zstd or gzip, unpacked into memory.
 *
 * Private to src/debug. Recognized by their first bytes, never by their name.
 */
#ifndef KL_DEBUG_UNPACK_H
#define KL_DEBUG_UNPACK_H

#include <stdint.h>

#include "debug/bounds.h"
#include "util/error.h"

/** kl_unpack_bound() - to how many bytes @packed bytes may unpack under @bounds (NULL = the usual ones). */
uint64_t kl_unpack_bound(uint64_t packed, const struct kl_debug_bounds *bounds);

/** kl_unpack_too_large() - the error of what goes beyond. */
struct kl_error *kl_unpack_too_large(uint64_t packed, const struct kl_debug_bounds *bounds);

/** kl_unpack_file() - unpack what @fd holds into a new file in memory.
 * @peek: bytes after which it is enough, UINT64_MAX for all.
 * @ret:  the new descriptor, or -1 when @fd is not compressed. The caller closes it.
 * @fd is read from its start and left anywhere.
 * Errors: KL_ERROR_CORRUPT (damaged or truncated stream), KL_ERROR_UNSUPPORTED (more than @bounds allow),
 * KL_ERROR_INTERRUPTED, KL_ERROR_IO, KL_ERROR_NOMEM.
 */
struct kl_error *kl_unpack_file(int fd, const struct kl_debug_bounds *bounds, uint64_t peek, int *ret);

#endif
