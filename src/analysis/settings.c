/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/settings.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

/* Traits that have a field of their own in struct kl_settings. */
#define OWN_FIELD (KL_TRAIT_STACK | KL_TRAIT_DEAD_STACK | KL_TRAIT_INTEGER | KL_TRAIT_REGISTER | KL_TRAIT_INTERIOR)
/* Of these, the traits that are no refinement by name: whether they count is set by kl_settings_set() only. */
#define NO_REFINEMENT (KL_TRAIT_STACK | KL_TRAIT_REGISTER | KL_TRAIT_INTERIOR)

void kl_settings_init(struct kl_settings *s)
{
	*s = (struct kl_settings){
		.registers = true,
		.interior = true,
		.types = true,
		.siblings = true,
		.percpu = true,
		.untracked = KL_UNTRACKED_POSSIBLE,
		.refinements = KL_PRECISE_DISREGARD_ALL & (uint16_t)~OWN_FIELD,
	};
}

void kl_settings_deinit(struct kl_settings *s)
{
	kl_vec_deinit(&s->roots.list);
}

const char *kl_policy_name(enum kl_policy policy)
{
	return policy == KL_POLICY_KERNEL ? "kernel" : "precise";
}

struct kl_error *kl_settings_policy(struct kl_settings *s, const char *text)
{
	s->policy = strcmp(text, kl_policy_name(KL_POLICY_KERNEL)) ? KL_POLICY_PRECISE : KL_POLICY_KERNEL;
	if (strcmp(text, kl_policy_name(s->policy)))
		return kl_error_create(KL_ERROR_USAGE, "there is no policy '%s': kernel, precise", text);
	return NULL;
}

static struct kl_error *bad_value(const char *name, const char *value, const char *wanted)
{
	return kl_error_create(KL_ERROR_USAGE, "%s: '%s' is not %s", name, value, wanted);
}

/* ---- by name and value ---- */

static struct kl_error *set_min_age(struct kl_settings *s, const char *name, const char *value)
{
	char *end;
	double seconds = strtod(value, &end);

	if (end == value || *end || !isfinite(seconds) || seconds < 0 || seconds > 1e9)
		return bad_value(name, value, "a number of seconds");
	s->has_min_age = true;
	s->min_age_s = seconds;
	return NULL;
}

static struct kl_error *set_min_unref_scans(struct kl_settings *s, const char *name, const char *value)
{
	unsigned long scans;
	char *end;

	errno = 0;
	scans = strtoul(value, &end, 10);
	if (end == value || *end || errno || scans > UINT32_MAX || strchr(value, '-'))
		return bad_value(name, value, "a number of scans");
	s->min_unref_scans = (uint32_t)scans;
	return NULL;
}

static struct kl_error *set_stacks(struct kl_settings *s, const char *name, const char *value)
{
	static const char *const names[] = {
		[KL_STACKS_LIVE] = "live", [KL_STACKS_FULL] = "full", [KL_STACKS_NONE] = "none"};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (!strcmp(value, names[i])) {
			s->stacks = (enum kl_stacks)i;
			return NULL;
		}
	}
	return bad_value(name, value, "live, full or none");
}

static struct kl_error *parse_yes_no(const char *name, const char *value, bool *ret)
{
	*ret = !strcmp(value, "yes");
	return *ret || !strcmp(value, "no") ? NULL : bad_value(name, value, "yes or no");
}

static struct kl_error *set_registers(struct kl_settings *s, const char *name, const char *value)
{
	return parse_yes_no(name, value, &s->registers);
}

static struct kl_error *set_interior(struct kl_settings *s, const char *name, const char *value)
{
	return parse_yes_no(name, value, &s->interior);
}

static struct kl_error *set_types(struct kl_settings *s, const char *name, const char *value)
{
	return parse_yes_no(name, value, &s->types);
}

static struct kl_error *set_siblings(struct kl_settings *s, const char *name, const char *value)
{
	return parse_yes_no(name, value, &s->siblings);
}

static struct kl_error *set_percpu(struct kl_settings *s, const char *name, const char *value)
{
	return parse_yes_no(name, value, &s->percpu);
}

static struct kl_error *set_untracked(struct kl_settings *s, const char *name, const char *value)
{
	if (!strcmp(value, "yes"))
		s->untracked = KL_UNTRACKED_POSSIBLE;
	else if (!strcmp(value, "strict"))
		s->untracked = KL_UNTRACKED_LIVE;
	else if (!strcmp(value, "all"))
		s->untracked = KL_UNTRACKED_ALL;
	else if (!strcmp(value, "no"))
		s->untracked = KL_UNTRACKED_NONE;
	else
		return bad_value(name, value, "yes, strict, all or no");
	return NULL;
}

