/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/diff_print.h"
#include "report/growth_print.h"
#include "report/page.h"
#include "report/run_json.h"

static void emit_verdicts(struct kl_emitter *e, const struct kl_diff_verdicts *v)
{
	kl_emit_object(e, NULL);
	kl_emit_string(e, "from", kl_store_verdict_name(v->from));
	kl_emit_string(e, "to", kl_store_verdict_name(v->to));
	kl_emit_int(e, "objects", v->objects);
	kl_emit_end(e);
}

static struct kl_error *emit_change(struct kl_emitter *e, const struct kl_diff_print *p, const struct kl_diff *diff,
				    const struct kl_diff_group *g)
{
	const struct kl_store_frame *frames;
	struct kl_error *err;
	size_t n, i;

	err = kl_diff_frames(p, diff, g, &frames, &n);
	if (err)
		return err;
	kl_emit_object(e, NULL);
	if (e->lines)
		kl_emit_string(e, "record", "group");
	kl_emit_string(e, "change", kl_change_name(g->change));
	kl_emit_hash(e, "stack_hash", g->stack_hash);
	if (g->hashes_b.count) {
		kl_emit_array(e, "stack_hashes_b");
		for (i = 0; i < g->hashes_b.count; i++)
			kl_emit_hash(e, NULL, g->hashes_b.data[i]);
		kl_emit_end(e);
	}
	err = kl_emit_stack(e, frames, n);
	kl_emit_array(e, "new_objects");
	for (i = 0; i < g->new_objects.count; i++)
		kl_emit_address(e, NULL, g->new_objects.data[i].address);
	kl_emit_end(e);
	if (g->verdicts.count) {
		kl_emit_array(e, "verdicts");
		for (i = 0; i < g->verdicts.count; i++)
			emit_verdicts(e, &g->verdicts.data[i]);
		kl_emit_end(e);
	}
	kl_emit_int(e, "objects_a", g->objects_a);
	kl_emit_int(e, "objects_b", g->objects_b);
	kl_emit_int(e, "bytes_a", g->bytes_a);
	kl_emit_int(e, "bytes_b", g->bytes_b);
	kl_emit_end(e);
	return err;
}

/* Members of the object that is open: all but the groups. */
static struct kl_error *emit_comparison(struct kl_emitter *e, const struct kl_diff_print *p, const struct kl_diff *diff)
{
	struct kl_error *err;
	int change;

	if (e->lines)
		kl_emit_string(e, "record", "diff");
	kl_emit_int(e, "schema_version", KLEAK_VIEW_VERSION);
	kl_emit_bool(e, "same_boot", diff->same_boot);
	kl_emit_bool(e, "same_settings", diff->same_settings);
	kl_emit_bool(e, "b_is_older", diff->b_is_older);
	err = kl_emit_run(e, "a", p->reader, &diff->a);
	if (!err)
		err = kl_emit_run(e, "b", p->reader, &diff->b);
	kl_emit_object(e, "changes");
	for (change = 0; change < KL_CHANGE_COUNT; change++)
		kl_emit_int(e, kl_change_name((enum kl_change)change), (int64_t)diff->per_change[change]);
	kl_emit_end(e);
	return err;
}

static struct kl_error *emit_changes(struct kl_emitter *e, const struct kl_diff_print *p, const struct kl_diff *diff)
{
	const struct kl_diff_group *group;
	struct kl_error *err = NULL;

	kl_vec_for_each (group, &diff->groups) {
		if (!err)
			err = emit_change(e, p, diff, group);
	}
	return err;
}

static struct kl_error *emit_diff(struct kl_emitter *e, const struct kl_diff_print *p, const struct kl_diff *diff)
{
	struct kl_error *err;

	kl_emit_object(e, NULL);
	err = emit_comparison(e, p, diff);
	kl_emit_array(e, "groups");
	if (!err)
		err = emit_changes(e, p, diff);
	kl_emit_end(e);
	if (!err)
		err = kl_growth_print_json(e, p, diff);
	kl_emit_end(e);
	return err;
}

struct kl_error *kl_diff_print_json(const struct kl_diff_print *p, const struct kl_diff *diff)
{
	struct kl_emitter e = {.out = p->out};

	return emit_diff(&e, p, diff);
}

struct kl_error *kl_diff_print_ndjson(const struct kl_diff_print *p, const struct kl_diff *diff)
{
	struct kl_emitter e = {.out = p->out, .lines = true};
	struct kl_error *err;

	kl_emit_object(&e, NULL);
	err = emit_comparison(&e, p, diff);
	kl_emit_end(&e);
	return err ? err : emit_changes(&e, p, diff);
}

struct kl_error *kl_diff_print_html(const struct kl_diff_print *p, const struct kl_diff *diff)
{
	struct kl_emitter e = {.out = p->out, .in_html = true};
	struct kl_error *err;

	fputs(kl_html_before, p->out);
	err = emit_diff(&e, p, diff);
	fputs(kl_html_after, p->out);
	return err;
}
