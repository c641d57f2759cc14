/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of the cache: layouts, pointer words, allocating calls. No fuzzer guesses the hashes in their first and
 * last lines: they are made right here. The first byte says which file it is; the rest stands between these lines.
 */
#include "fuzz.h"

#include <glob.h>

#include "debug/alloc_calls_cache.h"
#include "debug/cache_file.h"
#include "debug/layout_cache.h"
#include "debug/pointer_words_cache.h"
#include "kernel/layouts.h"

#define KINDS 3

static const char id[] = "0123456789abcdef";
static struct kl_layouts layouts;

static struct {
	const char *pattern; /* of its name */
	int lines;           /* of its head */
	char path[256], head[256];
} kinds[KINDS] = {{"[0-9a-f]*", 2}, {"pointer_words", 1}, {"alloc_calls", 1}};

static void read_head(unsigned kind)
{
	char pattern[128];
	glob_t found;
	FILE *f;
	int i;

	snprintf(pattern, sizeof(pattern), "%s/layouts/%s.%s", fuzz_directory(), id, kinds[kind].pattern);
	if (glob(pattern, 0, NULL, &found))
		abort();
	snprintf(kinds[kind].path, sizeof(kinds[kind].path), "%s", found.gl_pathv[0]);
	globfree(&found);
	f = fopen(kinds[kind].path, "r");
	for (i = 0; i < kinds[kind].lines; i++) {
		char *head = kinds[kind].head;

		if (!fgets(head + strlen(head), (int)(sizeof(kinds[kind].head) - strlen(head)), f))
			abort();
	}
	fclose(f);
	unlink(kinds[kind].path);
}

/* What the caches write when they know nothing begins as everything they write. */
static void prepare(struct kl_pointer_word_list *words, struct kl_alloc_calls *calls)
{
	size_t n;
	const struct kl_request *requests = kl_layouts_requests(&n);

	kl_error_destroy(kl_layout_cache_store(fuzz_directory(), id, requests, n, &layouts));
	read_head(0);
	kl_error_destroy(kl_pointer_words_cache_store(fuzz_directory(), id, 0, UINT64_MAX, words));
	read_head(1);
	kl_error_destroy(kl_alloc_calls_store(fuzz_directory(), id, calls));
	read_head(2);
}

static void fuzz_one(const uint8_t *data, size_t size)
{
	_cleanup_strbuf_ struct kl_strbuf text = {};
	struct kl_pointer_word_list words;
	struct kl_alloc_calls calls;
	unsigned kind;
	bool hit;
	size_t n;
	const struct kl_request *requests = kl_layouts_requests(&n);

	if (kl_word_list_init(&words) || kl_alloc_calls_init(&calls))
		abort();
	if (!*kinds[0].path)
		prepare(&words, &calls);
	if (size) {
		kind = *data % KINDS;
		kl_strbuf_puts(&text, kinds[kind].head);
		kl_strbuf_append(&text, data + 1, size - 1);
		kl_error_destroy(kl_cache_file_write(kinds[kind].path, &text));
		if (kind == 0)
			kl_error_destroy(kl_layout_cache_load(fuzz_directory(), id, requests, n, &layouts, &hit));
		else if (kind == 1)
			kl_error_destroy(
				kl_pointer_words_cache_load(fuzz_directory(), id, 0, UINT64_MAX, &words, &hit));
		else
			kl_error_destroy(kl_alloc_calls_load(fuzz_directory(), id, &calls, &hit));
		unlink(kinds[kind].path);
	}
	kl_word_list_deinit(&words);
	kl_alloc_calls_deinit(&calls);
}
