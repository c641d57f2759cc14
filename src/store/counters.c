/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/counters.h"

#include <string.h>

static const struct {
	const char *name;
	bool family;
} counters[] = {
#define KL_COUNTER(id, name, unit, meaning) {name, false},
#define KL_COUNTER_FAMILY(id, prefix, unit, meaning) {prefix, true},
#include "store/counters.def"
#undef KL_COUNTER
#undef KL_COUNTER_FAMILY
};

const char *kl_counter_name(enum kl_counter counter)
{
	return counters[counter].name;
}

bool kl_counter_find(const char *name, enum kl_counter *ret, const char **member)
{
	for (enum kl_counter counter = 0; counter < KL_COUNTER_COUNT; counter++) {
		size_t length = strlen(counters[counter].name);

		if (counters[counter].family ? strncmp(name, counters[counter].name, length) != 0
					     : strcmp(name, counters[counter].name) != 0)
			continue;
		*ret = counter;
		*member = name + length;
		return true;
	}
	return false;
}
