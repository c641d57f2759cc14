/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cleanup.h: resources released when their variable leaves scope.
 *
 * `_cleanup_(f)` calls f(&variable) at the end of the scope; f follows the pattern kl_<thing>_destroyp(struct thing
 * **), which KL_DEFINE_CLEANUP writes. Everything released this way accepts NULL.
 */
#ifndef KL_UTIL_CLEANUP_H
#define KL_UTIL_CLEANUP_H

#include <stdlib.h>
#include <unistd.h>
#include <stdio.h>

#define _cleanup_(f) __attribute__((cleanup(f)))

/* Defines NAMEp(), which destroys the pointer it is given the address of, for use with _cleanup_. */
#define KL_DEFINE_CLEANUP(type, name)       \
	static inline void name##p(type *p) \
	{                                   \
		if (*p)                     \
			name(*p);           \
	}

static inline void kl_freep(void *p)
{
	free(*(void **)p);
}

static inline void kl_closep(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void kl_fclosep(FILE **f)
{
	if (*f)
		fclose(*f);
}

#define _cleanup_free_ _cleanup_(kl_freep)
#define _cleanup_close_ _cleanup_(kl_closep)
#define _cleanup_fclose_ _cleanup_(kl_fclosep)

/* Hands a pointer out of a scope that would otherwise free it: `*ret = kl_take(p);` */
#define kl_take(p)                             \
	({                                     \
		__typeof__(p) kl_taken_ = (p); \
		(p) = NULL;                    \
		kl_taken_;                     \
	})

#endif
