/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cache_dir.h: where files are kept that may be deleted at any time (XDG Base Directory Specification). */
#ifndef KL_UTIL_CACHE_DIR_H
#define KL_UTIL_CACHE_DIR_H

#include <stdbool.h>

#include "util/error.h"
#include "util/strbuf.h"

/** kl_cache_dir() - append the cache directory to @sb: @override when that is not NULL, else
 * $XDG_CACHE_HOME/kleak-dump, else ~/.cache/kleak-dump. False when neither variable holds an absolute path. */
bool kl_cache_dir(const char *override, struct kl_strbuf *sb);

/** kl_make_directories() - make @path and every directory above it that is not there, for this user alone: what lies in
 * them came from kernels and their memory. Errors: KL_ERROR_IO, KL_ERROR_NOMEM. */
struct kl_error *kl_make_directories(const char *path);

#endif
