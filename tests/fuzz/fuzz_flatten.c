/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A dump that was written as a stream of records, put in order. */
#include "fuzz.h"

#include "image/flatten.h"

static void fuzz_one(const uint8_t *data, size_t size)
{
	int fd = fuzz_file(data, size), ordered = -1;
	char path[128];

	kl_error_destroy(kl_flatten_open(fd, "input", fuzz_directory(), fuzz_patience(), &ordered));
	if (ordered >= 0) {
		/* or the next input of this size were taken for the same */
		snprintf(path, sizeof(path), "/proc/self/fd/%d", ordered);
		path[readlink(path, path, sizeof(path) - 1)] = '\0';
		unlink(path);
		close(ordered);
	}
	close(fd);
}
