/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/library.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "image/file.h"
#include "image/kdump_format.h"
#include "util/cleanup.h"

#define BLOCK 4096

static const struct {
	uint32_t flag;
	const char *name;
} compressions[] = {
	{KL_KDUMP_ZLIB, "zlib"},
	{KL_KDUMP_LZO, "lzo"},
	{KL_KDUMP_SNAPPY, "snappy"},
	{KL_KDUMP_ZSTD, "zstd"},
};

#define N_COMPRESSIONS (sizeof(compressions) / sizeof(*compressions))

const char *kl_library_compression_name(uint32_t flag)
{
	for (size_t i = 0; i < N_COMPRESSIONS; i++)
		if (flag & compressions[i].flag)
			return compressions[i].name;
	return "uncompressed";
}

static void put_u32(uint8_t *to, uint32_t value)
{
	value = htole32(value);
	memcpy(to, &value, sizeof(value));
}

/* Header, sub header, both bitmaps, one descriptor per compression, and 16 bytes that none of them turns a page into.
 */
static int make_probe_dump(void)
{
	static const uint8_t nonsense[16] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	uint8_t head[4 * BLOCK + N_COMPRESSIONS * KL_KDUMP_DESC_SIZE] = KL_KDUMP_MAGIC, *desc = head + 4 * BLOCK;
	int fd = memfd_create("kleak-dump", MFD_CLOEXEC);

	memcpy(head + KL_KDUMP_HEADER_MACHINE, "x86_64", 6);
	put_u32(head + KL_KDUMP_HEADER_VERSION, 1);
	put_u32(head + KL_KDUMP_HEADER_BLOCK_SIZE, BLOCK);
	put_u32(head + KL_KDUMP_HEADER_SUB_BLOCKS, 1);
	put_u32(head + KL_KDUMP_HEADER_BITMAP_BLOCKS, 2);
	put_u32(head + KL_KDUMP_HEADER_MAX_MAPNR, N_COMPRESSIONS);
	head[2 * BLOCK] = head[3 * BLOCK] = (1 << N_COMPRESSIONS) - 1;
	for (size_t i = 0; i < N_COMPRESSIONS; i++, desc += KL_KDUMP_DESC_SIZE) {
		put_u32(desc + KL_KDUMP_DESC_OFFSET, sizeof(head));
		put_u32(desc + KL_KDUMP_DESC_LENGTH, sizeof(nonsense));
		put_u32(desc + KL_KDUMP_DESC_FLAGS, compressions[i].flag);
	}
	if (fd >= 0 &&
	    (kl_file_write(fd, head, sizeof(head), 0) || kl_file_write(fd, nonsense, sizeof(nonsense), sizeof(head)))) {
		close(fd);
		return -1;
	}
	return fd;
}

uint32_t kl_library_compressions(void)
{
	_cleanup_close_ int fd = make_probe_dump();
	kdump_ctx_t *ctx = kdump_new();
	uint32_t supported = 0;
	uint8_t page[BLOCK];

	if (ctx && fd >= 0 && kdump_open_fd(ctx, fd) == KDUMP_OK)
		for (size_t i = 0; i < N_COMPRESSIONS; i++) {
			size_t length = sizeof(page);

			if (kdump_read(ctx, KDUMP_MACHPHYSADDR, i * BLOCK, page, &length) == KDUMP_ERR_CORRUPT)
				supported |= compressions[i].flag;
		}
	kl_library_free(ctx, true);
	return supported;
}

/* Contexts that must not be released, where a leak checker finds them. */
static struct kept {
	struct kept *next;
	kdump_ctx_t *ctx;
} * kept;

void kl_library_free(kdump_ctx_t *ctx, bool kdump)
{
	struct kept *keep;

	if (!ctx)
		return;
	if (!kdump || KDUMPFILE_VERSION >= KDUMPFILE_MKVER(0, 5, 2)) {
		kdump_free(ctx);
		return;
	}
	keep = malloc(sizeof(*keep));
	if (!keep)
		return;
	keep->ctx = ctx;
	keep->next = __atomic_load_n(&kept, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(&kept, &keep->next, keep, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		;
}
