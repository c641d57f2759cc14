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
	struct kl_inflate *i = calloc(1, sizeof(*i));

	/* All memory at once: when it runs out later, a page would look damaged. */
	if (i) {
		i->has_zlib = inflateInit(&i->zlib) == Z_OK;
		i->zstd = ZSTD_createDCtx();
	}
	if (!i || !i->has_zlib || !i->zstd) {
		kl_inflate_destroy(i);
		return kl_error_nomem();
	}
	*ret = i;
	return NULL;
}

bool kl_inflate_knows(uint32_t flags)
{
	uint32_t compression = flags & KL_KDUMP_COMPRESSED;

	return !compression || compression == KL_KDUMP_ZLIB || compression == KL_KDUMP_ZSTD;
}

static bool inflate_zlib_page(struct kl_inflate *i, size_t length, uint8_t *ret, size_t size)
{
	if (inflateReset(&i->zlib) != Z_OK)
		return false;
	i->zlib.next_in = i->compressed;
	i->zlib.avail_in = (uInt)length;
	i->zlib.next_out = ret;
	i->zlib.avail_out = (uInt)size;
	return inflate(&i->zlib, Z_FINISH) == Z_STREAM_END && !i->zlib.avail_out;
}

static bool inflate_zstd_page(struct kl_inflate *i, size_t length, uint8_t *ret, size_t size)
{
	return ZSTD_decompressDCtx(i->zstd, ret, size, i->compressed, length) == size;
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
