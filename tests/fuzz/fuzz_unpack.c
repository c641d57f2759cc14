/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compressed files: xz, zstd and gzip. */
#include "fuzz.h"

#include "debug/unpack.h"

static void fuzz_one(const uint8_t *data, size_t size)
{
	const struct kl_debug_bounds bounds = {.unpack_limit = 1 << 20, .progress = fuzz_patience()};
	int fd = fuzz_file(data, size), plain = -1;

	kl_error_destroy(kl_unpack_file(fd, &bounds, UINT64_MAX, &plain));
	if (plain >= 0)
		close(plain);
	close(fd);
}
