/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vec.h: growable arrays of any plain type.
 *
 *	KL_VEC(struct range) ranges = {};
 *	struct range *r = kl_vec_add(&ranges);   // zeroed new element, or NULL when out of memory
 *	kl_vec_for_each(r, &ranges) ...
 *	kl_vec_deinit(&ranges);
 *
 * `data` moves when the vector grows: keep indices, not pointers. Used by one thread at a time.
 */
#ifndef KL_UTIL_VEC_H
#define KL_UTIL_VEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "util/error.h"

#define KL_VEC(type)             \
	struct {                 \
		type *data;      \
		size_t count;    \
		size_t capacity; \
	}

/* Makes room for @more elements of @element_size after the first @count; false when out of memory or too large. */
static inline bool kl_vec_grow_(void **data, size_t count, size_t *capacity, size_t more, size_t element_size)
{
	size_t need, bytes, grown = *capacity + *capacity / 2;
	void *moved;

	if (__builtin_add_overflow(count, more, &need))
		return false;
	if (*data && need <= *capacity)
		return true;
	if (grown < 16)
		grown = 16;
	if (grown < need)
		grown = need;
	if (__builtin_mul_overflow(grown, element_size, &bytes))
		return false;
	moved = realloc(*data, bytes);
	if (!moved) {
		kl_nomem_note();
		return false;
	}
	*data = moved;
	*capacity = grown;
	return true;
}

/* True means that there is memory; that `data` is set then is said again for static analysis, which cannot see it. */
#define kl_vec_reserve(v, more)                                                                       \
	(kl_vec_grow_((void **)&(v)->data, (v)->count, &(v)->capacity, (more), sizeof(*(v)->data)) && \
	 ((v)->data || !(more)))

/* A zeroed element at the end, or NULL. */
#define kl_vec_add(v) \
	(kl_vec_reserve(v, 1) ? (__typeof__((v)->data))memset(&(v)->data[(v)->count++], 0, sizeof(*(v)->data)) : NULL)

/* Appends a copy of @value; false when out of memory. */
#define kl_vec_push(v, value) (kl_vec_reserve(v, 1) ? ((v)->data[(v)->count++] = (value), true) : false)

#define kl_vec_for_each(it, v) for ((it) = (v)->data; (it) && (it) < (v)->data + (v)->count; (it)++)

#define kl_vec_deinit(v)                        \
	do {                                    \
		free((v)->data);                \
		(v)->data = NULL;               \
		(v)->count = (v)->capacity = 0; \
	} while (0)

#endif
