/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/facts/boot_memory.h"

#include "kernel/machine/compound.h"
#include "kernel/machine/machine.h"
#include "kernel/machine/percpu.h"

/* Page frames [start, end). */
struct frames {
	uint64_t start, end;
};

struct boot_memory {
	struct kl_kernel *k;
	uint64_t direct_map;
	KL_VEC(struct frames) others; /* what is known otherwise; a handful */
	struct kl_roots *ret;
};

static void boot_memory_deinit(struct boot_memory *b)
{
	kl_vec_deinit(&b->others);
}

/* The page frames behind [start, end), which follow each other. */
static struct kl_error *leave_out(struct boot_memory *b, uint64_t start, uint64_t end)
{
	unsigned shift = b->k->page_shift;
	struct frames frames;
	uint64_t physical;
	struct kl_error *err = kl_image_translate(b->k->image, start, &physical);

	if (err) {
		kl_error_destroy(err);
		return NULL;
	}
	frames.start = physical >> shift;
	frames.end = (physical + (end - start) - 1) / (UINT64_C(1) << shift) + 1;
	return kl_vec_push(&b->others, frames) ? NULL : kl_error_nomem();
}

static struct kl_error *leave_out_image(struct boot_memory *b)
{
	uint64_t start = kl_kernel_variable(b->k, &b->k->layouts.symbols._stext);
	uint64_t end = kl_kernel_variable(b->k, &b->k->layouts.symbols._end);

	return start && end > start ? leave_out(b, start, end) : NULL;
}

/* Only the first chunk, and the one of modules inside of it, are made while booting; others have no reserved pages. */
static struct kl_error *leave_out_percpu(struct boot_memory *b)
{
	const struct kl_percpu_chunks *chunks;
	struct kl_error *err = kl_machine_percpu_chunks(b->k, &chunks);
	const struct kl_percpu_chunk *chunk;
	const unsigned *cpu;

	if (err)
		return err;
	kl_vec_for_each (chunk, &chunks->list) {
		kl_vec_for_each (cpu, &b->k->percpu.cpus) {
			uint64_t start;

			if (!err && !chunk->extensions && kl_percpu_address(b->k, chunk->base, *cpu, &start))
				err = leave_out(b, start, start + (uint64_t)chunk->bits * KL_PERCPU_UNIT);
		}
	}
	return err;
}

/* Objects of KFENCE's pool are objects, and what is else in it is free. */
static struct kl_error *leave_out_kfence(struct boot_memory *b)
{
	const struct kl_kfence *kfence;
	struct kl_error *err = kl_machine_kfence(b->k, &kfence);
	unsigned shift = b->k->page_shift;
	struct frames frames;

	if (err || !kfence->count)
		return err;
	frames.start = (kfence->start - b->direct_map) >> shift;
	frames.end = (kfence->end - b->direct_map) >> shift;
	return kl_vec_push(&b->others, frames) ? NULL : kl_error_nomem();
}

static bool is_frame_left_out(const struct boot_memory *b, uint64_t frame)
{
	const struct frames *f;

	kl_vec_for_each (f, &b->others) {
		if (frame >= f->start && frame < f->end)
			return true;
	}
	return false;
}

static struct kl_error *add_boot_page(struct boot_memory *b, uint64_t frame)
{
	uint64_t size = UINT64_C(1) << b->k->page_shift, start = b->direct_map + frame * size;
	struct kl_root root = {.start = start, .length = size, .kind = KL_ROOT_BOOT};
	struct kl_root *last = b->ret->list.count ? &b->ret->list.data[b->ret->list.count - 1] : NULL;

	if (is_frame_left_out(b, frame) || !kl_image_page_present(b->k->image, frame))
		return NULL;
	if (last && last->kind == KL_ROOT_BOOT && last->start + last->length == start) {
		last->length += size;
		return NULL;
	}
	return kl_vec_push(&b->ret->list, root) ? NULL : kl_error_nomem();
}

static struct kl_error *look_at_page(void *context, const struct kl_compound *c)
{
	struct boot_memory *b = context;
	const struct kl_enumerator *reserved = &b->k->layouts.enumerators.PG_reserved;
	struct kl_error *err = NULL;
	uint64_t i;

	if (!(kl_member_get(&b->k->layouts.page.flags, c->raw) >> reserved->value & 1))
		return NULL;
	for (i = 0; i < c->pages && !err; i++)
		err = add_boot_page(b, c->frame + i);
	return err;
}

struct kl_error *kl_boot_memory_roots(struct kl_kernel *k, struct kl_roots *ret)
{
	_cleanup_(boot_memory_deinit) struct boot_memory b = {.k = k, .ret = ret};
	const struct kl_memmap *memory;
	struct kl_error *err;

	if (!k->image || !k->layouts.enumerators.PG_reserved.present || !kl_memmap_direct_map(k, &b.direct_map))
		return NULL;
	err = leave_out_image(&b);
	if (!err)
		err = leave_out_percpu(&b);
	if (!err)
		err = leave_out_kfence(&b);
	if (!err)
		err = kl_machine_memmap(k, &memory);
	return err ? err : kl_compounds_visit(k, memory, look_at_page, &b);
}