struct kl_error *kl_settings_set(struct kl_settings *s, const char *name, const char *value)
{
	static const struct {
		const char *name;
		struct kl_error *(*set)(struct kl_settings *s, const char *name, const char *value);
	} settings[] = {
#define X(id, name, values, help) {name, set_##id},
		KL_SETTINGS(X)
#undef X
	};
	size_t i;

	for (i = 0; i < sizeof(settings) / sizeof(*settings); i++) {
		if (!strcmp(name, settings[i].name))
			return settings[i].set(s, name, value);
	}
	return kl_error_create(KL_ERROR_USAGE, "there is no setting '%s'", name);
}

/* ---- refinements ---- */

static void switch_refinement(struct kl_settings *s, uint16_t trait, bool on)
{
	switch (trait) {
	case KL_TRAIT_INTEGER:
		s->types = on;
		break;
	case KL_TRAIT_DEAD_STACK:
		if (s->stacks != KL_STACKS_NONE)
			s->stacks = on ? KL_STACKS_LIVE : KL_STACKS_FULL;
		break;
	default:
		s->refinements = on ? s->refinements | trait : (uint16_t)(s->refinements & ~trait);
	}
}

/* "+name" or "-name", @length bytes. */
static struct kl_error *parse_refinement(struct kl_settings *s, const char *text, size_t length)
{
	int bit;

	if (length < 2 || (*text != '+' && *text != '-'))
		return kl_error_create(KL_ERROR_USAGE, "'%.*s' begins with neither + nor -", (int)length, text);
	for (bit = 0; bit < KL_TRAIT_COUNT; bit++) {
		const char *name = kl_trait_name(bit);
		uint16_t trait = (uint16_t)(1U << bit);

		if (trait & NO_REFINEMENT || strlen(name) != length - 1 || strncmp(name, text + 1, length - 1))
			continue;
		switch_refinement(s, trait, *text == '+');
		return NULL;
	}
	return kl_error_create(KL_ERROR_USAGE, "there is no refinement '%.*s'", (int)length - 1, text + 1);
}

struct kl_error *kl_settings_refine(struct kl_settings *s, const char *text)
{
	while (*text) {
		size_t length = strcspn(text, ",");
		struct kl_error *err = parse_refinement(s, text, length);

		if (err)
			return err;
		text += length + (text[length] == ',');
	}
	return NULL;
}

/* ---- roots ---- */

struct kl_error *kl_settings_root(struct kl_settings *s, const char *text)
{
	struct kl_root root = {.kind = KL_ROOT_USER};
	char *end;

	errno = 0;
	root.start = strtoull(text, &end, 16);
	if (end != text && *end == ',' && !errno) {
		root.length = strtoull(end + 1, &end, 0);
		if (!*end && !errno && root.length && root.start + root.length > root.start)
			return kl_vec_push(&s->roots.list, root) ? NULL : kl_error_nomem();
	}
	return kl_error_create(KL_ERROR_USAGE, "root: '%s' is not ADDRESS,LENGTH (address in hexadecimal)", text);
}

/* ---- together ---- */

struct kl_precise_settings kl_settings_precise(const struct kl_settings *s, uint64_t kernel_min_age, unsigned hz)
{
	uint16_t disregard = s->refinements;

	if (s->stacks != KL_STACKS_FULL)
		disregard |= KL_TRAIT_DEAD_STACK;
	if (s->stacks == KL_STACKS_NONE)
		disregard |= KL_TRAIT_STACK;
	if (!s->registers)
		disregard |= KL_TRAIT_REGISTER;
	if (!s->interior)
		disregard |= KL_TRAIT_INTERIOR;
	return (struct kl_precise_settings){
		.disregard = disregard,
		.types = s->types,
		.siblings = s->siblings,
		.percpu = s->percpu,
		.untracked = s->untracked,
		.min_age = s->has_min_age ? (uint64_t)(s->min_age_s * hz) : kernel_min_age,
		.min_unref_scans = s->min_unref_scans,
	};
}

struct kl_error *kl_settings_check(const struct kl_settings *s)
{
	struct kl_settings allowed;

	if (s->policy == KL_POLICY_PRECISE)
		return NULL;
	kl_settings_init(&allowed);
	if ((s->stacks == KL_STACKS_LIVE || s->stacks == KL_STACKS_NONE) && s->registers && s->interior && s->types &&
	    s->siblings && s->percpu && s->untracked && s->refinements == allowed.refinements && !s->has_min_age &&
	    !s->min_unref_scans)
		return NULL;
	return kl_error_create(KL_ERROR_USAGE, "the kernel policy takes no settings but stacks=none and more roots");
}

