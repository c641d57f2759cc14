/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/diff_print.h"
#include "report/run_json.h"

static void emit_verdicts(struct kl_emitter *e, const struct kl_diff_verdicts *v)
{
	kl_emit_object(e, NULL);
	kl_emit_string(e, "from", kl_store_verdict_name(v->from));
	kl_emit_string(e, "to", kl_store_verdict_name(v->to));
	kl_emit_int(e, "objects", v->objects);
	kl_emit_end(e);
}

static struct kl_error *emit_change(struct kl_emitter *e, const struct kl_diff_print *p, const struct kl_diff_group *g)
{
	const struct kl_store_frame *frames;
	struct kl_error *err;
	size_t n, i;

	err = kl_reader_stack(p->reader, g->stack_id, &frames, &n);
	if (err)
		return err;
	kl_emit_object(e, NULL);
	kl_emit_string(e, "change", kl_change_name(g->change));
	kl_emit_hash(e, "stack_hash", g->stack_hash);
	if (g->hashes_b.count) {
		kl_emit_array(e, "stack_hashes_b");
		for (i = 0; i < g->hashes_b.count; i++)
			kl_emit_hash(e, NULL, g->hashes_b.data[i]);
		kl_emit_end(e);
	}
	kl_emit_frames(e, "frames", frames, n);
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
	return NULL;
}

struct kl_error *kl_diff_print_json(const struct kl_diff_print *p, const struct kl_diff *diff)
{
	struct kl_emitter e = {.out = p->out};
	const struct kl_diff_group *group;
	struct kl_error *err;

	kl_emit_object(&e, NULL);
	kl_emit_int(&e, "schema_version", KLEAK_VIEW_VERSION);
	kl_emit_bool(&e, "same_boot", diff->same_boot);
	kl_emit_bool(&e, "same_settings", diff->same_settings);
	kl_emit_bool(&e, "b_is_older", diff->b_is_older);
	err = kl_emit_run(&e, "a", p->reader, &diff->a);
	if (!err)
		err = kl_emit_run(&e, "b", p->reader, &diff->b);
	kl_emit_array(&e, "groups");
	kl_vec_for_each (group, &diff->groups) {
		if (!err)
			err = emit_change(&e, p, group);
	}
	kl_emit_end(&e);
	kl_emit_end(&e);
	return err;
}
