/* SPDX-License-Identifier: GPL-2.0-or-later */
/* search.h: binary search in sorted arrays, expanded where it is used.
 *
 *	// the last symbol at or below the address
 *	size_t n = kl_search_prefix(symbols, count, s, s->address <= address);
 *	const struct symbol *found = n ? &symbols[n - 1] : NULL;
 *
 * They are macros because the marker asks kl_search_range() for every word of a dump that looks like a pointer: with
 * the comparison inlined that costs the same as a loop written by hand.
 */
#ifndef KL_UTIL_SEARCH_H
#define KL_UTIL_SEARCH_H

#include <stddef.h>

/** kl_search_prefix() - how many elements at the start of @array are of the kind that @is_before tells, which is also
 * the index of the first one that is not, and @count when all are.
 * @it:        a name for the pointer to the element that is looked at;
 * @is_before: an expression over @it, true for the elements before some border and false for those after it.
 */
#define kl_search_prefix(array, count, it, is_before)                       \
	({                                                                  \
		size_t low_ = 0, high_ = (count);                           \
		while (low_ < high_) {                                      \
			size_t middle_ = low_ + (high_ - low_) / 2;         \
			const __typeof__(*(array)) *it = (array) + middle_; \
			if (is_before)                                      \
				low_ = middle_ + 1;                         \
			else                                                \
				high_ = middle_;                            \
		}                                                           \
		low_;                                                       \
	})

/** kl_search_range() - the element whose [start, end) holds @value; NULL when none does. The elements have members
 * `start` and `end`, ascend, and do not overlap. */
#define kl_search_range(array, count, value)                         \
	({                                                           \
		const __typeof__((value)) value_ = (value);          \
		__typeof__(*(array)) *found_ = NULL;                 \
		size_t low_ = 0, high_ = (count);                    \
		while (low_ < high_) {                               \
			size_t middle_ = low_ + (high_ - low_) / 2;  \
			if (value_ < (array)[middle_].start) {       \
				high_ = middle_;                     \
			} else if (value_ >= (array)[middle_].end) { \
				low_ = middle_ + 1;                  \
			} else {                                     \
				found_ = &(array)[middle_];          \
				break;                               \
			}                                            \
		}                                                    \
		found_;                                              \
	})

#endif
