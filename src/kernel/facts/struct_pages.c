/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/facts/struct_pages.h"

#include "kernel/machine/machine.h"
#include "util/bytes.h"

#define BATCH 64 /* struct pages read at once */
/* More page frames than any machine has; only bounds the array of states. */
#define MAX_FRAMES (UINT64_C(1) << 36)
#define MAX_PAGE_SIZE (64 * 8) /* a struct page's words are bits of one word */
#define MAX_ORDER 20           /* of a free block; there are none of more than 2^10 pages so far */
#define NO_FRAME UINT64_MAX

/* The compound page, or single page, that was met last: all of its struct pages follow each other. */
struct compound {
	uint64_t head; /* address of the first struct page; 0 = none */
	uint64_t frame;
	uint64_t state; /* index of the first state */
	uint64_t pages;
	enum kl_frame_kind kind;
	bool root;
};

struct describer {
	struct kl_kernel *k;
	const struct kl_memmap *memory;
	const struct kl_slab_caches *caches;
	const struct kl_heap *heap;
	struct kl_page_types types;
	struct kl_page_states *ret;
	uint64_t described; /* states filled in so far */
	uint8_t *raw;       /* BATCH struct pages */
	struct compound last;
	uint64_t free_end; /* behind the free block that was met last */
	uint64_t block;    /* first frame of the block in use that may go on, and the one it goes on with */
	uint64_t block_next;
};

/* ---- which words a page of some kind has ------------------------------------------------------------------------- */

static uint64_t word_of(const struct kl_member *member)
{
	return member->present ? UINT64_C(1) << member->offset / 8 % 64 : 0;
}

static void describe_kinds(const struct kl_kernel *k, struct kl_page_states *ret)
{
	const struct kl_layout_slab *slab = &k->layouts.slab;

	ret->dead[KL_FRAME_FREE] = UINT64_MAX;
	ret->dead[KL_FRAME_TAIL] = UINT64_MAX;
	ret->dead[KL_FRAME_KMALLOC] = word_of(&k->layouts.page.index);
	ret->dead[KL_FRAME_SLAB] =
		~(word_of(&slab->slab_cache) | word_of(&slab->obj_exts) | word_of(&slab->memcg_data));
}

/* ---- states ------------------------------------------------------------------------------------------------------ */

/* Free pages that wait on a CPU's list are linked there. Whoever has taken a page has another use for these words, or
 * they are as they were made: empty, or poisoned when the page was taken from such a list. */
static bool is_listed(const struct describer *d, uint64_t page, const uint8_t *raw)
{
	const struct kl_member *lru = &d->k->layouts.page.lru;
	uint64_t next, previous, back = 0, forth = 0;
	struct kl_error *err;

	if (!lru->present || lru->offset + 16 > d->memory->page_size)
		return true;
	next = kl_get_u64(raw + lru->offset);
	previous = kl_get_u64(raw + lru->offset + 8);
	err = kl_kernel_read_u64(d->k, next + 8, &back);
	if (!err)
		err = kl_kernel_read_u64(d->k, previous, &forth);
	kl_error_destroy(err);
	return back == page + lru->offset && forth == back && next != back;
}

/* May page frame @frame be part of the block that began last? */
static bool is_in_block(const struct describer *d, uint64_t frame)
{
	return frame == d->block_next && frame - d->block < (d->block & -d->block);
}

/* alloc_pages() without __GFP_COMP counts references in the first page of a block only, and leaves the others as they
 * were. A block of 2^n pages begins at a multiple of 2^n. */
static bool continues_block(struct describer *d, uint64_t frame, uint64_t page, const uint8_t *raw)
{
	if (frame < d->free_end || !is_in_block(d, frame) || is_listed(d, page, raw))
		return false;
	d->block_next++;
	return true;
}

/* A page with references may begin a block, or have been mapped to user space as part of one (vm_insert_page()). */
static void note_page_in_use(struct describer *d, uint64_t frame)
{
	if (!is_in_block(d, frame))
		d->block = frame;
	d->block_next = frame + 1;
}

static void note_free_block(struct describer *d, uint64_t frame, const uint8_t *raw)
{
	uint64_t order = kl_member_get(&d->k->layouts.page.private_, raw);

	if (order <= MAX_ORDER)
		d->free_end = frame + (UINT64_C(1) << order);
}

