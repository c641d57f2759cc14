/* SPDX-License-Identifier: GPL-2.0-or-later */
/* floor.c: what the hardware and the libraries take for the least of the work, to hold kleak-dump against.
 *
 *	floor library DUMP	every page of the dump once, through libkdumpfile with its best settings
 *	floor inflate DUMP	every page of a kdump once, read and decompressed with nothing around it
 *	floor sum BYTES		a bare loop that sums the words of so much memory, 1 MiB many times
 *	floor insert ROWS FILE	prepared inserts of ten columns in one transaction
 *	floor run COMMAND...	a command, its output thrown away
 *
 * All print "CPU-seconds peak-memory-in-KiB", of themselves or of the command.
 */
#include <fcntl.h>
#include <libkdumpfile/kdumpfile.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "image/inflate.h"
#include "image/kdump.h"

#define PAGE 4096
#define SUM_AT_ONCE ((uint64_t)1 << 20)

static void die(const char *what)
{
	fprintf(stderr, "floor: %s\n", what);
	exit(2);
}

static void print_usage_of(int who)
{
	struct rusage u;

	getrusage(who, &u);
	printf("%.3f %ld\n",
	       (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
		       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6,
	       u.ru_maxrss);
}

static int open_file(const char *path, uint64_t *size)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st))
		die(path);
	*size = (uint64_t)st.st_size;
	return fd;
}

static void read_by_library(const char *path)
{
	static uint8_t page[PAGE];
	kdump_ctx_t *ctx = kdump_new();
	kdump_attr_t map = {.type = KDUMP_BITMAP};
	kdump_num_t pages, at;
	uint64_t size;

	/* 16 pages: its cache is searched one by one; one mapping serves an ELF file */
	if (kdump_open_fd(ctx, open_file(path, &size)) != KDUMP_OK ||
	    kdump_set_number_attr(ctx, "cache.size", 16) != KDUMP_OK ||
	    kdump_get_number_attr(ctx, "max_pfn", &pages) != KDUMP_OK ||
	    kdump_get_typed_attr(ctx, KDUMP_ATTR_FILE_PAGEMAP, &map) != KDUMP_OK)
		die(kdump_get_err(ctx));
	for (at = 0; kdump_bmp_find_set(map.val.bitmap, &at) == KDUMP_OK && at < pages; at++) {
		size_t length = PAGE;

		if (kdump_read(ctx, KDUMP_MACHPHYSADDR, at * PAGE, page, &length) != KDUMP_OK)
			die(kdump_get_err(ctx));
	}
}

static void inflate_all(const char *path)
{
	static uint8_t page[PAGE];
	struct kl_kdump dump = {};
	struct kl_inflate *inflate;
	struct kl_kdump_place place;
	uint64_t size, pfn;
	int fd = open_file(path, &size);

	if (kl_kdump_add(&dump, path, fd, size) || kl_kdump_finish(&dump) || kl_inflate_create(&inflate))
		die("no kdump-compressed file");
	for (pfn = 0; pfn < dump.max_pfn; pfn++) {
		if (kl_kdump_page(&dump, pfn, &place) == KL_PAGE_PRESENT &&
		    kl_inflate_page(inflate, &place, page, PAGE) != KL_PAGE_PRESENT)
			die("damaged page");
	}
	kl_inflate_destroy(inflate);
	kl_kdump_deinit(&dump);
}

static void sum_words(uint64_t bytes)
{
	uint64_t *words = malloc(SUM_AT_ONCE), sum = 0, i, now;

	if (!words)
		die("out of memory");
	memset(words, 1, SUM_AT_ONCE);
	for (; bytes; bytes -= now) {
		now = bytes < SUM_AT_ONCE ? bytes : SUM_AT_ONCE;
		for (i = 0; i < now / 8; i++)
			sum += words[i];
		__asm__ volatile("" : : "r"(sum) : "memory");
	}
	free(words);
}

static void insert_rows(long rows, const char *path)
{
	sqlite3 *db;
	sqlite3_stmt *insert;
	long i;
	int column;

	unlink(path);
	if (sqlite3_open(path, &db) ||
	    sqlite3_exec(db, "CREATE TABLE t (a, b, c, d, e, f, g, h, i, j, PRIMARY KEY (a, b)) WITHOUT ROWID; BEGIN",
			 NULL, NULL, NULL) ||
	    sqlite3_prepare_v2(db, "INSERT INTO t VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", -1, &insert, NULL))
		die(sqlite3_errmsg(db));
	for (i = 0; i < rows; i++) {
		for (column = 1; column <= 10; column++)
			sqlite3_bind_int64(insert, column, column == 1 ? 1 : i * column);
		if (sqlite3_step(insert) != SQLITE_DONE || sqlite3_reset(insert))
			die(sqlite3_errmsg(db));
	}
	sqlite3_finalize(insert);
	if (sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) || sqlite3_close(db))
		die(sqlite3_errmsg(db));
}

static void run_command(char **command)
{
	int status, null = open("/dev/null", O_WRONLY);
	pid_t child = fork();

	if (!child) {
		dup2(null, 1);
		dup2(null, 2);
		execvp(*command, command);
		_exit(127);
	}
	if (waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) == 127)
		die(*command);
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[1] : "";

	if (!strcmp(what, "library"))
		read_by_library(argv[2]);
	else if (!strcmp(what, "inflate"))
		inflate_all(argv[2]);
	else if (!strcmp(what, "sum"))
		sum_words(strtoull(argv[2], NULL, 10) & ~(uint64_t)7);
	else if (!strcmp(what, "insert") && argc > 3)
		insert_rows(strtol(argv[2], NULL, 10), argv[3]);
	else if (!strcmp(what, "run"))
		run_command(argv + 2);
	else
		die("usage: floor library|inflate|sum|insert|run ...");
	print_usage_of(strcmp(what, "run") ? RUSAGE_SELF : RUSAGE_CHILDREN);
	return 0;
}
