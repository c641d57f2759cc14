/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/record.h"

#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "analysis/libraries.h"
#include "analysis/record_advice.h"
#include "analysis/record_call_sites.h"
#include "analysis/record_options.h"
#include "analysis/record_references.h"
#include "analysis/record_stacks.h"
#include "kernel/machine/percpu.h"
#include "mark/checksum.h"
#include "store/writer.h"
#include "util/strbuf.h"

/* Bytes of an object that the kernel's listing shows. */
#define CONTENT_MAX 32

struct recorder {
	struct kl_analysis *a;
	struct kl_kernel *k;
	const struct kl_heap *heap;
	struct kl_writer *writer;
	int64_t *sites; /* call site of the heap (column tag) -> call site of the database */
	int64_t since;  /* when storing began */
	struct kl_stack_recorder stacks;
	struct kl_reference_recorder references;
};

static void recorder_deinit(struct recorder *r)
{
	kl_writer_destroy(r->writer);
	free(r->sites);
	kl_stack_recorder_deinit(&r->stacks);
	kl_reference_recorder_deinit(&r->references);
}

/* Hundreds of thousands of findings take seconds, and Ctrl-C is answered meanwhile. */
static struct kl_error *tick_while_storing(const struct recorder *r, const char *what, size_t done, size_t total)
{
	return done % 256 ? NULL : kl_progress_tick(r->a->opened.options->progress, what, done, total);
}

/* ---- objects ---- */

static const char *comm_of(const struct recorder *r, uint32_t row)
{
	uint32_t comm = r->heap->comm[row];

	return comm ? kl_intern_get(r->heap->comms, comm, NULL) : NULL;
}

/* In milliseconds, all 64 bits of it: only the kernel's own listing wraps after 49 days. */
static int64_t age_of(const struct recorder *r, uint32_t row)
{
	int64_t jiffies;

	if (!r->k->hz || !kl_heap_age(r->heap, row, r->k->jiffies, &jiffies))
		return KL_UNKNOWN;
	return jiffies / r->k->hz * 1000 + jiffies % r->k->hz * 1000 / r->k->hz;
}

static int64_t jiffies_of(const struct recorder *r, uint32_t row)
{
	uint64_t jiffies = r->heap->jiffies[row];

	return jiffies == KL_UNKNOWN_JIFFIES ? KL_UNKNOWN : (int64_t)jiffies;
}

static int64_t pid_of(const struct recorder *r, uint32_t row)
{
	return r->heap->pid[row] == KL_UNKNOWN_PID ? KL_UNKNOWN : r->heap->pid[row];
}

static struct kl_error *store_finding(struct recorder *r, const struct kl_finding *f)
{
	const struct kl_heap *heap = r->heap;
	struct kl_store_finding finding = {
		.address = heap->address[f->row],
		.size = heap->size[f->row],
		.class_ = (enum kleak_class)heap->class_[f->row],
		.verdict = f->verdict,
		.reason = kl_intern_get(r->a->judgement.findings.reasons, f->reason, NULL),
		.has_head = f->head != KL_NO_OBJECT,
		.head = f->head != KL_NO_OBJECT ? heap->address[f->head] : 0,
		.comm = comm_of(r, f->row),
		.pid = pid_of(r, f->row),
		.jiffies = jiffies_of(r, f->row),
		.age_ms = age_of(r, f->row),
		.checksum_state = kl_checksum_state_name(
			(enum kl_checksum_state)r->a->marking.marked.mark.checksum_state[f->row]),
		.site_id = r->sites[heap->tag[f->row]],
		.site_deduced = heap->flags[f->row] & KL_OBJECT_TAG_DEDUCED,
		.unref_scans =
			r->k->layouts.kmemleak_object.unref_scans.present && (heap->source.knows & KL_KNOWS_SCANS)
				? heap->unref_scans[f->row]
				: KL_UNKNOWN,
	};
	struct kl_error *err =
		kl_stack_recorder_add(&r->stacks, kl_stack_recorder_find(&r->stacks, f->row), &finding.stack_id);