/* A page whose refcount is frozen for a moment (migration, reclaim) still has its mapping. */
static enum kl_frame_kind kind_of_head(struct describer *d, uint64_t frame, uint64_t page, const uint8_t *raw)
{
	uint64_t count = kl_member_get(&d->k->layouts.page._refcount, raw);

	if (kl_slab_is(d->caches, raw))
		return KL_FRAME_SLAB;
	if (kl_page_is_buddy(&d->types, raw)) {
		note_free_block(d, frame, raw);
		return KL_FRAME_FREE;
	}
	if (count && !kl_page_has_type(&d->types, raw))
		note_page_in_use(d, frame);
	if (count || kl_page_has_type(&d->types, raw) || kl_member_get(&d->k->layouts.page.mapping, raw))
		return KL_FRAME_UNKNOWN;
	return continues_block(d, frame, page, raw) ? KL_FRAME_BLOCK : KL_FRAME_FREE;
}

/* Tails of other compound pages have uses of their own: huge pages keep pointers to their pool and cgroup there. */
static enum kl_frame_kind kind_of_tail(enum kl_frame_kind head)
{
	return head == KL_FRAME_UNKNOWN || head == KL_FRAME_FREE ? head : KL_FRAME_TAIL;
}

static bool is_tracked(const struct describer *d, uint64_t frame)
{
	uint64_t address = d->ret->direct_map + (frame << d->k->page_shift);
	uint32_t row = kl_index_find(&d->heap->index[KLEAK_CLASS_VIRTUAL], address);

	return row != KL_NO_OBJECT && d->heap->address[row] == address;
}

/* All of its pages are known now. */
static void finish_compound(struct describer *d)
{
	struct compound *c = &d->last;
	unsigned order = 0;
	uint64_t i;

	while (UINT64_C(1) << order < c->pages)
		order++;
	/* One that was cut off, or is damaged: each page is on its own. */
	if (c->pages != UINT64_C(1) << order || c->frame & (c->pages - 1))
		order = 0;
	if (order && c->kind == KL_FRAME_UNKNOWN && is_tracked(d, c->frame))
		c->kind = KL_FRAME_KMALLOC;
	for (i = 0; i < c->pages; i++)
		d->ret->states[c->state + i] = kl_frame_state(i ? kind_of_tail(c->kind) : c->kind, c->root, order);
	*c = (struct compound){};
}

static void describe_page(struct describer *d, uint64_t frame, uint64_t page, const uint8_t *raw)
{
	uint64_t head = kl_memmap_compound_head(d->k, page, raw), state = d->described++;

	if (head != page && head == d->last.head && frame == d->last.frame + d->last.pages) {
		d->last.pages++;
		d->block_next = NO_FRAME; /* compound pages are whole */
		return;
	}
	finish_compound(d);
	if (head != page) {
		d->ret->states[state] = kl_frame_state(KL_FRAME_UNKNOWN, kl_memmap_page_in_use(d->k, page, raw), 0);
		return;
	}
	d->last = (struct compound){
		.head = head,
		.frame = frame,
		.state = state,
		.pages = 1,
		.kind = kind_of_head(d, frame, page, raw),
	};
	d->last.root = kl_member_get(&d->k->layouts.page._refcount, raw) || d->last.kind == KL_FRAME_BLOCK;
}

static void describe_range(struct describer *d, const struct kl_page_range *range)
{
	uint64_t start, frame;

	for (start = range->start; start < range->end; start += BATCH) {
		uint64_t count = range->end - start < BATCH ? range->end - start : BATCH;
		size_t length = (size_t)count * d->memory->page_size;

		if (kl_kernel_read_partial(d->k, kl_memmap_page(d->memory, range, start), d->raw, length) < length) {
			finish_compound(d);
			d->described += count; /* UNKNOWN */
			continue;
		}
		for (frame = start; frame < start + count; frame++)
			describe_page(d, frame, kl_memmap_page(d->memory, range, frame),
				      d->raw + (frame - start) * d->memory->page_size);
	}
}

/* ---- windows ----------------------------------------------------------------------------------------------------- */

static struct kl_error *add_window(struct describer *d, const struct kl_page_window *w)
{
	if (w->start == w->end)
		return NULL;
	return kl_vec_push(&d->ret->windows, *w) ? NULL : kl_error_nomem();
}

/* What lies at @address of the window @w, and nothing behind it yet. */
static struct kl_page_window begin_copy(const struct describer *d, const struct kl_page_window *w, uint64_t address)
{
	uint64_t offset = address - w->start;

