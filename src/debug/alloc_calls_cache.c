/* SPDX-License-Identifier: GPL-2.0-or-later */
/* call_site_cache.c: a line of text per call that has an answer:
 *
 *	ADDRESS OFFSET SIZE TYPE SYMBOL
 */
#include "debug/alloc_calls_cache.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "debug/cache_file.h"

/* Counted up when the rules of call_site.c change, so that older files miss. */
#define HEADER "kleak-dump call sites 1\n"
#define FILE_MAX (64 * 1024 * 1024)

/* Names that a compiler made need no quoting; what has others is not stored. */
static bool is_plain(const char *name)
{
	for (; *name; name++)
		if (!isgraph((unsigned char)*name))
			return false;
	return true;
}

struct kl_error *kl_alloc_calls_store(const char *cache_dir, const char *build_id, const struct kl_alloc_calls *sites)
{
	_cleanup_strbuf_ struct kl_strbuf path = {}, text = {};
	const struct kl_alloc_call *site;

	if (!kl_cache_file_path(cache_dir, build_id, "sites", &path))
		return kl_error_create(KL_ERROR_NOT_FOUND,
				       "cache of call sites: no build-id, or no directory to keep it in");
	kl_strbuf_puts(&text, HEADER);
	kl_vec_for_each (site, &sites->list) {
		const char *type = kl_intern_get(sites->names, site->type, NULL);
		const char *symbol = kl_intern_get(sites->names, site->symbol, NULL);

		if (!is_plain(type) || !is_plain(symbol))
			return kl_error_create(KL_ERROR_UNSUPPORTED,
					       "cache of call sites: a name that no compiler made");
		kl_strbuf_printf(&text, "%" PRIx64 " %" PRIx64 " %" PRIx64 " %s %s\n", site->address, site->offset,
				 site->size, type, symbol);
	}
	if (path.failed || text.failed)
		return kl_error_nomem();
	return kl_error_prepend(kl_cache_file_write(kl_strbuf_string(&path), &text), "cache of call sites");
}

static bool take_name(struct kl_alloc_calls *sites, const char **at, char end, uint32_t *ret, struct kl_error **err)
{
	size_t length = strcspn(*at, " \n");

	*err = kl_intern_add(sites->names, *at, length, ret);
	*at += length;
	return !*err && *(*at)++ == end;
}

static bool read_site(struct kl_alloc_calls *sites, const char **at, struct kl_error **err)
{
	struct kl_alloc_call site = {};
	const struct kl_alloc_call *last = sites->list.count ? &sites->list.data[sites->list.count - 1] : NULL;

	if (!kl_cache_take_number(at, ' ', &site.address) || !kl_cache_take_number(at, ' ', &site.offset) ||
	    !kl_cache_take_number(at, ' ', &site.size) || !take_name(sites, at, ' ', &site.type, err) ||
	    !take_name(sites, at, '\n', &site.symbol, err) || !site.type || (last && last->address > site.address))
		return false;
	if (kl_vec_push(&sites->list, site))
		return true;
	*err = kl_error_nomem();
	return false;
}

struct kl_error *kl_alloc_calls_load(const char *cache_dir, const char *build_id, struct kl_alloc_calls *ret, bool *hit)
{
	_cleanup_strbuf_ struct kl_strbuf path = {};
	_cleanup_free_ char *text = NULL;
	struct kl_error *err = NULL;
	const char *at;
	size_t length;

	*hit = false;
	if (!kl_cache_file_path(cache_dir, build_id, "sites", &path))
		return NULL;
	if (path.failed)
		return kl_error_nomem();
	text = kl_cache_file_read(kl_strbuf_string(&path), FILE_MAX, &length);
	if (!text || strncmp(text, HEADER, strlen(HEADER)))
		return NULL;
	at = text + strlen(HEADER);
	while (at < text + length && read_site(ret, &at, &err))
		;
	*hit = !err && at == text + length;
	if (!*hit)
		ret->list.count = 0;
	return err;
}
