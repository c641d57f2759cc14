/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/facts/untracked.h"

#include <string.h>

#include "kernel/facts/page_content.h"
#include "kernel/machine/machine.h"
#include "kernel/machine/percpu.h"
#include "kernel/machine/stackdepot.h"

#define BATCH 64 /* struct pages read at once */
/* More page frames than any machine has; only bounds the bitmap. */
#define MAX_FRAMES (UINT64_C(1) << 36)

/* What a page of the page allocator is to a search for references. */
enum use {
	USE_NONE, /* known otherwise, or nobody's */
	USE_LIVE,
	USE_DEAD, /* only data */
};

struct finder {
	struct kl_kernel *k;
	const struct kl_memmap *memory;
	const struct kl_slab_caches *caches;
	uint64_t direct_map;
	uint64_t frames;    /* one above the highest page frame */
	uint8_t *accounted; /* bit per page frame: its contents belong to something that is known */
	uint8_t *raw;       /* a batch of struct pages, and one more for the head of one of them */
	uint64_t last_head; /* struct page decided about last, and what was decided */
	enum use last_use;
	const struct kl_heap *heap;
	const struct kl_facts *facts;
	const struct kl_page_sites *sites;
	struct kl_page_types types;
	struct kl_untracked *ret;
};

/* Files whose pages hold data. Functions have other names in every kernel:
 * 6.12 fills pipes in pipe_write(), 7.3 in anon_pipe_prefill_and_lock(). */
static const char *const data_files[] = {
	"fs/pipe.c",        /* what was written */
	"lib/alloc_tag.c",  /* tags of modules */
	"lib/stackdepot.c", /* traces */
	"mm/alloc_tag.c",   /* lib/alloc_tag.c since 7.3 */
};

static void finder_deinit(struct finder *f)
{
	free(f->accounted);
	free(f->raw);
}

/* ---- page frames that belong to something ---- */

static void account_frame(struct finder *f, uint64_t frame)
{
	if (frame < f->frames)
		f->accounted[frame / 8] |= (uint8_t)(1 << frame % 8);
}

static bool is_accounted(const struct finder *f, uint64_t frame)
{
	return f->accounted[frame / 8] >> frame % 8 & 1;
}

/* The pages behind [start, start + length) of kernel virtual memory. */
static void account_range(struct finder *f, uint64_t start, uint64_t length)
{
	uint64_t page = UINT64_C(1) << f->k->page_shift, at = start & ~(page - 1), end;

	if (__builtin_add_overflow(start, length, &end))
		return;
	for (; at < end && at >= (start & ~(page - 1)); at += page) {
		uint64_t physical = at - f->direct_map;
		struct kl_error *err = NULL;

		if (physical >> f->k->page_shift >= f->frames) {
			if (!f->k->image)
				continue;
			err = kl_image_translate(f->k->image, at, &physical);
			kl_error_destroy(err);
		}
		if (!err)
			account_frame(f, physical >> f->k->page_shift);
	}
}

static struct kl_error *account_percpu(struct finder *f)
{
	const struct kl_percpu_chunks *chunks;
	struct kl_error *err = kl_machine_percpu_chunks(f->k, &chunks);
	const struct kl_percpu_chunk *chunk;
	const unsigned *cpu;

	if (err)
		return err;
	kl_vec_for_each (chunk, &chunks->list) {
		kl_vec_for_each (cpu, &f->k->percpu.cpus) {
			uint64_t start;

			if (kl_percpu_address(f->k, chunk->base, *cpu, &start))
				account_range(f, start, (uint64_t)chunk->bits * KL_PERCPU_UNIT);
		}
	}
	return NULL;
}

/* Traces are no references, and what a pool's pages held before was never erased. */
static void account_depot(struct finder *f)
{
	size_t n, i;
	uint64_t size;
	const uint64_t *pools = kl_stackdepot_pools(f->k, &n, &size);

	for (i = 0; pools && i < n; i++)
		account_range(f, kl_untag(f->k, pools[i]), size);
}