	return (struct kl_page_window){
		.frame = w->frame + offset / d->ret->page_size,
		.state = w->state + offset / d->ret->page_size,
		.skew = (uint32_t)(offset % d->ret->page_size),
		.again = true,
	};
}

/* The addresses in the direct map of the memory behind the window @w. */
static struct kl_error *add_copies(struct describer *d, const struct kl_page_window *w)
{
	uint64_t page = UINT64_C(1) << d->k->page_shift, at, next;
	struct kl_page_window copy = {.again = true};
	struct kl_error *err = NULL;

	for (at = w->start; at < w->end && !err; at = next) {
		uint64_t physical, start;
		struct kl_error *unmapped = kl_image_translate(d->k->image, at, &physical);

		next = (at / page + 1) * page < w->end ? (at / page + 1) * page : w->end;
		start = unmapped ? 0 : d->ret->direct_map + physical;
		if (unmapped || start != copy.end) {
			err = add_window(d, &copy);
			copy = begin_copy(d, w, at);
			copy.start = start;
			copy.end = start;
		}
		if (!unmapped)
			copy.end += next - at;
		kl_error_destroy(unmapped);
	}
	return err ? err : add_window(d, &copy);
}

static struct kl_error *describe_memmap(struct describer *d)
{
	const struct kl_page_range *range;
	struct kl_error *err = NULL;

	kl_vec_for_each (range, &d->memory->by_frame) {
		struct kl_page_window w = {
			.start = kl_memmap_page(d->memory, range, range->start),
			.end = kl_memmap_page(d->memory, range, range->end),
			.frame = range->start,
			.state = d->described,
		};
		struct kl_frame_span span = {.start = range->start, .end = range->end, .state = d->described};

		if (!kl_vec_push(&d->ret->frames, span))
			return kl_error_nomem();
		describe_range(d, range);
		err = add_window(d, &w);
		if (!err && d->k->image)
			err = add_copies(d, &w);
		if (err)
			return err;
	}
	finish_compound(d);
	kl_page_states_sort(d->ret);
	return NULL;
}

/* kmemleak scans the struct pages of pages that have a reference count; those of the rest of a block mean as much. */
static struct kl_error *add_block_roots(const struct describer *d, struct kl_facts *ret)
{
	const struct kl_page_range *range;
	uint64_t frame, state = 0;

	kl_vec_for_each (range, &d->memory->by_frame) {
		for (frame = range->start; frame < range->end; frame++, state++) {
			struct kl_root root = {.start = kl_memmap_page(d->memory, range, frame),
					       .length = d->memory->page_size,
					       .kind = KL_ROOT_PAGE};

			if (kl_frame_state_kind(ret->pages.states[state]) == KL_FRAME_BLOCK &&
			    (!kl_vec_push(&ret->roots.list, root) || !kl_vec_push(&ret->live, (uint64_t)0)))
				return kl_error_nomem();
		}
	}
	return NULL;
}

struct kl_error *kl_struct_pages_read(struct kl_kernel *k, const struct kl_heap *heap, struct kl_facts *ret)
{
	struct describer d = {.k = k, .heap = heap, .ret = &ret->pages, .block_next = NO_FRAME};
	_cleanup_free_ uint8_t *raw = NULL;
	const struct kl_page_range *range;
	uint64_t frames = 0;
	struct kl_error *err = kl_machine_memmap(k, &d.memory);

	if (!err)
		err = kl_machine_slab_caches(k, &d.caches);
	if (err || !kl_memmap_direct_map(k, &ret->pages.direct_map))
		return err;
	kl_vec_for_each (range, &d.memory->by_frame)
		frames += range->end - range->start;
	if (!frames || frames > MAX_FRAMES || !d.memory->page_size || d.memory->page_size > MAX_PAGE_SIZE)
		return NULL;
	ret->pages.page_size = d.memory->page_size;
	ret->pages.page_shift = k->page_shift;
	kl_page_types_init(k, &d.types);
	describe_kinds(k, &ret->pages);
	ret->pages.states = calloc(frames, 1);
	d.raw = raw = malloc((size_t)BATCH * d.memory->page_size);
	if (!ret->pages.states || !raw)
		return kl_error_nomem();
	err = describe_memmap(&d);
	return err ? err : add_block_roots(&d, ret);
}
