/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "suppress/rule_file.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FILE ((size_t)1 << 20)
#define MAX_RULES 10000

static const char *const key_names[KL_RULE_KEY_COUNT] = {
#define X(id, name) [KL_RULE_##id] = name,
	KL_RULE_KEYS(X)
#undef X
};

struct parser {
	const char *path;
	unsigned line;
	struct kl_rules *rules;
	struct kl_rule *rule; /* the one being read; NULL before the first */
};

/* [start, start + length) without blanks around it. */
struct word {
	const char *start;
	size_t length;
};

static struct word trim(const char *start, size_t length)
{
	while (length && isspace((unsigned char)*start)) {
		start++;
		length--;
	}
	while (length && isspace((unsigned char)start[length - 1]))
		length--;
	return (struct word){start, length};
}

static bool word_is(struct word w, const char *text)
{
	return w.length == strlen(text) && !memcmp(w.start, text, w.length);
}

static struct kl_error *refuse(const struct parser *p, const char *expected)
{
	return kl_error_create(KL_ERROR_FORMAT, "%s:%u: %s", p->path, p->line, expected);
}

static struct kl_error *copy_word(struct word w, char **ret)
{
	free(*ret);
	*ret = strndup(w.start, w.length);
	return *ret ? NULL : kl_error_nomem();
}

/* A rule that asks nothing about what leaked would hide all leaks. */
static struct kl_error *end_rule(struct parser *p)
{
	static const enum kl_rule_key telling[] = {KL_RULE_FRAME, KL_RULE_MODULE, KL_RULE_SITE, KL_RULE_CACHE,
						   KL_RULE_TYPE};
	size_t i;

	if (!p->rule)
		return NULL;
	for (i = 0; i < sizeof(telling) / sizeof(*telling); i++) {
		if (kl_rule_needs(p->rule, telling[i]))
			return NULL;
	}
	p->line = p->rule->line;
	return refuse(p, "expected a frame, module, site, cache or type in this rule, which suppresses everything");
}

static struct kl_error *begin_rule(struct parser *p, struct word name)
{
	struct kl_error *err = end_rule(p);

	if (err)
		return err;
	if (p->rules->list.count >= MAX_RULES)
		return refuse(p, "expected at most 10000 rules");
	name = trim(name.start + 1, name.length - 2);
	if (!name.length)
		return refuse(p, "expected a name between the brackets");
	p->rule = kl_vec_add(&p->rules->list);
	if (!p->rule)
		return kl_error_nomem();
	p->rule->file = p->rules->files.data[p->rules->files.count - 1];
	p->rule->line = p->line;
	return copy_word(name, &p->rule->name);
}

