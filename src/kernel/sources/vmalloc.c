/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/sources/vmalloc.h"

#include <inttypes.h>

#include "kernel/machine/machine.h"

#define ANOMALY "vmalloc"
/* Bits of vm_struct.flags, include/linux/vmalloc.h */
#define VM_ALLOC UINT64_C(0x2)
#define VM_UNINITIALIZED UINT64_C(0x20) /* 3.10 */
#define VM_NO_GUARD UINT64_C(0x40)      /* 4.0 */

struct area_reader {
	struct kl_source_reading *r;
	struct kl_map areas; /* address of a vm_struct -> its area */
	struct kl_map freed; /* addresses of areas that wait to be freed */
	uint64_t modules_start, modules_end;
};

static void area_reader_deinit(struct area_reader *a)
{
	kl_map_deinit(&a->areas);
	kl_map_deinit(&a->freed);
}

/* What of a struct vm_struct is needed; the size without the guard page. */
struct area {
	uint64_t vm, address, size, flags, pages, caller;
};

static struct kl_error *read_vm(struct kl_kernel *k, struct area *ret)
{
	const struct kl_layout_vm_struct *l = &k->layouts.vm_struct;
	uint64_t guard = UINT64_C(1) << k->page_shift;
	struct kl_error *err = kl_kernel_read_member(k, ret->vm, &l->addr, &ret->address);

	if (!err)
		err = kl_kernel_read_member(k, ret->vm, &l->size, &ret->size);
	if (!err)
		err = kl_kernel_read_member(k, ret->vm, &l->flags, &ret->flags);
	if (!err)
		err = kl_kernel_read_member(k, ret->vm, &l->nr_pages, &ret->pages);
	if (!err && l->caller.present)
		err = kl_kernel_read_member(k, ret->vm, &l->caller, &ret->caller);
	if (err)
		return err;
	ret->address = kl_untag(k, ret->address);
	if (ret->size >= guard && !(ret->flags & VM_NO_GUARD))
		ret->size -= guard;
	return NULL;
}

static struct kl_error *check_area(struct kl_kernel *k, uint64_t vmap_area, const struct area *area)
{
	uint64_t start, end;
	struct kl_error *err = kl_kernel_read_member(k, vmap_area, &k->layouts.vmap_area.va_start, &start);

	if (!err)
		err = kl_kernel_read_member(k, vmap_area, &k->layouts.vmap_area.va_end, &end);
	if (!err && (start != area->address || end < start || area->size > end - start))
		err = kl_error_create(KL_ERROR_CORRUPT, "a vmap_area and a vm_struct that do not belong together");
	return err;
}

static bool owns_memory(const struct area_reader *a, const struct area *area)
{
	uint64_t unused;

	if (area->address >= a->modules_start && area->address < a->modules_end)
		return false;
	if (kl_map_get(&a->freed, area->address, &unused))
		return false;
	/* With fewer pages it is address space that somebody fills on demand: per-CPU chunks, the modules' allocation
	 * tags. */
	return (area->flags & VM_ALLOC) && !(area->flags & VM_UNINITIALIZED) && area->size &&
	       area->pages >= area->size >> a->r->k->page_shift;
}

static struct kl_error *add_area(struct area_reader *a, const struct area *area)
{
	struct kl_object object = kl_source_object(KLEAK_CLASS_VIRTUAL, area->address, area->size);
	struct kl_error *err = NULL;

	object.metadata = area->vm;
	if (area->caller)
		err = kl_heap_add_stack(a->r->heap, &area->caller, 1, &object.stack);
	if (!err && !kl_map_put(&a->areas, area->vm, area->address))
		err = kl_error_nomem();
	return err ? err : kl_heap_add(a->r->heap, &object);
}

static struct kl_error *read_area_in_use(struct area_reader *a, uint64_t vmap_area)
{
	struct kl_kernel *k = a->r->k;
	struct area area = {};
	struct kl_error *err = kl_kernel_read_member(k, vmap_area, &k->layouts.vmap_area.vm, &area.vm);

	/* none: vm_map_ram() */
	if (err || !area.vm)
		return err;
	area.vm = kl_untag(k, area.vm);
	err = read_vm(k, &area);
	if (err || !owns_memory(a, &area))
		return err;
	err = check_area(k, vmap_area, &area);
	return err ? err : add_area(a, &area);
}

/* Areas are held twice where their vm_structs are objects; those of early areas are not. */
static void join_with_vms(struct area_reader *a)
{
	struct kl_heap *heap = a->r->heap;
	_cleanup_map_ struct kl_map joined = {};
	uint64_t area, unused;
	size_t row;

	for (row = 0; row < heap->rows; row++) {
		if (heap->class_[row] != KLEAK_CLASS_VIRTUAL || !kl_map_get(&a->areas, heap->address[row], &area))
			continue;
		/* Without memory the area just needs one reference. */
		if (kl_map_put(&joined, area, 1))
			heap->excess_ref[row] = area;
	}
	for (row = 0; row < heap->rows; row++) {
		if (heap->min_count[row] && heap->class_[row] == KLEAK_CLASS_VIRTUAL &&
		    kl_map_get(&joined, heap->address[row], &unused))
			heap->min_count[row] = 2;
	}
}

static struct kl_error *note_freed(struct area_reader *a)
{
	struct kl_waiting *waiting;
	struct kl_error *err = kl_machine_waiting(a->r->k, &waiting);
	const uint64_t *address;

	if (err)
		return err;
	kl_vec_for_each (address, &waiting->freed) {
		if (!kl_map_put(&a->freed, *address, 1))
			return kl_error_nomem();
	}
	return NULL;
}

struct kl_error *kl_vmalloc_source_read(struct kl_source_reading *r)
{
	const struct kl_layout_vm_struct *l = &r->k->layouts.vm_struct;
	_cleanup_(area_reader_deinit) struct area_reader a = {.r = r};
	const struct kl_vmap_areas *areas;
	struct kl_error *err = kl_machine_vmap_areas(r->k, &areas);
	const uint64_t *area;

	if (err || !l->addr.present || !l->size.present || !l->flags.present || !l->nr_pages.present)
		return err;
	err = note_freed(&a);
	if (err)
		return err;
	kl_modules_space(r->k, &a.modules_start, &a.modules_end);
	kl_vec_for_each (area, &areas->in_use) {
		err = kl_kernel_go_on(r->k, ANOMALY, *area, read_area_in_use(&a, *area));
		if (err)
			return err;
	}
	join_with_vms(&a);
	return NULL;
}
