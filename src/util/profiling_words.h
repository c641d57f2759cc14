/* SPDX-License-Identifier: GPL-2.0-or-later */
/* profiling_words.h: the vocabulary of memory allocation profiling: counted by src/kernel, kept by src/store under the
 * short names, printed by src/report in words.
 */
#ifndef KL_UTIL_PROFILING_WORDS_H
#define KL_UTIL_PROFILING_WORDS_H

#include <stddef.h>

/* What a page frame was used for, as far as call sites are concerned. */
#define KL_PAGE_USES(X)                                                                            \
	X(TAGGED, "tagged", "allocated, call site known")                                          \
	X(FREE, "free", "free")                                                                    \
	X(RESERVED, "reserved", "never given to the page allocator")                               \
	X(EXTENSIONS, "extensions", "page extensions, where the call sites of pages are kept")     \
	X(EMPTY, "empty", "allocated, marked by the kernel as having no call site")                \
	X(EARLY, "early", "allocated before there were page extensions: no call site")             \
	X(OFF, "off", "allocated while profiling was off: no call site")                           \
	X(SPLIT_TAIL, "split_tail", "split off an allocation that had no call site")               \
	X(STALE, "stale", "free, but a call site is still charged: freed while profiling was off") \
	X(INVALID, "invalid", "allocated, and the reference leads to no call site")                \
	X(UNUSED, "unused", "in transit: neither in use nor on a list")                            \
	X(LOST, "lost", "unknown: missing from the dump")

enum kl_page_use {
#define X(id, name, words) KL_PAGE_##id,
	KL_PAGE_USES(X)
#undef X
		KL_PAGE_USE_COUNT
};

/* Why the counters of a call site and the census of what refers to it differ. */
#define KL_AUDIT_CAUSES(X)                                                                                        \
	X(AGREES, "agrees", "agrees")                                                                             \
	X(NO_COUNTERS, "no_counters", "the counters went with the module: what is counted still refers to it")    \
	X(LOST, "lost", "references are missing from the dump, or damaged")                                       \
	X(STALE, "stale", "pages freed while profiling was off are still charged")                                \
	X(INACCURATE, "inaccurate", "flagged by the kernel: early pages, or references that could not be stored") \
	X(TOGGLED, "toggled", "profiling was turned on or off in between")                                        \
	X(UNEXPLAINED, "unexplained", "no cause found")

enum kl_audit_cause {
#define X(id, name, words) KL_AUDIT_##id,
	KL_AUDIT_CAUSES(X)
#undef X
		KL_AUDIT_CAUSE_COUNT
};

/* State of profiling in the dead kernel. */
#define KL_PROFILING_STATES(X)                                                                                      \
	X(ABSENT, "absent", "the kernel was built without CONFIG_MEM_ALLOC_PROFILING")                              \
	X(DISABLED, "disabled", "memory allocation profiling was disabled for good")                                \
	X(NEVER, "never enabled", "memory allocation profiling was never enabled")                                  \
	X(OFF, "off", "memory allocation profiling was off: numbers are those of when it was on, and may be stale") \
	X(ON, "on", "memory allocation profiling was on")

enum kl_profiling_status {
#define X(id, name, words) KL_PROFILING_##id,
	KL_PROFILING_STATES(X)
#undef X
		KL_PROFILING_STATUS_COUNT
};

/* The short name of a value, "" outside the table; the words for a page use, and for a short name (NULL when unknown).
 */
const char *kl_page_use_name(enum kl_page_use use);
const char *kl_page_use_words(enum kl_page_use use);
const char *kl_audit_cause_name(enum kl_audit_cause cause);
const char *kl_audit_cause_words(const char *name);
const char *kl_profiling_status_name(enum kl_profiling_status status);
const char *kl_profiling_status_words(const char *name);

#endif
