/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "util/profiling_words.h"

#include <string.h>

struct entry {
	const char *name, *words;
};

static const struct entry page_uses[] = {
#define X(id, name, words) {name, words},
	KL_PAGE_USES(X)
#undef X
};

static const struct entry causes[] = {
#define X(id, name, words) {name, words},
	KL_AUDIT_CAUSES(X)
#undef X
};

static const struct entry states[] = {
#define X(id, name, words) {name, words},
	KL_PROFILING_STATES(X)
#undef X
};

static const char *words_of_value(const struct entry *entries, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (!strcmp(entries[i].name, name))
			return entries[i].words;
	}
	return NULL;
}

const char *kl_page_use_name(enum kl_page_use use)
{
	return use < KL_PAGE_USE_COUNT ? page_uses[use].name : "";
}

const char *kl_page_use_words(enum kl_page_use use)
{
	return use < KL_PAGE_USE_COUNT ? page_uses[use].words : "";
}

const char *kl_audit_cause_name(enum kl_audit_cause cause)
{
	return cause < KL_AUDIT_CAUSE_COUNT ? causes[cause].name : "";
}

const char *kl_audit_cause_words(const char *name)
{
	return words_of_value(causes, KL_AUDIT_CAUSE_COUNT, name);
}

const char *kl_profiling_status_name(enum kl_profiling_status status)
{
	return status < KL_PROFILING_STATUS_COUNT ? states[status].name : "";
}

const char *kl_profiling_status_words(const char *name)
{
	return words_of_value(states, KL_PROFILING_STATUS_COUNT, name);
}