void kl_settings_describe(const struct kl_settings *s, struct kl_strbuf *sb)
{
	const struct kl_precise_settings precise = kl_settings_precise(s, 0, 0);
	const struct kl_root *root;
	size_t before = sb->length;
	int bit;

	if (s->has_min_age)
		kl_strbuf_printf(sb, "min-age=%g ", s->min_age_s);
	if (s->min_unref_scans)
		kl_strbuf_printf(sb, "min-unref-scans=%" PRIu32 " ", s->min_unref_scans);
	for (bit = 0; bit < KL_TRAIT_COUNT; bit++) {
		uint16_t trait = (uint16_t)(1U << bit);
		bool honoured = trait == KL_TRAIT_INTEGER ? s->types : (precise.disregard & trait) != 0;
		bool by_default = trait == KL_TRAIT_INTEGER || (KL_PRECISE_DISREGARD_ALL & trait);

		if (honoured != by_default)
			kl_strbuf_printf(sb, "%c%s ", honoured ? '+' : '-', kl_trait_name(bit));
	}
	if (!s->siblings)
		kl_strbuf_puts(sb, "-siblings ");
	if (!s->percpu)
		kl_strbuf_puts(sb, "-percpu ");
	if (s->untracked == KL_UNTRACKED_NONE)
		kl_strbuf_puts(sb, "-untracked ");
	else if (s->untracked != KL_UNTRACKED_POSSIBLE)
		kl_strbuf_puts(sb, s->untracked == KL_UNTRACKED_ALL ? "untracked=all " : "untracked=strict ");
	kl_vec_for_each (root, &s->roots.list)
		kl_strbuf_printf(sb, "root=0x%" PRIx64 ",%" PRIu64 " ", root->start, root->length);
	if (sb->length == before)
		kl_strbuf_puts(sb, "defaults ");
	if (!sb->failed)
		sb->data[--sb->length] = '\0';
}

/* ---- back from words ---- */

/* "+no-stacks", "-mask-vmap": unlike on the command line, the names of settings' own traits stand here, too. */
static bool restore_trait(struct kl_settings *s, const char *word)
{
	bool on = *word == '+';
	int bit;

	for (bit = 0; bit < KL_TRAIT_COUNT && strcmp(word + 1, kl_trait_name(bit)) != 0; bit++)
		;
	switch (bit) {
	case KL_TRAIT_COUNT:
		return false;
	case KL_TRAIT_BIT_STACK:
		s->stacks = on ? KL_STACKS_NONE : s->stacks;
		break;
	case KL_TRAIT_BIT_REGISTER:
		s->registers = !on;
		break;
	case KL_TRAIT_BIT_INTERIOR:
		s->interior = !on;
		break;
	default:
		switch_refinement(s, (uint16_t)(1U << bit), on);
	}
	return true;
}

static struct kl_error *restore_word(struct kl_settings *s, const char *word)
{
	struct kl_error *err = NULL;

	if (!strcmp(word, "defaults"))
		return NULL;
	if (!strncmp(word, "min-age=", 8))
		err = set_min_age(s, "min-age", word + 8);
	else if (!strncmp(word, "min-unref-scans=", 16))
		err = set_min_unref_scans(s, "min-unref-scans", word + 16);
	else if (!strncmp(word, "root=", 5))
		err = kl_settings_root(s, word + 5);
	else if (!strncmp(word, "untracked=", 10))
		err = set_untracked(s, "untracked", word + 10);
	else if (!strcmp(word, "-untracked"))
		s->untracked = KL_UNTRACKED_NONE;
	else if (!strcmp(word, "-siblings"))
		s->siblings = false;
	else if (!strcmp(word, "-percpu"))
		s->percpu = false;
	else if ((*word != '+' && *word != '-') || !restore_trait(s, word))
		err = kl_error_create(KL_ERROR_UNSUPPORTED, "the run has a setting that this version does not know: %s",
				      word);
	return err;
}

struct kl_error *kl_settings_restore(struct kl_settings *s, const char *text)
{
	_cleanup_free_ char *copy = strdup(text);
	char *rest = copy, *word;
	struct kl_error *err = NULL;

	if (!copy)
		return kl_error_nomem();
	while (!err && (word = strsep(&rest, " "))) {
		if (*word)
			err = restore_word(s, word);
	}
	return err;
}
