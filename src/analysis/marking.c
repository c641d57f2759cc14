/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/marking.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/advising.h"
#include "kernel/facts/gather.h"
#include "kernel/facts/own_caches.h"
#include "kernel/facts/page_holders.h"
#include "kernel/facts/roots.h"
#include "kernel/facts/untracked.h"
#include "kernel/machine/memmap.h"
#include "kernel/machine/percpu.h"
#include "mark/explain.h"
#include "mark/population.h"
#include "mark/replay.h"
#include "mark/siblings.h"
#include "mark/torn.h"

static size_t read_dump(void *context, uint64_t address, void *buffer, size_t length)
{
	return kl_image_read_partial(context, address, buffer, length);
}

static const uint8_t *peek_at_dump(void *context, uint64_t address, size_t *length)
{
	const uint8_t *bytes = kl_image_peek(context, address, length);

	if (!bytes) {
		size_t size = kl_image_info(context)->page_size;

		*length = size - (address & (size - 1));
	}
	return bytes;
}

/* ---- the address space and the rules ---- */

static struct kl_error *collect_percpu_offsets(const struct kl_kernel *k, struct kl_marking *m)
{
	const struct kl_percpu *percpu = &k->percpu;
	const unsigned *cpu;

	if (!percpu->smp)
		return kl_vec_push(&m->percpu_offsets, (uint64_t)0) ? NULL : kl_error_nomem();
	kl_vec_for_each (cpu, &percpu->cpus) {
		if (!kl_vec_push(&m->percpu_offsets, percpu->offsets.data[*cpu]))
			return kl_error_nomem();
	}
	return NULL;
}

static struct kl_error *describe_space(struct kl_kernel *k, const struct kl_snapshot *s, struct kl_marking *m)
{
	struct kl_error *err = collect_percpu_offsets(k, m);

	if (err)
		return err;
	m->space = (struct kl_address_space){
		.reset_tags = s->kmemleak.info.tagged_pointers,
		.small_cookies = kl_percpu_is_zero_based(k),
		.percpu_offsets = m->percpu_offsets.data,
		.percpu_count = m->percpu_offsets.count,
	};
	kl_address_space_bound(&m->space, &s->heap);
	if (!kl_memmap_direct_map(k, &m->space.direct_map))
		kl_kernel_anomaly(k, "memory model", 0, "the base of the direct map is not known");
	return NULL;
}

static struct kl_replay_rules rules_of(const struct kl_kmemleak_info *info, unsigned page_shift)
{
	return (struct kl_replay_rules){
		.lowmem_filter = info->lowmem_filter,
		.min_low_pfn = info->min_low_pfn,
		.max_low_pfn = info->max_low_pfn,
		.page_shift = page_shift,
		.min_age = info->min_age,
		.checksums = info->has_checksums,
		.initial_checksum = info->initial_checksum,
		.percpu_crc = info->initial_checksum ? KL_PERCPU_CRC_CHAINED : KL_PERCPU_CRC_XOR,
		.confirm = info->confirms,
		.min_unref_scans = info->min_unref_scans,
	};
}

/* ---- policy kernel ---- */

/* The kernel's own idea of what can be a pointer: it never shrinks, and the counters of the replay show it. */
static void use_kernel_ranges(const struct kl_kmemleak_info *info, struct kl_address_space *space)
{
	space->min_address = info->min_address;
	space->max_address = info->max_address;
	space->percpu_references = info->has_percpu_range;
	space->min_percpu = info->min_percpu;
	space->max_percpu = info->max_percpu;
}

static struct kl_error *replay(struct kl_opened *o, const struct kl_snapshot *s, struct kl_marking *m)
{
	const struct kl_settings *settings = o->options->settings;
	bool stacks = s->kmemleak.info.stack_scan && settings->stacks != KL_STACKS_NONE;
	struct kl_roots roots = {};
	const struct kl_root *root;
	struct kl_error *err;

	use_kernel_ranges(&s->kmemleak.info, &m->space);
	err = kl_kernel_roots(o->kernel, &s->heap, stacks, &roots);
	kl_vec_for_each (root, &settings->roots.list) {
		if (!err && !kl_vec_push(&roots.list, *root))
			err = kl_error_nomem();
	}
	if (!err)
		err = kl_replay_run(&m->in, roots.list.data, roots.list.count, &m->marked.mark);
	kl_vec_deinit(&roots.list);
	return err ? err : kl_replay_white_edges(&m->in, &m->marked.mark, &m->marked.edges);
}

