/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test.h"

#include "analysis/settings.h"

static struct kl_settings settings;

static void begin(void)
{
	kl_settings_deinit(&settings);
	kl_settings_init(&settings);
}

#define CHECK_DESCRIBED(wanted)                             \
	do {                                                \
		_cleanup_strbuf_ struct kl_strbuf sb_ = {}; \
		kl_settings_describe(&settings, &sb_);      \
		CHECK_STR(kl_strbuf_string(&sb_), wanted);  \
	} while (0)

static void test_defaults(void)
{
	struct kl_precise_settings precise;

	begin();
	CHECK_DESCRIBED("defaults");
	CHECK_INT(settings.policy, KL_POLICY_PRECISE);
	precise = kl_settings_precise(&settings, 1250, 250);
	CHECK_INT(precise.disregard, KL_PRECISE_DISREGARD_ALL);
	CHECK_INT(precise.min_age, 1250);
	CHECK_INT(precise.min_unref_scans, 0);
	CHECK(precise.types && precise.untracked);
}

static void test_policies(void)
{
	begin();
	CHECK_OK(kl_settings_policy(&settings, "kernel"));
	CHECK_INT(settings.policy, KL_POLICY_KERNEL);
	CHECK_OK(kl_settings_check(&settings));
	CHECK_OK(kl_settings_policy(&settings, "precise"));
	CHECK_ERROR(kl_settings_policy(&settings, "kern"), KL_ERROR_USAGE);
}

static void test_min_age(void)
{
	begin();
	CHECK_OK(kl_settings_set(&settings, "min-age", "2.5"));
	CHECK_INT(kl_settings_precise(&settings, 1250, 100).min_age, 250);
	CHECK_ERROR(kl_settings_set(&settings, "min-age", "-1"), KL_ERROR_USAGE);
	CHECK_ERROR(kl_settings_set(&settings, "min-age", "5s"), KL_ERROR_USAGE);
	CHECK_ERROR(kl_settings_set(&settings, "min-age", ""), KL_ERROR_USAGE);
	CHECK_ERROR(kl_settings_set(&settings, "min-age", "nan"), KL_ERROR_USAGE);
}

static uint16_t disregarded(void)
{
	return kl_settings_precise(&settings, 0, 0).disregard;
}

static void test_stacks(void)
{
	begin();
	CHECK_OK(kl_settings_set(&settings, "stacks", "full"));
	CHECK(!(disregarded() & (KL_TRAIT_DEAD_STACK | KL_TRAIT_STACK)));
	CHECK_OK(kl_settings_set(&settings, "stacks", "none"));
	CHECK(disregarded() & KL_TRAIT_STACK);
	CHECK_OK(kl_settings_set(&settings, "stacks", "live"));
	CHECK_DESCRIBED("defaults");
	CHECK_ERROR(kl_settings_set(&settings, "stacks", "all"), KL_ERROR_USAGE);
	CHECK_DESCRIBED("defaults");
}

static void test_yes_and_no(void)
{
	struct kl_precise_settings precise;

	begin();
	CHECK_OK(kl_settings_set(&settings, "registers", "no"));
	CHECK(disregarded() & KL_TRAIT_REGISTER);
	CHECK_OK(kl_settings_set(&settings, "interior", "no"));
	CHECK(disregarded() & KL_TRAIT_INTERIOR);
	CHECK_OK(kl_settings_set(&settings, "types", "no"));
	CHECK_OK(kl_settings_set(&settings, "untracked", "no"));
	precise = kl_settings_precise(&settings, 0, 0);
	CHECK(!precise.types && !precise.untracked);
	CHECK_OK(kl_settings_set(&settings, "untracked", "all"));
	CHECK(settings.untracked == KL_UNTRACKED_ALL);
	CHECK_OK(kl_settings_set(&settings, "untracked", "strict"));
	CHECK(settings.untracked == KL_UNTRACKED_LIVE);
	CHECK_OK(kl_settings_set(&settings, "untracked", "yes"));
	CHECK(settings.untracked == KL_UNTRACKED_POSSIBLE);
	CHECK_ERROR(kl_settings_set(&settings, "untracked", "maybe"), KL_ERROR_USAGE);
	CHECK_ERROR(kl_settings_set(&settings, "interior", "maybe"), KL_ERROR_USAGE);
	CHECK_ERROR(kl_settings_set(&settings, "colour", "no"), KL_ERROR_USAGE);
}

static void test_refinements(void)
{
	begin();
	CHECK_OK(kl_settings_refine(&settings, "-live-stacks,-types,+mask-vmap"));
	CHECK(!(disregarded() & KL_TRAIT_DEAD_STACK) && (disregarded() & KL_TRAIT_VMAP) && !settings.types);
	CHECK_DESCRIBED("-live-stacks -types");
	CHECK_OK(kl_settings_refine(&settings, "+live-stacks,+types"));
	CHECK_DESCRIBED("defaults");
	CHECK_ERROR(kl_settings_refine(&settings, "live-stacks"), KL_ERROR_USAGE);
	CHECK_ERROR(kl_settings_refine(&settings, "-live"), KL_ERROR_USAGE);
	CHECK_ERROR(kl_settings_refine(&settings, "-no-registers"), KL_ERROR_USAGE); /* has a name of its own */
	CHECK_ERROR(kl_settings_refine(&settings, "+"), KL_ERROR_USAGE);
}

/* A refinement by name, or a setting and its value. */
struct choice {
	const char *name, *value;
};

static void choose(const struct choice *choice)
{
	if (choice->value)
		CHECK_OK(kl_settings_set(&settings, choice->name, choice->value));
	else
		CHECK_OK(kl_settings_refine(&settings, choice->name));
}

