/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/facts/untracked.h"

#include "kernel/machine/machine.h"
#include "kernel/machine/percpu.h"
#include "kernel/machine/stackdepot.h"

#define BATCH 64 /* struct pages read at once */
/* More page frames than any machine has; only bounds the bitmap. */
#define MAX_FRAMES (UINT64_C(1) << 36)

struct finder {
	struct kl_kernel *k;
	const struct kl_memmap *memory;
	const struct kl_slab_caches *caches;
	uint64_t direct_map;
	uint64_t frames;    /* one above the highest page frame */
	uint8_t *accounted; /* bit per page frame: its contents belong to something that is known */
	uint8_t *raw;       /* a batch of struct pages, and one more for the head of one of them */
	uint64_t last_head; /* struct page decided about last, and what was decided */
	bool last_wanted;
	struct kl_roots *ret;
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

static struct kl_error *account_known(struct finder *f, const struct kl_heap *heap, const struct kl_roots *scanned)
{
	uint64_t page = UINT64_C(1) << f->k->page_shift;
	const struct kl_root *root;
	size_t row;

	for (row = 0; row < heap->rows; row++) {
		/* smaller ones lie in slabs */
		if (heap->class_[row] == KLEAK_CLASS_VIRTUAL && heap->size[row] >= page)
			account_range(f, heap->address[row], heap->size[row]);
	}
	kl_vec_for_each (root, &scanned->list) {
		if (root->kind == KL_ROOT_STACK)
			account_range(f, root->start, root->length);
	}
	account_depot(f);
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

	if (!kl_member_get(&l->_refcount, raw) || is_slab(f, raw) || kl_member_get(&l->mapping, raw))
		return false;
	return !reserved->present || !(kl_member_get(&l->flags, raw) >> reserved->value & 1);
}

/* Decided by the head of its compound page. */
static bool page_is_wanted(struct finder *f, uint64_t page, const uint8_t *raw)
{
	uint64_t head = kl_memmap_compound_head(f->k, page, raw);
	uint8_t *head_raw = f->raw + (size_t)BATCH * f->memory->page_size;

	if (head == page)
		return is_wanted(f, raw);
	if (head != f->last_head) {
		f->last_head = head;
		f->last_wanted =
			kl_kernel_read_partial(f->k, head, head_raw, f->memory->page_size) == f->memory->page_size &&
			is_wanted(f, head_raw);
	}
	return f->last_wanted;
}

static struct kl_error *add_frame(struct finder *f, uint64_t frame)
{
	struct kl_root *last = f->ret->list.count ? &f->ret->list.data[f->ret->list.count - 1] : NULL;
	uint64_t page = UINT64_C(1) << f->k->page_shift;
	struct kl_root root = {.start = f->direct_map + frame * page, .length = page, .kind = KL_ROOT_UNTRACKED};

	if (last && last->kind == KL_ROOT_UNTRACKED && last->start + last->length == root.start) {
		last->length += page;
		return NULL;
	}
	return kl_vec_push(&f->ret->list, root) ? NULL : kl_error_nomem();
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
			struct kl_error *err = NULL;

			if (!is_accounted(f, frame) && page_is_wanted(f, kl_memmap_page(f->memory, range, frame),
								      f->raw + (frame - start) * f->memory->page_size))
				err = add_frame(f, frame);
			if (err)
				return err;
		}
	}
	return NULL;
}

static struct kl_error *find_untracked(struct finder *f, const struct kl_heap *heap, const struct kl_roots *scanned)
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
	err = account_known(f, heap, scanned);
	if (err)
		return err;
	kl_vec_for_each (range, &f->memory->by_frame) {
		err = add_untracked_range(f, range);
		if (err)
			return err;
	}
	return NULL;
}

struct kl_error *kl_untracked_read(struct kl_kernel *k, const struct kl_heap *heap, const struct kl_roots *scanned,
				   struct kl_roots *ret)
{
	_cleanup_(finder_deinit) struct finder f = {.k = k, .ret = ret};

	if (!kl_memmap_direct_map(k, &f.direct_map) ||
	    !(k->layouts.enumerators.PG_slab.present || k->layouts.enumerators.PGTY_slab.present))
		return NULL;
	return find_untracked(&f, heap, scanned);
}