/* ---- policy precise ---- */

static bool has_white(const struct kl_heap *heap, const struct kl_mark *mark)
{
	size_t row;

	for (row = 0; row < heap->rows; row++) {
		if (mark->colour[row] == KL_WHITE)
			return true;
	}
	return false;
}

static struct kl_error *append_roots(const struct kl_roots *from, struct kl_roots *ret)
{
	const struct kl_root *root;

	kl_vec_for_each (root, &from->list) {
		if (!kl_vec_push(&ret->list, *root))
			return kl_error_nomem();
	}
	return NULL;
}

static struct kl_error *need_untracked(struct kl_opened *o, struct kl_marking *m)
{
	if (m->untracked)
		return NULL;
	m->untracked = calloc(1, sizeof(*m->untracked));
	return m->untracked ? kl_untracked_read(o->kernel, m->in.heap, &m->facts, &m->sites, m->untracked)
			    : kl_error_nomem();
}

/* kmemleak tracks large kmalloc()s, and pages whose users told it of them. Where the source cannot tell them from other
 * pages, all of those hold what they refer to. */
static struct kl_error *add_untracked_roots(struct kl_opened *o, struct kl_marking *m)
{
	struct kl_error *err = need_untracked(o, m);

	if (!err)
		err = append_roots(&m->untracked->live, &m->facts.roots);
	while (!err && m->facts.live.count < m->facts.roots.list.count) {
		if (!kl_vec_push(&m->facts.live, (uint64_t)0))
			err = kl_error_nomem();
	}
	return err;
}

/* The words of the pages that @which means. */
static struct kl_error *search_pages(struct kl_opened *o, struct kl_marking *m, enum kl_untracked_pages which)
{
	struct kl_roots pages = {};
	struct kl_error *err = need_untracked(o, m);

	m->page_words[which] = calloc(1, sizeof(*m->page_words[which]));
	if (!err && !m->page_words[which])
		err = kl_error_nomem();
	if (!err)
		err = append_roots(&m->untracked->live, &pages);
	if (!err && which >= KL_UNTRACKED_POSSIBLE)
		err = append_roots(&m->untracked->doubtful, &pages);
	if (!err && which >= KL_UNTRACKED_ALL)
		err = append_roots(&m->untracked->dead, &pages);
	if (!err)
		err = kl_explain_search(&m->in, &pages, m->page_words[which]);
	kl_vec_deinit(&pages.list);
	return err;
}

/* Excuses pages for their @reasons, and what they lead to. An integer that happens to be the address of such pages has
 * made them weak, and all that hangs on them: who holds them tells more. */
static struct kl_error *excuse_what_pages_hold(struct kl_marking *m, const struct kl_precise_settings *settings,
					       const uint64_t *reasons, struct kl_mark *mark)
{
	const struct kl_heap *heap = m->in.heap;
	_cleanup_free_ uint8_t *before = malloc(heap->rows + 1);
	struct kl_error *err;
	size_t row;

	if (!before)
		return kl_error_nomem();
	for (row = 0; row < heap->rows; row++)
		before[row] = mark->explained[row] != 0;
	err = kl_explain_excused(heap, &m->references, settings, reasons, KL_EXPLAINED_PAGES, mark);
	for (row = 0; row < heap->rows && !err; row++) {
		if (!before[row] && mark->explained[row])
			mark->weak[row] = 0;
	}
	return err;
}

/* Pages may be held by their struct pages, too. Who holds them so is searched for once, when the first is lost. */
static struct kl_error *excuse_held_pages(struct kl_opened *o, struct kl_marking *m,
					  const struct kl_precise_settings *settings, struct kl_mark *mark)
{
	const struct kl_roots *doubtful = m->untracked ? &m->untracked->doubtful : NULL;
	const struct kl_heap *heap = m->in.heap;
	_cleanup_free_ uint64_t *reasons = calloc(heap->rows + 1, sizeof(*reasons));
	struct kl_error *err = NULL;
	size_t row;

	if (!reasons)
		return kl_error_nomem();
	for (row = 0; row < heap->rows && !err; row++) {
		if (!(heap->flags[row] & KL_OBJECT_PAGES) || mark->colour[row] != KL_WHITE || mark->explained[row])
			continue;
		if (!m->page_holders) {
			m->page_holders = calloc(heap->rows + 1, sizeof(*m->page_holders));
			err = m->page_holders ? kl_page_holders_find(o->kernel, o->options->progress, heap, &m->facts,
								     doubtful, m->page_holders)
					      : kl_error_nomem();
		}
		reasons[row] = m->page_holders ? m->page_holders[row] : 0;
		if (reasons[row])
			mark->weak[row] = 0; /* whatever else leads there */
	}
	return err ? err : excuse_what_pages_hold(m, settings, reasons, mark);
}

