/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test.h"

#include "suppress/rule_file.h"

static struct kl_error *parse(const char *text, struct kl_rules *rules)
{
	return kl_rules_parse("x.supp", text, strlen(text), rules);
}

/* Whether the one rule of @text matches a leak with these frames. */
static bool matches(const char *text, const char *frames, struct kl_suspect s)
{
	struct kl_rules rules = {};
	bool ret;

	CHECK_OK(parse(text, &rules));
	CHECK_INT(rules.list.count, 1);
	if (!s.verdict)
		s.verdict = KLEAK_VERDICT_LEAK;
	s.of_stack = kl_rule_match_stack(&rules.list.data[0], frames);
	ret = kl_rule_matches(&rules.list.data[0], &s);
	kl_rules_deinit(&rules);
	return ret;
}

#define MATCHES(text, frames, ...) matches("[r]\n" text, frames, (struct kl_suspect){__VA_ARGS__})

static void refuses(const char *text, const char *message)
{
	struct kl_rules rules = {};
	struct kl_error *err = parse(text, &rules);

	CHECK(err != NULL);
	if (err)
		CHECK_STR(kl_error_message(err), message);
	kl_error_destroy(err);
	kl_rules_deinit(&rules);
}

static const char stack[] = "acme_ring_alloc\nacme_probe [acme]\npci_bus_probe\n";

static void test_frames_in_order(void)
{
	CHECK(MATCHES("frame = acme_probe", stack));
	CHECK(MATCHES("frame = acme_*\nframe = pci_bus_probe\n", stack));
	CHECK(!MATCHES("frame = pci_bus_probe\nframe = acme_probe\n", stack));
	CHECK(!MATCHES("frame = acme", stack));
	CHECK(MATCHES("frame=[ab]cme_prob?", stack));
	CHECK(!MATCHES("frame = acme_probe\nframe = acme_probe\n", stack));
	CHECK(!MATCHES("frame = *", ""));
	CHECK(MATCHES("frame = \\?+0x3e1", "?+0x3e1\n"));
	CHECK(!MATCHES("frame = \\?+0x3e2", "?+0x3e1\n"));
}

static void test_one_of_several_values(void)
{
	CHECK(MATCHES("module = other , acme", stack));
	CHECK(MATCHES("module = other\nmodule = acme", stack));
	CHECK(!MATCHES("module = other", stack));
	CHECK(MATCHES("module = other", stack, .site_module = "other"));
	CHECK(!MATCHES("module = acme_core", stack, .site_module = "other"));
}

static void test_all_keys(void)
{
	static const char rule[] =
		"frame = acme_probe\nsite = drivers/acme/*:42\ncache = kmalloc-*\ntype = acme_ring\n";
	struct kl_suspect s = {.site = "drivers/acme/ring.c:42", .cache = "kmalloc-64", .type = "acme_ring"};
	char text[200];

	snprintf(text, sizeof(text), "[r]\n%s", rule);
	CHECK(matches(text, stack, s));
	s.type = NULL; /* not known is no match, whatever the glob */
	CHECK(!matches(text, stack, s));
	s.type = "acme_ring";
	s.cache = "dentry";
	CHECK(!matches(text, stack, s));
	s.cache = "kmalloc-64";
	s.site = "drivers/acme/ring.c:421";
	CHECK(!matches(text, stack, s));
}

static void test_verdicts(void)
{
	CHECK(MATCHES("frame = *", stack, .verdict = KLEAK_VERDICT_WEAK));
	CHECK(MATCHES("frame = *", stack, .verdict = KLEAK_VERDICT_UNCONFIRMED));
	CHECK(!MATCHES("frame = *", stack, .verdict = KLEAK_VERDICT_EXPLAINED));
	CHECK(!MATCHES("frame = *", stack, .verdict = KLEAK_VERDICT_YOUNG));
	CHECK(!MATCHES("frame = *\nverdict = weak", stack));
	CHECK(MATCHES("frame = *\nverdict = weak, leak", stack));
}

static void test_dates_and_releases(void)
{
	struct kl_rules rules = {};
	const struct kl_rule *rule;

	CHECK_OK(parse("# all\r\n[r]\r\nframe = *\r\nuntil = 2027-06-30\r\nrelease = 6.12.*, 6.1.*\r\n"
		       "comment = a, b = c\r\n",
		       &rules));
	rule = &rules.list.data[0];
	CHECK(!kl_rule_expired(rule, "2027-06-30"));
	CHECK(kl_rule_expired(rule, "2027-07-01"));
	CHECK(kl_rule_fits_release(rule, "6.1.192"));
	CHECK(!kl_rule_fits_release(rule, "6.13.1"));
	CHECK(!kl_rule_fits_release(rule, NULL));
	CHECK_STR(rule->comment, "a, b = c");
	CHECK_STR(rule->name, "r");
	CHECK_INT(rule->line, 2);
	kl_rules_deinit(&rules);
}

static void test_bad_lines(void)
{
	refuses("frame = x\n", "x.supp:1: expected '[name]' before the first key");
	refuses("[a]\nframe\n", "x.supp:2: expected '[name]' or 'key = value'");
	refuses("[]\n", "x.supp:1: expected a name between the brackets");
	refuses("[a]\nframe = \n", "x.supp:2: expected a value behind '='");
	refuses("[a]\nframe = x,,y\n", "x.supp:2: expected a value behind '='");
	refuses("[a]\nfun = x\n",
		"x.supp:2: expected a key: frame, module, site, cache, type, release, verdict, until or comment");
	refuses("[a]\nframe = x\nuntil = 2027-13-01\n",
		"x.supp:3: expected the last day on which the rule applies, such as 2027-06-30");
	refuses("[a]\nframe = x\nuntil = soon\n",
		"x.supp:3: expected the last day on which the rule applies, such as 2027-06-30");
	refuses("[a]\nverdict = suppressed\n",
		"x.supp:2: expected verdicts: leak, indirect, weak, unconfirmed, young, modified or explained");
	refuses("\n[a]\nverdict = leak\n[b]\nframe = x\n",
		"x.supp:2: expected a frame, module, site, cache or type in this rule, which suppresses everything");
	refuses("[a]\nrelease = 6.*\n",
		"x.supp:1: expected a frame, module, site, cache or type in this rule, which suppresses everything");
}

/* What is written matches the stack that it was made of, and no other, whatever its bytes. */
static void test_written_rules(void)
{
	static const char *const stacks[] = {
		stack,
		"?+0x3e1\ndo_one_initcall\n",
		"odd[name*]\\, \033[31mred\n",
		"cache kmalloc-64\n",
	};
	size_t i, j;

	for (i = 0; i < sizeof(stacks) / sizeof(*stacks); i++) {
		struct kl_strbuf sb = {};

		kl_rule_write(&sb, "[\n]frame = *", stacks[i], NULL, NULL);
		for (j = 0; j < sizeof(stacks) / sizeof(*stacks); j++)
			CHECK_INT(matches(kl_strbuf_string(&sb), stacks[j], (struct kl_suspect){}), i == j);
		kl_strbuf_deinit(&sb);
	}
}

int main(void)
{
	RUN(test_frames_in_order);
	RUN(test_one_of_several_values);
	RUN(test_all_keys);
	RUN(test_verdicts);
	RUN(test_dates_and_releases);
	RUN(test_bad_lines);
	RUN(test_written_rules);
	return DONE();
}
