/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Suppression files, and what their rules say of a finding. */
#include "fuzz.h"

#include "suppress/rule_file.h"

static void fuzz_one(const uint8_t *data, size_t size)
{
	static const char frames[] = "kmalloc\nring_alloc\nprobe [acme]\ndo_init_module\n";
	const struct kl_suspect suspect = {KLEAK_VERDICT_LEAK, KL_STACK_HAS_FRAMES, "drivers/ring.c:7", "acme",
					   "kmalloc-64"};
	_cleanup_strbuf_ struct kl_strbuf text = {};
	struct kl_rules rules = {};
	const struct kl_rule *rule;

	kl_error_destroy(kl_rules_parse("input", (const char *)data, size, &rules));
	kl_vec_for_each (rule, &rules.list) {
		kl_rule_expired(rule, "2026-11-21");
		kl_rule_fits_release(rule, "6.12.0");
		kl_rule_match_stack(rule, frames);
		kl_rule_matches(rule, &suspect);
		kl_rule_write(&text, rule->name, frames, suspect.site, suspect.cache);
	}
	kl_rules_deinit(&rules);
}
