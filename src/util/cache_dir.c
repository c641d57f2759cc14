/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "util/cache_dir.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "util/cleanup.h"

bool kl_cache_dir(const char *override, struct kl_strbuf *sb)
{
	const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");

	if (override)
		kl_strbuf_puts(sb, override);
	else if (xdg && *xdg == '/')
		kl_strbuf_printf(sb, "%s/kleak-dump", xdg);
	else if (home && *home == '/')
		kl_strbuf_printf(sb, "%s/.cache/kleak-dump", home);
	else
		return false;
	return true;
}

struct kl_error *kl_make_directories(const char *path)
{
	_cleanup_free_ char *copy = strdup(path);
	char *end = copy;

	if (!copy)
		return kl_error_nomem();
	while (*end) {
		char rest;

		end = strchrnul(end + 1, '/');
		rest = *end;
		*end = '\0';
		if (mkdir(copy, 0700) && errno != EEXIST)
			return kl_error_from_errno(errno, "making the cache directory %s", copy);
		*end = rest;
	}
	return NULL;
}
