/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slice.h: pieces of strings, such as one of several alternatives. Private to src/debug. */
#ifndef KL_DEBUG_SLICE_H
#define KL_DEBUG_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct kl_slice {
	const char *text;
	size_t length;
};

static inline bool kl_slice_is(struct kl_slice slice, const char *text)
{
	return !strncmp(text, slice.text, slice.length) && !text[slice.length];
}

/** kl_slice_next() - the next of the alternatives in @text ("a|b"); false after the last one. *slice is zeroed to begin
 * with. */
static inline bool kl_slice_next(const char *text, struct kl_slice *slice)
{
	const char *begin = text;

	if (slice->text) {
		begin = slice->text + slice->length;
		if (!*begin)
			return false;
		begin++;
	}
	*slice = (struct kl_slice){begin, strcspn(begin, "|")};
	return true;
}

#endif
