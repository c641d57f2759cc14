/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/suppressing.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "analysis/suspects.h"
#include "verdict/heads.h"

#define NO_RULE UINT32_MAX

struct suppressor {
	const struct kl_opened *o;
	const struct kl_snapshot *s;
	const struct kl_marking *m;
	const struct kl_rules *rules;
	struct kl_findings *findings;
	struct kl_rule_uses *uses;
	struct kl_suspects suspects;
	/* What the stacks of findings fulfill, worked out once each: one byte per rule. */
	uint32_t *met; /* per stack: one more than its place in `fulfilled`; 0 = not met yet */
	KL_VEC(uint8_t) fulfilled;
	uint32_t *rule_of;      /* per row: the rule that suppressed it, or NO_RULE */
	uint8_t *leaked, *kept; /* per row */
	char today[11];
};

static void suppressor_deinit(struct suppressor *s)
{
	free(s->met);
	free(s->rule_of);
	free(s->leaked);
	free(s->kept);
	kl_vec_deinit(&s->fulfilled);
	kl_suspects_deinit(&s->suspects);
}

static struct kl_error *suppressor_init(struct suppressor *s)
{
	const struct kl_rule *rule;
	time_t now = time(NULL);
	struct tm date = {};
	size_t rows = s->s->heap.rows;

	s->met = calloc(kl_intern_count(s->s->heap.stacks), sizeof(*s->met));
	s->rule_of = malloc((rows + 1) * sizeof(*s->rule_of));
	s->leaked = calloc(rows + 1, 1);
	s->kept = calloc(rows + 1, 1);
	if (!s->met || !s->rule_of || !s->leaked || !s->kept)
		return kl_error_nomem();
	memset(s->rule_of, 0xff, (rows + 1) * sizeof(*s->rule_of)); /* NO_RULE */
	gmtime_r(&now, &date);
	strftime(s->today, sizeof(s->today), "%Y-%m-%d", &date);
	kl_vec_for_each (rule, &s->rules->list) {
		struct kl_rule_use use = {
			.idle = kl_rule_expired(rule, s->today)                      ? "expired"
				: !kl_rule_fits_release(rule, s->o->kernel->release) ? "for other kernels"
										     : NULL,
		};

		if (!kl_vec_push(&s->uses->list, use))
			return kl_error_nomem();
	}
	return kl_suspects_init(s->o->kernel, s->s, &s->m->facts, &s->suspects);
}

/* ---- what a rule asks about a finding ---- */

/* What the stack fulfills of each rule; valid until the next stack is met. */
static struct kl_error *ask_stack(struct suppressor *s, uint32_t stack, const uint8_t **ret)
{
	_cleanup_strbuf_ struct kl_strbuf frames = {};
	const struct kl_rule *rule;
	struct kl_error *err;

	if (!s->met[stack]) {
		err = kl_suspects_frames(s->o->kernel, &s->s->heap, stack, &frames);
		if (err)
			return err;
		s->met[stack] = (uint32_t)(s->fulfilled.count / s->rules->list.count) + 1;
		kl_vec_for_each (rule, &s->rules->list) {
			unsigned bits = kl_rule_match_stack(rule, kl_strbuf_string(&frames));

			if (!kl_vec_push(&s->fulfilled, (uint8_t)bits))
				return kl_error_nomem();
		}
	}
	*ret = s->fulfilled.data + (size_t)(s->met[stack] - 1) * s->rules->list.count;
	return NULL;
}

static struct kl_error *find_suppressing_rule(struct suppressor *s, const struct kl_finding *f, uint32_t *ret)
{
	const uint8_t *of_stack = NULL;
	struct kl_error *err = ask_stack(s, s->s->heap.stack[f->row], &of_stack);
	struct kl_suspect_words words;
	struct kl_suspect suspect;
	uint32_t i;

	*ret = NO_RULE;
	if (err || !of_stack)
		return err;
	kl_suspects_describe(&s->suspects, f->row, &words);
	suspect = (struct kl_suspect){
		.verdict = f->verdict,
		.site = words.site,
		.site_module = words.site_module,
		.cache = words.cache,
		.type = words.type,
	};
	for (i = 0; i < s->rules->list.count && *ret == NO_RULE; i++) {
		suspect.of_stack = of_stack[i];
		if (!s->uses->list.data[i].idle && kl_rule_matches(&s->rules->list.data[i], &suspect))
			*ret = i;
	}
	return NULL;
}

