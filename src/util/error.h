/* SPDX-License-Identifier: GPL-2.0-or-later */
/* error.h: errors as values that gain context on their way up.
 *
 * A function that can fail returns `struct kl_error *`; NULL is success. Whoever receives an error either returns it
 * (usually after kl_error_prepend()) or destroys it. Running out of memory is one static error that needs no memory.
 * Nothing below src/cli prints an error.
 */
#ifndef KL_UTIL_ERROR_H
#define KL_UTIL_ERROR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "util/cleanup.h"

enum kl_error_code {
	KL_ERROR_NOMEM = 1,
	KL_ERROR_IO,          /* the operating system refused: open, read, write, no space */
	KL_ERROR_FORMAT,      /* the file is not of a kind that is understood */
	KL_ERROR_UNSUPPORTED, /* understood, but this build or this kernel lacks what is asked */
	KL_ERROR_MISMATCH,    /* two inputs do not belong together (vmlinux and dump) */
	KL_ERROR_NOT_FOUND,   /* a symbol, file, member or run does not exist */
	KL_ERROR_MISSING,     /* the page is not in the dump (filtered, truncated, never written) */
	KL_ERROR_CORRUPT,     /* a value in the input cannot be right */
	KL_ERROR_USAGE,       /* the caller's options contradict each other or the input */
	KL_ERROR_DATABASE,    /* SQLite, or a file that is not one of our databases */
	KL_ERROR_BUSY,        /* another process uses the database */
	KL_ERROR_INTERRUPTED, /* SIGINT or SIGTERM asked the run to stop */
};

struct kl_error;

/** kl_error_create() - a new error whose message is formatted like printf. Never NULL: falls back to kl_error_nomem().
 */
struct kl_error *kl_error_create(enum kl_error_code code, const char *format, ...)
	__attribute__((format(printf, 2, 3), warn_unused_result, returns_nonnull));

/** kl_error_from_errno() - KL_ERROR_IO (KL_ERROR_NOMEM for ENOMEM) with ": <strerror>" appended to the message. */
struct kl_error *kl_error_from_errno(int errnum, const char *format, ...)
	__attribute__((format(printf, 2, 3), warn_unused_result, returns_nonnull));

/** kl_error_nomem() - the static out-of-memory error; destroying it is harmless. */
struct kl_error *kl_error_nomem(void) __attribute__((warn_unused_result, returns_nonnull));

/** kl_nomem_met() - whether this process ever ran out of memory: whether kl_error_nomem() was called, also by who could
 * not return an error and called kl_nomem_note() instead. */
bool kl_nomem_met(void);
void kl_nomem_note(void);

/** kl_error_prepend() - put "<formatted>: " in front of the message of @err and return it. NULL stays NULL. */
struct kl_error *kl_error_prepend(struct kl_error *err, const char *format, ...)
	__attribute__((format(printf, 2, 3), warn_unused_result));

enum kl_error_code kl_error_code(const struct kl_error *err);

/** kl_error_message() - one line without a trailing newline; owned by @err. May hold bytes from a dump: escape it. */
const char *kl_error_message(const struct kl_error *err);

void kl_error_destroy(struct kl_error *err);
KL_DEFINE_CLEANUP(struct kl_error *, kl_error_destroy)
#define _cleanup_error_ _cleanup_(kl_error_destroyp)

#endif
