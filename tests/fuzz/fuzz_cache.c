/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of the cache: layouts, pointer words, allocating calls. Their last line is the hash of the rest, which no
 * fuzzer guesses: it is made right here. The first byte says which file it is.
 */
#include "fuzz.h"

#include <glob.h>

#include "debug/alloc_calls_cache.h"
#include "debug/cache_file.h"
#include "debug/layout_cache.h"
#include "debug/pointer_words_cache.h"
#include "kernel/layouts.h"

static const char id[] = "0123456789abcdef";
static struct kl_layouts layouts;

/* The name of the layouts is the hash of what is asked of DWARF: ask the cache itself. */
static const char *layouts_suffix(void)
{
	static char suffix[64];
	char pattern[128];
	size_t n;
	const struct kl_request *requests = kl_layouts_requests(&n);
	glob_t found;

	if (*suffix)
		return suffix;
	kl_error_destroy(kl_layout_cache_store(fuzz_directory(), id, requests, n, &layouts));
	snprintf(pattern, sizeof(pattern), "%s/layouts/%s.*", fuzz_directory(), id);
	if (glob(pattern, 0, NULL, &found))
		abort();
	snprintf(suffix, sizeof(suffix), "%s", strrchr(found.gl_pathv[0], '.') + 1);
	globfree(&found);
	return suffix;
}

static void load_all(void)
{
	struct kl_pointer_word_list words;
	struct kl_alloc_calls calls;
	bool hit;
	size_t n;
	const struct kl_request *requests = kl_layouts_requests(&n);

	if (kl_word_list_init(&words) || kl_alloc_calls_init(&calls))
		abort();
	kl_error_destroy(kl_layout_cache_load(fuzz_directory(), id, requests, n, &layouts, &hit));
	kl_error_destroy(kl_pointer_words_cache_load(fuzz_directory(), id, 0, UINT64_MAX, &words, &hit));
	kl_word_list_deinit(&words);
	kl_error_destroy(kl_alloc_calls_load(fuzz_directory(), id, &calls, &hit));
	kl_alloc_calls_deinit(&calls);
}

static void fuzz_one(const uint8_t *data, size_t size)
{
	const char *const suffixes[] = {layouts_suffix(), "pointer_words", "alloc_calls"};
	_cleanup_strbuf_ struct kl_strbuf path = {}, text = {};

	if (!size || !kl_cache_file_path(fuzz_directory(), id, suffixes[*data % 3], &path))
		return;
	kl_strbuf_append(&text, data + 1, size - 1);
	kl_error_destroy(kl_cache_file_write(kl_strbuf_string(&path), &text));
	load_all();
	unlink(kl_strbuf_string(&path));
}