/* ---- what hangs on a suppressed leak ---- */

/* Marks everything leaked that the leaks which stay lead to. */
static struct kl_error *keep_reached(struct suppressor *s)
{
	const struct kl_finding *f;

	kl_vec_for_each (f, &s->findings->list) {
		if (f->verdict == KLEAK_VERDICT_LEAK && s->rule_of[f->row] == NO_RULE)
			s->kept[f->row] = 1;
	}
	return kl_edges_reach(&s->m->marked.edges, s->s->heap.rows, s->leaked, s->kept);
}

/* Findings of verdict indirect get the head that is left to them; without one they go with their own. */
static struct kl_error *rehang(struct suppressor *s)
{
	_cleanup_free_ uint32_t *heads = NULL;
	struct kl_finding *f;
	struct kl_error *err = keep_reached(s);

	if (!err)
		err = kl_heads_find(&s->s->heap, &s->m->marked.edges, s->kept, s->o->kernel->jiffies, &heads);
	if (err)
		return err;
	kl_vec_for_each (f, &s->findings->list) {
		_cleanup_strbuf_ struct kl_strbuf sb = {};

		if (f->verdict != KLEAK_VERDICT_INDIRECT || s->rule_of[f->row] != NO_RULE)
			continue;
		if (!s->kept[f->row])
			s->rule_of[f->row] = s->rule_of[f->head];
		if (!s->kept[f->row] || heads[f->row] == f->head)
			continue;
		f->head = heads[f->row];
		kl_strbuf_printf(&sb, "only reachable through the leaked object at %#" PRIx64 " and suppressed ones",
				 s->s->heap.address[f->head]);
		if (sb.failed)
			return kl_error_nomem();
		err = kl_intern_add(s->findings->reasons, sb.data, sb.length, &f->reason);
		if (err)
			return err;
	}
	return NULL;
}

/* ---- the verdicts ---- */

static struct kl_error *suppress_finding(struct suppressor *s, struct kl_finding *f)
{
	const struct kl_rule *rule = &s->rules->list.data[s->rule_of[f->row]];
	struct kl_rule_use *use = &s->uses->list.data[s->rule_of[f->row]];
	_cleanup_strbuf_ struct kl_strbuf sb = {};

	use->objects++;
	use->bytes += s->s->heap.size[f->row];
	kl_strbuf_printf(&sb, "by the rule [%s] of %s:%u", rule->name, rule->file, rule->line);
	if (rule->comment)
		kl_strbuf_printf(&sb, ": %s", rule->comment);
	if (sb.failed)
		return kl_error_nomem();
	f->verdict = KLEAK_VERDICT_SUPPRESSED;
	f->head = KL_NO_OBJECT;
	return kl_intern_add(s->findings->reasons, sb.data, sb.length, &f->reason);
}

static struct kl_error *suppress_all(struct suppressor *s)
{
	struct kl_error *err = suppressor_init(s);
	struct kl_finding *f;

	kl_vec_for_each (f, &s->findings->list) {
		if (!err)
			err = find_suppressing_rule(s, f, &s->rule_of[f->row]);
		s->leaked[f->row] = (uint8_t)kleak_verdict_is_leaked(f->verdict);
	}
	if (!err)
		err = rehang(s);
	kl_vec_for_each (f, &s->findings->list) {
		if (!err && s->rule_of[f->row] != NO_RULE)
			err = suppress_finding(s, f);
	}
	return err;
}

struct kl_error *kl_suppress_findings(const struct kl_opened *o, const struct kl_snapshot *s,
				      const struct kl_marking *m, struct kl_findings *findings,
				      struct kl_rule_uses *ret)
{
	struct suppressor suppressor = {
		.o = o, .s = s, .m = m, .rules = o->options->rules, .findings = findings, .uses = ret};
	struct kl_error *err;

	if (!suppressor.rules || !suppressor.rules->list.count)
		return NULL;
	err = suppress_all(&suppressor);
	suppressor_deinit(&suppressor);
	return err;
}
