/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/analysis.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "analysis/marking.h"
#include "debug/find.h"
#include "kernel/machine/symbolize.h"
#include "util/strbuf.h"

static int64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Ends the phase that began at *@since and begins the next. */
static void phase(struct kl_analysis *a, const char *name, int64_t *since)
{
	int64_t now = clock_ns(CLOCK_MONOTONIC);
	struct kl_phase p = {.name = name, .milliseconds = (double)(now - *since) / 1e6};

	/* Without memory a duration is lost, nothing else. */
	if (kl_vec_push(&a->phases, p))
		*since = now;
}

/* ---- opening ---- */

static struct kl_error *open_image(struct kl_analysis *a)
{
	struct kl_image_options options = {
		.paths = a->options->dumps,
		.n_paths = a->options->n_dumps,
		.vmcoreinfo_path = a->options->vmcoreinfo,
		.progress = a->options->progress,
	};

	return kl_image_open(&options, &a->image);
}

static struct kl_error *open_with_vmlinux(struct kl_analysis *a)
{
	struct kl_debug_search search = {.vmlinux = a->options->vmlinux, .dump_path = a->options->dumps[0]};
	const char *text;
	struct kl_error *err;

	if (kl_image_vmcoreinfo_string(a->image, "BUILD-ID", &text))
		search.build_id = text;
	if (kl_image_vmcoreinfo_string(a->image, "OSRELEASE", &text))
		search.release = text;
	err = kl_debug_find(&search, &a->vmlinux);
	if (!err)
		err = kl_debug_open(a->vmlinux, &a->debug);
	if (!err)
		err = kl_kernel_open(a->image, a->debug, NULL, a->options->force, &a->kernel);
	return err;
}

/* A kernel seen before needs no vmlinux: the cache has its layouts, the dump its symbols. */
static struct kl_error *open_kernel(struct kl_analysis *a)
{
	if (!a->options->vmlinux && !a->options->lines) {
		struct kl_error *err = kl_kernel_open(a->image, NULL, NULL, a->options->force, &a->kernel);

		if (!err || kl_error_code(err) != KL_ERROR_NOT_FOUND)
			return err;
		kl_error_destroy(err);
	}
	return open_with_vmlinux(a);
}

static struct kl_error *open_lines(struct kl_analysis *a)
{
	struct kl_source_lines_options options = {
		.kernel = a->kernel,
		.vmlinux = a->debug,
		.modules = a->options->modules,
		.n_modules = a->options->n_modules,
		.modules_dir = a->options->modules_dir,
	};

	return a->options->lines ? kl_source_lines_create(&options, &a->lines) : NULL;
}

/* ---- the way of the data ---- */

static struct kl_error *judge(struct kl_analysis *a)
{
	const struct kl_kmemleak_info *info = &a->kmemleak.info;
	bool as_kernel = a->options->settings->policy == KL_POLICY_KERNEL;
	struct kl_agreement_params agreement = {
		.last_scan = info->last_scan,
		.has_checksums = info->has_checksums,
		.initial_checksum = info->initial_checksum,
	};
	struct kl_error *err = kl_marking_verdicts(a, &a->mark, &a->edges,
						   as_kernel ? info->min_age : a->precise.min_age, &a->findings);

	if (!err && info->has_last_scan && as_kernel)
		err = kl_agreement_make(&a->kmemleak.heap, &a->mark, &agreement, &a->agreement);
	return err;
}

/* All that follows the opening of the dump. */
static struct kl_error *look_inside(struct kl_analysis *a, int64_t since)
{
	enum kl_symbol_source symbols;
	struct kl_error *err = open_kernel(a);