/* The tags of all modules (6.13); before, they were part of each module's data. */
static void account_module_tags(struct finder *f)
{
	const struct kl_layout_alloc_tag_module_section *l = &f->k->layouts.alloc_tag_module_section;
	uint64_t section = kl_kernel_variable(f->k, &f->k->layouts.variables.module_tags), start, size;
	struct kl_error *err;

	if (!section || !l->type.present)
		return;
	err = kl_kernel_read_member(f->k, section, &l->start_addr, &start);
	if (!err)
		err = kl_kernel_read_member(f->k, section, &l->size, &size);
	/* A size beyond all memory is said by who reads the tags. */
	if (!err && size >> f->k->page_shift < f->frames)
		account_range(f, start, size);
	kl_error_destroy(err);
}

/* Where code is loaded: the data of modules are roots, what else is there are none. */
static struct kl_error *account_module_areas(struct finder *f)
{
	const struct kl_layout_vmap_area *l = &f->k->layouts.vmap_area;
	const struct kl_vmap_areas *areas;
	uint64_t start, end, from, to;
	struct kl_error *err = kl_machine_vmap_areas(f->k, &areas);
	const uint64_t *area;

	if (err || !kl_modules_space(f->k, &start, &end))
		return err;
	kl_vec_for_each (area, &areas->in_use) {
		err = kl_kernel_read_member(f->k, *area, &l->va_start, &from);
		if (!err)
			err = kl_kernel_read_member(f->k, *area, &l->va_end, &to);
		if (!err && from >= start && to <= end && from < to)
			account_range(f, from, to - from);
		kl_error_destroy(err);
	}
	return NULL;
}

static struct kl_error *account_known(struct finder *f)
{
	uint64_t page = UINT64_C(1) << f->k->page_shift;
	const struct kl_heap *heap = f->heap;
	struct kl_error *err = account_module_areas(f);
	const struct kl_kfence *kfence;
	const struct kl_root *root;
	const uint64_t *frame;
	size_t row;

	if (!err)
		err = kl_machine_kfence(f->k, &kfence);
	if (err)
		return err;
	if (kfence->count)
		account_range(f, kfence->start, kfence->end - kfence->start);
	for (row = 0; row < heap->rows; row++) {
		/* smaller ones lie in slabs */
		if (heap->class_[row] == KLEAK_CLASS_VIRTUAL && heap->size[row] >= page)
			account_range(f, heap->address[row], heap->size[row]);
	}
	kl_vec_for_each (root, &f->facts->roots.list) {
		if (root->kind == KL_ROOT_STACK)
			account_range(f, root->start, root->length);
	}
	kl_vec_for_each (frame, &f->facts->data_pages)
		account_frame(f, *frame);
	account_depot(f);
	account_module_tags(f);
	return account_percpu(f);
}

/* ---- page frames that are wanted ---- */

static bool is_slab(const struct finder *f, const uint8_t *raw)
{
	const struct kl_enumerator *flag = &f->k->layouts.enumerators.PG_slab;

	/* a flag until 6.10, a page type since */
	if (flag->present)
		return kl_member_get(&f->k->layouts.page.flags, raw) >> flag->value & 1;
	return kl_slab_is(f->caches, raw);
}

static bool is_wanted(const struct finder *f, const uint8_t *raw)
{
	const struct kl_layout_page *l = &f->k->layouts.page;
	const struct kl_enumerator *reserved = &f->k->layouts.enumerators.PG_reserved;

	if (!kl_member_get(&l->_refcount, raw) || is_slab(f, raw) || kl_page_has_type(&f->types, raw) ||
	    kl_member_get(&l->mapping, raw))
		return false;
	return !reserved->present || !(kl_member_get(&l->flags, raw) >> reserved->value & 1);
}

