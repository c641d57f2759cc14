/* SPDX-License-Identifier: GPL-2.0-or-later */
/* faults.c: a library for LD_PRELOAD under which one call of a kind fails: the FAULT_AT-th, from 0, of kind FAULT_KIND
 * ("malloc", "read", "write" or "fsync"). FAULT_COUNT=FILE writes to FILE how many calls there were. The C library's
 * own calls (stdio) are not seen.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static const char *kind;
static long fail_at = -1, calls;
static int count_fd = -1; /* opened while that is still allowed */

__attribute__((constructor)) static void read_wishes(void)
{
	const char *at = getenv("FAULT_AT"), *path = getenv("FAULT_COUNT");

	if (path)
		count_fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	kind = getenv("FAULT_KIND");
	fail_at = at ? atol(at) : -1;
}

static int is_due(const char *of_kind)
{
	return kind && !strcmp(kind, of_kind) && calls++ == fail_at;
}

/* glibc's own names: dlsym() may allocate, and would come back here. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);

void *malloc(size_t size)
{
	if (is_due("malloc")) {
		errno = ENOMEM;
		return NULL;
	}
	return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	if (is_due("malloc")) {
		errno = ENOMEM;
		return NULL;
	}
	return __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
	if (is_due("malloc")) {
		errno = ENOMEM;
		return NULL;
	}
	return __libc_realloc(p, size);
}

/* DEFINE(TYPE, NAME, KIND, ERROR, PARAMETERS, ARGUMENTS): NAME() as the C library has it, failing when it is due. */
#define DEFINE(type, name, of_kind, error, parameters, arguments)  \
	type name parameters;                                      \
	type name parameters                                       \
	{                                                          \
		static type(*real) parameters;                     \
                                                                   \
		if (!real)                                         \
			*(void **)&real = dlsym(RTLD_NEXT, #name); \
		if (is_due(of_kind)) {                             \
			errno = error;                             \
			return -1;                                 \
		}                                                  \
		return real arguments;                             \
	}

#undef pread
#undef pwrite
DEFINE(ssize_t, read, "read", EIO, (int fd, void *buffer, size_t size), (fd, buffer, size))
DEFINE(ssize_t, pread64, "read", EIO, (int fd, void *buffer, size_t size, off64_t at), (fd, buffer, size, at))
DEFINE(ssize_t, write, "write", ENOSPC, (int fd, const void *buffer, size_t size), (fd, buffer, size))
DEFINE(ssize_t, pwrite64, "write", ENOSPC, (int fd, const void *buffer, size_t size, off64_t at),
       (fd, buffer, size, at))
DEFINE(int, fsync, "fsync", EIO, (int fd), (fd))
DEFINE(int, fdatasync, "fsync", EIO, (int fd), (fd))

__attribute__((destructor)) static void report_count(void)
{
	if (count_fd >= 0)
		dprintf(count_fd, "%ld\n", calls);
}
