/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "util/kmemleak_state.h"

#include <string.h>

static const struct {
	const char *name, *brief, *words;
} states[] = {
#define X(id, name, brief, words) {name, brief, words},
	KL_KMEMLEAK_STATES(X)
#undef X
};

static enum kl_kmemleak_state known_state(enum kl_kmemleak_state state)
{
	return state < KL_KMEMLEAK_STATE_COUNT ? state : KL_KMEMLEAK_UNKNOWN;
}

const char *kl_kmemleak_state_name(enum kl_kmemleak_state state)
{
	return states[known_state(state)].name;
}

const char *kl_kmemleak_state_brief(enum kl_kmemleak_state state)
{
	return states[known_state(state)].brief;
}

const char *kl_kmemleak_state_words(enum kl_kmemleak_state state)
{
	return states[known_state(state)].words;
}

bool kl_kmemleak_state_find(const char *name, enum kl_kmemleak_state *ret)
{
	for (enum kl_kmemleak_state state = 0; state < KL_KMEMLEAK_STATE_COUNT; state++) {
		if (!strcmp(states[state].name, name)) {
			*ret = state;
			return true;
		}
	}
	return false;
}
