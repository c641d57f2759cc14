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
#include "util/strbuf.h"

/** kl_cache_file_path() - DIR/layouts/BUILD_ID.SUFFIX in @sb; false without a build-id (hex) or a directory.
 * @cache_dir: NULL = $XDG_CACHE_HOME/kleak-dump, else ~/.cache/kleak-dump. */
bool kl_cache_file_path(const char *cache_dir, const char *build_id, const char *suffix, struct kl_strbuf *sb);

/** kl_cache_file_write() - replace the file @path, making its directories.
 * @text: gets its hash as one more line. Errors: KL_ERROR_IO, KL_ERROR_NOMEM. */
struct kl_error *kl_cache_file_write(const char *path, struct kl_strbuf *text);

/** kl_cache_file_read() - the whole text without its hash, NUL-terminated, malloc'ed; NULL when it cannot be read, is
 * no regular file, larger than @max bytes, or damaged. It holds no other NUL. */
char *kl_cache_file_read(const char *path, size_t max, size_t *length);

/** kl_cache_take_number() - the hexadecimal number at *@at, behind which stands @end; moves *@at behind that. */
bool kl_cache_take_number(const char **at, char end, uint64_t *ret);

#endif
