/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/compression.h"

#include <endian.h>
#include <libkdumpfile/kdumpfile.h>
#include <stdbool.h>
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

const char *kl_compression_name(uint32_t flag)
{
	for (size_t i = 0; i < sizeof(compressions) / sizeof(*compressions); i++)
		if (flag & compressions[i].flag)
			return compressions[i].name;
	return "uncompressed";
}

static void put_u32(uint8_t *to, uint32_t value)
{
	value = htole32(value);
	memcpy(to, &value, sizeof(value));
}

/* Header, sub header, both bitmaps, one descriptor, and 16 bytes that no method compresses a page to. */
static int make_dump(uint32_t flag)
{
	static const uint8_t nonsense[16] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	uint8_t head[4 * BLOCK + KL_KDUMP_DESC_SIZE] = KL_KDUMP_MAGIC;
	int fd = memfd_create("kleak-dump", MFD_CLOEXEC);

	memcpy(head + KL_KDUMP_HEADER_MACHINE, "x86_64", 6);
	put_u32(head + KL_KDUMP_HEADER_VERSION, 1);
	put_u32(head + KL_KDUMP_HEADER_BLOCK_SIZE, BLOCK);
	put_u32(head + KL_KDUMP_HEADER_SUB_BLOCKS, 1);
	put_u32(head + KL_KDUMP_HEADER_BITMAP_BLOCKS, 2);
	put_u32(head + KL_KDUMP_HEADER_MAX_MAPNR, 1);
	head[2 * BLOCK] = head[3 * BLOCK] = 1; /* page frame 0 is RAM and was dumped */
	put_u32(head + 4 * BLOCK + KL_KDUMP_DESC_OFFSET, sizeof(head));
	put_u32(head + 4 * BLOCK + KL_KDUMP_DESC_LENGTH, sizeof(nonsense));
	put_u32(head + 4 * BLOCK + KL_KDUMP_DESC_FLAGS, flag);
	if (fd >= 0 &&
	    (kl_file_write(fd, head, sizeof(head), 0) || kl_file_write(fd, nonsense, sizeof(nonsense), sizeof(head)))) {
		close(fd);
		return -1;
	}
	return fd;
}

static bool is_supported(uint32_t flag)
{
	_cleanup_close_ int fd = make_dump(flag);
	kdump_ctx_t *ctx = kdump_new();
	uint8_t page[BLOCK];
	size_t length = sizeof(page);
	bool supported = false;

	if (ctx && fd >= 0 && kdump_open_fd(ctx, fd) == KDUMP_OK)
		supported = kdump_read(ctx, KDUMP_MACHPHYSADDR, 0, page, &length) == KDUMP_ERR_CORRUPT;
	if (ctx)
		kdump_free(ctx);
	return supported;
}

uint32_t kl_compression_supported(uint32_t flags)
{
	uint32_t supported = 0;

	for (size_t i = 0; i < sizeof(compressions) / sizeof(*compressions); i++)
		if (flags & compressions[i].flag && is_supported(compressions[i].flag))
			supported |= compressions[i].flag;
	return supported;
}
