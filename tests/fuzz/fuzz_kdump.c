/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of a kdump-compressed file, alone and twice as the parts of a split set. */
#include "fuzz.h"

#include "image/kdump.h"

/* What is said to be there is within the file. */
static void fuzz_page(struct kl_kdump *k, uint64_t pfn, size_t size)
{
	struct kl_kdump_place place = {};

	if (kl_kdump_page(k, pfn, &place) == KL_PAGE_PRESENT &&
	    (place.offset > size || place.length > size - place.offset))
		__builtin_trap();
}

static void fuzz_one(const uint8_t *data, size_t size)
{
	int fd = fuzz_file(data, size), parts, fds[2];
	uint64_t pfn;

	for (parts = 1; parts <= 2; parts++) {
		struct kl_kdump k = {};
		struct kl_error *err = kl_kdump_add(&k, "part", fd, size);

		if (!err && parts == 2)
			err = kl_kdump_add(&k, "again", fd, size);
		if (!err)
			err = kl_kdump_finish(&k);
		for (pfn = 0; !err && pfn < 256; pfn++)
			fuzz_page(&k, pfn * (1 + pfn % 5 * 61), size);
		if (!err)
			kl_kdump_fds(&k, fds);
		kl_error_destroy(err);
		kl_kdump_deinit(&k);
	}
	close(fd);
}
