/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/inflate.h"

#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#include "image/file.h"
#include "image/kdump_format.h"

#define PAGE_MAX 65536

struct kl_inflate {
	z_stream zlib;
	bool has_zlib;
	ZSTD_DCtx *zstd;
	uint8_t compressed[PAGE_MAX];
};

struct kl_error *kl_inflate_create(struct kl_inflate **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? NULL : kl_error_nomem();
}

bool kl_inflate_knows(uint32_t flags)
{
	uint32_t compression = flags & KL_KDUMP_COMPRESSED;

	return !compression || compression == KL_KDUMP_ZLIB || compression == KL_KDUMP_ZSTD;
}

static bool inflate_zlib_page(struct kl_inflate *i, size_t length, uint8_t *ret, size_t size)
{
	if (!(i->has_zlib ? inflateReset(&i->zlib) == Z_OK : inflateInit(&i->zlib) == Z_OK))
		return false;
	i->has_zlib = true;
	i->zlib.next_in = i->compressed;
	i->zlib.avail_in = (uInt)length;
	i->zlib.next_out = ret;
	i->zlib.avail_out = (uInt)size;
	return inflate(&i->zlib, Z_FINISH) == Z_STREAM_END && !i->zlib.avail_out;
}

static bool inflate_zstd_page(struct kl_inflate *i, size_t length, uint8_t *ret, size_t size)
{
	if (!i->zstd)
		i->zstd = ZSTD_createDCtx();
	return i->zstd && ZSTD_decompressDCtx(i->zstd, ret, size, i->compressed, length) == size;
}

enum kl_page_state kl_inflate_page(struct kl_inflate *i, const struct kl_kdump_place *place, uint8_t *ret, size_t size)
{
	uint32_t compression = place->flags & KL_KDUMP_COMPRESSED;
	uint8_t *to = compression ? i->compressed : ret;
	bool whole = false;
	ssize_t n;

	if (place->length > (compression ? sizeof(i->compressed) : size))
		return KL_PAGE_CORRUPT;
	n = kl_file_read(place->fd, to, place->length, place->offset);
	if (n < 0 || (size_t)n < place->length)
		return n < 0 ? KL_PAGE_CORRUPT : KL_PAGE_MISSING;
	if (!compression)
		whole = place->length == size;
	else if (compression == KL_KDUMP_ZLIB)
		whole = inflate_zlib_page(i, place->length, ret, size);
	else if (compression == KL_KDUMP_ZSTD)
		whole = inflate_zstd_page(i, place->length, ret, size);
	return whole ? KL_PAGE_PRESENT : KL_PAGE_CORRUPT;
}

void kl_inflate_destroy(struct kl_inflate *i)
{
	if (!i)
		return;
	if (i->has_zlib)
		inflateEnd(&i->zlib);
	ZSTD_freeDCtx(i->zstd);
	free(i);
}
