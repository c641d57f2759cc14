/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/analysis.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "analysis/crosscheck.h"
#include "analysis/signs.h"
#include "util/strbuf.h"

static int64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t kl_analysis_clock(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

void kl_analysis_end_phase(struct kl_analysis *a, const char *name, int64_t *since)
{
	int64_t now = kl_analysis_clock();
	struct kl_phase p = {.name = name, .milliseconds = (double)(now - *since) / 1e6};

	/* Without memory a duration is lost, nothing else. */
	if (kl_vec_push(&a->phases, p))
		*since = now;
}

/* All that follows the opening of the dump. */
static struct kl_error *run_stages(struct kl_analysis *a, int64_t since)
{
	struct kl_error *err = kl_opened_kernel(&a->opened);

	kl_analysis_end_phase(a, "read layouts", &since);
	if (!err)
		err = kl_snapshot_objects(&a->opened, &a->snapshot);
	if (!err)
		err = kl_crosscheck(&a->opened, &a->snapshot);
	kl_analysis_end_phase(a, "read objects", &since);
	if (!err)
		err = kl_snapshot_call_sites(&a->opened, &a->snapshot);
	kl_analysis_end_phase(a, "read call sites", &since);
	if (!err)
		err = kl_marking_run(&a->opened, &a->snapshot, &a->marking);
	kl_analysis_end_phase(a, "mark", &since);
	if (!err)
		err = kl_judgement_make(&a->opened, &a->snapshot, &a->marking, &a->judgement);
	if (!err)
		err = kl_signs_find(&a->opened, &a->judgement, &a->snapshot);
	kl_analysis_end_phase(a, "give verdicts", &since);
	return err ? err : kl_image_check(a->opened.image);
}

struct kl_error *kl_analysis_run(const struct kl_analysis_options *options, struct kl_analysis **ret)
{
	_cleanup_(kl_analysis_destroyp) struct kl_analysis *a = calloc(1, sizeof(*a));
	int64_t since = kl_analysis_clock();
	struct kl_error *err;

	if (!a)
		return kl_error_nomem();
	a->opened.options = options;
	a->started_ms = clock_ns(CLOCK_REALTIME) / 1000000;
	err = kl_opened_dump(&a->opened);
	kl_analysis_end_phase(a, "open dump", &since);
	if (err)
		return err; /* the image names its file itself */
	err = run_stages(a, since);
	if (err)
		return kl_error_prepend(err, "%s", options->dumps[0]);
	*ret = kl_take(a);
	return NULL;
}

void kl_analysis_destroy(struct kl_analysis *a)
{
	if (!a)
		return;
	kl_judgement_deinit(&a->judgement);
	kl_marking_deinit(&a->marking);
	kl_snapshot_deinit(&a->snapshot);
	kl_opened_deinit(&a->opened);
	kl_vec_deinit(&a->phases);
	free(a);
}

char *kl_analysis_partial(const struct kl_analysis *a)
{
	const struct kl_kmemleak_info *info = &a->snapshot.kmemleak.info;
	const struct kl_image_missing *missing = kl_image_missing(a->opened.image);
	_cleanup_strbuf_ struct kl_strbuf sb = {};

	if (a->opened.kernel->forced)
		kl_strbuf_puts(&sb, "the vmlinux belongs to another kernel; ");
	if (kl_image_info(a->opened.image)->truncated)
		kl_strbuf_puts(&sb, "the dump file is truncated; ");
	if (!(a->snapshot.heap.source.knows & KL_KNOWS_SCANS))
		info = NULL; /* the allocators' objects do not depend on kmemleak */
	if (info && info->state == KL_KMEMLEAK_UNKNOWN)
		kl_strbuf_puts(&sb, "whether kmemleak was on is unknown; ");
	else if (info && info->state != KL_KMEMLEAK_ON)
		kl_strbuf_printf(&sb, "kmemleak %s; ", kl_kmemleak_state_brief(info->state));
	if (a->marking.marked.mark.stats.missing_bytes)
		kl_strbuf_printf(&sb, "%" PRIu64 " bytes that had to be scanned are missing from the dump; ",
				 a->marking.marked.mark.stats.missing_bytes);
	if (missing->corrupt)
		kl_strbuf_printf(&sb, "%" PRIu64 " pages of the dump are damaged; ", missing->corrupt);
	if (a->snapshot.kmemleak.skipped.invalid)
		kl_strbuf_printf(&sb, "%" PRIu64 " damaged objects were left out; ",
				 a->snapshot.kmemleak.skipped.invalid);
	if (a->opened.kernel->anomaly_count)
		kl_strbuf_printf(&sb, "%" PRIu64 " anomalies; ", a->opened.kernel->anomaly_count);
	if (!sb.length)
		return NULL;
	sb.data[sb.length - 2] = '\0';
	return kl_strbuf_take(&sb);
}
