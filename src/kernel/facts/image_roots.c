/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/facts/image_roots.h"

#include "kernel/machine/machine.h"

/* Appends [start, end) of @root. */
static struct kl_error *append_part(struct kl_roots *ret, const struct kl_root *root, uint64_t start, uint64_t end)
{
	struct kl_root part = {.start = start, .length = end - start, .kind = root->kind};

	return start == end || kl_vec_push(&ret->list, part) ? NULL : kl_error_nomem();
}

static struct kl_error *trim_root(struct kl_kernel *k, const struct kl_memmap *memory, const struct kl_root *root,
				  struct kl_roots *ret)
{
	uint64_t page = UINT64_C(1) << k->page_shift, end = root->start + root->length;
	uint64_t at, next, kept = root->start;
	struct kl_error *err = NULL;
	bool is_image;

	for (at = root->start; at < end && !err; at = next) {
		next = (at / page + 1) * page < end ? (at / page + 1) * page : end;
		if (!kl_memmap_is_image(k, memory, at, &is_image) || is_image)
			continue;
		err = append_part(ret, root, kept, at);
		kept = next;
	}
	return err ? err : append_part(ret, root, kept, end);
}

struct kl_error *kl_image_roots_trim(struct kl_kernel *k, struct kl_roots *roots)
{
	const struct kl_memmap *memory;
	struct kl_roots trimmed = {};
	const struct kl_root *root;
	struct kl_error *err = kl_machine_memmap(k, &memory);

	if (err || !k->image || !k->layouts.enumerators.PG_reserved.present)
		return err;
	kl_vec_for_each (root, &roots->list) {
		if (root->kind == KL_ROOT_DATA)
			err = trim_root(k, memory, root, &trimmed);
		else if (!kl_vec_push(&trimmed.list, *root))
			err = kl_error_nomem();
		if (err)
			break;
	}
	if (err) {
		kl_vec_deinit(&trimmed.list);
		return err;
	}
	kl_vec_deinit(&roots->list);
	*roots = trimmed;
	return NULL;
}
