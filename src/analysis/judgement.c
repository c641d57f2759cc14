/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/judgement.h"

#include "analysis/holders.h"
#include "analysis/kin.h"
#include "analysis/vanished.h"

static struct kl_verdict_params verdict_params(const struct kl_opened *o, const struct kl_snapshot *s, uint64_t min_age)
{
	const struct kl_kmemleak_info *info = &s->kmemleak.info;

	return (struct kl_verdict_params){
		.now = o->kernel->jiffies,
		.min_age = min_age,
		.hz = o->kernel->hz ? o->kernel->hz : 1,
		.has_initial_crc = info->has_checksums,
		.initial_crc = info->initial_checksum,
		.min_unref_scans = info->min_unref_scans,
		.incomplete = o->kernel->incomplete,
		.incomplete_count = o->kernel->incomplete_count,
		.needs_look = o->options->settings->policy == KL_POLICY_KERNEL,
	};
}

struct kl_error *kl_judgement_of(const struct kl_opened *o, const struct kl_snapshot *s, const struct kl_marked *marked,
				 uint64_t min_age, struct kl_findings *ret)
{
	struct kl_verdict_params params = verdict_params(o, s, min_age);

	params.no_reasons = true;
	return kl_findings_make(&s->heap, &marked->mark, &marked->edges, &params, ret);
}

static struct kl_error *judge_precisely(const struct kl_opened *o, const struct kl_snapshot *s,
					const struct kl_marking *m, struct kl_findings *ret)
{
	struct kl_verdict_params params = verdict_params(o, s, m->settings.min_age);
	struct kl_holders holders = {};
	struct kl_vanished vanished = {};
	_cleanup_kin_ struct kl_kin kin = {};
	struct kl_error *err = kl_holders_collect(m, &holders);

	params.cpus = m->space.percpu_count;
	if (!err)
		err = kl_vanished_find(o, s, m, &vanished);
	if (!err)
		err = kl_kin_find(o->kernel, m, &kin);
	params.vanished = vanished.rows;
	params.incomplete_count = o->kernel->incomplete_count;
	params.describe_holders = kl_holders_describe;
	params.context = &holders;
	params.describe_kin = kl_kin_describe;
	params.kin_context = &kin;
	params.describe_page = kl_page_sites_describe;
	params.page_context = m->sites.context;
	params.plugin_words = m->plugin_words;
	if (!err)
		err = kl_findings_make(&s->heap, &m->marked.mark, &m->marked.edges, &params, ret);
	kl_vec_deinit(&holders.list);
	kl_vanished_deinit(&vanished);
	return err;
}

static struct kl_error *judge_replay(const struct kl_opened *o, const struct kl_snapshot *s, const struct kl_marking *m,
				     struct kl_judgement *j)
{
	const struct kl_kmemleak_info *info = &s->kmemleak.info;
	struct kl_agreement_params agreement = {
		.last_scan = info->last_scan,
		.has_checksums = info->has_checksums,
		.initial_checksum = info->initial_checksum,
	};
	struct kl_verdict_params params = verdict_params(o, s, info->min_age);
	struct kl_error *err = kl_findings_make(&s->heap, &m->marked.mark, &m->marked.edges, &params, &j->findings);

	if (err || !info->has_last_scan)
		return err;
	return kl_agreement_make(&s->heap, &m->marked.mark, &agreement, &j->agreement);
}

struct kl_error *kl_judgement_make(const struct kl_opened *o, const struct kl_snapshot *s, const struct kl_marking *m,
				   struct kl_judgement *j)
{
	struct kl_error *err = o->options->settings->policy == KL_POLICY_KERNEL
				       ? judge_replay(o, s, m, j)
				       : judge_precisely(o, s, m, &j->findings);

	return err ? err : kl_suppress_findings(o, s, m, &j->findings, &j->rule_uses);
}

void kl_judgement_deinit(struct kl_judgement *j)
{
	kl_vec_deinit(&j->agreement.list);
	kl_vec_deinit(&j->rule_uses.list);
	kl_findings_deinit(&j->findings);
}

struct kl_error *kl_judgement_disagreements(const struct kl_judgement *j, const struct kl_heap *heap,
					    struct kl_store_disagreements *ret)
{
	const struct kl_disagreement *d;

	kl_vec_for_each (d, &j->agreement.list) {
		struct kl_store_disagreement_row row = {
			.address = heap->address[d->row],
			.size = heap->size[d->row],
			.stored = kl_colour_name(d->stored),
			.ours = kl_colour_name(d->ours),
			.reason = d->reason,
		};

		if (!kl_vec_push(&ret->rows, row))
			return kl_error_nomem();
	}
	return NULL;
}
