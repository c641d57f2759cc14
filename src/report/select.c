/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/select.h"

#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "report/frames.h"
#include "util/stack_name.h"
#include "util/strbuf.h"

static const struct {
	const char *name;
	enum kleak_verdict verdict;
} verdicts[] = {
#define X(identifier, number, name, ...) {name, KLEAK_VERDICT_##identifier},
	KLEAK_VERDICTS(X)
#undef X
};
#define VERDICTS (sizeof(verdicts) / sizeof(*verdicts))

static unsigned find_verdict_bits(const char *name, size_t length)
{
	size_t i;

	if (length == strlen("leaked") && !strncmp(name, "leaked", length))
		return find_verdict_bits("leak", 4) | find_verdict_bits("indirect", 8);
	for (i = 0; i < VERDICTS; i++) {
		if (!strncmp(verdicts[i].name, name, length) && !verdicts[i].name[length])
			return 1U << i;
	}
	return 0;
}

struct kl_error *kl_selection_verdicts(const char *list, unsigned *ret)
{
	const char *rest = list;

	for (*ret = 0;; rest++) {
		size_t length = strcspn(rest, ",");
		unsigned bits = find_verdict_bits(rest, length);

		if (!bits)
			return kl_error_create(KL_ERROR_USAGE,
					       "--verdict: '%.*s' is no verdict; leaked means leak and indirect",
					       (int)length, rest);
		*ret |= bits;
		rest += length;
		if (!*rest)
			return NULL;
	}
}

bool kl_selection_is_all(const struct kl_selection *s)
{
	return !s->verdicts && !s->module && !s->site && !s->top;
}

/* Whether the group has findings of one of the verdicts, by the keys of its JSON. */
static bool has_verdict(const struct kl_store_group *group, unsigned bits)
{
	char key[32];
	size_t i;

	for (i = 0; i < VERDICTS; i++) {
		snprintf(key, sizeof(key), "\"%s\":", verdicts[i].name);
		if ((bits & 1U << i) && strstr(group->verdicts_json, key))
			return true;
	}
	return false;
}

static bool is_module(const char *wanted, const char *symbol)
{
	struct kl_symbol_text t = kl_symbol_text_parse(symbol);

	if (!t.function)
		return !strcmp(wanted, "unloaded");
	if (!t.module)
		return !strcmp(wanted, "kernel");
	return strlen(wanted) == t.module_length && !memcmp(wanted, t.module, t.module_length);
}

static bool matches(const char *glob, const char *text)
{
	return text && !fnmatch(glob, text, 0);
}

/* By its function's name alone, too: "kmemleak_test_*". */
static bool matches_function(const char *glob, const char *symbol)
{
	struct kl_symbol_text t = kl_symbol_text_parse(symbol);
	_cleanup_free_ char *name = t.function ? strndup(t.function, t.function_length) : NULL;

	return matches(glob, name);
}

static bool is_site(const char *glob, const struct kl_store_group *group, const struct kl_store_frame *blamed)
{
	_cleanup_strbuf_ struct kl_strbuf place = {};

	if (matches(glob, group->site))
		return true;
	if (!blamed)
		return false;
	if (blamed->file)
		kl_strbuf_printf(&place, "%s:%" PRId64, blamed->file, blamed->line);
	return matches(glob, blamed->file) || matches_function(glob, blamed->symbol) ||
	       (place.length && matches(glob, kl_strbuf_string(&place)));
}

struct kl_error *kl_selection_has(const struct kl_selection *s, const struct kl_store_group *group,
				  const struct kl_store_frame *frames, size_t n, bool *ret)
{
	struct kl_error *err = NULL;
	size_t top = 0;

	if (n)
		err = kl_top_frame(frames, n, &top);
	if (err)
		return err;
	*ret = (!s->verdicts || has_verdict(group, s->verdicts)) &&
	       (!s->module || (n && is_module(s->module, frames[kl_outer_frame(frames, n, top)].symbol))) &&
	       (!s->site || is_site(s->site, group, n ? &frames[top] : NULL));
	return NULL;
}
