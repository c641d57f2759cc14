/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report --format folded: "outermost;...;innermost BYTES" for each leaking stack, which is what flame graph tools read.
 * speedscope: the same as a document of that program, with a second profile that counts objects. */
#include <inttypes.h>

#include "report/profile.h"
#include "report/report.h"

static struct kl_error *print_folded(struct kl_report *r, const struct kl_store_group *g,
				     const struct kl_store_frame *frames, size_t n)
{
	_cleanup_strbuf_ struct kl_strbuf line = {};
	int64_t weight = kl_report_weight(r, g, r->weigh_objects);
	struct kl_error *err;

	if (weight <= 0)
		return NULL;
	err = kl_profile_fold(&line, frames, n);
	if (!err)
		fprintf(r->out, "%s %" PRId64 "\n", kl_strbuf_string(&line), weight);
	return err;
}

const struct kl_report_format kl_format_folded = {
	.group = print_folded,
	.diff = kl_diff_print_folded,
	.whole = true,
};

/* ---- speedscope ---- */

static struct kl_error *begin_profile(struct kl_report *r)
{
	return kl_profile_create((struct kl_profile **)&r->state);
}

static void deinit_profile(struct kl_report *r)
{
	kl_profile_destroy(r->state);
	r->state = NULL;
}

static struct kl_error *add_profile_sample(struct kl_report *r, const struct kl_store_group *g,
					   const struct kl_store_frame *frames, size_t n)
{
	const int64_t weights[KL_PROFILE_WEIGHTS] = {kl_report_weight(r, g, false), kl_report_weight(r, g, true)};

	return kl_profile_add(r->state, frames, n, weights);
}

static struct kl_error *end_profile(struct kl_report *r)
{
	static const struct kl_profile_weight weights[] = {{"bytes", "bytes"}, {"objects", "none"}};

	kl_profile_print(r->state, r->out, r->run.dump, weights, 2);
	return NULL;
}

const struct kl_report_format kl_format_speedscope = {
	.begin = begin_profile,
	.group = add_profile_sample,
	.end = end_profile,
	.deinit = deinit_profile,
	.diff = kl_diff_print_speedscope,
	.whole = true,
	.json = true,
};
