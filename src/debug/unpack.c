/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "debug/unpack.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <lzma.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#define CHUNK (64 * 1024)
/* Debug information shrinks to a tenth, and the largest vmlinux of a distribution has 1.5 GiB. What is small does no
 * harm, however much smaller it was. */
#define USUAL_LIMIT (UINT64_C(4) << 30)
#define USUAL_RATIO 64
#define ALWAYS_ALLOWED (UINT64_C(64) << 20)
/* liblzma's own limit against bombs; `xz -9` needs 65 MiB, --ultra dictionaries more. */
#define LZMA_MEMORY (1024ULL * 1024 * 1024)

/* One compression in use: step() turns input into output until one of the two is used up. */
struct unpacker {
	const char *name;
	struct kl_error *(*begin)(struct unpacker *u);
	/* Sets @done after the last byte of the last stream; called with in_size 0 at the end of the file. */
	struct kl_error *(*step)(struct unpacker *u, bool *done);
	void (*end)(struct unpacker *u);
	int in_fd, out_fd;
	uint64_t packed; /* size of the file */
	const uint8_t *in;
	size_t in_size;
	uint8_t *out;
	size_t out_size; /* room that is left */
	bool at_start;   /* between two streams: the end of the file is allowed here */
	union {
		lzma_stream lzma;
		ZSTD_DStream *zstd;
		z_stream zlib;
	};
};

static struct kl_error *packed_data_damaged(const struct unpacker *u)
{
	return kl_error_create(KL_ERROR_CORRUPT, "the %s data is damaged", u->name);
}

static struct kl_error *xz_begin(struct unpacker *u)
{
	static const lzma_stream fresh = LZMA_STREAM_INIT;

	u->lzma = fresh;
	if (lzma_stream_decoder(&u->lzma, LZMA_MEMORY, LZMA_CONCATENATED) != LZMA_OK)
		return kl_error_nomem();
	return NULL;
}

static struct kl_error *xz_step(struct unpacker *u, bool *done)
{
	lzma_ret r;

	u->lzma.next_in = u->in;
	u->lzma.avail_in = u->in_size;
	u->lzma.next_out = u->out;
	u->lzma.avail_out = u->out_size;
	r = lzma_code(&u->lzma, u->in_size ? LZMA_RUN : LZMA_FINISH);
	u->in = u->lzma.next_in;
	u->in_size = u->lzma.avail_in;
	u->out = u->lzma.next_out;
	u->out_size = u->lzma.avail_out;
	*done = r == LZMA_STREAM_END;
	if (r == LZMA_MEM_ERROR)
		return kl_error_nomem();
	if (r == LZMA_MEMLIMIT_ERROR)
		return kl_error_create(KL_ERROR_UNSUPPORTED, "unpacking takes more than %llu MiB of memory",
				       LZMA_MEMORY >> 20);
	return r == LZMA_OK || r == LZMA_STREAM_END ? NULL : packed_data_damaged(u);
}

static void xz_end(struct unpacker *u)
{
	lzma_end(&u->lzma);
}

static struct kl_error *zstd_begin(struct unpacker *u)
{
	u->zstd = ZSTD_createDStream();
	return u->zstd ? NULL : kl_error_nomem();
}

static struct kl_error *zstd_step(struct unpacker *u, bool *done)
{
	ZSTD_inBuffer in = {u->in, u->in_size, 0};
	ZSTD_outBuffer out = {u->out, u->out_size, 0};
	size_t r;

	if (!u->in_size && u->at_start) {
		*done = true;
		return NULL;
	}
	r = ZSTD_decompressStream(u->zstd, &out, &in);
	if (ZSTD_isError(r) || (!u->in_size && !out.pos))
		return packed_data_damaged(u);
	u->in += in.pos;
	u->in_size -= in.pos;
	u->out += out.pos;
	u->out_size -= out.pos;
	u->at_start = r == 0;
	return NULL;
}

static void zstd_end(struct unpacker *u)
{
	ZSTD_freeDStream(u->zstd);
}

static struct kl_error *gzip_begin(struct unpacker *u)
{
	memset(&u->zlib, 0, sizeof(u->zlib));
	return inflateInit2(&u->zlib, 15 + 16) == Z_OK ? NULL : kl_error_nomem();
}

static struct kl_error *gzip_step(struct unpacker *u, bool *done)
{
	int r;

	if (!u->in_size) {
		*done = u->at_start;
		return u->at_start ? NULL : packed_data_damaged(u);
	}
	if (u->at_start && inflateReset(&u->zlib) != Z_OK)
		return packed_data_damaged(u);
	u->zlib.next_in = (Bytef *)u->in;
	u->zlib.avail_in = (uInt)u->in_size;
	u->zlib.next_out = u->out;
	u->zlib.avail_out = (uInt)u->out_size;
	r = inflate(&u->zlib, Z_NO_FLUSH);
	if (r != Z_OK && r != Z_STREAM_END)
		return r == Z_MEM_ERROR ? kl_error_nomem() : packed_data_damaged(u);
	u->in = u->zlib.next_in;
	u->in_size = u->zlib.avail_in;
	u->out = u->zlib.next_out;
	u->out_size = u->zlib.avail_out;
	u->at_start = r == Z_STREAM_END;
	return NULL;
}

static void gzip_end(struct unpacker *u)
{
	inflateEnd(&u->zlib);
}