	finding.has_content = kl_content_hash(&r->a->marking.in, f->row, &finding.content);
	if (!err)
		err = kl_references_describe(&r->references, f->row, &finding);
	return err ? err : kl_writer_add_finding(r->writer, &finding);
}

/* Only findings get source lines: each costs a look into the line tables. */
static struct kl_error *store_findings(struct recorder *r)
{
	const struct kl_finding *f;

	r->stacks.lines = r->a->opened.lines;
	kl_vec_for_each (f, &r->a->judgement.findings.list) {
		struct kl_error *err = store_finding(r, f);

		if (!err)
			err = tick_while_storing(r, "storing findings",
						 (size_t)(f - r->a->judgement.findings.list.data),
						 r->a->judgement.findings.list.count);
		if (err)
			return err;
	}
	r->stacks.lines = NULL;
	return NULL;
}

struct total {
	int64_t objects, bytes;
};

/* Every object counts, findings or not: memory that is reachable and grows is found by these. */
static struct kl_error *store_totals(struct recorder *r)
{
	size_t stacks = r->stacks.count, i;
	_cleanup_free_ struct total *totals = calloc(stacks * KL_CLASSES + 1, sizeof(*totals));

	if (!totals)
		return kl_error_nomem();
	for (i = 0; i < r->heap->rows; i++) {
		struct total *t =
			&totals[(size_t)kl_stack_recorder_find(&r->stacks, i) * KL_CLASSES + r->heap->class_[i]];

		t->objects++;
		t->bytes += (int64_t)r->heap->size[i];
	}
	for (i = 0; i < stacks * KL_CLASSES; i++) {
		struct kl_store_total total = {
			.class_ = (enum kleak_class)(i % KL_CLASSES),
			.objects = totals[i].objects,
			.bytes = totals[i].bytes,
		};
		struct kl_error *err;

		if (!total.objects)
			continue;
		err = kl_stack_recorder_add(&r->stacks, (uint32_t)(i / KL_CLASSES), &total.stack_id);
		if (!err)
			err = kl_writer_add_total(r->writer, &total);
		if (err)
			return err;
	}
	return NULL;
}

/* The CPU whose copy of per-CPU objects is shown: the one that panicked, otherwise the first. The CPU that ran `cat` in
 * the kernel's own listing is not recoverable. */
static unsigned shown_cpu(struct recorder *r)
{
	const struct kl_variable *panic_cpu = &r->k->layouts.symbols.panic_cpu;
	struct kl_error *err;
	uint32_t cpu;
	uint64_t ignored;

	if (panic_cpu->present) {
		err = kl_kernel_read_u32(r->k, kl_kernel_variable(r->k, panic_cpu), &cpu);
		if (!err && kl_percpu_address(r->k, 0, cpu, &ignored))
			return cpu;
		kl_error_destroy(err);
	}
	return r->k->percpu.cpus.count ? r->k->percpu.cpus.data[0] : 0;
}

static struct kl_error *store_listed(struct recorder *r, uint32_t row, unsigned cpu)
{
	const struct kl_heap *heap = r->heap;
	uint8_t content[CONTENT_MAX];
	uint64_t address = heap->address[row];
	size_t wanted = heap->size[row] < sizeof(content) ? (size_t)heap->size[row] : sizeof(content);
	struct kl_store_listing entry = {
		.address = address,
		.size = heap->size[row],
		.class_ = (enum kleak_class)heap->class_[row],
		.pid = heap->pid[row],
		.jiffies = heap->jiffies[row],
		.age_ms = r->k->hz ? kl_age_ms(r->k->jiffies, heap->jiffies[row], r->k->hz) : 0,
		.checksum = heap->checksum[row],
		.cpu = cpu,
	};
	struct kl_error *err;

