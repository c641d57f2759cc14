/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>

#include "report/diff_print.h"
#include "report/profile.h"

struct kl_error *kl_diff_print_folded(const struct kl_diff_print *p, const struct kl_diff *diff)
{
	const struct kl_diff_group *g;

	kl_vec_for_each (g, &diff->groups) {
		int64_t a = p->weigh_objects ? g->objects_a : g->bytes_a;
		int64_t b = p->weigh_objects ? g->objects_b : g->bytes_b;
		_cleanup_strbuf_ struct kl_strbuf line = {};
		const struct kl_store_frame *frames;
		struct kl_error *err;
		size_t n;

		err = kl_diff_frames(p, diff, g, &frames, &n);
		if (!err)
			err = kl_profile_fold(&line, frames, n);
		if (err)
			return err;
		fprintf(p->out, "%s %" PRId64 " %" PRId64 "\n", kl_strbuf_string(&line), a, b);
	}
	return NULL;
}

static int64_t excess(int64_t a, int64_t b)
{
	return a > b ? a - b : 0; /* neither is negative */
}

/* That program knows no differences: a profile of what there is more of, and one of what there is less of. */
struct kl_error *kl_diff_print_speedscope(const struct kl_diff_print *p, const struct kl_diff *diff)
{
	static const struct kl_profile_weight names[KL_PROFILE_WEIGHTS] = {
		{"bytes, more in B", "bytes"},
		{"objects, more in B", "none"},
		{"bytes, less in B", "bytes"},
		{"objects, less in B", "none"},
	};
	_cleanup_(kl_profile_destroyp) struct kl_profile *profile = NULL;
	struct kl_error *err = kl_profile_create(&profile);
	_cleanup_strbuf_ struct kl_strbuf name = {};
	const struct kl_diff_group *g;

	kl_vec_for_each (g, &diff->groups) {
		const int64_t weights[KL_PROFILE_WEIGHTS] = {
			excess(g->bytes_b, g->bytes_a),
			excess(g->objects_b, g->objects_a),
			excess(g->bytes_a, g->bytes_b),
			excess(g->objects_a, g->objects_b),
		};
		const struct kl_store_frame *frames = NULL;
		size_t n = 0;

		if (!err)
			err = kl_diff_frames(p, diff, g, &frames, &n);
		if (!err)
			err = kl_profile_add(profile, frames, n, weights);
	}
	kl_strbuf_printf(&name, "%s -> %s", diff->a.dump, diff->b.dump);
	if (!err && name.failed)
		err = kl_error_nomem();
	if (!err)
		kl_profile_print(profile, p->out, kl_strbuf_string(&name), names, KL_PROFILE_WEIGHTS);
	return err;
}
