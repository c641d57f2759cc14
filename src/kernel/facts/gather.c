/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/facts/gather.h"

#include "kernel/facts/boot_memory.h"
#include "kernel/facts/image_roots.h"
#include "kernel/facts/leftovers.h"
#include "kernel/facts/pending.h"
#include "kernel/facts/roots.h"
#include "kernel/facts/sheaves.h"
#include "kernel/facts/slack.h"
#include "kernel/facts/start_frames.h"
#include "kernel/facts/stacks.h"
#include "kernel/facts/state_members.h"
#include "kernel/facts/struct_pages.h"
#include "kernel/machine/machine.h"

/* All of a root is alive unless said otherwise. */
static struct kl_error *all_alive(struct kl_facts *ret)
{
	while (ret->live.count < ret->roots.list.count) {
		if (!kl_vec_push(&ret->live, (uint64_t)0))
			return kl_error_nomem();
	}
	return NULL;
}

/* The kernel's scan leaves out what modules only write while they initialise (6.12: all but MOD_DATA); pointers that
 * live there are none the less. Regions that are scanned as objects are not added again. */
static struct kl_error *add_module_data(struct kl_kernel *k, const struct kl_heap *heap, struct kl_facts *ret)
{
	struct kl_modules *modules;
	struct kl_error *err = kl_machine_modules(k, &modules);
	const struct kl_module *m;
	size_t i;

	if (err)
		return err;
	kl_vec_for_each (m, &modules->list) {
		for (i = 0; i < m->n_regions; i++) {
			const struct kl_module_region *region = &m->regions[i];
			/* before 6.4 data follow the code in one region, of which kmemleak knows the parts */
			uint64_t text = region->text ? region->text_size : 0;
			struct kl_root root = {
				.start = region->base + text, .length = region->size - text, .kind = KL_ROOT_DATA};
			uint32_t row = kl_index_find(&heap->index[KLEAK_CLASS_VIRTUAL], root.start);

			if (text >= region->size || region->init ||
			    (region->text && (heap->source.knows & KL_KNOWS_BOOT)) ||
			    (row != KL_NO_OBJECT && !(heap->flags[row] & KL_OBJECT_NO_SCAN)))
				continue;
			if (!kl_vec_push(&ret->roots.list, root))
				return kl_error_nomem();
		}
	}
	return NULL;
}

/* 6.10 .. 6.12 keep the data of an unloaded module while its allocation tags are in use. Nothing runs on it any more,
 * but it is still scanned, and the heads of its lists stand in it. */
static struct kl_error *mask_unloaded_modules(struct kl_kernel *k, const struct kl_heap *heap, struct kl_facts *ret)
{
	struct kl_modules *modules;
	uint64_t start, end;
	struct kl_error *err = kl_machine_modules(k, &modules);
	size_t row;

	/* A module that a damaged list lost is loaded none the less. */
	if (err || modules->damaged || !kl_modules_space(k, &start, &end))
		return err;
	for (row = 0; row < heap->rows; row++) {
		struct kl_mask mask = {.start = heap->address[row],
				       .end = heap->address[row] + heap->size[row],
				       .traits = KL_TRAIT_UNLOADED};

		if (heap->class_[row] != KLEAK_CLASS_VIRTUAL || mask.start < start || mask.end > end ||
		    kl_modules_hold(modules, mask.start))
			continue;
		if (!kl_vec_push(&ret->masks, mask))
			return kl_error_nomem();
	}
	return NULL;
}

static struct kl_error *add_extra(const struct kl_roots *extra, struct kl_facts *ret)
{
	const struct kl_root *root;

	if (!extra)
		return NULL;
	kl_vec_for_each (root, &extra->list) {
		if (!kl_vec_push(&ret->roots.list, *root))
			return kl_error_nomem();
	}
	return all_alive(ret);
}

struct kl_error *kl_facts_gather(struct kl_kernel *k, const struct kl_heap *heap, const struct kl_roots *extra,
				 const struct kl_type_files *files, struct kl_facts *ret)
{
	struct kl_error *err;

	*ret = (struct kl_facts){};
	err = kl_kernel_roots(k, heap, false, &ret->roots);
	if (!err)
		err = kl_image_roots_trim(k, &ret->roots);
	if (!err && !(heap->source.knows & KL_KNOWS_BOOT))
		err = kl_boot_memory_roots(k, &ret->roots);
	if (!err)
		err = add_module_data(k, heap, ret);
	if (!err)
		err = all_alive(ret);
	if (!err)
		err = kl_stacks_read(k, ret);
	if (!err)
		err = kl_start_frames_read(k, heap, ret);
	if (!err)
		err = add_extra(extra, ret);
	if (!err)
		err = kl_leftovers_read(k, heap, ret);
	if (!err)
		err = mask_unloaded_modules(k, heap, ret);
	if (!err)
		err = kl_sheaves_read(k, ret);
	if (!err)
		err = kl_slack_read(k, heap, ret);
	if (!err)
		err = kl_pending_read(k, ret);
	if (!err)
		err = kl_struct_pages_read(k, heap, ret);
	if (!err && files)
		err = kl_object_types_read(k, heap, files, ret);
	if (!err)
		err = kl_state_members_read(k, heap, ret);
	if (!err && !kl_facts_sort_masks(ret))
		err = kl_error_nomem();
	if (err)
		kl_facts_deinit(ret);
	return err;
}