	entry.comm = kl_intern_get(heap->comms, heap->comm[row], &entry.comm_length);
	if (heap->class_[row] == KLEAK_CLASS_PERCPU && !kl_percpu_address(r->k, address, cpu, &address))
		wanted = 0;
	if (heap->class_[row] != KLEAK_CLASS_PHYSICAL &&
	    kl_kernel_read_partial(r->k, address, content, wanted) == wanted) {
		entry.content = content;
		entry.content_length = wanted;
	}
	err = kl_stack_recorder_add(&r->stacks, heap->stack[row], &entry.stack_id);
	return err ? err : kl_writer_add_listing(r->writer, &entry);
}

static struct kl_error *store_listing(struct recorder *r)
{
	unsigned cpu = shown_cpu(r);
	uint32_t row;

	for (row = 0; row < r->heap->rows; row++) {
		struct kl_error *err = NULL;

		if (kl_kmemleak_would_print(&r->a->snapshot.kmemleak, r->heap, row))
			err = store_listed(r, row, cpu);
		if (!err)
			err = tick_while_storing(r, "storing the kernel's list", row, r->heap->rows);
		if (err)
			return err;
	}
	return NULL;
}

/* ---- what the run was like ---- */

static struct kl_error *store_anomalies(struct recorder *r)
{
	const struct kl_anomaly *anomaly;

	kl_vec_for_each (anomaly, &r->k->anomalies) {
		const uint64_t *address = anomaly->address ? &anomaly->address : NULL;
		_cleanup_strbuf_ struct kl_strbuf text = {};
		struct kl_error *err;

		kl_anomaly_text(anomaly, &text);
		err = text.failed ? kl_error_nomem()
				  : kl_writer_add_anomaly(r->writer, anomaly->kind, address, kl_strbuf_string(&text));
		if (err)
			return err;
	}
	return NULL;
}

struct counter {
	enum kl_counter id;
	uint64_t value;
};

static struct kl_error *store_list(struct recorder *r, const struct counter *counters, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		struct kl_error *err = kl_writer_add_counter(r->writer, counters[i].id, (int64_t)counters[i].value);

		if (err)
			return err;
	}
	return NULL;
}

/* What only kmemleak's list has. */
static struct kl_error *store_skipped(struct recorder *r)
{
	const struct kl_kmemleak *km = &r->a->snapshot.kmemleak;
	const struct counter counters[] = {
		{KL_COUNTER_OBJECTS_FREED, km->skipped.freed},
		{KL_COUNTER_OBJECTS_REMOVED, km->skipped.removed},
		{KL_COUNTER_OBJECTS_INVALID, km->skipped.invalid},
	};

	return r->heap->source.knows & KL_KNOWS_SCANS ? store_list(r, counters, sizeof(counters) / sizeof(*counters))
						      : NULL;
}

/* What only the replay of a scan has. */
static struct kl_error *store_replay(struct recorder *r)
{
	const struct counter counters[] = {
		{KL_COUNTER_AGREEMENT_COMPARED, r->a->judgement.agreement.compared},
		{KL_COUNTER_AGREEMENT_AGREED, r->a->judgement.agreement.agreed},
		{KL_COUNTER_MARK_SUSPECTS, r->a->marking.marked.mark.stats.suspects},
	};

	return r->a->opened.options->settings->policy == KL_POLICY_KERNEL
		       ? store_list(r, counters, sizeof(counters) / sizeof(*counters))
		       : NULL;
}