	if (!err)
		err = open_lines(a);
	phase(a, "read layouts", &since);
	if (!err)
		err = kl_kmemleak_read(a->kernel, a->options->progress, &a->kmemleak);
	if (!err)
		err = kl_debugfs_text_detect(a->kernel, &a->text);
	/* Symbol tables are read now, so that what is wrong with them is known when the run is recorded. */
	if (!err)
		err = kl_symbols_source(a->kernel, &symbols);
	phase(a, "read objects", &since);
	if (!err)
		err = kl_sites_read(a->kernel, a->options->progress, &a->kmemleak, &a->sites);
	phase(a, "read call sites", &since);
	if (err)
		return err;
	err = kl_marking_run(a);
	phase(a, "mark", &since);
	if (!err)
		err = judge(a);
	phase(a, "give verdicts", &since);
	return err;
}

static struct kl_error *run(struct kl_analysis *a)
{
	int64_t since = clock_ns(CLOCK_MONOTONIC);
	struct kl_error *err;

	a->started_ms = clock_ns(CLOCK_REALTIME) / 1000000;
	err = open_image(a);
	phase(a, "open dump", &since);
	/* The image names its file itself. */
	return err ? err : kl_error_prepend(look_inside(a, since), "%s", a->options->dumps[0]);
}

struct kl_error *kl_analysis_run(const struct kl_analysis_options *options, struct kl_analysis **ret)
{
	_cleanup_(kl_analysis_destroyp) struct kl_analysis *a = calloc(1, sizeof(*a));
	struct kl_error *err;

	if (!a)
		return kl_error_nomem();
	a->options = options;
	err = run(a);
	if (err)
		return err;
	*ret = kl_take(a);
	return NULL;
}

void kl_analysis_destroy(struct kl_analysis *a)
{
	if (!a)
		return;
	kl_vec_deinit(&a->agreement.list);
	kl_findings_deinit(&a->findings);
	kl_vec_deinit(&a->edges.list);
	kl_mark_deinit(&a->mark);
	kl_vec_deinit(&a->roots.list);
	kl_facts_deinit(&a->facts);
	kl_references_deinit(&a->references);
	kl_checksums_deinit(&a->checksums);
	free(a->holders);
	kl_sites_deinit(&a->sites);
	kl_kmemleak_deinit(&a->kmemleak);
	kl_source_lines_destroy(a->lines);
	kl_source_lines_destroy(a->module_files);
	kl_kernel_destroy(a->kernel);
	kl_debug_close(a->debug);
	kl_image_destroy(a->image);
	kl_vec_deinit(&a->percpu_offsets);
	kl_vec_deinit(&a->phases);
	free(a->vmlinux);
	free(a);
}

char *kl_analysis_partial(const struct kl_analysis *a)
{
	const struct kl_kmemleak_info *info = &a->kmemleak.info;
	const struct kl_image_missing *missing = kl_image_missing(a->image);
	_cleanup_strbuf_ struct kl_strbuf sb = {};

	if (kl_image_info(a->image)->truncated)
		kl_strbuf_puts(&sb, "the dump file is truncated; ");
	if (info->status == KL_STATUS_UNKNOWN)
		kl_strbuf_puts(&sb, "whether kmemleak was on is unknown; ");
	else if (info->status != KL_STATUS_ON)
		kl_strbuf_printf(&sb, "kmemleak was %s; ", kl_kmemleak_status_name(info->status));
	if (a->mark.stats.missing_bytes)
		kl_strbuf_printf(&sb, "%" PRIu64 " bytes that had to be scanned are missing from the dump; ",
				 a->mark.stats.missing_bytes);
	if (missing->corrupt)
		kl_strbuf_printf(&sb, "%" PRIu64 " pages of the dump are damaged; ", missing->corrupt);
	if (a->kmemleak.skipped.invalid)
		kl_strbuf_printf(&sb, "%" PRIu64 " damaged objects were left out; ", a->kmemleak.skipped.invalid);
	if (a->kernel->anomaly_count)
		kl_strbuf_printf(&sb, "%" PRIu64 " anomalies; ", a->kernel->anomaly_count);
	if (!sb.length)
		return NULL;
	sb.data[sb.length - 2] = '\0';
	return kl_strbuf_take(&sb);
}
