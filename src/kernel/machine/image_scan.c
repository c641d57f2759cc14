/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/machine/image_scan.h"

#include <string.h>

#include "kernel/kernel.h"

#define WINDOW ((size_t)64 << 10)
#define GAP_MAX (UINT64_C(16) << 20)

struct kl_error *kl_image_windows(struct kl_kernel *k, uint64_t start, size_t overlap,
				  bool (*visit)(void *context, uint64_t address, const uint8_t *bytes, size_t length),
				  void *context)
{
	_cleanup_free_ uint8_t *window = malloc(WINDOW + KL_IMAGE_PATTERN_MAX);
	uint64_t at = start, gap = 0;

	if (!window)
		return kl_error_nomem();
	for (; at - start < KL_IMAGE_SCAN_MAX && gap < GAP_MAX; at += WINDOW) {
		size_t there = kl_kernel_read_partial(k, at, window, WINDOW + overlap);

		gap = there ? 0 : gap + WINDOW;
		if (there && visit(context, at, window, WINDOW + overlap))
			break;
	}
	return NULL;
}

struct pattern_search {
	const void *pattern;
	size_t length;
	bool (*visit)(void *context, uint64_t address);
	void *context;
};

static bool search_pattern(void *context, uint64_t address, const uint8_t *bytes, size_t length)
{
	const struct pattern_search *s = context;
	const uint8_t *from = bytes, *end = bytes + length, *found;

	while ((found = memmem(from, (size_t)(end - from), s->pattern, s->length))) {
		if (s->visit(s->context, address + (uint64_t)(found - bytes)))
			return true;
		from = found + 1;
	}
	return false;
}

struct kl_error *kl_image_scan(struct kl_kernel *k, uint64_t start, const void *pattern, size_t length,
			       bool (*visit)(void *context, uint64_t address), void *context)
{
	struct pattern_search search = {pattern, length, visit, context};

	/* A match may begin in one window and end in the next one. */
	return kl_image_windows(k, start, length - 1, search_pattern, &search);
}
