/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_sqlite.h: SQLite made quick enough to be fuzzed through. It allocates some hundred pieces for every statement,
 * and nine tenths of the time went into AddressSanitizer's malloc() for them, which watches nothing there: the library
 * is not instrumented. So it gets a plain allocator: lists of free pieces by size, in one arena. When that is full,
 * SQLite is out of memory.
 */
#ifndef KL_TESTS_FUZZ_SQLITE_H
#define KL_TESTS_FUZZ_SQLITE_H

#include "fuzz.h"

#include <sqlite3.h>

#define FUZZ_ARENA ((size_t)256 << 20)
#define FUZZ_SMALLEST 32 /* including the head */

struct fuzz_piece {
	size_t class_; /* FUZZ_SMALLEST << class_ bytes, with this head */
	struct fuzz_piece *next;
};

static struct {
	uint8_t *start;
	size_t used, pieces;
	struct fuzz_piece *free_[64];
} fuzz_arena_;

static inline size_t fuzz_class_(size_t bytes)
{
	size_t class_ = 0;

	while (((size_t)FUZZ_SMALLEST << class_) < bytes + sizeof(struct fuzz_piece))
		class_++;
	return class_;
}

static inline int fuzz_round_up_(int bytes)
{
	return (int)(((size_t)FUZZ_SMALLEST << fuzz_class_((size_t)bytes)) - sizeof(struct fuzz_piece));
}

static inline void *fuzz_allocate_(int bytes)
{
	size_t class_ = fuzz_class_((size_t)bytes), whole = (size_t)FUZZ_SMALLEST << class_;
	struct fuzz_piece *piece = fuzz_arena_.free_[class_];

	if (piece) {
		fuzz_arena_.free_[class_] = piece->next;
	} else {
		if (whole > FUZZ_ARENA - fuzz_arena_.used)
			return NULL;
		piece = (struct fuzz_piece *)(fuzz_arena_.start + fuzz_arena_.used);
		fuzz_arena_.used += whole;
		piece->class_ = class_;
	}
	fuzz_arena_.pieces++;
	return piece + 1;
}

static inline void fuzz_free_(void *memory)
{
	struct fuzz_piece *piece = (struct fuzz_piece *)memory - 1;

	if (!memory)
		return;
	fuzz_arena_.pieces--;
	piece->next = fuzz_arena_.free_[piece->class_];
	fuzz_arena_.free_[piece->class_] = piece;
}

static inline int fuzz_size_(void *memory)
{
	const struct fuzz_piece *piece = (const struct fuzz_piece *)memory - 1;

	return memory ? (int)(((size_t)FUZZ_SMALLEST << piece->class_) - sizeof(*piece)) : 0;
}

static inline void *fuzz_reallocate_(void *memory, int bytes)
{
	int had = fuzz_size_(memory);
	void *more;

	if (bytes <= had)
		return memory;
	more = fuzz_allocate_(bytes);
	if (!more)
		return NULL;
	memcpy(more, memory, (size_t)had);
	fuzz_free_(memory);
	return more;
}

static inline int fuzz_nothing_(void *context)
{
	(void)context;
	return SQLITE_OK;
}

static inline void fuzz_end_(void *context)
{
	(void)context;
}

/* To be called before any other function of SQLite; again is fine. */
static inline void fuzz_quick_sqlite(void)
{
	static const sqlite3_mem_methods methods = {fuzz_allocate_, fuzz_free_,    fuzz_reallocate_, fuzz_size_,
						    fuzz_round_up_, fuzz_nothing_, fuzz_end_,        NULL};

	if (fuzz_arena_.start)
		return;
	fuzz_arena_.start = mmap(NULL, FUZZ_ARENA, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (fuzz_arena_.start == MAP_FAILED || sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) ||
	    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) || sqlite3_config(SQLITE_CONFIG_SINGLETHREAD))
		abort();
}

/* Without the locks of files that nobody else has. */
static inline void fuzz_lock_nothing(void)
{
	sqlite3_vfs_register(sqlite3_vfs_find("unix-none"), 1);
}

/* After each input: a statement that nobody finalized keeps its connection, and grows from input to input. */
static inline void fuzz_check_sqlite(void)
{
	static size_t most;

	if (!most)
		most = fuzz_arena_.pieces + 20000;
	if (fuzz_arena_.pieces > most)
		abort();
}

#endif