static bool holds_data(const char *file)
{
	size_t i;

	for (i = 0; file && i < sizeof(data_files) / sizeof(*data_files); i++) {
		if (!strcmp(file, data_files[i]))
			return true;
	}
	return false;
}

/* A large kmalloc(), whose compound page begins at page frame @frame. */
static uint32_t find_large(const struct finder *f, uint64_t frame)
{
	uint64_t address = f->direct_map + (frame << f->k->page_shift);
	uint32_t row = kl_index_find(&f->heap->index[KLEAK_CLASS_VIRTUAL], address);

	return row != KL_NO_OBJECT && f->heap->address[row] == address ? row : KL_NO_OBJECT;
}

/* Did nobody write behind the end of the large kmalloc() @row? krealloc() makes one larger in place, and kmemleak does
 * not hear of it; in erased memory, what is there was put there. */
static enum use use_of_slack(const struct finder *f, uint32_t row)
{
	const struct kl_facts *facts = f->facts;

	if (row == KL_NO_OBJECT || !facts->requested || !facts->requested[row] || (facts->zeroed && facts->zeroed[row]))
		return USE_LIVE;
	return USE_DEAD;
}

/* How the page, or compound page, whose first struct page is @raw is used. */
static struct kl_error *use_of_head(struct finder *f, uint64_t frame, const uint8_t *raw, enum use *ret)
{
	const char *file = NULL;
	struct kl_error *err = NULL;

	*ret = USE_NONE;
	/* All of the power of two belongs to a large kmalloc(), whose object kmemleak tracks. */
	if (kl_page_states_kind(&f->facts->pages, frame) == KL_FRAME_KMALLOC) {
		*ret = use_of_slack(f, find_large(f, frame));
		return NULL;
	}
	if (!is_wanted(f, raw))
		return NULL;
	if (f->sites)
		err = f->sites->file(f->sites->context, frame, raw, &file);
	*ret = holds_data(file) ? USE_DEAD : USE_LIVE;
	return err;
}

/* Decided by the head of its compound page, or by the first page of its block. */
static struct kl_error *use_of_page(struct finder *f, uint64_t frame, uint64_t page, const uint8_t *raw, enum use *ret)
{
	uint64_t head = kl_memmap_compound_head(f->k, page, raw);
	uint8_t *head_raw = f->raw + (size_t)BATCH * f->memory->page_size;
	struct kl_error *err = NULL;

	if (kl_page_states_kind(&f->facts->pages, frame) == KL_FRAME_BLOCK) {
		*ret = f->last_use;
		return NULL;
	}
	if (head == page) {
		err = use_of_head(f, frame, raw, &f->last_use);
		f->last_head = head;
		*ret = f->last_use;
		return err;
	}
	if (head != f->last_head) {
		f->last_head = head;
		f->last_use = USE_NONE;
		if (kl_memmap_read_head(f->k, f->memory, &frame, &head, head_raw))
			err = use_of_head(f, frame, head_raw, &f->last_use);
	}
	*ret = f->last_use;
	return err;
}

static struct kl_error *append_page(struct kl_roots *roots, uint64_t start, uint64_t length)
{
	struct kl_root *last = roots->list.count ? &roots->list.data[roots->list.count - 1] : NULL;
	struct kl_root root = {.start = start, .length = length, .kind = KL_ROOT_UNTRACKED};

	if (last && last->start + last->length == start) {
		last->length += length;
		return NULL;
	}
	return kl_vec_push(&roots->list, root) ? NULL : kl_error_nomem();
}

static struct kl_error *add_page(struct finder *f, uint64_t frame, uint64_t page, const uint8_t *raw)
{
	uint64_t length = UINT64_C(1) << f->k->page_shift, start = f->direct_map + frame * length;
	enum use use;
	struct kl_error *err = use_of_page(f, frame, page, raw, &use);

