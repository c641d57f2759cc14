/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/file.h"

#include <errno.h>
#include <unistd.h>

ssize_t kl_file_read(int fd, void *buffer, size_t length, uint64_t offset)
{
	size_t done = 0;

	if (offset > INT64_MAX - length)
		return 0;
	while (done < length) {
		ssize_t n = pread(fd, (char *)buffer + done, length - done, (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

struct kl_error *kl_file_read_exact(int fd, void *buffer, size_t length, uint64_t offset, const char *what)
{
	ssize_t n = kl_file_read(fd, buffer, length, offset);

	if (n < 0)
		return kl_error_from_errno(errno, "reading %s", what);
	if ((size_t)n < length)
		return kl_error_create(KL_ERROR_CORRUPT, "the file ends inside %s", what);
	return NULL;
}

int kl_file_write(int fd, const void *buffer, size_t length, uint64_t offset)
{
	size_t done = 0;

	if (offset > INT64_MAX - length) {
		errno = EFBIG;
		return -1;
	}
	while (done < length) {
		ssize_t n = pwrite(fd, (const char *)buffer + done, length - done, (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		done += (size_t)n;
	}
	return 0;
}