/* Which compression the file begins with; false when it is none of ours. */
static bool recognize_packer(int fd, struct unpacker *u)
{
	static const struct {
		uint8_t magic[6];
		uint8_t length;
		struct unpacker unpacker;
	} known[] = {
		{{0xfd, '7', 'z', 'X', 'Z', 0}, 6, {"xz", xz_begin, xz_step, xz_end}},
		{{0x28, 0xb5, 0x2f, 0xfd}, 4, {"zstd", zstd_begin, zstd_step, zstd_end}},
		{{0x1f, 0x8b, 8}, 3, {"gzip", gzip_begin, gzip_step, gzip_end}},
	};
	uint8_t head[6] = {0};
	size_t i;

	if (pread(fd, head, sizeof(head), 0) != (ssize_t)sizeof(head))
		return false;
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (!memcmp(head, known[i].magic, known[i].length)) {
			*u = known[i].unpacker;
			return true;
		}
	}
	return false;
}

static struct kl_error *write_unpacked(int fd, const uint8_t *bytes, size_t size)
{
	while (size) {
		ssize_t n = write(fd, bytes, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return kl_error_from_errno(errno, "unpacking into memory");
		bytes += n;
		size -= (size_t)n;
	}
	return NULL;
}

/* Fills @u->in when it is empty; at the end of the file it stays so. */
static struct kl_error *refill_input(struct unpacker *u, uint8_t *buffer, off_t *position)
{
	ssize_t n;

	if (u->in_size)
		return NULL;
	do
		n = pread(u->in_fd, buffer, CHUNK, *position);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return kl_error_from_errno(errno, "reading");
	*position += n;
	u->in = buffer;
	u->in_size = (size_t)n;
	return NULL;
}

static struct kl_error *pump_decoder(struct unpacker *u, const struct kl_debug_bounds *bounds, uint64_t peek)
{
	_cleanup_free_ uint8_t *in = malloc(CHUNK), *out = malloc(CHUNK);
	const struct kl_progress *progress = bounds ? bounds->progress : NULL;
	uint64_t written = 0, bound = kl_unpack_bound(u->packed, bounds);
	off_t position = 0;
	bool done = false;

	if (!in || !out)
		return kl_error_nomem();
	while (!done && written < peek) {
		struct kl_error *err = refill_input(u, in, &position);

		u->out = out;
		u->out_size = CHUNK;
		if (!err)
			err = u->step(u, &done);
		written += CHUNK - u->out_size;
		if (!err && written > bound)
			err = kl_unpack_too_large(u->packed, bounds);
		if (!err)
			err = write_unpacked(u->out_fd, out, CHUNK - u->out_size);
		if (!err)
			err = kl_progress_tick(progress, "unpacking debug information", (uint64_t)position, u->packed);
		if (err)
			return err;
	}
	return NULL;
}

static struct kl_error *unpack_stream(struct unpacker *u, const struct kl_debug_bounds *bounds, uint64_t peek)
{
	struct kl_error *err = u->begin(u);

	if (err)
		return err;
	err = pump_decoder(u, bounds, peek);
	u->end(u);
	return err;
}

uint64_t kl_unpack_bound(uint64_t packed, const struct kl_debug_bounds *bounds)
{
	uint64_t by_ratio = packed > USUAL_LIMIT / USUAL_RATIO ? USUAL_LIMIT : packed * USUAL_RATIO;

	if (bounds && bounds->unpack_limit)
		return bounds->unpack_limit;
	return by_ratio > ALWAYS_ALLOWED ? by_ratio : ALWAYS_ALLOWED;
}

struct kl_error *kl_unpack_too_large(uint64_t packed, const struct kl_debug_bounds *bounds)
{
	return kl_error_create(KL_ERROR_UNSUPPORTED,
			       "%" PRIu64 " bytes that unpack to more than %" PRIu64
			       " MiB; if you trust them, --unpack-limit allows more",
			       packed, kl_unpack_bound(packed, bounds) >> 20);
}

/* zstd alone says at the beginning how much it will be; xz and gzip say it at the end, where it is too late. */
static bool declares_more(int fd, const struct unpacker *u, const struct kl_debug_bounds *bounds)
{
	uint8_t head[18]; /* ZSTD_FRAMEHEADERSIZE_MAX */
	ssize_t n = pread(fd, head, sizeof(head), 0);
	unsigned long long size;

	if (u->step != zstd_step || n < 0)
		return false;
	size = ZSTD_getFrameContentSize(head, (size_t)n);
	return size != ZSTD_CONTENTSIZE_UNKNOWN && size != ZSTD_CONTENTSIZE_ERROR &&
	       size > kl_unpack_bound(u->packed, bounds);
}

struct kl_error *kl_unpack_file(int fd, const struct kl_debug_bounds *bounds, uint64_t peek, int *ret)
{
	_cleanup_close_ int out = -1;
	struct kl_error *err;
	struct unpacker u;
	struct stat st;

	*ret = -1;
	if (!recognize_packer(fd, &u))
		return NULL;
	if (fstat(fd, &st))
		return kl_error_from_errno(errno, "cannot stat");
	u.in_fd = fd;
	u.packed = (uint64_t)st.st_size;
	if (declares_more(fd, &u, bounds))
		return kl_unpack_too_large(u.packed, bounds);
	out = memfd_create("kleak-unpacked", MFD_CLOEXEC);
	if (out < 0)
		return kl_error_from_errno(errno, "no memory to unpack into");
	u.out_fd = out;
	err = unpack_stream(&u, bounds, peek);
	if (err)
		return err;
	*ret = out;
	out = -1;
	return NULL;
}