/* Untracked pages are searched once, for all objects, when the first white one asks. */
static struct kl_error *give_second_chance(struct kl_opened *o, struct kl_marking *m,
					   const struct kl_precise_settings *settings, struct kl_mark *mark)
{
	enum kl_untracked_pages which = settings->untracked;
	struct kl_error *err = NULL;

	if (!which || !has_white(m->in.heap, mark))
		return NULL;
	if (!m->page_words[which])
		err = search_pages(o, m, which);
	if (err)
		return err;
	mark->stats.missing_bytes += m->page_words[which]->missing;
	return kl_explain_mark(m->in.heap, &m->references, settings, m->page_words[which], mark);
}

/* Kinds of which nearly all are lost: what holds them is not understood. */
static struct kl_error *excuse_crowds(struct kl_opened *o, struct kl_marking *m,
				      const struct kl_precise_settings *settings, struct kl_mark *mark)
{
	const struct kl_heap *heap = m->in.heap;
	_cleanup_free_ uint64_t *reasons = calloc(heap->rows + 1, sizeof(*reasons));
	_cleanup_free_ uint32_t *kinds = NULL;
	size_t row, white = 0;
	struct kl_error *err;

	if (!reasons)
		return kl_error_nomem();
	for (row = 0; row < heap->rows; row++)
		white += mark->colour[row] == KL_WHITE;
	if (white < KL_POPULATION_MIN / 2)
		return NULL; /* too few for any */
	err = kl_own_caches_find(o->kernel, heap, &kinds);
	if (!err)
		err = kl_population_find(heap, mark, kinds, reasons);
	return err ? err : kl_explain_excused(heap, &m->references, settings, reasons, KL_EXPLAINED_CROWD, mark);
}

static struct kl_error *prepare_opinions(struct kl_marking *m)
{
	if (m->plugin_words)
		return NULL;
	m->plugin_opinions = calloc(m->in.heap->rows + 1, sizeof(*m->plugin_opinions));
	m->plugin_asked = calloc(m->in.heap->rows + 1, 1);
	return m->plugin_opinions && m->plugin_asked ? kl_intern_create(&m->plugin_words) : kl_error_nomem();
}

/* What plugins know; each row is asked about once, under whatever settings it was left white first. */
static struct kl_error *ask_plugins(struct kl_opened *o, struct kl_marking *m,
				    const struct kl_precise_settings *settings, struct kl_mark *mark)
{
	const struct kl_heap *heap = m->in.heap;
	_cleanup_free_ uint8_t *lost = calloc(heap->rows + 1, 1);
	struct kl_error *err = prepare_opinions(m);
	size_t row, count = 0;

	if (err || !lost)
		return err ? err : kl_error_nomem();
	for (row = 0; row < heap->rows; row++) {
		bool found = mark->colour[row] == KL_WHITE || mark->checksum_state[row] == KL_CHECKSUM_MODIFIED;

		lost[row] = found && !mark->explained[row] && !m->plugin_asked[row];
		m->plugin_asked[row] |= lost[row];
		count += lost[row];
	}
	if (count)
		err = kl_advising_classify(o, m->snapshot, &m->facts, lost, m->plugin_words, m->plugin_opinions);
	return err ? err
		   : kl_explain_excused(heap, &m->references, settings, m->plugin_opinions, KL_EXPLAINED_PLUGIN, mark);
}

struct kl_error *kl_marking_under(struct kl_opened *o, struct kl_marking *m, const struct kl_precise_settings *settings,
				  struct kl_marked *ret)
{
	struct kl_error *err = kl_precise_lay_bedrock(&m->in, settings, &m->references);
	const struct kl_page_words *words;

