/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/flatten.h"

#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "image/file.h"
#include "util/cache_dir.h"
#include "util/map.h"
#include "util/strbuf.h"

#define COPY_PREFIX "ordered-"
#define COPY_DAYS 30
#define HEADER_SIZE 4096
#define OUTPUT_MAX \
	((uint64_t)1 << 46) /* x86-64 and aarch64 address 4 PiB at most; 64 TiB of dump is a damaged offset */
#define CHUNK ((size_t)64 << 10)

struct record {
	uint64_t offset; /* in the ordered file */
	uint64_t size;
};

/* Reads the record header at @at. @end: there is none, or it is the end marker (both numbers -1). */
static struct kl_error *read_stream_record(int fd, uint64_t at, struct record *ret, bool *end)
{
	uint64_t raw[2];
	ssize_t n = kl_file_read(fd, raw, sizeof(raw), at);

	if (n < 0)
		return kl_error_from_errno(errno, "reading the flattened dump");
	*end = n < (ssize_t)sizeof(raw) || be64toh(raw[0]) == UINT64_MAX;
	if (*end)
		return NULL;
	ret->offset = be64toh(raw[0]);
	ret->size = be64toh(raw[1]);
	if (ret->size > OUTPUT_MAX || ret->offset > OUTPUT_MAX - ret->size)
		return kl_error_create(KL_ERROR_CORRUPT,
				       "flattened dump with an impossible record at %" PRIu64 " (offset %" PRIu64
				       ", size %" PRIu64 ")",
				       at, ret->offset, ret->size);
	return NULL;
}

struct copy {
	int from, to;
	uint64_t total; /* bytes of the stream */
	const char *dir;
	const struct kl_progress *progress;
	char *buffer; /* CHUNK bytes */
};

static struct kl_error *write_error(const struct copy *c, int errnum)
{
	if (errnum == ENOSPC || errnum == EDQUOT)
		return kl_error_create(KL_ERROR_IO,
				       "no space in %s to put the flattened dump in order (about %" PRIu64
				       " MiB are needed; $XDG_CACHE_HOME chooses another place)",
				       c->dir, (c->total >> 20) + 1);
	return kl_error_from_errno(errnum, "writing the ordered dump to %s", c->dir);
}

/* Copies one record's bytes; *at moves past what was there. */
static struct kl_error *copy_stream_record(const struct copy *c, const struct record *r, uint64_t *at)
{
	uint64_t done = 0;

	while (done < r->size) {
		size_t now = r->size - done < CHUNK ? (size_t)(r->size - done) : CHUNK;
		ssize_t n = kl_file_read(c->from, c->buffer, now, *at);
		struct kl_error *err = kl_progress_tick(c->progress, "putting the dump in order", *at, c->total);

		if (err)
			return err;
		if (n < 0)
			return kl_error_from_errno(errno, "reading the flattened dump");
		if (kl_file_write(c->to, c->buffer, (size_t)n, r->offset + done))
			return write_error(c, errno);
		*at += (uint64_t)n;
		done += (uint64_t)n;
		if ((size_t)n < now)
			break; /* cut short: what comes next finds the end */
	}
	return NULL;
}

static struct kl_error *copy_stream_records(const struct copy *c)
{
	uint64_t at = HEADER_SIZE;
	struct kl_error *err;
	struct record record = {};
	bool end = false;

	for (;;) {
		err = read_stream_record(c->from, at, &record, &end);
		if (err || end)
			break;
		at += 2 * sizeof(uint64_t);
		err = copy_stream_record(c, &record, &at);
		if (err)
			break;
	}
	if (!err && at == HEADER_SIZE)
		return kl_error_create(KL_ERROR_CORRUPT, "a flattened dump without contents");
	return err;
}

static struct kl_error *make_cache_dir(const char *cache_dir, struct kl_strbuf *ret)
{
	if (!kl_cache_dir(cache_dir, ret))
		return kl_error_create(KL_ERROR_IO, "neither $XDG_CACHE_HOME nor $HOME is set, so there is no place "
						    "to put the flattened dump in order");
	return ret->failed ? kl_error_nomem() : kl_make_directories(ret->data);
}

static struct kl_error *name_ordered_copy(const struct stat *st, const char *path, const char *dir,
					  struct kl_strbuf *ret)
{
	uint64_t key[] = {(uint64_t)st->st_dev, (uint64_t)st->st_ino, (uint64_t)st->st_size,
			  (uint64_t)st->st_mtim.tv_sec, (uint64_t)st->st_mtim.tv_nsec};
	_cleanup_free_ char *real = realpath(path, NULL);
	uint64_t hash = kl_hash_bytes(KL_HASH_SEED, key, sizeof(key));

	if (real)
		hash = kl_hash_bytes(hash, real, strlen(real));
	kl_strbuf_printf(ret, "%s/" COPY_PREFIX "%016" PRIx64 ".dump", dir, hash);
	return !ret->data || ret->failed ? kl_error_nomem() : NULL;
}

/* Copies carry the time of their last use; one that a killed run left unfinished grows old like the others. */
static void drop_old_copies(const char *path)
{
	time_t oldest = time(NULL) - (time_t)COPY_DAYS * 24 * 3600;
	const struct dirent *entry;
	DIR *dir = opendir(path);
	struct stat st;

	if (!dir)
		return;
	while ((entry = readdir(dir)))
		if (!strncmp(entry->d_name, COPY_PREFIX, strlen(COPY_PREFIX)) &&
		    !fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) && st.st_mtime < oldest)
			unlinkat(dirfd(dir), entry->d_name, 0);
	closedir(dir);
}

static struct kl_error *write_ordered_copy(struct copy *c, const char *name)
{
	_cleanup_strbuf_ struct kl_strbuf temporary = {};
	struct kl_error *err;

	kl_strbuf_printf(&temporary, "%s.XXXXXX", name);
	c->buffer = malloc(CHUNK);
	if (!temporary.data || temporary.failed || !c->buffer)
		return kl_error_nomem();
	c->to = mkostemp(temporary.data, O_CLOEXEC);
	if (c->to < 0)
		return kl_error_from_errno(errno, "making a file in %s", c->dir);
	err = copy_stream_records(c);
	if (!err && rename(temporary.data, name))
		err = write_error(c, errno);
	if (err)
		unlink(temporary.data);
	return err;
}

struct kl_error *kl_flatten_open(int fd, const char *path, const char *cache_dir, const struct kl_progress *progress,
				 int *ret)
{
	_cleanup_strbuf_ struct kl_strbuf dir = {};
	_cleanup_strbuf_ struct kl_strbuf name = {};
	struct copy c = {.from = fd, .to = -1, .progress = progress};
	struct kl_error *err;
	struct stat st;

	if (fstat(fd, &st))
		return kl_error_from_errno(errno, "cannot stat");
	err = make_cache_dir(cache_dir, &dir);
	if (!err)
		err = name_ordered_copy(&st, path, dir.data, &name);
	if (err)
		return err;
	*ret = open(name.data, O_RDONLY | O_CLOEXEC);
	if (*ret >= 0) {
		(void)futimens(*ret, NULL);
		return NULL;
	}
	drop_old_copies(kl_strbuf_string(&dir));
	c.dir = dir.data;
	c.total = (uint64_t)st.st_size;
	err = write_ordered_copy(&c, name.data);
	free(c.buffer);
	if (err && c.to >= 0)
		close(c.to);
	if (!err)
		*ret = c.to;
	return err;
}
