/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sum.h: sums of numbers that a dump or a database claims; they stay at the end of the range that they would leave. */
#ifndef KL_UTIL_SUM_H
#define KL_UTIL_SUM_H

#include <stdint.h>

static inline int64_t kl_sum(int64_t a, int64_t b)
{
	int64_t sum;

	return !__builtin_add_overflow(a, b, &sum) ? sum : a < 0 ? INT64_MIN : INT64_MAX;
}

static inline int64_t kl_difference(int64_t a, int64_t b)
{
	int64_t difference;

	return !__builtin_sub_overflow(a, b, &difference) ? difference : a < 0 ? INT64_MIN : INT64_MAX;
}

#endif
