/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz.h: what the targets share. A target is one file that defines fuzz_one(); it takes any bytes for an input of one
 * parser, asks everything that can be asked of the result, and leaves nothing behind. libFuzzer does the rest.
 */
#ifndef KL_TESTS_FUZZ_H
#define KL_TESTS_FUZZ_H

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#include "util/error.h"
#include "util/progress.h"

static void fuzz_one(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_one(data, size);
	return 0;
}

/* A file in memory that holds the input, at its start; the caller closes it. */
static inline int fuzz_file(const uint8_t *data, size_t size)
{
	int fd = memfd_create("input", MFD_CLOEXEC);

	if (fd < 0 || pwrite(fd, data, size, 0) != (ssize_t)size)
		abort();
	return fd;
}

/* The name under which this process can open it. */
static inline const char *fuzz_name(int fd)
{
	static char name[64];

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	return name;
}

/* A directory for parsers that want names; removed at the end. */
static char fuzz_directory_[64];

static inline void fuzz_remove_directory_(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", fuzz_directory_);
	if (system(command))
		perror(command);
}

static inline const char *fuzz_directory(void)
{
	if (!fuzz_directory_[0]) {
		strcpy(fuzz_directory_, "/dev/shm/kleak-fuzz.XXXXXX");
		if (!mkdtemp(fuzz_directory_))
			abort();
		atexit(fuzz_remove_directory_);
	}
	return fuzz_directory_;
}

static inline void fuzz_write(const char *path, const uint8_t *data, size_t size)
{
	FILE *f = fopen(path, "w");

	if (!f || fwrite(data, 1, size, f) != size || fclose(f))
		abort();
}

/* Work that a hostile input makes endless is stopped as a user would stop it. */
static volatile sig_atomic_t fuzz_stop_;

static inline void fuzz_note_alarm_(int number)
{
	fuzz_stop_ = number;
}

static inline const struct kl_progress *fuzz_patience(void)
{
	static const struct kl_progress progress = {.stop = &fuzz_stop_};
	struct itimerval timer = {.it_value.tv_usec = 200000};

	fuzz_stop_ = 0;
	signal(SIGALRM, fuzz_note_alarm_);
	setitimer(ITIMER_REAL, &timer, NULL);
	return &progress;
}

#endif