/* A counter that does not apply to the run is not there: 0 is an answer. */
static struct kl_error *store_counters(struct recorder *r)
{
	const struct kl_mark_stats *s = &r->a->marking.marked.mark.stats;
	const struct counter counters[] = {
		{KL_COUNTER_OBJECTS, r->heap->rows},
		{KL_COUNTER_MARK_PASSES, s->passes},
		{KL_COUNTER_MARK_WORDS, s->words},
		{KL_COUNTER_MARK_CANDIDATES, s->candidates},
		{KL_COUNTER_MARK_HITS, s->hits},
		{KL_COUNTER_MARK_SELF_REFERENCES, s->self_references},
		{KL_COUNTER_MARK_EXCESS_REFERENCES, s->excess_references},
		{KL_COUNTER_MARK_MISSING_BYTES, s->missing_bytes},
		{KL_COUNTER_ROOT_DATA_BYTES, s->bytes[KL_ROOT_DATA]},
		{KL_COUNTER_ROOT_PERCPU_BYTES, s->bytes[KL_ROOT_PERCPU]},
		{KL_COUNTER_ROOT_PAGE_BYTES, s->bytes[KL_ROOT_PAGE]},
		{KL_COUNTER_ROOT_STACK_BYTES, s->bytes[KL_ROOT_STACK]},
		{KL_COUNTER_OBJECT_BYTES, s->object_bytes},
		{KL_COUNTER_ANOMALIES, r->k->anomaly_count},
		{KL_COUNTER_STACKS_UNKNOWN,
		 r->heap->rows && !(r->heap->source.knows & KL_KNOWS_STACK) &&
			 r->a->snapshot.profiling.profiling.tags.info.status != KL_PROFILING_ON},
	};

	struct kl_error *err = store_list(r, counters, sizeof(counters) / sizeof(*counters));

	if (!err)
		err = store_skipped(r);
	return err ? err : store_replay(r);
}

/* How far types are known (policy precise, unless switched off). */
static struct kl_error *store_types(struct recorder *r)
{
	const struct kl_type_counts *c = &r->a->marking.facts.type_counts;
	const struct counter counters[] = {
		{KL_COUNTER_TYPED_OBJECTS, c->objects},       {KL_COUNTER_TYPED_BY_CALL_SITE, c->by_site},
		{KL_COUNTER_TYPED_STRINGS, c->strings},       {KL_COUNTER_TYPED_CACHES, c->caches},
		{KL_COUNTER_TYPED_VARIABLES, c->variables},   {KL_COUNTER_UNTYPED_SHARED, c->merged},
		{KL_COUNTER_UNTYPED_RESIZED, c->resized},     {KL_COUNTER_UNTYPED_UNKNOWN, c->unknown},
		{KL_COUNTER_TYPES_INCOMPLETE, c->incomplete},
	};

	return r->a->marking.facts.names ? store_list(r, counters, sizeof(counters) / sizeof(*counters)) : NULL;
}

/* How far words in objects can be trusted (policy precise, with types): by mark/references.h's grades. */
static struct kl_error *store_contents(struct recorder *r)
{
	const struct kl_facts *facts = &r->a->marking.facts;
	uint64_t typed = 0, erased = 0, thin = 0;
	uint32_t row;

	if (!facts->type_of || !facts->zeroed)
		return NULL;
	for (row = 0; row < r->heap->rows; row++) {
		bool percpu = r->heap->class_[row] == KLEAK_CLASS_PERCPU;

		if (r->heap->flags[row] & KL_OBJECT_NO_SCAN)
			continue;
		if (!percpu && facts->type_of[row])
			typed += r->heap->size[row];
		else if (percpu || !r->heap->min_count[row] || facts->zeroed[row])
			erased += r->heap->size[row];
		else
			thin += r->heap->size[row];
	}
	return store_list(r,
			  (const struct counter[]){
				  {KL_COUNTER_OBJECT_TYPED_BYTES, typed},
				  {KL_COUNTER_OBJECT_ERASED_BYTES, erased},
				  {KL_COUNTER_OBJECT_THIN_BYTES, thin},
				  {KL_COUNTER_INIT_ON_ALLOC, facts->erasure.on_alloc},
				  {KL_COUNTER_INIT_ON_FREE, facts->erasure.on_free},
			  },
			  5);
}

