/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "profiling/alloc_tag_area.h"

#include <inttypes.h>

#include "kernel/machine/idr.h"
#include "kernel/machine/maple.h"

#define ANOMALY "alloc_tag"
/* 100000 tags are the address space that modules share, and a kernel has some thousands; only a bound. */
#define AREA_MAX ((uint64_t)1 << 24)

/* ---- state ---- */

/* The value of @v, or @otherwise when the kernel does not have it or it cannot be read. */
static uint64_t value_or(struct kl_kernel *k, const struct kl_variable *v, size_t size, uint64_t otherwise)
{
	uint64_t value = otherwise;
	struct kl_error *err;

	if (!v->present)
		return otherwise;
	err = kl_kernel_read_value(k, v, size, &value);
	if (!err)
		return value;
	kl_kernel_anomaly_error(k, ANOMALY, kl_kernel_variable(k, v), err);
	return otherwise;
}

/* Before 6.13 the variable lay among what is freed after booting. */
static bool is_supported(struct kl_kernel *k)
{
	const struct kl_variable *v = &k->layouts.variables.mem_profiling_support;
	uint64_t address = kl_kernel_variable(k, v);

	if (address >= kl_kernel_variable(k, &k->layouts.symbols.__init_begin) &&
	    address < kl_kernel_variable(k, &k->layouts.symbols.__init_end))
		return true;
	return value_or(k, v, 1, 1) & 1;
}

/* CONFIG_MEM_ALLOC_PROFILING_DEBUG: 7.x remembers pages allocated early; before, nobody may turn profiling on or off,
 * which 6.13 also forbids where it is not supported. */
static bool is_debug(struct kl_kernel *k, bool supported)
{
	const struct kl_layouts *l = &k->layouts;
	uint64_t sysctl = kl_kernel_variable(k, &l->variables.memory_allocation_profiling_sysctls), mode;
	struct kl_error *err;

	if (l->variables.current_pfn_pool.present)
		return true;
	if (!sysctl || !supported || !l->ctl_table.type.present)
		return false;
	err = kl_kernel_read_member(k, sysctl, &l->ctl_table.mode, &mode);
	if (!err)
		return mode == 0444;
	kl_kernel_anomaly_error(k, ANOMALY, sysctl, err);
	return false;
}

static void read_sections(struct kl_kernel *k, struct kl_profiling_info *info)
{
	const struct kl_layouts *l = &k->layouts;
	uint64_t kernel = kl_kernel_variable(k, &l->symbols.__start_alloc_tags);
	uint64_t kernel_stop = kl_kernel_variable(k, &l->symbols.__stop_alloc_tags);
	uint64_t modules = kl_kernel_variable(k, &l->variables.module_tags);
	struct kl_error *err;

	if (kernel && kernel_stop > kernel && kernel_stop - kernel < AREA_MAX) {
		info->kernel_tags = kernel;
		info->kernel_count = (kernel_stop - kernel) / info->tag_size;
	}
	if (!modules || !l->alloc_tag_module_section.type.present)
		return;
	err = kl_kernel_read_member(k, modules, &l->alloc_tag_module_section.start_addr, &info->module_tags);
	if (!err)
		err = kl_kernel_read_member(k, modules, &l->alloc_tag_module_section.size, &info->module_size);
	if (!err && info->module_size > AREA_MAX)
		err = kl_error_create(KL_ERROR_CORRUPT, "module_tags of %" PRIu64 " bytes", info->module_size);
	if (err) {
		info->module_tags = info->module_size = 0;
		kl_kernel_anomaly_error(k, ANOMALY, modules, err);
	}
}

static void read_state(struct kl_kernel *k, struct kl_profiling_info *info)
{
	const struct kl_layouts *l = &k->layouts;
	bool on, supported;

	*info = (struct kl_profiling_info){.status = KL_PROFILING_ABSENT};
	if (!l->alloc_tag.type.present || !l->codetag.type.present || !l->alloc_tag.type.size ||
	    l->alloc_tag.type.size > AREA_MAX || l->alloc_tag.ct.size < l->codetag.type.size)
		return;
	on = (int32_t)value_or(k, &l->variables.mem_alloc_profiling_key, 4, 0) > 0;
	supported = is_supported(k);
	info->status = on ? KL_PROFILING_ON : supported ? KL_PROFILING_OFF : KL_PROFILING_DISABLED;
	info->compressed = (int32_t)value_or(k, &l->variables.mem_profiling_compressed, 4, 0) > 0;
	info->debug = is_debug(k, supported);
	info->tag_size = l->alloc_tag.type.size;
	/* With the area for modules (6.13) came the file's removal when profiling is shut down. */
	info->has_file =
		value_or(k, &l->variables.alloc_tag_cttype, 8, 0) && (supported || !l->variables.module_tags.present);
	read_sections(k, info);
}

/* ---- areas ---- */

static bool is_known(const struct kl_tag_areas *areas, uint64_t start)
{
	const struct kl_tag_area *a;

	kl_vec_for_each (a, &areas->list) {
		if (start >= a->start && start < a->stop)
			return true;
	}
	return false;
}

