/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/machine/image_scan.h"

#include <string.h>

#include "kernel/kernel.h"

#define WINDOW ((size_t)1 << 20)
#define GAP_MAX (UINT64_C(16) << 20)

struct kl_error *kl_image_scan(struct kl_kernel *k, uint64_t start, const void *pattern, size_t length,
			       bool (*visit)(void *context, uint64_t address), void *context)
{
	_cleanup_free_ uint8_t *window = malloc(WINDOW + KL_IMAGE_PATTERN_MAX);
	uint64_t at = start, gap = 0;

	if (!window)
		return kl_error_nomem();
	for (; at - start < KL_IMAGE_SCAN_MAX && gap < GAP_MAX; at += WINDOW) {
		/* A match may begin in this window and end in the next one. */
		size_t there = kl_kernel_read_partial(k, at, window, WINDOW + length - 1);
		const uint8_t *from = window, *end = window + WINDOW + length - 1, *found;

		gap = there ? 0 : gap + WINDOW;
		while (there && (found = memmem(from, (size_t)(end - from), pattern, length))) {
			if (visit(context, at + (uint64_t)(found - window)))
				return NULL;
			from = found + 1;
		}
	}
	return NULL;
}