	if (!err)
		err = kl_precise_run(&m->in, &m->references, settings, &m->checksums, &ret->mark);
	if (!err)
		err = give_second_chance(o, m, settings, &ret->mark);
	words = m->page_words[settings->untracked];
	if (!err)
		err = kl_siblings_judge(&m->in, &m->references, words, settings, &ret->mark);
	/* Once more, without what became weak by that. */
	if (!err && words && settings->siblings)
		err = kl_explain_mark(m->in.heap, &m->references, settings, words, &ret->mark);
	if (!err && o->options->plugins)
		err = ask_plugins(o, m, settings, &ret->mark);
	if (!err)
		err = excuse_held_pages(o, m, settings, &ret->mark);
	if (!err)
		err = excuse_crowds(o, m, settings, &ret->mark);
	return err ? err : kl_precise_white_edges(&m->references, &ret->mark, settings, &ret->edges);
}

/* What stood in torn pages may have held anything. */
static struct kl_error *report_torn(struct kl_kernel *k, const struct kl_marking *m)
{
	struct kl_torn torn = {};
	struct kl_error *err = kl_torn_find(m->in.heap, &m->references, &m->marked.mark, &torn);
	const uint64_t *place;

	kl_vec_for_each (place, &torn.places) {
		kl_kernel_anomaly(k, "suspect page", *place,
				  "no object at %#" PRIx64
				  " is like others of its kind: the page was lost, or is another one",
				  *place);
		kl_kernel_incomplete(k, "a page of objects");
	}
	kl_vec_deinit(&torn.places);
	return err;
}

static struct kl_error *mark_precisely(struct kl_opened *o, struct kl_snapshot *s, struct kl_marking *m)
{
	const struct kl_analysis_options *options = o->options;
	struct kl_type_files files = kl_opened_type_files(o);
	struct kl_roots extra = {};
	struct kl_error *err;

	m->sites = kl_page_sites_of(s);
	m->settings = kl_settings_precise(options->settings, m->rules.min_age, o->kernel->hz);
	m->settings.min_unref_scans = 0; /* other dumps count, too: asked where these are (store/object_history.h) */
	err = kl_checksums_init(&m->checksums, &s->heap);
	if (!err)
		err = append_roots(&options->settings->roots, &extra);
	if (!err)
		err = kl_advising_roots(o, s, &extra);
	if (!err)
		err = kl_facts_gather(o->kernel, &s->heap, &extra,
				      m->settings.types || options->sweeps_types ? &files : NULL, &m->facts);
	kl_vec_deinit(&extra.list);
	if (!err && !(s->heap.source.knows & KL_KNOWS_BOOT))
		err = add_untracked_roots(o, m);
	if (!err)
		err = kl_references_collect(&m->in, &m->facts, &m->references);
	if (!err)
		err = kl_marking_under(o, m, &m->settings, &m->marked);
	return err ? err : report_torn(o->kernel, m);
}

struct kl_error *kl_marking_run(struct kl_opened *o, struct kl_snapshot *s, struct kl_marking *m)
{
	struct kl_error *err = describe_space(o->kernel, s, m);

	if (err)
		return err;
	m->snapshot = s;
	m->rules = rules_of(&s->kmemleak.info, o->kernel->page_shift);
	m->in = (struct kl_mark_input){
		.heap = &s->heap,
		.space = &m->space,
		.rules = &m->rules,
		.memory = {.read = read_dump, .peek = peek_at_dump, .context = o->image},
		.now = o->kernel->jiffies,
		.progress = o->options->progress,
	};
	return o->options->settings->policy == KL_POLICY_KERNEL ? replay(o, s, m) : mark_precisely(o, s, m);
}

void kl_marked_deinit(struct kl_marked *marked)
{
	kl_mark_deinit(&marked->mark);
	kl_edges_deinit(&marked->edges);
}

void kl_marking_deinit(struct kl_marking *m)
{
	size_t which;

	kl_marked_deinit(&m->marked);
	free(m->page_holders);
	kl_references_deinit(&m->references);
	kl_facts_deinit(&m->facts);
	kl_checksums_deinit(&m->checksums);
	kl_vec_deinit(&m->percpu_offsets);
	kl_intern_destroy(m->plugin_words);
	free(m->plugin_opinions);
	free(m->plugin_asked);
	for (which = 0; which <= KL_UNTRACKED_ALL; which++) {
		if (m->page_words[which])
			kl_page_words_deinit(m->page_words[which]);
		free(m->page_words[which]);
	}
	if (m->untracked)
		kl_untracked_deinit(m->untracked);
	free(m->untracked);
}