	if (err || use == USE_NONE)
		return err;
	if (use == USE_DEAD)
		return append_page(&f->ret->dead, start, length);
	if (kl_page_is_leftover(f->k, f->heap, f->facts, start))
		return append_page(&f->ret->doubtful, start, length);
	return append_page(&f->ret->live, start, length);
}

/* What lies behind the end of a large kmalloc() in its last page. */
static struct kl_error *add_rest_of_page(struct finder *f, uint64_t frame)
{
	uint64_t length = UINT64_C(1) << f->k->page_shift, start = f->direct_map + frame * length, end;
	uint32_t row = kl_index_find(&f->heap->index[KLEAK_CLASS_VIRTUAL], start);

	if (row == KL_NO_OBJECT || f->heap->address[row] < f->direct_map)
		return NULL;
	if (kl_page_states_kind(&f->facts->pages, (f->heap->address[row] - f->direct_map) >> f->k->page_shift) !=
	    KL_FRAME_KMALLOC)
		return NULL;
	end = (f->heap->address[row] + f->heap->size[row] + 7) / 8 * 8;
	if (end - start >= length)
		return NULL;
	return append_page(use_of_slack(f, row) == USE_LIVE ? &f->ret->live : &f->ret->dead, end, start + length - end);
}

static struct kl_error *add_untracked_range(struct finder *f, const struct kl_page_range *range)
{
	uint64_t frame, start;

	for (start = range->start; start < range->end; start += BATCH) {
		uint64_t count = range->end - start < BATCH ? range->end - start : BATCH;
		size_t length = (size_t)count * f->memory->page_size;

		if (kl_kernel_read_partial(f->k, kl_memmap_page(f->memory, range, start), f->raw, length) != length)
			continue;
		for (frame = start; frame < start + count; frame++) {
			struct kl_error *err;

			if (is_accounted(f, frame)) {
				f->last_use = f->last_head = 0;
				err = add_rest_of_page(f, frame);
			} else {
				err = add_page(f, frame, kl_memmap_page(f->memory, range, frame),
					       f->raw + (frame - start) * f->memory->page_size);
			}
			if (err)
				return err;
		}
	}
	return NULL;
}

static struct kl_error *find_untracked(struct finder *f)
{
	const struct kl_page_range *range;
	struct kl_error *err = kl_machine_memmap(f->k, &f->memory);

	if (!err)
		err = kl_machine_slab_caches(f->k, &f->caches);
	if (err)
		return err;
	if (!f->memory->by_frame.count)
		return NULL;
	f->frames = f->memory->by_frame.data[f->memory->by_frame.count - 1].end;
	if (f->frames > MAX_FRAMES)
		return NULL;
	f->accounted = calloc(f->frames / 8 + 1, 1);
	f->raw = malloc((size_t)(BATCH + 1) * f->memory->page_size);
	if (!f->accounted || !f->raw)
		return kl_error_nomem();
	err = account_known(f);
	if (err)
		return err;
	kl_vec_for_each (range, &f->memory->by_frame) {
		err = add_untracked_range(f, range);
		if (err)
			return err;
	}
	return NULL;
}

void kl_untracked_deinit(struct kl_untracked *untracked)
{
	kl_vec_deinit(&untracked->live.list);
	kl_vec_deinit(&untracked->doubtful.list);
	kl_vec_deinit(&untracked->dead.list);
}

struct kl_error *kl_untracked_read(struct kl_kernel *k, const struct kl_heap *heap, const struct kl_facts *facts,
				   const struct kl_page_sites *sites, struct kl_untracked *ret)
{
	_cleanup_(finder_deinit) struct finder f = {.k = k, .heap = heap, .facts = facts, .sites = sites, .ret = ret};

	if (!kl_memmap_direct_map(k, &f.direct_map) ||
	    !(k->layouts.enumerators.PG_slab.present || k->layouts.enumerators.PGTY_slab.present))
		return NULL;
	kl_page_types_init(k, &f.types);
	return find_untracked(&f);
}