/* How much memory each kind of mask covers (policy precise). */
static struct kl_error *store_masks(struct recorder *r)
{
	uint64_t bytes[KL_TRAIT_COUNT] = {};
	const struct kl_mask *mask;
	int bit;

	kl_vec_for_each (mask, &r->a->marking.facts.masks) {
		for (bit = 0; bit < KL_TRAIT_COUNT; bit++)
			bytes[bit] += mask->traits >> bit & 1 ? mask->end - mask->start : 0;
	}
	for (bit = 0; bit < KL_TRAIT_COUNT; bit++) {
		struct kl_error *err;

		if (!bytes[bit])
			continue;
		err = kl_writer_add_member(r->writer, KL_COUNTER_MASKED_BYTES, kl_trait_name(bit), (int64_t)bytes[bit]);
		if (err)
			return err;
	}
	return NULL;
}

/* Last: the storing before it is a phase, too. */
static struct kl_error *store_durations(struct recorder *r)
{
	const struct kl_phase *phase;

	kl_analysis_end_phase(r->a, "store", &r->since);
	kl_vec_for_each (phase, &r->a->phases) {
		struct kl_error *err = kl_writer_add_duration(r->writer, phase->name, phase->milliseconds);

		if (err)
			return err;
	}
	return NULL;
}

static struct kl_error *store_options(struct recorder *r)
{
	return kl_options_store(r->a, r->writer);
}

static struct kl_error *store_libraries(struct recorder *r)
{
	const struct kl_library *library;

	for (library = kl_libraries(); library->name; library++) {
		struct kl_error *err = kl_writer_add_library(r->writer, library->name, library->version);

		if (err)
			return err;
	}
	return NULL;
}

static double coverage(const struct kl_mark_stats *s)
{
	uint64_t wanted = s->object_bytes;
	int i;

	for (i = 0; i < KL_ROOT_KINDS; i++)
		wanted += s->bytes[i];
	return wanted ? (double)(wanted - s->missing_bytes) / (double)wanted : -1;
}

/* The kernel's clock starts five minutes before 32 bits of it wrap. */
static int64_t uptime_of(const struct kl_kernel *k)
{
	uint64_t start = (UINT64_C(1) << 32) - UINT64_C(300) * k->hz;

	return k->hz && k->jiffies >= start ? (int64_t)((k->jiffies - start) * 1000 / k->hz) : KL_UNKNOWN;
}

static void fill_run(const struct recorder *r, const char *dump, const char *partial, struct kl_store_run *run)
{
	const struct kl_image_info *image = kl_image_info(r->a->opened.image);
	const struct kl_kmemleak_info *info = &r->a->snapshot.kmemleak.info;
	const struct kl_profiling_info *profiling = &r->a->snapshot.profiling.profiling.tags.info;
	const struct kl_kernel *k = r->k;

	*run = (struct kl_store_run){
		.id = r->a->opened.options->again ? 0 : KL_RUN_REPLACES,
		.dump = dump,
		.dump_size = (int64_t)image->file_size,
		.dump_mtime_ns = image->mtime * 1000000000,
		.dump_format = image->format,
		.build_id = k->build_id,
		.release = k->release,
		.banner = k->banner,
		.arch = k->arch == KL_ARCH_X86_64 ? "x86_64" : "aarch64",
		.crash_time = image->crash_time ? image->crash_time
			      : k->time         ? k->time
						: KL_UNKNOWN,
		.boot_id = k->boot_id,
		.jiffies = (int64_t)k->jiffies,
		.hz = k->hz ? k->hz : KL_UNKNOWN,
		.pages_total = (int64_t)image->pages_total,
		.pages_present = (int64_t)image->pages_present,
		.pages_missing = (int64_t)kl_image_missing(r->a->opened.image)->missing,
		.coverage = coverage(&r->a->marking.marked.mark.stats),
		.live = image->live,
		.kmemleak_state = info->state,
		.kmemleak_words = kl_kmemleak_words(info),
		.source = r->heap->source.name,
		.pool_exhausted = info->state == KL_KMEMLEAK_POOL_EXHAUSTED,
		.scan_in_progress = info->scan_in_progress,
		.policy = kl_policy_name(r->a->opened.options->settings->policy),
		.partial = partial != NULL,
		.partial_why = partial,
		.tool_version = KL_VERSION,
		.started_ms = r->a->started_ms,
		.finished_ms = KL_UNKNOWN,
		.text_header = r->a->snapshot.text.header,
		.text_age = r->a->snapshot.text.age,
		.text_hexdump = r->a->snapshot.text.hexdump,
		.text_crc = r->a->snapshot.text.crc,
		.text_frame = r->a->snapshot.text.frame,
		.profiling_state = kl_profiling_status_name(profiling->status),
		.profiling_file = profiling->has_file,
		.allocinfo_version = r->a->snapshot.text.allocinfo_version,
		.origin_run = KL_UNKNOWN,
		.host = k->nodename,
		.uptime_ms = uptime_of(k),
		.command = r->a->opened.options->command,
		.label = r->a->opened.options->label,
		.edges = kl_stored_edges_name(r->a),
	};
}

