/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kmemleak_state.h: what kmemleak was doing when the kernel died: the first thing to know before believing any finding,
 * or their absence. Read from a dump by src/kernel, kept by src/store under the stored name, printed by src/report.
 */
#ifndef KL_UTIL_KMEMLEAK_STATE_H
#define KL_UTIL_KMEMLEAK_STATE_H

#include <stdbool.h>

/* X(IDENTIFIER, stored name, "kmemleak ...", sentence). The database tells an exhausted pool from other errors by a
 * flag of its own, so both are stored under one name. */
#define KL_KMEMLEAK_STATES(X)                                                                   \
	X(UNKNOWN, "unknown", "was in an unknown state",                                        \
	  "whether kmemleak was on is not in the dump: no leaks found means nothing")           \
	X(ABSENT, "absent", "was absent",                                                       \
	  "the kernel was built without CONFIG_DEBUG_KMEMLEAK: no leaks found means nothing")   \
	X(OFF, "off", "was off", "kmemleak was never enabled: no leaks found means nothing")    \
	X(ERRORED, "errored", "was errored",                                                    \
	  "kmemleak stopped after an error: allocations and frees since then are unknown")      \
	X(POOL_EXHAUSTED, "errored", "had run out of metadata",                                 \
	  "kmemleak ran out of metadata and stopped: what was allocated afterwards is unknown") \
	X(ON, "on", "was on", "kmemleak was on")

enum kl_kmemleak_state {
#define X(id, name, brief, words) KL_KMEMLEAK_##id,
	KL_KMEMLEAK_STATES(X)
#undef X
		KL_KMEMLEAK_STATE_COUNT
};

/* Texts of the table; of UNKNOWN for numbers that are none. */
const char *kl_kmemleak_state_name(enum kl_kmemleak_state state);
const char *kl_kmemleak_state_brief(enum kl_kmemleak_state state);
const char *kl_kmemleak_state_words(enum kl_kmemleak_state state);

/** kl_kmemleak_state_find() - the state stored as @name, ERRORED for both that are; false for a name that is none. */
bool kl_kmemleak_state_find(const char *name, enum kl_kmemleak_state *ret);

#endif
