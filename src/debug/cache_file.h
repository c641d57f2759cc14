/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cache_file.h: small text files kept by build-id, so that a second run needs no DWARF.
 *
 * Private to src/debug. Files appear by rename: whoever reads sees a whole one or none.
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

/** kl_cache_file_write() - replace the file @path, making its directories. Errors: KL_ERROR_IO, KL_ERROR_NOMEM. */
struct kl_error *kl_cache_file_write(const char *path, const struct kl_strbuf *text);

/** kl_cache_file_read() - the whole file with a terminating NUL, malloc'ed; NULL when it cannot be read, is no regular
 * file, or larger than @max bytes. */
char *kl_cache_file_read(const char *path, size_t max, size_t *length);

#endif
