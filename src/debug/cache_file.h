/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cache_file.h: small text files kept by build-id, so that a second run needs no DWARF.
 *
 * Private to src/debug. Files appear by rename: whoever reads sees a whole one or none. The last line of each is the
 * hash of everything before it; it is written and checked here.
 */
#ifndef KL_DEBUG_CACHE_FILE_H
#define KL_DEBUG_CACHE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/error.h"
#include "util/intern.h"
#include "util/strbuf.h"

/** kl_cache_file_path() - DIR/layouts/BUILD_ID.SUFFIX in @sb; false without a build-id (hex) or a directory.
 * @cache_dir: as kl_cache_dir(). */
bool kl_cache_file_path(const char *cache_dir, const char *build_id, const char *suffix, struct kl_strbuf *sb);

/** kl_cache_file_write() - replace the file @path, making its directories.
 * @text: gets its hash as one more line. Errors: KL_ERROR_IO, KL_ERROR_NOMEM. */
struct kl_error *kl_cache_file_write(const char *path, struct kl_strbuf *text);

/** kl_cache_file_read() - the whole text without its hash, NUL-terminated, malloc'ed; NULL when it cannot be read, is
 * no regular file, larger than @max bytes, or damaged. It holds no other NUL. */
char *kl_cache_file_read(const char *path, size_t max, size_t *length);

/** kl_cache_take_number() - the hexadecimal number at *@at, which @end follows; moves *@at past both. */
bool kl_cache_take_number(const char **at, char end, uint64_t *ret);

/** kl_cache_is_plain_name() - whether @name can stand in a file as it is: printable, without spaces and commas. All
 * that a C compiler makes are. */
bool kl_cache_is_plain_name(const char *name);

/** kl_cache_take_name() - the name at *@at up to one of @ends, interned; moves *@at to what ended it. Errors: as
 * kl_intern_add(). */
struct kl_error *kl_cache_take_name(const char **at, const char *ends, struct kl_intern *names, uint32_t *ret);

/** kl_cache_hash_string() - @hash continued over @string, which may be NULL. */
uint64_t kl_cache_hash_string(uint64_t hash, const char *string);

#endif
