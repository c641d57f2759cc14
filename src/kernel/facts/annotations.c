/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/facts/annotations.h"

#include <string.h>

#include "kernel/machine/machine.h"
#include "kernel/machine/symbolize.h"
#include "util/stack_name.h"

/* Frames in which the annotating function is looked for: it allocates the object itself. */
#define FRAMES 8

/* How an object is recognized. */
enum sign {
	BY_FUNCTION, /* of its stack */
	BY_CACHE,
	BY_SYSCTL_ROOT, /* a struct ctl_table_header whose root is sysctl_table_root, or one of several such */
};

static const struct annotation {
	enum sign sign;
	const char *name; /* of the function or cache */
	const char *text;
} catalogue[] = {
	{BY_SYSCTL_ROOT, NULL, "the header of a sysctl table that stays for good: kmemleak_not_leak()"},
	{BY_FUNCTION, "__register_sysctl_init", "a sysctl table that stays for good: kmemleak_not_leak()"},
	{BY_FUNCTION, "user_namespace_sysctl_init", "a sysctl table that stays for good: kmemleak_ignore()"},
	{BY_FUNCTION, "init_fs_stat_sysctls", "a sysctl table that stays for good: kmemleak_not_leak()"},
	{BY_FUNCTION, "bpf_ringbuf_area_alloc", "held by the ring itself, which is mapped: kmemleak_not_leak()"},
	{BY_FUNCTION, "futex_init", "its address is part of the code: kmemleak_not_leak()"},
	{BY_FUNCTION, "nfs_readdir_copy_name", "its address is in a page of the page cache: kmemleak_not_leak()"},
	{BY_FUNCTION, "efivarfs_create", "kmemleak_ignore() in efivarfs_create()"},
	{BY_FUNCTION, "iova_depot_pop", "moved from list to list just now: kmemleak_transient_leak()"},
	{BY_FUNCTION, "optee_shm_register", "held by the secure world: kmemleak_not_leak()"},
	{BY_CACHE, "Acpi-Operand", "counted references in the ACPI namespace: kmemleak_not_leak()"},
	{BY_CACHE, "z3fold_handle", "held from pages: kmemleak_not_leak()"},
};

#define ANNOTATIONS (sizeof(catalogue) / sizeof(*catalogue))

const char *kl_annotation_text(uint64_t number)
{
	return number < ANNOTATIONS ? catalogue[number].text : "annotated";
}

struct annotator {
	struct kl_kernel *k;
	const struct kl_heap *heap;
	const struct kl_slab_caches *caches;
	struct kl_slab slab; /* met last */
};

/* Whether the struct ctl_table_header at @address is one of the root's. */
static bool is_sysctl_header(struct annotator *a, uint64_t address)
{
	uint64_t root = kl_kernel_variable(a->k, &a->k->layouts.variables.sysctl_table_root), found = 0;
	struct kl_error *err = kl_kernel_read_member(a->k, address, &a->k->layouts.ctl_table_header.root, &found);

	kl_error_destroy(err);
	return !err && root && found == root;
}

static bool holds_sysctl_root(struct annotator *a, uint32_t row)
{
	uint64_t size = a->k->layouts.ctl_table_header.type.size, address = a->heap->address[row], first = 0;
	struct kl_error *err;

	if (!a->k->layouts.ctl_table_header.root.present || a->heap->size[row] < size)
		return false;
	if (is_sysctl_header(a, address))
		return true;
	if (a->heap->size[row] < size + 8)
		return false;
	/* .. 6.4: of nested tables a header that is followed by the addresses of others */
	err = kl_kernel_read_u64(a->k, address + size, &first);
	kl_error_destroy(err);
	return !err && first && is_sysctl_header(a, first);
}

static bool is_of_cache(struct annotator *a, uint32_t row, const char *name)
{
	uint64_t address = a->heap->address[row];

	if (a->heap->class_[row] != KLEAK_CLASS_VIRTUAL)
		return false;
	return (kl_slab_holds(&a->slab, address) || kl_slab_at(a->caches, address, &a->slab)) &&
	       !strcmp(a->slab.cache->name, name);
}

static struct kl_error *was_allocated_by(struct annotator *a, uint32_t row, const char *function, bool *ret)
{
	uint64_t frames[KL_STACK_MAX];
	size_t n = kl_heap_frames(a->heap, a->heap->stack[row], frames), i;

	*ret = false;
	for (i = 0; i < n && i < FRAMES && !*ret; i++) {
		_cleanup_strbuf_ struct kl_strbuf text = {};
		struct kl_error *err = kl_symbolize(a->k, frames[i], &text);
		struct kl_symbol_text symbol;

		if (!err && text.failed)
			err = kl_error_nomem();
		if (err)
			return err;
		symbol = kl_symbol_text_parse(kl_strbuf_string(&text));
		*ret = symbol.function && symbol.function_length == strlen(function) &&
		       !memcmp(symbol.function, function, symbol.function_length);
	}
	return NULL;
}

static struct kl_error *is_annotated(struct annotator *a, uint32_t row, const struct annotation *annotation, bool *ret)
{
	switch (annotation->sign) {
	case BY_FUNCTION:
		return was_allocated_by(a, row, annotation->name, ret);
	case BY_CACHE:
		*ret = is_of_cache(a, row, annotation->name);
		return NULL;
	default:
		*ret = holds_sysctl_root(a, row);
		return NULL;
	}
}

struct kl_error *kl_annotations_find(struct kl_kernel *k, const struct kl_heap *heap, const uint8_t *wanted,
				     uint64_t *ret)
{
	struct annotator a = {.k = k, .heap = heap};
	struct kl_error *err = kl_machine_slab_caches(k, &a.caches);
	uint32_t row;
	size_t i;

	for (row = 0; row < heap->rows && !err; row++) {
		for (i = 0; wanted[row] && i < ANNOTATIONS && !ret[row] && !err; i++) {
			bool annotated;

			err = is_annotated(&a, row, &catalogue[i], &annotated);
			if (!err && annotated)
				ret[row] = i + 1;
		}
	}
	return err;
}
