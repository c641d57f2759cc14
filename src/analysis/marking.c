/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/marking.h"

#include "analysis/types.h"
#include "kernel/facts/gather.h"
#include "kernel/machine/memmap.h"
#include "kernel/facts/roots.h"
#include "kernel/facts/untracked.h"
#include "mark/explain.h"

static size_t read_memory(void *context, uint64_t address, void *buffer, size_t length)
{
	return kl_image_read_partial(context, address, buffer, length);
}

struct kl_mark_memory kl_marking_memory(const struct kl_analysis *a)
{
	return (struct kl_mark_memory){.read = read_memory, .context = a->image};
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
	if (!kl_memmap_direct_map(a->kernel, &a->params.direct_map))
		kl_kernel_anomaly(a->kernel, "memory model", 0, "the base of the direct map is not known");
}

static struct kl_error *mark_as_kernel(struct kl_analysis *a, const struct kl_mark_memory *memory)
{
	bool stacks = a->kmemleak.info.stack_scan && !a->options->settings->no_stacks;
	const struct kl_root *root;
	struct kl_error *err;

	err = kl_kernel_roots(a->kernel, &a->kmemleak.heap, stacks, &a->roots);
	kl_vec_for_each (root, &a->options->settings->roots.list) {
		if (!err && !kl_vec_push(&a->roots.list, *root))
			err = kl_error_nomem();
	}
	if (!err)
		err = kl_mark_run(&a->kmemleak.heap, a->roots.list.data, a->roots.list.count, memory, &a->params,
				  a->options->progress, &a->mark);
	return err ? err : kl_mark_white_edges(&a->kmemleak.heap, &a->mark, memory, &a->params, &a->edges);
}

static bool has_white(const struct kl_analysis *a, const struct kl_mark *mark)
{
	size_t row;

	for (row = 0; row < a->kmemleak.heap.rows; row++) {
		if (mark->colour[row] == KL_WHITE)
			return true;
	}
	return false;
}

/* Untracked pages are searched once, for all objects, when the first white one asks. */
static struct kl_error *give_second_chance(struct kl_analysis *a, const struct kl_precise_settings *settings,
					   struct kl_mark *mark)
{
	struct kl_mark_memory memory = kl_marking_memory(a);
	struct kl_roots pages = {};
	struct kl_error *err = NULL;

	if (!settings->untracked || !has_white(a, mark))
		return NULL;
	if (!a->holders) {
		err = kl_untracked_read(a->kernel, &a->kmemleak.heap, &a->facts.roots, &pages);
		if (!err)
			err = kl_explain_search(&a->kmemleak.heap, &pages, &memory, &a->params, a->options->progress,
						&a->holders_missing, &a->holders);
		kl_vec_deinit(&pages.list);
	}
	mark->stats.missing_bytes += a->holders_missing;
	return err ? err : kl_explain_mark(&a->kmemleak.heap, &a->references, settings, a->holders, mark);
}

struct kl_error *kl_marking_run_under(struct kl_analysis *a, const struct kl_precise_settings *settings,
				      struct kl_mark *mark, struct kl_edges *edges)
{
	struct kl_mark_memory memory = kl_marking_memory(a);
	struct kl_error *err =
		kl_precise_run(&a->kmemleak.heap, &a->references, settings, &memory, &a->params, &a->checksums, mark);

	if (!err)
		err = give_second_chance(a, settings, mark);
	return err ? err : kl_precise_white_edges(&a->references, mark, settings, edges);
}

static struct kl_error *mark_precisely(struct kl_analysis *a, const struct kl_mark_memory *memory)
{
	struct kl_type_files files = kl_types_files(a);
	struct kl_error *err;

	a->precise = kl_settings_precise(a->options->settings, a->params.min_age, a->kernel->hz);
	a->checksums =
		(struct kl_checksums){.enabled = a->params.checksums, .initial = a->kmemleak.info.initial_checksum};
	err = kl_checksums_init(&a->checksums, &a->kmemleak.heap);
	if (!err)
		err = kl_facts_gather(a->kernel, &a->kmemleak.heap, &a->options->settings->roots,
				      a->precise.types || a->options->sweeps_types ? &files : NULL, &a->facts);
	if (!err)
		err = kl_references_collect(&a->kmemleak.heap, &a->facts, memory, &a->params, a->options->progress,
					    &a->references);
	return err ? err : kl_marking_run_under(a, &a->precise, &a->mark, &a->edges);
}

struct kl_error *kl_marking_run(struct kl_analysis *a)
{
	struct kl_mark_memory memory = kl_marking_memory(a);
	struct kl_error *err = collect_percpu_offsets(a);

	if (err)
		return err;
	fill_params(a);
	return a->options->settings->policy == KL_POLICY_KERNEL ? mark_as_kernel(a, &memory)
								: mark_precisely(a, &memory);
}

struct kl_error *kl_marking_verdicts(const struct kl_analysis *a, const struct kl_mark *mark,
				     const struct kl_edges *edges, uint64_t min_age, struct kl_findings *ret)
{
	const struct kl_kmemleak_info *info = &a->kmemleak.info;
	struct kl_verdict_params params = {
		.now = a->kernel->jiffies,
		.min_age = min_age,
		.hz = a->kernel->hz ? a->kernel->hz : 1,
		.has_initial_crc = info->has_checksums,
		.initial_crc = info->initial_checksum,
		.min_unref_scans = info->min_unref_scans,
		.explanations = &a->sites.explanations,
		.needs_look = a->options->settings->policy == KL_POLICY_KERNEL,
	};
	struct kl_holders holders = {};
	struct kl_error *err = NULL;

	/* Sweeps only count verdicts: their reasons name nobody. */
	if (mark == &a->mark && a->options->settings->policy == KL_POLICY_PRECISE) {
		err = kl_holders_collect(a, mark, &a->precise, &holders);
		params.describe_holders = kl_holders_describe;
		params.context = &holders;
	}
	if (!err)
		err = kl_findings_make(&a->kmemleak.heap, mark, edges, &params, ret);
	kl_vec_deinit(&holders.list);
	return err;
}