static struct kl_error *take_verdict(struct parser *p, struct word value)
{
#define X(identifier, number, verdict_name, leaked, meaning)                                          \
	if (word_is(value, verdict_name) && KLEAK_VERDICT_##identifier != KLEAK_VERDICT_SUPPRESSED) { \
		p->rule->verdicts |= kl_rule_verdict_bit(KLEAK_VERDICT_##identifier);                 \
		return NULL;                                                                          \
	}
	KLEAK_VERDICTS(X)
#undef X
	return refuse(p, "expected verdicts: leak, indirect, weak, unconfirmed, young, modified or explained");
}

static bool is_date(struct word w)
{
	static const char form[] = "0000-00-00";
	int month, day;
	size_t i;

	for (i = 0; i < sizeof(form) - 1; i++) {
		if (i >= w.length || (form[i] == '0' ? !isdigit((unsigned char)w.start[i]) : w.start[i] != '-'))
			return false;
	}
	month = (w.start[5] - '0') * 10 + w.start[6] - '0';
	day = (w.start[8] - '0') * 10 + w.start[9] - '0';
	return w.length == sizeof(form) - 1 && month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

static struct kl_error *take_date(struct parser *p, struct word value)
{
	if (!is_date(value))
		return refuse(p, "expected the last day on which the rule applies, such as 2027-06-30");
	memcpy(p->rule->until, value.start, value.length);
	return NULL;
}

static struct kl_error *take_pattern(struct parser *p, enum kl_rule_key key, struct word value)
{
	struct kl_rule_pattern *pattern = kl_vec_add(&p->rule->patterns);

	if (!pattern)
		return kl_error_nomem();
	pattern->key = key;
	return copy_word(value, &pattern->glob);
}

static struct kl_error *take_value(struct parser *p, enum kl_rule_key key, struct word value)
{
	if (!value.length)
		return refuse(p, "expected a value behind '='");
	switch (key) {
	case KL_RULE_VERDICT:
		return take_verdict(p, value);
	case KL_RULE_UNTIL:
		return take_date(p, value);
	case KL_RULE_COMMENT:
		return copy_word(value, &p->rule->comment);
	default:
		return take_pattern(p, key, value);
	}
}

/* Values of one line are separated by commas; a comment is one value, whatever it holds. */
static struct kl_error *take_values(struct parser *p, enum kl_rule_key key, struct word all)
{
	const char *end = all.start + all.length, *next = all.start;
	struct kl_error *err;

	if (key == KL_RULE_COMMENT)
		return take_value(p, key, all);
	do {
		const char *comma = memchr(next, ',', (size_t)(end - next));
		size_t length = (size_t)((comma ? comma : end) - next);

		err = take_value(p, key, trim(next, length));
		next = comma ? comma + 1 : end;
		if (!comma)
			break;
	} while (!err);
	return err;
}

static struct kl_error *take_key(struct parser *p, struct word line)
{
	const char *equals = memchr(line.start, '=', line.length);
	struct word name;
	size_t key;

	if (!equals)
		return refuse(p, "expected '[name]' or 'key = value'");
	if (!p->rule)
		return refuse(p, "expected '[name]' before the first key");
	name = trim(line.start, (size_t)(equals - line.start));
	for (key = 0; key < KL_RULE_KEY_COUNT; key++) {
		if (word_is(name, key_names[key]))
			return take_values(p, (enum kl_rule_key)key,
					   trim(equals + 1, (size_t)(line.start + line.length - equals) - 1));
	}
	return refuse(p, "expected a key: frame, module, site, cache, type, release, verdict, until or comment");
}

static struct kl_error *take_rule_line(struct parser *p, struct word line)
{
	if (!line.length || line.start[0] == '#')
		return NULL;
	if (memchr(line.start, '\0', line.length))
		return refuse(p, "expected text");
	if (line.start[0] == '[' && line.start[line.length - 1] == ']')
		return begin_rule(p, line);
	return take_key(p, line);
}

/* What the rules of this file say of no verdict is about those that accuse. */
static void default_verdicts(struct kl_rules *rules)
{
	struct kl_rule *rule;

	kl_vec_for_each (rule, &rules->list) {
		if (!rule->verdicts)
			rule->verdicts = kl_rule_verdict_bit(KLEAK_VERDICT_LEAK) |
					 kl_rule_verdict_bit(KLEAK_VERDICT_INDIRECT) |
					 kl_rule_verdict_bit(KLEAK_VERDICT_WEAK) |
					 kl_rule_verdict_bit(KLEAK_VERDICT_UNCONFIRMED);
	}
}

struct kl_error *kl_rules_parse(const char *path, const char *text, size_t length, struct kl_rules *rules)
{
	struct parser p = {.path = path, .rules = rules};
	const char *end = text + length;
	struct kl_error *err = NULL;
	char *name = strdup(path);

	if (!name || !kl_vec_push(&rules->files, name)) {
		free(name);
		return kl_error_nomem();
	}
	while (text < end && !err) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t n = (size_t)((newline ? newline : end) - text);

		p.line++;
		err = take_rule_line(&p, trim(text, n));
		text = newline ? newline + 1 : end;
	}
	if (!err)
		err = end_rule(&p);
	default_verdicts(rules);
	return err;
}

struct kl_error *kl_rules_read(const char *path, struct kl_rules *rules)
{
	_cleanup_fclose_ FILE *f = fopen(path, "re");
	_cleanup_free_ char *text = malloc(MAX_FILE + 1);
	size_t length;

	if (!f)
		return kl_error_from_errno(errno, "%s", path);
	if (!text)
		return kl_error_nomem();
	length = fread(text, 1, MAX_FILE + 1, f);
	if (ferror(f))
		return kl_error_from_errno(errno, "%s", path);
	if (length > MAX_FILE)
		return kl_error_create(KL_ERROR_FORMAT, "%s: larger than a file of suppressions can be (1 MiB)", path);
	return kl_rules_parse(path, text, length, rules);
}