static struct kl_error *add_tag_area(struct kl_kernel *k, struct kl_tag_areas *areas, struct kl_tag_area area)
{
	/* An area that ends before it starts is larger than any. */
	if (area.stop - area.start > AREA_MAX || !(area.start >> 63)) {
		kl_kernel_anomaly(k, ANOMALY, area.start, "tags from %#" PRIx64 " to %#" PRIx64 " cannot be",
				  area.start, area.stop);
		return NULL;
	}
	return area.start == area.stop || kl_vec_push(&areas->list, area) ? NULL : kl_error_nomem();
}

/* One struct codetag_module. */
static struct kl_error *add_registered(struct kl_kernel *k, uint64_t address, struct kl_tag_areas *areas)
{
	const struct kl_layout_codetag_module *l = &k->layouts.codetag_module;
	struct kl_tag_area area = {.listed = true};
	struct kl_error *err;

	err = kl_kernel_read_member(k, address, &l->start, &area.start);
	if (!err)
		err = kl_kernel_read_member(k, address, &l->stop, &area.stop);
	if (err) {
		kl_kernel_anomaly_error(k, ANOMALY, address, kl_error_prepend(err, "codetag_module"));
		return NULL;
	}
	area.start = kl_untag(k, area.start);
	area.stop = kl_untag(k, area.stop);
	return add_tag_area(k, areas, area);
}

static struct kl_error *add_all_registered(struct kl_kernel *k, uint64_t cttype, struct kl_tag_areas *areas)
{
	struct kl_idr_entries entries;
	struct kl_idr_entry *e;
	struct kl_error *err;

	err = kl_idr_read(k, "codetag_type.mod_idr", cttype + k->layouts.codetag_type.mod_idr.offset, &entries);
	if (err)
		return err;
	kl_vec_for_each (e, &entries.list) {
		err = add_registered(k, e->pointer, areas);
		if (err)
			break;
	}
	kl_vec_deinit(&entries.list);
	return err;
}

/* One range of mod_area_mt: its indexes are bytes from the area's start, its value says whose it is. */
static struct kl_error *add_module_range(struct kl_kernel *k, const struct kl_profiling_info *info,
					 const struct kl_maple_range *range, struct kl_tag_areas *areas)
{
	uint64_t unloaded = kl_kernel_variable(k, &k->layouts.variables.unloaded_mod);
	uint64_t padding = kl_kernel_variable(k, &k->layouts.variables.prepend_mod);
	struct kl_tag_area area = {.unloaded = unloaded && range->entry == unloaded};

	if (padding && range->entry == padding)
		return NULL;
	if (range->last >= AREA_MAX || range->first > range->last) {
		kl_kernel_anomaly(k, ANOMALY, info->module_tags, "mod_area_mt: a range up to %#" PRIx64, range->last);
		return NULL;
	}
	area.start = info->module_tags + range->first;
	area.stop = info->module_tags + range->last + 1;
	/* What is registered was read before, and stands where /proc/allocinfo prints it. */
	return is_known(areas, area.start) ? NULL : add_tag_area(k, areas, area);
}

static struct kl_error *add_module_areas(struct kl_kernel *k, const struct kl_profiling_info *info,
					 struct kl_tag_areas *areas)
{
	struct kl_tag_area everything = {.start = info->module_tags,
					 .stop = info->module_tags + info->module_size,
					 .unloaded = true,
					 .unsure = true};
	struct kl_maple_ranges ranges = {.broken = true};
	struct kl_maple_range *r;
	struct kl_error *err = NULL;

	if (!info->module_size)
		return NULL;
	if (k->layouts.variables.mod_area_mt.present && k->layouts.maple_tree.type.present)
		err = kl_maple_read(k, "mod_area_mt", kl_kernel_variable(k, &k->layouts.variables.mod_area_mt),
				    &ranges);
	if (err)
		return err;
	kl_vec_for_each (r, &ranges.list) {
		err = add_module_range(k, info, r, areas);
		if (err)
			break;
	}
	kl_vec_deinit(&ranges.list);
	/* Without the tree, the area itself is searched for what looks like a tag. */
	return err || !ranges.broken ? err : add_tag_area(k, areas, everything);
}

struct kl_error *kl_tag_areas_read(struct kl_kernel *k, struct kl_profiling_info *info, struct kl_tag_areas *ret)
{
	uint64_t cttype;
	struct kl_error *err = NULL;

	*ret = (struct kl_tag_areas){};
	read_state(k, info);
	if (info->status == KL_PROFILING_ABSENT)
		return NULL;
	cttype = value_or(k, &k->layouts.variables.alloc_tag_cttype, 8, 0);
	if (cttype >> 63 && k->layouts.codetag_type.type.present && k->layouts.codetag_module.type.present)
		err = add_all_registered(k, kl_untag(k, cttype), ret);
	/* Registered late while booting, and not at all when profiling was turned off for good. */
	if (!err && info->kernel_count && !is_known(ret, info->kernel_tags))
		err = add_tag_area(
			k, ret,
			(struct kl_tag_area){.start = info->kernel_tags,
					     .stop = info->kernel_tags + info->kernel_count * info->tag_size});
	if (!err)
		err = add_module_areas(k, info, ret);
	if (err)
		kl_vec_deinit(&ret->list);
	return err;
}