static struct kl_error *store_sites(struct recorder *r)
{
	return kl_call_sites_store(&r->a->snapshot.profiling, r->heap, &r->a->judgement.findings, r->writer, &r->sites);
}

static struct kl_error *store_references(struct recorder *r)
{
	return kl_references_store(&r->references, r->writer);
}

static struct kl_error *store_advice(struct recorder *r)
{
	return kl_advice_store(r->a, r->writer);
}

/* Plugins that named what was stored may have failed meanwhile. */
static struct kl_error *store_partial(struct recorder *r)
{
	_cleanup_free_ char *partial = kl_analysis_partial(r->a);

	return partial ? kl_writer_mark_partial(r->writer, partial) : NULL;
}

static struct kl_error *store_everything(struct recorder *r)
{
	static struct kl_error *(*const steps[])(struct recorder *) = {
		store_sites,   store_findings,  store_references, store_totals,    store_listing,
		store_partial, store_anomalies, store_counters,   store_types,     store_contents,
		store_masks,   store_options,   store_advice,     store_libraries, store_durations,
	};
	size_t i;

	for (i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		struct kl_error *err = steps[i](r);

		if (!err)
			err = kl_progress_tick(r->a->opened.options->progress, "storing", i,
					       sizeof(steps) / sizeof(*steps));
		if (err)
			return err;
	}
	return NULL;
}

struct kl_error *kl_record_analysis(struct kl_analysis *a, struct kl_store *store, int64_t *ret)
{
	_cleanup_(recorder_deinit) struct recorder r = {
		.a = a, .k = a->opened.kernel, .heap = &a->snapshot.heap, .since = kl_analysis_clock()};
	_cleanup_free_ char *dump = realpath(a->opened.options->dumps[0], NULL);
	_cleanup_free_ char *vmlinux = a->opened.vmlinux ? realpath(a->opened.vmlinux, NULL) : NULL;
	_cleanup_free_ char *partial = kl_analysis_partial(a);
	_cleanup_strbuf_ struct kl_strbuf request = {};
	struct kl_store_run run;
	struct kl_error *err;

	fill_run(&r, dump ? dump : a->opened.options->dumps[0], partial, &run);
	err = kl_options_request(a, &request);
	if (err)
		return err;
	run.request = kl_strbuf_string(&request);
	run.vmlinux = vmlinux ? vmlinux : a->opened.vmlinux;
	err = kl_references_prepare(a, &r.references);
	if (!err)
		err = kl_writer_begin(store, &run, &r.writer);
	if (!err)
		err = kl_stack_recorder_init(&r.stacks, a, r.writer);
	if (!err)
		err = store_everything(&r);
	return err ? err : kl_writer_commit(r.writer, ret);
}
