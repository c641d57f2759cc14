/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/analysis.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "debug/find.h"
#include "kernel/memory.h"
#include "kernel/roots.h"
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
	struct kl_lines_options options = {
		.kernel = a->kernel,
		.vmlinux = a->debug,
		.modules = a->options->modules,
		.n_modules = a->options->n_modules,
		.modules_dir = a->options->modules_dir,
	};

	return a->options->lines ? kl_lines_create(&options, &a->lines) : NULL;
}

/* ---- marking ---- */

static size_t read_memory(void *context, uint64_t address, void *buffer, size_t length)
{
	return kl_image_read_partial(context, address, buffer, length);
}

static struct kl_error *collect_percpu_offsets(struct kl_analysis *a)
{
	const struct kl_percpu *percpu = &a->kernel->percpu;
	uint64_t none = 0;
	const unsigned *cpu;

	if (!percpu->smp)
		return kl_vec_push(&a->percpu_offsets, none) ? NULL : kl_error_nomem();
	kl_vec_for_each (cpu, &percpu->cpus) {
		if (!kl_vec_push(&a->percpu_offsets, percpu->offsets.data[*cpu]))
			return kl_error_nomem();
	}
	return NULL;
}

static void fill_params(struct kl_analysis *a)
{
	const struct kl_kmemleak_info *info = &a->kmemleak.info;

	a->params = (struct kl_mark_params){
		.min_address = info->min_address,
		.max_address = info->max_address,
		.percpu_references = info->has_percpu_range,
		.min_percpu = info->min_percpu,
		.max_percpu = info->max_percpu,
		.reset_tags = info->tagged_pointers,
		.percpu_offsets = a->percpu_offsets.data,
		.percpu_count = a->percpu_offsets.count,
		.lowmem_filter = info->lowmem_filter,
		.min_low_pfn = info->min_low_pfn,
		.max_low_pfn = info->max_low_pfn,
		.page_shift = a->kernel->page_shift,
		.now = a->kernel->jiffies,
		.min_age = info->min_age,
		.checksums = info->has_checksums,
		.percpu_crc = info->initial_checksum ? KL_PERCPU_CRC_CHAINED : KL_PERCPU_CRC_XOR,
		.confirm = info->confirms,
		.min_unref_scans = info->min_unref_scans,
	};
	if (!kl_memory_direct_map(a->kernel, &a->params.direct_map))
		kl_kernel_anomaly(a->kernel, "memory model", 0, "the base of the direct map is not known");
}

static struct kl_error *mark(struct kl_analysis *a, int64_t *since)
{
	struct kl_mark_memory memory = {.read = read_memory, .context = a->image};
	struct kl_error *err;

	err = kl_kernel_roots(a->kernel, &a->kmemleak.heap, a->kmemleak.info.stack_scan, &a->roots);
	phase(a, "collect roots", since);
	if (!err)
		err = collect_percpu_offsets(a);
	if (err)
		return err;
	fill_params(a);
	err = kl_mark_run(&a->kmemleak.heap, a->roots.list.data, a->roots.list.count, &memory, &a->params,
			  a->options->progress, &a->mark);
	if (!err)
		err = kl_mark_white_edges(&a->kmemleak.heap, &a->mark, &memory, &a->params, &a->edges);
	phase(a, "mark", since);
	return err;
}

static struct kl_error *judge(struct kl_analysis *a, int64_t *since)
{
	const struct kl_kmemleak_info *info = &a->kmemleak.info;
	struct kl_verdict_params verdict = {
		.now = a->kernel->jiffies,
		.min_age = info->min_age,
		.hz = a->kernel->hz ? a->kernel->hz : 1,
		.has_initial_crc = info->has_checksums,
		.initial_crc = info->initial_checksum,
		.min_unref_scans = info->min_unref_scans,
	};
	struct kl_agreement_params agreement = {
		.last_scan = info->last_scan,
		.has_checksums = info->has_checksums,
		.initial_checksum = info->initial_checksum,
	};
	struct kl_error *err = kl_findings_make(&a->kmemleak.heap, &a->mark, &a->edges, &verdict, &a->findings);

	if (!err && info->has_last_scan)
		err = kl_agreement_make(&a->kmemleak.heap, &a->mark, &agreement, &a->agreement);
	phase(a, "give verdicts", since);
	return err;
}

static struct kl_error *run(struct kl_analysis *a)
{
	int64_t since = clock_ns(CLOCK_MONOTONIC);
	struct kl_error *err;

	a->started_ms = clock_ns(CLOCK_REALTIME) / 1000000;
	err = open_image(a);
	phase(a, "open dump", &since);
	if (!err)
		err = open_kernel(a);
	if (!err)
		err = open_lines(a);
	phase(a, "read layouts", &since);
	if (!err)
		err = kl_kmemleak_read(a->kernel, a->options->progress, &a->kmemleak);
	if (!err)
		err = kl_text_detect(a->kernel, &a->text);
	phase(a, "read objects", &since);
	if (err)
		return err;
	err = mark(a, &since);
	return err ? err : judge(a, &since);
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
		return kl_error_prepend(err, "%s", options->dumps[0]);
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
	kl_kmemleak_deinit(&a->kmemleak);
	kl_lines_destroy(a->lines);
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

	if (info->status != KL_STATUS_ON)
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
