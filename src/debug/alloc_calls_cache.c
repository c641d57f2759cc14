/* SPDX-License-Identifier: GPL-2.0-or-later */
/* alloc_calls_cache.c: a line of text per call of which anything is known:
 *
 *	ADDRESS OFFSET SIZE FLAGS ZEROES GROWTH TYPE SYMBOL
 *
 * numbers in hexadecimal, names that are not known empty.
 */
#include "debug/alloc_calls_cache.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "debug/cache_file.h"

/* Counted up when the rules of alloc_calls.c change, so that older files miss. */
#define HEADER "kleak-dump alloc_calls 3\n"
#define FILE_MAX (64 * 1024 * 1024)

struct kl_error *kl_alloc_calls_store(const char *cache_dir, const char *build_id, const struct kl_alloc_calls *calls)
{
	_cleanup_strbuf_ struct kl_strbuf path = {}, text = {};
	const struct kl_alloc_call *call;

	if (!kl_cache_file_path(cache_dir, build_id, "alloc_calls", &path))
		return kl_error_create(KL_ERROR_NOT_FOUND,
				       "cache of allocating calls: no build-id, or no directory to keep it in");
	kl_strbuf_puts(&text, HEADER);
	kl_vec_for_each (call, &calls->list) {
		const char *type = kl_intern_get(calls->names, call->type, NULL);
		const char *symbol = kl_intern_get(calls->names, call->symbol, NULL);

		if (!kl_cache_is_plain_name(type) || !kl_cache_is_plain_name(symbol))
			return kl_error_create(KL_ERROR_UNSUPPORTED,
					       "cache of allocating calls: a name that no compiler made");
		kl_strbuf_printf(&text, "%" PRIx64 " %" PRIx64 " %" PRIx64 " %" PRIx64 " %d %d %s %s\n", call->address,
				 call->offset, call->size, call->flags, call->zeroes, call->growth, type, symbol);
	}
	if (path.failed || text.failed)
		return kl_error_nomem();
	return kl_error_prepend(kl_cache_file_write(kl_strbuf_string(&path), &text), "cache of allocating calls");
}

static bool read_alloc_call(struct kl_alloc_calls *calls, const char **at, struct kl_error **err)
{
	const struct kl_alloc_call *last = calls->list.count ? &calls->list.data[calls->list.count - 1] : NULL;
	struct kl_alloc_call call = {};

	uint64_t zeroes, growth;

	if (!kl_cache_take_number(at, ' ', &call.address) || !kl_cache_take_number(at, ' ', &call.offset) ||
	    !kl_cache_take_number(at, ' ', &call.size) || !kl_cache_take_number(at, ' ', &call.flags) ||
	    !kl_cache_take_number(at, ' ', &zeroes) || !kl_cache_take_number(at, ' ', &growth) || zeroes > 1 ||
	    growth > KL_GROWTH_RESIZES || (last && last->address > call.address))
		return false;
	call.zeroes = zeroes;
	call.growth = (enum kl_growth)growth;
	*err = kl_cache_take_name(at, " \n", calls->names, &call.type);
	if (*err || *(*at)++ != ' ')
		return false;
	*err = kl_cache_take_name(at, " \n", calls->names, &call.symbol);
	if (*err || *(*at)++ != '\n')
		return false;
	if (kl_vec_push(&calls->list, call))
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
	if (!kl_cache_file_path(cache_dir, build_id, "alloc_calls", &path))
		return NULL;
	if (path.failed)
		return kl_error_nomem();
	text = kl_cache_file_read(kl_strbuf_string(&path), FILE_MAX, &length);
	if (!text || strncmp(text, HEADER, strlen(HEADER)))
		return NULL;
	at = text + strlen(HEADER);
	while (at < text + length && read_alloc_call(ret, &at, &err))
		;
	*hit = !err && at == text + length;
	if (!*hit)
		ret->list.count = 0;
	return err;
}
