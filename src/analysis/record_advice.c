/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/record_advice.h"

#include "util/strbuf.h"

static struct kl_error *store_rule(struct kl_writer *w, const struct kl_rule *rule, const struct kl_rule_use *use)
{
	_cleanup_strbuf_ struct kl_strbuf origin = {};
	struct kl_store_advice advice = {
		.kind = "suppression",
		.name = rule->name,
		.state = use->idle      ? use->idle
			 : use->objects ? "used"
					: "unused",
		.note = rule->comment,
		.objects = (int64_t)use->objects,
		.bytes = (int64_t)use->bytes,
	};

	kl_strbuf_printf(&origin, "%s:%u", rule->file, rule->line);
	advice.origin = kl_strbuf_string(&origin);
	return origin.failed ? kl_error_nomem() : kl_writer_add_advice(w, &advice);
}

struct kl_error *kl_advice_store(const struct kl_analysis *a, struct kl_writer *w)
{
	const struct kl_rules *rules = a->opened.options->rules;
	struct kl_error *err = NULL;
	size_t i;

	for (i = 0; i < a->judgement.rule_uses.list.count && !err; i++)
		err = store_rule(w, &rules->list.data[i], &a->judgement.rule_uses.list.data[i]);
	return err;
}
