/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/facts/page_holders.h"

#include <string.h>

#include "kernel/machine/memmap.h"
#include "util/bytes.h"
#include "util/search.h"

#define PIECE 4096

/* Words of one kind that name blocks: those in [start, end) name row `object`. */
struct names {
	KL_VEC(struct kl_span) list; /* ascending */
	uint64_t start, end;         /* of all of them */
};

struct search {
	struct kl_kernel *k;
	const struct kl_heap *heap;
	const struct kl_facts *facts;
	struct names struct_pages; /* addresses in the memory map */
	struct names frames;       /* numbers of their first page frames */
	uint64_t *holders;
};

static void search_deinit(struct search *s)
{
	kl_vec_deinit(&s->struct_pages.list);
	kl_vec_deinit(&s->frames.list);
}

/* ---- what is searched for ---- */

static bool add_name(struct names *names, uint64_t start, uint64_t length, uint32_t row)
{
	struct kl_span span = {.start = start, .object = row};

	return __builtin_add_overflow(start, length, &span.end) || kl_vec_push(&names->list, span);
}

static struct kl_error *add_doubtful_blocks(struct search *s)
{
	uint64_t direct_map, page_size = s->facts->pages.page_size;
	uint32_t row;

	if (!page_size || !kl_memmap_direct_map(s->k, &direct_map))
		return NULL;
	for (row = 0; row < s->heap->rows; row++) {
		uint64_t frame = (s->heap->address[row] - direct_map) >> s->k->page_shift;
		uint64_t pages = s->heap->size[row] >> s->k->page_shift;

		if (!(s->heap->flags[row] & KL_OBJECT_PAGES))
			continue;
		if (!add_name(&s->struct_pages, s->heap->metadata[row], pages * page_size, row) ||
		    !add_name(&s->frames, frame, 1, row))
			return kl_error_nomem();
	}
	return NULL;
}

