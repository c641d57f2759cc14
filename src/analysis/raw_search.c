/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/raw_search.h"

#include "util/bytes.h"

struct searcher {
	struct kl_image *image;
	const struct kl_marking *m;
	struct kl_index wanted; /* ascending by start, without overlaps */
	struct kl_raw_hits *ret;
	bool out_of_memory;
};

static void searcher_deinit(struct searcher *s)
{
	free(s->wanted.spans);
}

/* ---- what to look for ---- */

static int compare_search_spans(const void *a, const void *b)
{
	const struct kl_span *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static void add_wanted_span(struct searcher *s, uint32_t row, uint64_t start, uint64_t length)
{
	struct kl_span span = {.object = row, .start = start};

	if (!__builtin_add_overflow(start, length, &span.end) && length)
		s->wanted.spans[s->wanted.count++] = span;
}

static void add_wanted(struct searcher *s, uint32_t row)
{
	const struct kl_heap *heap = s->m->in.heap;
	const struct kl_address_space *space = s->m->in.space;
	uint64_t start = kl_object_start(heap, space, row), size = heap->size[row];
	size_t cpu;

	if (heap->class_[row] != KLEAK_CLASS_PERCPU) {
		add_wanted_span(s, row, start, size);
		return;
	}
	for (cpu = 0; cpu < space->percpu_count; cpu++)
		add_wanted_span(s, row, start + space->percpu_offsets[cpu], size);
	if (space->small_cookies && size > KL_COOKIE_FLAGS + 1)
		size = KL_COOKIE_FLAGS + 1;
	add_wanted_span(s, row, start, size);
}

/* Objects that overlap are damaged entries: the first one keeps what both claim. */
static void cut_overlaps(struct kl_index *wanted)
{
	size_t i, kept = 0;

	for (i = 0; i < wanted->count; i++) {
		struct kl_span span = wanted->spans[i];

		if (kept && span.start < wanted->spans[kept - 1].end)
			span.start = wanted->spans[kept - 1].end;
		if (span.start < span.end)
			wanted->spans[kept++] = span;
	}
	wanted->count = kept;
}

static struct kl_error *list_wanted(struct searcher *s, const uint32_t *rows, size_t n)
{
	size_t i;

	/* each as often as a per-CPU object has copies, and once more for its cookie */
	s->wanted.spans = calloc(n + 1, (s->m->in.space->percpu_count + 1) * sizeof(*s->wanted.spans));
	if (!s->wanted.spans)
		return kl_error_nomem();
	for (i = 0; i < n; i++)
		add_wanted(s, rows[i]);
	qsort(s->wanted.spans, s->wanted.count, sizeof(*s->wanted.spans), compare_search_spans);
	cut_overlaps(&s->wanted);
	return NULL;
}

/* ---- the search ---- */

static void search_page(struct searcher *s, uint64_t physical, const uint8_t *page, size_t length)
{
	uint64_t lowest = s->wanted.spans[0].start, highest = s->wanted.spans[s->wanted.count - 1].end;
	size_t at;

	for (at = 0; at + 8 <= length; at += 8) {
		uint64_t word = kl_get_u64(page + at);
		struct kl_raw_hit hit;

		if (s->m->space.reset_tags)
			word = kl_reset_tag(word);
		/* leaves few words to look up: objects lie close to each other, in the direct map or in vmalloc
		 * space */
		if (word < lowest || word >= highest)
			continue;
		hit = (struct kl_raw_hit){
			.row = kl_index_find(&s->wanted, word), .physical = physical + at, .word = word};
		if (hit.row != KL_NO_OBJECT && !kl_vec_push(&s->ret->list, hit))
			s->out_of_memory = true;
	}
}

static struct kl_error *search_all_pages(struct searcher *s)
{
	const struct kl_image_info *info = kl_image_info(s->image);
	uint64_t frame;

	for (frame = 0; frame < info->max_pfn; frame++) {
		uint64_t physical = frame << info->page_shift;
		struct kl_error *err = NULL;
		const uint8_t *page;
		size_t length;

		if (frame % 1024 == 0)
			err = kl_progress_tick(s->m->in.progress, "searching all memory", frame, info->max_pfn);
		if (err || s->out_of_memory)
			return err ? err : kl_error_nomem();
		if (!kl_image_page_present(s->image, frame))
			continue;
		page = kl_image_peek_physical(s->image, physical, &length);
		if (page)
			search_page(s, physical, page, length);
	}
	return s->out_of_memory ? kl_error_nomem() : kl_image_check(s->image);
}

static int compare_hits(const void *a, const void *b)
{
	const struct kl_raw_hit *x = a, *y = b;

	if (x->row != y->row)
		return x->row < y->row ? -1 : 1;
	return x->physical < y->physical ? -1 : x->physical > y->physical;
}

struct kl_error *kl_raw_search(struct kl_image *image, const struct kl_marking *m, const uint32_t *rows, size_t n,
			       struct kl_raw_hits *ret)
{
	_cleanup_(searcher_deinit) struct searcher s = {.image = image, .m = m, .ret = ret};
	struct kl_error *err = list_wanted(&s, rows, n);

	*ret = (struct kl_raw_hits){};
	if (!err && s.wanted.count)
		err = search_all_pages(&s);
	if (err)
		kl_vec_deinit(&ret->list);
	else if (ret->list.count)
		qsort(ret->list.data, ret->list.count, sizeof(*ret->list.data), compare_hits);
	return err;
}
