/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "util/cache_dir.h"

#define COPY_CHUNK (64 * 1024)

/* What lies beside a stranger's database may be a device, a pipe, or a link to either. */
static struct kl_error *open_regular_file(const char *path, int *ret, off_t *size)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return kl_error_from_errno(errno, "%s", path);
	if (!S_ISREG(st.st_mode))
		return kl_error_create(KL_ERROR_DATABASE, "%s: not a regular file", path);
	*size = st.st_size;
	*ret = fd;
	fd = -1;
	return NULL;
}

/* A journal with a super-journal ends with the magic number (SQLite: pager.c, readSuperJournal()). */
struct kl_error *kl_journal_check(const char *database)
{
	static const unsigned char magic[] = {0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7};
	_cleanup_free_ char *path = NULL;
	_cleanup_close_ int fd = -1;
	unsigned char end[sizeof(magic)];
	struct kl_error *err;
	off_t size = 0;

	if (asprintf(&path, "%s-journal", database) < 0) {
		path = NULL;
		return kl_error_nomem();
	}
	if (access(path, F_OK) < 0)
		return NULL;
	err = open_regular_file(path, &fd, &size);
	if (err || size < (off_t)sizeof(end))
		return err;
	if (pread(fd, end, sizeof(end), size - (off_t)sizeof(end)) != sizeof(end))
		return kl_error_from_errno(errno, "%s", path);
	if (memcmp(end, magic, sizeof(end)) != 0)
		return NULL;
	return kl_error_create(KL_ERROR_DATABASE,
			       "%s: names a super-journal, a file that SQLite would delete; kleak-dump writes no such "
			       "journals, and touches neither",
			       path);
}

static struct kl_error *copy_bytes(int from, off_t size, const char *path, const struct kl_progress *progress)
{
	_cleanup_close_ int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	_cleanup_free_ char *buffer = malloc(COPY_CHUNK);
	struct kl_error *err = NULL;
	off_t done = 0;
	ssize_t n;

	if (!buffer)
		return kl_error_nomem();
	if (to < 0)
		return kl_error_from_errno(errno, "%s", path);
	while (!err && done < size) {
		n = pread(from, buffer, COPY_CHUNK, done);
		if (n == 0)
			break;
		errno = ENOSPC; /* which a write that is merely short does not say */
		if (n < 0 || write(to, buffer, (size_t)n) != n)
			return kl_error_from_errno(errno, "%s", path);
		done += n;
		err = kl_progress_tick(progress, "copying the database", (uint64_t)done, (uint64_t)size);
	}
	return err;
}

/* Holds off whoever wants to write: SQLite's SHARED lock, as its documentation of the file format places it. Not a
 * process-wide lock, which would end with any other descriptor of the file. */
static struct kl_error *lock_database(int fd, const char *path)
{
	struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 0x40000002, .l_len = 510};

	if (!fcntl(fd, F_OFD_SETLK, &lock))
		return NULL;
	if (errno == EAGAIN || errno == EACCES)
		return kl_error_create(KL_ERROR_BUSY, "%s: another process is using the database", path);
	return kl_error_from_errno(errno, "%s", path);
}

/* Everything there is for this user alone: the copy is as secret as what it is a copy of. */
static struct kl_error *make_private_directory(struct kl_journal_copy *ret)
{
	_cleanup_strbuf_ struct kl_strbuf path = {};
	struct kl_error *err = NULL;

	if (kl_cache_dir(NULL, &path))
		err = kl_make_directories(kl_strbuf_string(&path));
	else
		kl_strbuf_puts(&path, "/tmp");
	if (err)
		return err;
	kl_strbuf_puts(&path, "/rollback.XXXXXX");
	ret->directory = kl_strbuf_take(&path);
	if (!ret->directory)
		return kl_error_nomem();
	return mkdtemp(ret->directory) ? NULL : kl_error_from_errno(errno, "%s", ret->directory);
}

static bool name_copies(struct kl_journal_copy *ret)
{
	_cleanup_strbuf_ struct kl_strbuf path = {};

	kl_strbuf_printf(&path, "%s/kleak.db", ret->directory);
	ret->database = kl_strbuf_take(&path);
	kl_strbuf_printf(&path, "%s/kleak.db-journal", ret->directory);
	ret->journal = kl_strbuf_take(&path);
	return ret->database && ret->journal;
}

struct kl_error *kl_journal_copy(const char *database, const struct kl_progress *progress, struct kl_journal_copy *ret)
{
	_cleanup_close_ int from = -1, journal = -1;
	_cleanup_free_ char *path = NULL;
	off_t size = 0, journal_size = 0;
	struct kl_error *err;

	if (asprintf(&path, "%s-journal", database) < 0) {
		path = NULL;
		return kl_error_nomem();
	}
	err = open_regular_file(database, &from, &size);
	if (!err)
		err = lock_database(from, database);
	if (!err)
		err = open_regular_file(path, &journal, &journal_size);
	if (!err)
		err = make_private_directory(ret);
	if (err)
		return err;
	if (!ret->directory || !name_copies(ret))
		return kl_error_nomem();
	err = copy_bytes(from, size, ret->database, progress);
	return err ? err : copy_bytes(journal, journal_size, ret->journal, progress);
}

void kl_journal_copy_deinit(struct kl_journal_copy *copy)
{
	if (copy->database)
		unlink(copy->database);
	if (copy->journal)
		unlink(copy->journal);
	if (copy->directory)
		rmdir(copy->directory);
	free(copy->database);
	free(copy->journal);
	free(copy->directory);
	*copy = (struct kl_journal_copy){};
}