/* All orders of four choices come to @wanted. */
static void check_all_orders(const struct choice choices[4], const char *wanted)
{
	int order, a, b, c;

	for (order = 0; order < 64; order++) {
		a = order / 16, b = order / 4 % 4, c = order % 4;
		if (a == b || b == c || a == c)
			continue;
		begin();
		choose(&choices[a]);
		choose(&choices[b]);
		choose(&choices[c]);
		choose(&choices[6 - a - b - c]);
		CHECK_DESCRIBED(wanted);
	}
}

/* --stacks once switched stack-once on again. */
static void test_no_setting_undoes_another(void)
{
	static const struct choice live[] = {{"-stack-once"}, {"stacks", "live"}, {"registers", "yes"}, {"-mask-vmap"}};
	static const struct choice full[] = {{"-stack-once"}, {"stacks", "full"}, {"interior", "no"}, {"types", "no"}};
	static const struct choice none[] = {
		{"-stack-once"}, {"stacks", "none"}, {"registers", "no"}, {"-live-stacks"}};

	check_all_orders(live, "-stack-once -mask-vmap");
	check_all_orders(full, "-live-stacks -stack-once -types +no-interior");
	check_all_orders(none, "+no-stacks -stack-once +no-registers");
}

/* live-stacks is another name for what stacks chooses: the later word counts. */
static void test_two_names_of_one_setting(void)
{
	begin();
	CHECK_OK(kl_settings_set(&settings, "stacks", "full"));
	CHECK_OK(kl_settings_refine(&settings, "+live-stacks"));
	CHECK_DESCRIBED("defaults");
	CHECK_OK(kl_settings_refine(&settings, "-live-stacks"));
	CHECK_INT(settings.stacks, KL_STACKS_FULL);
	CHECK_OK(kl_settings_set(&settings, "stacks", "live"));
	CHECK_DESCRIBED("defaults");
}

#define CHECK_SAYS(call, text)                                         \
	do {                                                           \
		_cleanup_error_ struct kl_error *err_ = call;          \
		CHECK_STR(err_ ? kl_error_message(err_) : NULL, text); \
	} while (0)

/* How an option is written is for the command line to know. */
static void test_errors_name_the_setting(void)
{
	begin();
	CHECK_SAYS(kl_settings_set(&settings, "stacks", "all"), "stacks: 'all' is not live, full or none");
	CHECK_SAYS(kl_settings_set(&settings, "colour", "no"), "there is no setting 'colour'");
	CHECK_SAYS(kl_settings_refine(&settings, "+types,-live"), "there is no refinement 'live'");
	CHECK_SAYS(kl_settings_refine(&settings, "types"), "'types' begins with neither + nor -");
	CHECK_SAYS(kl_settings_root(&settings, "5"), "root: '5' is not ADDRESS,LENGTH (address in hexadecimal)");
}

static void test_roots(void)
{
	begin();
	CHECK_OK(kl_settings_root(&settings, "0xffff888000001000,4096"));
	CHECK_OK(kl_settings_root(&settings, "ffff888000003000,0x10"));
	CHECK_INT(settings.roots.list.count, 2);
	CHECK_INT(settings.roots.list.data[1].length, 16);
	CHECK_DESCRIBED("root=0xffff888000001000,4096 root=0xffff888000003000,16");
	CHECK_ERROR(kl_settings_root(&settings, "0x1000"), KL_ERROR_USAGE);
	CHECK_ERROR(kl_settings_root(&settings, "0x1000,0"), KL_ERROR_USAGE);
	CHECK_ERROR(kl_settings_root(&settings, "ffffffffffffffff,2"), KL_ERROR_USAGE);
	CHECK_ERROR(kl_settings_root(&settings, "0x1000,16 "), KL_ERROR_USAGE);
}

static void test_the_kernel_has_its_own_settings(void)
{
	begin();
	CHECK_OK(kl_settings_policy(&settings, "kernel"));
	CHECK_OK(kl_settings_set(&settings, "stacks", "none"));
	CHECK_OK(kl_settings_check(&settings));
	CHECK_OK(kl_settings_set(&settings, "min-age", "0"));
	CHECK_ERROR(kl_settings_check(&settings), KL_ERROR_USAGE);
	begin();
	CHECK_OK(kl_settings_policy(&settings, "kernel"));
	CHECK_OK(kl_settings_refine(&settings, "-mask-vmap"));
	CHECK_ERROR(kl_settings_check(&settings), KL_ERROR_USAGE);
}

/* What a run was made with can be had again from its record. */
static void test_restored_from_words(void)
{
	static const char *const words[] = {
		"defaults",
		"min-age=0.5 min-unref-scans=3 -live-stacks -mask-vmap -types -untracked",
		"-siblings -percpu untracked=all",
		"-types untracked=strict",
		"+no-stacks +no-registers +no-interior root=0xffff888000001000,4096",
	};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(*words); i++) {
		begin();
		CHECK_OK(kl_settings_restore(&settings, words[i]));
		CHECK_DESCRIBED(words[i]);
	}
	begin();
	CHECK_ERROR(kl_settings_restore(&settings, "+something-newer"), KL_ERROR_UNSUPPORTED);
	CHECK_ERROR(kl_settings_restore(&settings, "min-age=soon"), KL_ERROR_USAGE);
}

int main(void)
{
	RUN(test_defaults);
	RUN(test_policies);
	RUN(test_min_age);
	RUN(test_stacks);
	RUN(test_yes_and_no);
	RUN(test_refinements);
	RUN(test_no_setting_undoes_another);
	RUN(test_two_names_of_one_setting);
	RUN(test_errors_name_the_setting);
	RUN(test_roots);
	RUN(test_the_kernel_has_its_own_settings);
	RUN(test_restored_from_words);
	kl_settings_deinit(&settings);
	return DONE();
}
