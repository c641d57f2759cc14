/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flatten.h: dumps written as a stream, put in order.
 *
 * `makedumpfile -F` and QEMU writing to a pipe send records of (offset, size, bytes) after a 4 KiB header, since they
 * cannot seek. libkdumpfile reads no such stream before 0.5.3, and none of an ELF dump up to 0.5.4, so for all versions
 * alike the records are written once to a file of the cache directory, which is used again while the stream's path,
 * inode, size and time of change stay the same. Files not used for 30 days are removed when the next one is written.
 * Source: makedumpfile 1.7, makedumpfile.h (struct makedumpfile_header, struct makedumpfile_data_header).
 */
#ifndef KL_IMAGE_FLATTEN_H
#define KL_IMAGE_FLATTEN_H

#include "util/error.h"
#include "util/progress.h"

/** kl_flatten_open() - the ordered form of the flattened dump @fd.
 * @path: of @fd; part of the key.
 * @cache_dir: as kl_cache_dir(); made when it is not there.
 * @ret: a file descriptor for reading, the caller's to close.
 * A stream that ends early gives what it holds. The file appears under its name only when it is complete; an
 * error leaves nothing there. Errors: KL_ERROR_CORRUPT, KL_ERROR_IO (no space: the message says how much is needed and
 * where), KL_ERROR_INTERRUPTED, KL_ERROR_NOMEM.
 */
struct kl_error *kl_flatten_open(int fd, const char *path, const char *cache_dir, const struct kl_progress *progress,
				 int *ret);

#endif
