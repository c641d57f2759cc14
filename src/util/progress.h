/* SPDX-License-Identifier: GPL-2.0-or-later */
/* progress.h: how long work reports where it is, and learns that it should stop.
 *
 * The command line fills the structure; everything below only calls kl_progress_tick(). A NULL progress is allowed
 * everywhere and means "silent, never stopped".
 */
#ifndef KL_UTIL_PROGRESS_H
#define KL_UTIL_PROGRESS_H

#include <signal.h>
#include <stdint.h>

#include "util/error.h"

struct kl_progress {
	/* Called often; rate limiting is the callee's affair. @total is 0 when unknown. */
	void (*update)(void *context, const char *phase, uint64_t done, uint64_t total);
	void *context;
	const volatile sig_atomic_t *stop; /* non-zero: a signal asked to stop; may be NULL */
};

/** kl_progress_tick() - report @done of @total units of @phase. Errors: KL_ERROR_INTERRUPTED once a signal arrived. */
static inline struct kl_error *kl_progress_tick(const struct kl_progress *p, const char *phase, uint64_t done,
						uint64_t total)
{
	if (!p)
		return NULL;
	if (p->stop && *p->stop)
		return kl_error_create(KL_ERROR_INTERRUPTED, "interrupted while %s", phase);
	if (p->update)
		p->update(p->context, phase, done, total);
	return NULL;
}

#endif
