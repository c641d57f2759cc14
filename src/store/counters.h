/* SPDX-License-Identifier: GPL-2.0-or-later */
/* counters.h: the counters of a run; counters.def says what each one counts. */
#ifndef KL_STORE_COUNTERS_H
#define KL_STORE_COUNTERS_H

#include <stdbool.h>

enum kl_counter {
#define KL_COUNTER(id, name, unit, meaning) KL_COUNTER_##id,
#define KL_COUNTER_FAMILY(id, prefix, unit, meaning) KL_COUNTER_##id,
#include "store/counters.def"
#undef KL_COUNTER
#undef KL_COUNTER_FAMILY
	KL_COUNTER_COUNT
};

/** kl_counter_name() - the name in the database; of a family, what the names of its members begin with. */
const char *kl_counter_name(enum kl_counter counter);

/** kl_counter_find() - the counter called @name.
 * @member: the rest of @name for one of a family, otherwise "".
 * Returns false for a name of which this program knows nothing.
 */
bool kl_counter_find(const char *name, enum kl_counter *ret, const char **member);

#endif
