/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/signs.h"

#include <string.h>

#include "kernel/machine/machine.h"
#include "kernel/machine/symbolize.h"
#include "util/bytes.h"
#include "util/map.h"

#define CONTENT_MAX 4096 /* bytes of an object: structs name what they are at their beginning */

/* How telling a word is, worst first. */
enum rank {
	RANK_NONE,
	RANK_KERNEL, /* the start of a symbol of the kernel: others use it, too */
	RANK_MODULE,
	RANK_TABLE, /* operations: their structs are of one kind */
};

struct sign_reader {
	struct kl_kernel *k;
	struct kl_heap *heap;
	uint64_t image_start, image_end;
	uint64_t modules_start, modules_end;
	struct kl_map ranks; /* address -> enum rank */
};

static void sign_reader_deinit(struct sign_reader *r)
{
	kl_map_deinit(&r->ranks);
}

static bool names_table(const char *name)
{
	const char *const ends[] = {"_ops", "_operations", "_ktype", "_vtable"};
	size_t length = strlen(name), i;

	for (i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		if (length > strlen(ends[i]) && !strcmp(name + length - strlen(ends[i]), ends[i]))
			return true;
	}
	return false;
}

static struct kl_error *rank_symbol(struct sign_reader *r, uint64_t address, enum rank *ret)
{
	struct kl_symbol_place place;
	struct kl_error *err;
	uint64_t known;
	bool found;

	*ret = RANK_NONE;
	if (kl_map_get(&r->ranks, address, &known)) {
		*ret = (enum rank)known;
		return NULL;
	}
	err = kl_symbol_find(r->k, address, &place, &found);
	if (err)
		return err;
	if (found && !place.offset)
		*ret = names_table(place.symbol.name) ? RANK_TABLE : *place.module ? RANK_MODULE : RANK_KERNEL;
	return kl_map_put(&r->ranks, address, *ret) ? NULL : kl_error_nomem();
}

/* The word of @row that tells most, the first one of several; 0 when there is none. */
static struct kl_error *find_sign(struct sign_reader *r, uint32_t row, uint64_t *ret)
{
	uint8_t content[CONTENT_MAX];
	uint64_t size = r->heap->size[row] < CONTENT_MAX ? r->heap->size[row] : CONTENT_MAX, i;
	enum rank best = RANK_NONE, rank;

	kl_kernel_read_partial(r->k, r->heap->address[row], content, (size_t)size);
	for (i = 0; i + 8 <= size; i += 8) {
		uint64_t word = kl_get_u64(content + i);
		struct kl_error *err;

		if ((word < r->image_start || word >= r->image_end) &&
		    (word < r->modules_start || word >= r->modules_end))
			continue;
		err = rank_symbol(r, word, &rank);
		if (err)
			return err;
		if (rank > best) {
			best = rank;
			*ret = word;
		}
	}
	return NULL;
}

/* Where the loaded modules are, from the first to the last. */
static struct kl_error *find_modules(struct sign_reader *r)
{
	struct kl_modules *modules;
	const struct kl_module *m;
	struct kl_error *err = kl_machine_modules(r->k, &modules);
	size_t i;

	if (err)
		return err;
	r->modules_start = UINT64_MAX;
	kl_vec_for_each (m, &modules->list) {
		for (i = 0; i < m->n_regions; i++) {
			uint64_t start = m->regions[i].base, end = start + m->regions[i].size;

			r->modules_start = start < r->modules_start ? start : r->modules_start;
			r->modules_end = end > r->modules_end ? end : r->modules_end;
		}
	}
	return NULL;
}

struct kl_error *kl_signs_find(const struct kl_opened *o, const struct kl_judgement *j, struct kl_snapshot *s)
{
	_cleanup_(sign_reader_deinit) struct sign_reader r = {.k = o->kernel, .heap = &s->heap};
	const struct kl_layouts *l = &o->kernel->layouts;
	const struct kl_finding *f;
	struct kl_error *err;

	r.image_start = kl_kernel_variable(o->kernel, &l->symbols._stext);
	r.image_end = kl_kernel_variable(o->kernel, &l->symbols._end);
	err = find_modules(&r);
	if (err)
		return err;
	kl_vec_for_each (f, &j->findings.list) {
		uint64_t frames[KL_STACK_MAX] = {};

		if (!(s->heap.flags[f->row] & KL_OBJECT_NO_STACK) ||
		    kl_heap_frames(&s->heap, s->heap.stack[f->row], frames) != 1)
			continue;
		err = find_sign(&r, f->row, &frames[1]);
		if (!err && frames[1])
			err = kl_heap_add_stack(&s->heap, frames, 2, &s->heap.stack[f->row]);
		if (err)
			return err;
	}
	return NULL;
}