static int compare_block_names(const void *a, const void *b)
{
	const struct kl_span *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static void sort_names(struct names *names)
{
	size_t n = names->list.count;

	if (!n)
		return;
	qsort(names->list.data, n, sizeof(*names->list.data), compare_block_names);
	names->start = names->list.data[0].start;
	names->end = names->list.data[n - 1].end;
}

/* ---- the search ---- */

static inline bool may_be_name(const struct names *names, uint64_t word)
{
	return word - names->start < names->end - names->start;
}

static const struct kl_span *find_name(const struct names *names, uint64_t word)
{
	return may_be_name(names, word) ? kl_search_range(names->list.data, names->list.count, word) : NULL;
}

/* Who is named by a struct page pointer, a physical address, or, if it @may_be_frame, a page frame number. */
static const struct kl_span *find_named(const struct search *s, uint64_t word, bool may_be_frame)
{
	uint64_t page = UINT64_C(1) << s->k->page_shift;
	const struct kl_span *name = find_name(&s->struct_pages, word);

	if (!name && may_be_frame)
		name = find_name(&s->frames, word);
	if (!name && !(word & (page - 1)))
		name = find_name(&s->frames, word >> s->k->page_shift);
	return name;
}

/* Numbers of inodes are as large as those of page frames, and there are many: where the type of an object is known,
 * only what is called a page frame number is one. */
static bool may_be_frame(const struct search *s, uint32_t row, uint64_t address)
{
	const struct kl_facts *facts = s->facts;
	const struct kl_object_type *type;
	uint64_t offset = address - s->heap->address[row];
	const char *member;

	if (!facts->type_of || !facts->type_of[row])
		return true;
	type = &facts->types.data[facts->type_of[row]];
	if (offset >= type->size || !type->members)
		return true;
	member = kl_intern_get(facts->names, type->members[offset / 8], NULL);
	return member && strstr(member, "pfn");
}

/* What its own memory, or its own struct pages, say of a block holds nobody: tails of a compound page name its head. */
static bool is_its_own(const struct search *s, uint32_t row, uint64_t address)
{
	uint64_t frame, first = (s->heap->address[row] - s->facts->pages.direct_map) >> s->k->page_shift;

	if (address - s->heap->address[row] < s->heap->size[row])
		return true;
	return kl_page_states_frame(&s->facts->pages, address, &frame) &&
	       frame - first < s->heap->size[row] >> s->k->page_shift;
}

/* @row: the object that the word stands in, or KL_NO_OBJECT. */
static void look_at_word(struct search *s, uint32_t row, uint64_t address, uint64_t word)
{
	const struct kl_span *name = find_named(s, word, true);

	if (name && row != KL_NO_OBJECT && !may_be_frame(s, row, address))
		name = find_named(s, word, false);

	if (name && !s->holders[name->object] && !is_its_own(s, name->object, address))
		s->holders[name->object] = address;
}

/* What the dump lacks is zeroes; the marking has said so already. */
static void search_range(struct search *s, uint32_t row, uint64_t start, uint64_t length)
{
	uint64_t at = (start + 7) & ~UINT64_C(7), end, n, i;
	uint8_t piece[PIECE];

	if (__builtin_add_overflow(start, length, &end))
		return;
	for (; at < end && end - at >= 8; at += n) {
		n = PIECE - at % PIECE;
		if (n > end - at)
			n = (end - at) & ~UINT64_C(7);
		kl_kernel_read_partial(s->k, at, piece, n);
		for (i = 0; i < n; i += 8) {
			uint64_t word = kl_get_u64(piece + i);

			if (may_be_name(&s->struct_pages, word) || may_be_name(&s->frames, word) ||
			    may_be_name(&s->frames, word >> s->k->page_shift))
				look_at_word(s, row, at + i, word);
		}
	}
}

static struct kl_error *search_roots(struct search *s, const struct kl_progress *progress, const struct kl_roots *roots)
{
	struct kl_error *err = NULL;
	size_t i;

	for (i = 0; roots && i < roots->list.count && !err; i++) {
		search_range(s, KL_NO_OBJECT, roots->list.data[i].start, roots->list.data[i].length);
		if (i % 256 == 0)
			err = kl_progress_tick(progress, "finding who holds pages", i, roots->list.count);
	}
	return err;
}

static struct kl_error *search_objects(struct search *s, const struct kl_progress *progress)
{
	const struct kl_heap *heap = s->heap;
	struct kl_error *err = NULL;
	size_t i;

	for (i = 0; i < heap->rows && !err; i++) {
		if (heap->class_[i] == KLEAK_CLASS_VIRTUAL)
			search_range(s, (uint32_t)i, heap->address[i], heap->size[i]);
		if (i % 1024 == 0)
			err = kl_progress_tick(progress, "finding who holds pages", i, heap->rows);
	}
	for (i = 0; i < heap->copies.count && !err; i++)
		search_range(s, KL_NO_OBJECT, heap->copies.spans[i].start,
			     heap->copies.spans[i].end - heap->copies.spans[i].start);
	return err;
}

static void search_registers(struct search *s)
{
	size_t i;

	for (i = 0; i < s->facts->registers.count; i++)
		look_at_word(s, KL_NO_OBJECT, 1, s->facts->registers.data[i]);
}

struct kl_error *kl_page_holders_find(struct kl_kernel *k, const struct kl_progress *progress,
				      const struct kl_heap *heap, const struct kl_facts *facts,
				      const struct kl_roots *more, uint64_t *ret)
{
	_cleanup_(search_deinit) struct search s = {.k = k, .heap = heap, .facts = facts, .holders = ret};
	struct kl_error *err = add_doubtful_blocks(&s);

	if (err || !s.frames.list.count)
		return err;
	sort_names(&s.struct_pages);
	sort_names(&s.frames);
	search_registers(&s);
	err = search_objects(&s, progress);
	if (!err)
		err = search_roots(&s, progress, &facts->roots);
	return err ? err : search_roots(&s, progress, more);
}
