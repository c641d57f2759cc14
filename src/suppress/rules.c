/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "suppress/rules.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 512 /* symbols of kernels have at most 511 bytes (KSYM_NAME_LEN) */

void kl_rules_deinit(struct kl_rules *rules)
{
	struct kl_rule_pattern *pattern;
	struct kl_rule *rule;
	char **file;

	kl_vec_for_each (rule, &rules->list) {
		kl_vec_for_each (pattern, &rule->patterns)
			free(pattern->glob);
		kl_vec_deinit(&rule->patterns);
		free(rule->name);
		free(rule->comment);
	}
	kl_vec_for_each (file, &rules->files)
		free(*file);
	kl_vec_deinit(&rules->list);
	kl_vec_deinit(&rules->files);
}

bool kl_rule_needs(const struct kl_rule *rule, enum kl_rule_key key)
{
	const struct kl_rule_pattern *pattern;

	kl_vec_for_each (pattern, &rule->patterns) {
		if (pattern->key == key)
			return true;
	}
	return false;
}

bool kl_rule_expired(const struct kl_rule *rule, const char *today)
{
	return rule->until[0] && strcmp(today, rule->until) > 0;
}

/* One of the values of @key matches @text, or the rule has none. */
static bool matches_key(const struct kl_rule *rule, enum kl_rule_key key, const char *text)
{
	const struct kl_rule_pattern *pattern;
	bool asked = false;

	kl_vec_for_each (pattern, &rule->patterns) {
		if (pattern->key != key)
			continue;
		asked = true;
		if (text && !fnmatch(pattern->glob, text, 0))
			return true;
	}
	return !asked;
}

bool kl_rule_fits_release(const struct kl_rule *rule, const char *release)
{
	return matches_key(rule, KL_RULE_RELEASE, release);
}

/* One line of a normalized stack taken apart: "function", "function [module]", "?+0x3e1". */
struct frame {
	char function[TEXT_MAX];
	char module[TEXT_MAX]; /* empty: the kernel itself */
};

static void copy_part(char *to, const char *from, size_t length)
{
	if (length >= TEXT_MAX)
		length = TEXT_MAX - 1;
	memcpy(to, from, length);
	to[length] = '\0';
}

/* The frame at @line; returns where the next one begins, NULL at the end. */
static const char *take_frame(const char *line, struct frame *ret)
{
	size_t length = strcspn(line, "\n"), function = length;
	const char *bracket = memmem(line, length, " [", 2);

	if (!*line)
		return NULL;
	if (bracket && line[length - 1] == ']')
		function = (size_t)(bracket - line);
	copy_part(ret->function, line, function);
	copy_part(ret->module, function < length ? bracket + 2 : "", function < length ? length - function - 3 : 0);
	return line + length + (line[length] == '\n');
}

/* The next pattern for frames at or behind @p. */
static const struct kl_rule_pattern *next_frame(const struct kl_rule *rule, const struct kl_rule_pattern *p)
{
	while (p && p < rule->patterns.data + rule->patterns.count && p->key != KL_RULE_FRAME)
		p++;
	return p && p < rule->patterns.data + rule->patterns.count ? p : NULL;
}

unsigned kl_rule_match_stack(const struct kl_rule *rule, const char *frames)
{
	const struct kl_rule_pattern *wanted = next_frame(rule, rule->patterns.data);
	bool module_found = !kl_rule_needs(rule, KL_RULE_MODULE);
	struct frame frame;

	while ((frames = take_frame(frames, &frame))) {
		if (wanted && !fnmatch(wanted->glob, frame.function, 0))
			wanted = next_frame(rule, wanted + 1);
		if (frame.module[0] && !module_found)
			module_found = matches_key(rule, KL_RULE_MODULE, frame.module);
	}
	return (wanted ? 0 : KL_STACK_HAS_FRAMES) | (module_found ? KL_STACK_HAS_MODULE : 0);
}

bool kl_rule_matches(const struct kl_rule *rule, const struct kl_suspect *s)
{
	if (!(rule->verdicts & kl_rule_verdict_bit(s->verdict)) || !(s->of_stack & KL_STACK_HAS_FRAMES))
		return false;
	if (!(s->of_stack & KL_STACK_HAS_MODULE) && !matches_key(rule, KL_RULE_MODULE, s->site_module))
		return false;
	return matches_key(rule, KL_RULE_SITE, s->site) && matches_key(rule, KL_RULE_CACHE, s->cache) &&
	       matches_key(rule, KL_RULE_TYPE, s->type);
}

/* Names are the kernel's, and so ASCII; whatever else stands in one is nothing for an editor. */
static bool is_plain_ascii(char c)
{
	return c >= 0x20 && c < 0x7f;
}

/* A value that matches @text only. What cannot stand in a line becomes a glob of its own. */
static void write_value(struct kl_strbuf *sb, const char *key, const char *text)
{
	kl_strbuf_printf(sb, "%s = ", key);
	for (; *text; text++) {
		if (!is_plain_ascii(*text) || *text == ',')
			kl_strbuf_putc(sb, '?');
		else if (strchr("*?[\\", *text))
			kl_strbuf_printf(sb, "\\%c", *text);
		else
			kl_strbuf_putc(sb, *text);
	}
	kl_strbuf_putc(sb, '\n');
}

/* The name stands between brackets, on a line. */
static void write_name(struct kl_strbuf *sb, const char *name)
{
	kl_strbuf_putc(sb, '[');
	for (; *name; name++)
		kl_strbuf_putc(sb, !is_plain_ascii(*name) || strchr("[]", *name) ? '_' : *name);
	kl_strbuf_puts(sb, "]\n");
}

void kl_rule_write(struct kl_strbuf *sb, const char *name, const char *frames, const char *site, const char *cache)
{
	bool has_module = false;
	struct frame frame;

	write_name(sb, name);
	while ((frames = take_frame(frames, &frame))) {
		write_value(sb, "frame", frame.function);
		if (frame.module[0] && !has_module)
			write_value(sb, "module", frame.module);
		has_module |= frame.module[0] != '\0';
	}
	if (site)
		write_value(sb, "site", site);
	if (cache)
		write_value(sb, "cache", cache);
}
