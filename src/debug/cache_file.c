/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "debug/cache_file.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/cache_dir.h"
#include "util/map.h"

/* A build-id becomes part of a path: nothing but hex digits will do. */
static bool is_build_id(const char *build_id)
{
	return build_id && *build_id && strlen(build_id) <= 128 &&
	       strspn(build_id, "0123456789abcdefABCDEF") == strlen(build_id);
}

bool kl_cache_file_path(const char *cache_dir, const char *build_id, const char *suffix, struct kl_strbuf *sb)
{
	if (!is_build_id(build_id) || !kl_cache_dir(cache_dir, sb))
		return false;
	kl_strbuf_printf(sb, "/layouts/%s.%s", build_id, suffix);
	return true;
}

/* Whoever reads sees the whole file or none. */
static struct kl_error *replace_file(const char *path, const struct kl_strbuf *text)
{
	_cleanup_free_ char *temporary = NULL;
	struct kl_error *err = NULL;
	ssize_t written;
	int fd;

	if (asprintf(&temporary, "%s.XXXXXX", path) < 0)
		return kl_error_nomem();
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return kl_error_from_errno(errno, "%s", path);
	written = write(fd, text->data, text->length);
	if (written < 0 || (size_t)written != text->length)
		err = kl_error_from_errno(written < 0 ? errno : ENOSPC, "%s", path);
	if (close(fd) && !err)
		err = kl_error_from_errno(errno, "%s", path);
	if (!err && rename(temporary, path))
		err = kl_error_from_errno(errno, "%s", path);
	if (err)
		unlink(temporary);
	return err;
}

static struct kl_error *make_directories_above(const char *path)
{
	_cleanup_free_ char *directory = strndup(path, (size_t)(strrchr(path, '/') - path));

	return directory ? kl_make_directories(directory) : kl_error_nomem();
}

/* Of the last line. */
#define HASH_LENGTH 17

static bool append_hash(struct kl_strbuf *text)
{
	uint64_t hash = kl_hash_bytes(KL_HASH_SEED, kl_strbuf_string(text), text->length);

	kl_strbuf_printf(text, "%016" PRIx64 "\n", hash);
	return !text->failed;
}

/* False when the last line is not the hash of @text. */
static bool strip_hash(char *text, size_t *length)
{
	const char *last = text + *length - HASH_LENGTH;
	uint64_t stored;

	if (*length < HASH_LENGTH || strlen(text) != *length || !kl_cache_take_number(&last, '\n', &stored) ||
	    stored != kl_hash_bytes(KL_HASH_SEED, text, *length - HASH_LENGTH))
		return false;
	*length -= HASH_LENGTH;
	text[*length] = '\0';
	return true;
}

bool kl_cache_take_number(const char **at, char end, uint64_t *ret)
{
	char *after;

	if (!isxdigit((unsigned char)**at))
		return false;
	errno = 0;
	*ret = strtoull(*at, &after, 16);
	if (errno || *after != end)
		return false;
	*at = after + 1;
	return true;
}

bool kl_cache_is_plain_name(const char *name)
{
	for (; *name; name++)
		if (*name == ',' || !isgraph((unsigned char)*name))
			return false;
	return true;
}

struct kl_error *kl_cache_take_name(const char **at, const char *ends, struct kl_intern *names, uint32_t *ret)
{
	size_t length = strcspn(*at, ends);
	struct kl_error *err = kl_intern_add(names, *at, length, ret);

	*at += length;
	return err;
}

uint64_t kl_cache_hash_string(uint64_t hash, const char *string)
{
	/* with its NUL, so that neighbors cannot run together; NULL is not "" */
	return string ? kl_hash_bytes(hash, string, strlen(string) + 1) : kl_hash_bytes(hash, "\1", 2);
}

struct kl_error *kl_cache_file_write(const char *path, struct kl_strbuf *text)
{
	struct kl_error *err = append_hash(text) ? make_directories_above(path) : kl_error_nomem();

	return err ? err : replace_file(path, text);
}

char *kl_cache_file_read(const char *path, size_t max, size_t *length)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	_cleanup_free_ char *text = NULL;
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) || (uint64_t)st.st_size > max)
		return NULL;
	text = malloc((size_t)st.st_size + 1);
	n = text ? read(fd, text, (size_t)st.st_size) : -1;
	if (n != st.st_size)
		return NULL;
	text[n] = '\0';
	*length = (size_t)n;
	return strip_hash(text, length) ? kl_take(text) : NULL;
}
