/* SPDX-License-Identifier: GPL-2.0-or-later */
/* file.h: reading and writing file ranges in full. */
#ifndef KL_IMAGE_FILE_H
#define KL_IMAGE_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/error.h"

/** kl_file_read() - up to @length bytes at @offset; the count is short only at the end of the file. -1 and errno on
 * failure. */
ssize_t kl_file_read(int fd, void *buffer, size_t length, uint64_t offset);

/** kl_file_read_exact() - @length bytes of @what at @offset. Errors: KL_ERROR_IO, KL_ERROR_CORRUPT ("the file ends
 * inside
 * @what"). */
struct kl_error *kl_file_read_exact(int fd, void *buffer, size_t length, uint64_t offset, const char *what);

/** kl_file_write() - all @length bytes at @offset; 0, or -1 and errno. */
int kl_file_write(int fd, const void *buffer, size_t length, uint64_t offset);

#endif
