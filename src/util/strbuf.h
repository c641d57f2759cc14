/* SPDX-License-Identifier: GPL-2.0-or-later */
/* strbuf.h: strings that grow.
 *
 *	_cleanup_strbuf_ struct kl_strbuf sb = {};
 *	kl_strbuf_printf(&sb, "%d objects", n);
 *	use(kl_strbuf_string(&sb));
 *
 * Running out of memory sets `failed` and turns later calls into no-ops, so a long build is checked once at its end.
 * It is noted for kl_nomem_met() as well, for those who print what they built and go on.
 */
#ifndef KL_UTIL_STRBUF_H
#define KL_UTIL_STRBUF_H

#include <stdbool.h>
#include <stddef.h>

#include "util/cleanup.h"

struct kl_strbuf {
	char *data;
	size_t length; /* bytes before the terminating NUL */
	size_t capacity;
	bool failed;
};

void kl_strbuf_append(struct kl_strbuf *sb, const void *bytes, size_t length);
void kl_strbuf_puts(struct kl_strbuf *sb, const char *string);
void kl_strbuf_putc(struct kl_strbuf *sb, char c);
void kl_strbuf_printf(struct kl_strbuf *sb, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** kl_strbuf_reset() - back to the empty string, keeping the memory. */
void kl_strbuf_reset(struct kl_strbuf *sb);

/** kl_strbuf_string() - the contents with a terminating NUL; "" when empty or failed. Owned by @sb. */
const char *kl_strbuf_string(const struct kl_strbuf *sb);

/** kl_strbuf_take() - the contents as a malloc'ed string, NULL if anything failed; @sb is empty afterwards. */
char *kl_strbuf_take(struct kl_strbuf *sb);

void kl_strbuf_deinit(struct kl_strbuf *sb);
#define _cleanup_strbuf_ _cleanup_(kl_strbuf_deinit)

#endif
