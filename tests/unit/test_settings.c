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
	CHECK_OK(kl_settings_threshold(&settings, "min-age", "2.5"));
	CHECK_INT(kl_settings_precise(&settings, 1250, 100).min_age, 250);
	CHECK_ERROR(kl_settings_threshold(&settings, "min-age", "-1"), KL_ERROR_USAGE);
	CHECK_ERROR(kl_settings_threshold(&settings, "min-age", "5s"), KL_ERROR_USAGE);
	CHECK_ERROR(kl_settings_threshold(&settings, "min-age", ""), KL_ERROR_USAGE);
	CHECK_ERROR(kl_settings_threshold(&settings, "min-age", "nan"), KL_ERROR_USAGE);
}

static void test_stacks(void)
{
	begin();
	CHECK_OK(kl_settings_threshold(&settings, "stacks", "full"));
	CHECK(!(settings.disregard & (KL_TRAIT_DEAD_STACK | KL_TRAIT_STACK)));
	CHECK_OK(kl_settings_threshold(&settings, "stacks", "none"));
	CHECK(settings.disregard & KL_TRAIT_STACK);
	CHECK_OK(kl_settings_threshold(&settings, "stacks", "live"));
	CHECK_DESCRIBED("defaults");
	CHECK_ERROR(kl_settings_threshold(&settings, "stacks", "all"), KL_ERROR_USAGE);
}

static void test_yes_and_no(void)
{
	begin();
	CHECK_OK(kl_settings_threshold(&settings, "registers", "no"));
	CHECK(settings.disregard & KL_TRAIT_REGISTER);
	CHECK_OK(kl_settings_threshold(&settings, "interior", "no"));
	CHECK(settings.disregard & KL_TRAIT_INTERIOR);
	CHECK_OK(kl_settings_threshold(&settings, "types", "no"));
	CHECK_OK(kl_settings_threshold(&settings, "untracked", "no"));
	CHECK(!settings.types && !settings.untracked);
	CHECK_ERROR(kl_settings_threshold(&settings, "interior", "maybe"), KL_ERROR_USAGE);
	CHECK_ERROR(kl_settings_threshold(&settings, "colour", "no"), KL_ERROR_USAGE);
}

static void test_refinements(void)
{
	begin();
	CHECK_OK(kl_settings_refinements(&settings, "-live-stacks,-types,+mask-vmap"));
	CHECK(!(settings.disregard & KL_TRAIT_DEAD_STACK) && (settings.disregard & KL_TRAIT_VMAP) && !settings.types);
	CHECK_DESCRIBED("-live-stacks -types");
	CHECK_OK(kl_settings_refinements(&settings, "+live-stacks,+types"));
	CHECK_DESCRIBED("defaults");
	CHECK_ERROR(kl_settings_refinements(&settings, "live-stacks"), KL_ERROR_USAGE);
	CHECK_ERROR(kl_settings_refinements(&settings, "-live"), KL_ERROR_USAGE);
	CHECK_ERROR(kl_settings_refinements(&settings, "-no-registers"), KL_ERROR_USAGE); /* a threshold of its own */
	CHECK_ERROR(kl_settings_refinements(&settings, "+"), KL_ERROR_USAGE);
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

static void test_the_kernel_has_its_own_thresholds(void)
{
	begin();
	CHECK_OK(kl_settings_policy(&settings, "kernel"));
	CHECK_OK(kl_settings_threshold(&settings, "stacks", "none"));
	CHECK_OK(kl_settings_check(&settings));
	CHECK_OK(kl_settings_threshold(&settings, "min-age", "0"));
	CHECK_ERROR(kl_settings_check(&settings), KL_ERROR_USAGE);
	begin();
	CHECK_OK(kl_settings_policy(&settings, "kernel"));
	CHECK_OK(kl_settings_refinements(&settings, "-mask-vmap"));
	CHECK_ERROR(kl_settings_check(&settings), KL_ERROR_USAGE);
}

int main(void)
{
	RUN(test_defaults);
	RUN(test_policies);
	RUN(test_min_age);
	RUN(test_stacks);
	RUN(test_yes_and_no);
	RUN(test_refinements);
	RUN(test_roots);
	RUN(test_the_kernel_has_its_own_thresholds);
	kl_settings_deinit(&settings);
	return DONE();
}
