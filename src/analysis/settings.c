/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/settings.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

/* Traits that thresholds of their own set, not --precise. */
#define THRESHOLD_TRAITS (KL_TRAIT_STACK | KL_TRAIT_REGISTER | KL_TRAIT_INTERIOR)

void kl_settings_init(struct kl_settings *s)
{
	*s = (struct kl_settings){.disregard = KL_PRECISE_DISREGARD_ALL, .types = true, .untracked = true};
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
	return kl_error_create(KL_ERROR_USAGE, "--%s: '%s' is not %s", name, value, wanted);
}

/* ---- thresholds ---- */

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
	s->disregard |= KL_TRAIT_DEAD_STACK | KL_TRAIT_STACK_TWICE;
	s->disregard &= (uint16_t)~KL_TRAIT_STACK;
	s->no_stacks = false;
	if (!strcmp(value, "live"))
		return NULL;
	if (!strcmp(value, "full")) {
		s->disregard &= (uint16_t)~KL_TRAIT_DEAD_STACK;
		return NULL;
	}
	if (strcmp(value, "none"))
		return bad_value(name, value, "live, full or none");
	s->disregard |= KL_TRAIT_STACK;
	s->no_stacks = true;
	return NULL;
}

static struct kl_error *parse_yes_no(const char *name, const char *value, bool *ret)
{
	*ret = !strcmp(value, "yes");
	return *ret || !strcmp(value, "no") ? NULL : bad_value(name, value, "yes or no");
}

/* "yes" means that references with @trait count. */
static struct kl_error *set_counting(struct kl_settings *s, uint16_t trait, const char *name, const char *value)
{
	struct kl_error *err;
	bool yes;

	err = parse_yes_no(name, value, &yes);
	s->disregard = yes ? (uint16_t)(s->disregard & ~trait) : (uint16_t)(s->disregard | trait);
	return err;
}

static struct kl_error *set_registers(struct kl_settings *s, const char *name, const char *value)
{
	return set_counting(s, KL_TRAIT_REGISTER, name, value);
}

static struct kl_error *set_interior(struct kl_settings *s, const char *name, const char *value)
{
	return set_counting(s, KL_TRAIT_INTERIOR, name, value);
}

static struct kl_error *set_types(struct kl_settings *s, const char *name, const char *value)
{
	return parse_yes_no(name, value, &s->types);
}

static struct kl_error *set_untracked(struct kl_settings *s, const char *name, const char *value)
{
	return parse_yes_no(name, value, &s->untracked);
}

struct kl_error *kl_settings_threshold(struct kl_settings *s, const char *name, const char *value)
{
	static const struct {
		const char *name;
		struct kl_error *(*set)(struct kl_settings *s, const char *name, const char *value);
	} thresholds[] = {
#define X(id, name, values, help) {name, set_##id},
		KL_THRESHOLDS(X)
#undef X
	};
	size_t i;

	for (i = 0; i < sizeof(thresholds) / sizeof(*thresholds); i++) {
		if (!strcmp(name, thresholds[i].name))
			return thresholds[i].set(s, name, value);
	}
	return kl_error_create(KL_ERROR_USAGE, "there is no threshold '%s'", name);
}

/* ---- refinements ---- */

static struct kl_error *switch_refinement(struct kl_settings *s, const char *text, size_t length)
{
	bool on = *text == '+';
	int bit;

	if (length < 2 || (!on && *text != '-'))
		return kl_error_create(KL_ERROR_USAGE, "--precise: '%.*s' begins with neither + nor -", (int)length,
				       text);
	for (bit = 0; bit < KL_TRAIT_COUNT; bit++) {
		const char *name = kl_trait_name(bit);
		uint16_t trait = (uint16_t)(1U << bit);

		if (trait & THRESHOLD_TRAITS || strlen(name) != length - 1 || strncmp(name, text + 1, length - 1))
			continue;
		if (trait == KL_TRAIT_INTEGER)
			s->types = on;
		else
			s->disregard = on ? s->disregard | trait : (uint16_t)(s->disregard & ~trait);
		return NULL;
	}
	return kl_error_create(KL_ERROR_USAGE, "--precise: there is no refinement '%.*s'", (int)length - 1, text + 1);
}

struct kl_error *kl_settings_refinements(struct kl_settings *s, const char *text)
{
	while (*text) {
		size_t length = strcspn(text, ",");
		struct kl_error *err = switch_refinement(s, text, length);

		if (err)
			return err;
		text += length + (text[length] == ',');
	}
	return NULL;
}

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
	return kl_error_create(KL_ERROR_USAGE, "--root: '%s' is not ADDRESS,LENGTH (address in hexadecimal)", text);
}

/* ---- together ---- */

struct kl_error *kl_settings_check(const struct kl_settings *s)
{
	struct kl_settings defaults;

	if (s->policy == KL_POLICY_PRECISE)
		return NULL;
	kl_settings_init(&defaults);
	if (s->no_stacks)
		defaults.disregard |= KL_TRAIT_STACK;
	if (s->disregard == defaults.disregard && s->types == defaults.types && s->untracked == defaults.untracked &&
	    !s->has_min_age && !s->min_unref_scans)
		return NULL;
	return kl_error_create(
		KL_ERROR_USAGE,
		"the policy kernel has the kernel's own thresholds and no refinements (but --stacks none)");
}

struct kl_precise_settings kl_settings_precise(const struct kl_settings *s, uint64_t kernel_min_age, unsigned hz)
{
	return (struct kl_precise_settings){
		.disregard = s->disregard,
		.types = s->types,
		.untracked = s->untracked,
		.min_age = s->has_min_age ? (uint64_t)(s->min_age_s * hz) : kernel_min_age,
		.min_unref_scans = s->min_unref_scans,
	};
}

void kl_settings_describe(const struct kl_settings *s, struct kl_strbuf *sb)
{
	const struct kl_root *root;
	size_t before = sb->length;
	int bit;

	if (s->has_min_age)
		kl_strbuf_printf(sb, "min-age=%g ", s->min_age_s);
	if (s->min_unref_scans)
		kl_strbuf_printf(sb, "min-unref-scans=%" PRIu32 " ", s->min_unref_scans);
	for (bit = 0; bit < KL_TRAIT_COUNT; bit++) {
		uint16_t trait = (uint16_t)(1U << bit);
		bool honoured = trait == KL_TRAIT_INTEGER ? s->types : (s->disregard & trait) != 0;
		bool by_default = trait == KL_TRAIT_INTEGER || (KL_PRECISE_DISREGARD_ALL & trait);

		if (honoured != by_default)
			kl_strbuf_printf(sb, "%c%s ", honoured ? '+' : '-', kl_trait_name(bit));
	}
	if (!s->untracked)
		kl_strbuf_puts(sb, "-untracked ");
	kl_vec_for_each (root, &s->roots.list)
		kl_strbuf_printf(sb, "root=0x%" PRIx64 ",%" PRIu64 " ", root->start, root->length);
	if (sb->length == before)
		kl_strbuf_puts(sb, "defaults ");
	if (!sb->failed)
		sb->data[--sb->length] = '\0';
}
