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

#include "util/map.h"

/* The directory of the layouts in @sb; false when there is none to be had. */
static bool find_directory(const char *cache_dir, struct kl_strbuf *sb)
{
	const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");

	if (cache_dir)
		kl_strbuf_printf(sb, "%s/layouts", cache_dir);
	else if (xdg && *xdg == '/')
		kl_strbuf_printf(sb, "%s/kleak-dump/layouts", xdg);
	else if (home && *home == '/')
		kl_strbuf_printf(sb, "%s/.cache/kleak-dump/layouts", home);
	else
		return false;
	return true;
}

/* A build-id becomes part of a path: nothing but hex digits will do. */
static bool is_build_id(const char *build_id)
{
	return build_id && *build_id && strlen(build_id) <= 128 &&
	       strspn(build_id, "0123456789abcdefABCDEF") == strlen(build_id);
}

bool kl_cache_file_path(const char *cache_dir, const char *build_id, const char *suffix, struct kl_strbuf *sb)
{
	if (!is_build_id(build_id) || !find_directory(cache_dir, sb))
		return false;
	kl_strbuf_printf(sb, "/%s.%s", build_id, suffix);
	return true;
}

static struct kl_error *write_file(const char *path, const struct kl_strbuf *text)
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

/* Makes the directory that holds @path, and those above it. */
static struct kl_error *make_directories(const char *path)
{
	_cleanup_free_ char *copy = strdup(path);
	char *slash;

	if (!copy)
		return kl_error_nomem();
	for (slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(copy, 0777) && errno != EEXIST)
			return kl_error_from_errno(errno, "%s", copy);
		*slash = '/';
	}
	return NULL;
}

/* ---- the hash in the last line ---- */

#define HASH_LENGTH 17

static bool seal(struct kl_strbuf *text)
{
	uint64_t hash = kl_hash_bytes(KL_HASH_SEED, kl_strbuf_string(text), text->length);

	kl_strbuf_printf(text, "%016" PRIx64 "\n", hash);
	return !text->failed;
}

/* Takes the hash off @text; false when that is not its own. */
static bool unseal(char *text, size_t *length)
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
	char *behind;

	if (!isxdigit((unsigned char)**at))
		return false;
	errno = 0;
	*ret = strtoull(*at, &behind, 16);
	if (errno || *behind != end)
		return false;
	*at = behind + 1;
	return true;
}

/* ---- files ---- */

struct kl_error *kl_cache_file_write(const char *path, struct kl_strbuf *text)
{
	struct kl_error *err = seal(text) ? make_directories(path) : kl_error_nomem();

	return err ? err : write_file(path, text);
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
	return unseal(text, length) ? kl_take(text) : NULL;
}
