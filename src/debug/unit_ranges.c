/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "debug/unit_ranges.h"

#include <stdlib.h>

/* Ranges that overlap (discarded sections at 0) are looked through this far back. */
#define OVERLAP_MAX 64

static bool add(struct kl_unit_ranges *ranges, uint64_t start, uint64_t end, size_t unit)
{
	if (start >= end || unit == SIZE_MAX)
		return true;
	return kl_vec_push(&ranges->all, ((struct kl_unit_range){start, end, (uint32_t)unit}));
}

static int compare(const void *a, const void *b)
{
	const struct kl_unit_range *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->unit < y->unit ? -1 : x->unit > y->unit;
}

static struct kl_error *finish(struct kl_units *units, struct kl_unit_ranges *ret, bool complete)
{
	struct kl_error *err = kl_dwarf_failure(units->dw);

	if (!err && !complete)
		err = kl_error_nomem();
	if (err)
		kl_unit_ranges_deinit(ret);
	else if (ret->all.count)
		qsort(ret->all.data, ret->all.count, sizeof(*ret->all.data), compare);
	return err;
}

struct kl_error *kl_unit_ranges_from_aranges(struct kl_units *units, struct kl_unit_ranges *ret)
{
	Dwarf_Debug handle = units->dw->handle;
	Dwarf_Error error = NULL;
	Dwarf_Arange *list = NULL;
	Dwarf_Signed count = 0, i;
	bool complete = true;
	int r;

	*ret = (struct kl_unit_ranges){};
	r = dwarf_get_aranges(handle, &list, &count, &error);
	if (r == DW_DLV_ERROR)
		kl_dwarf_fail(units->dw, error);
	for (i = 0; r == DW_DLV_OK && i < count; i++) {
		Dwarf_Unsigned segment, segment_size, length;
		Dwarf_Addr start;
		Dwarf_Off unit;

		if (dwarf_get_arange_info_b(list[i], &segment, &segment_size, &start, &length, &unit, &error) !=
		    DW_DLV_OK)
			kl_dwarf_fail(units->dw, error);
		else if (complete)
			complete = add(ret, start, start + length, kl_units_at(units, unit));
		dwarf_dealloc(handle, list[i], DW_DLA_ARANGE);
	}
	if (r == DW_DLV_OK)
		dwarf_dealloc(handle, list, DW_DLA_LIST);
	return finish(units, ret, complete);
}

/* DW_AT_low_pc and DW_AT_high_pc, which is an address or, since DWARF 4, mostly a length. */
static bool add_plain(struct kl_units *units, struct kl_unit_ranges *ranges, size_t index, uint64_t low)
{
	Dwarf_Die die = units->all.data[index].die;
	enum Dwarf_Form_Class class;
	Dwarf_Error error = NULL;
	Dwarf_Addr high;
	Dwarf_Half form;
	int r = dwarf_highpc_b(die, &high, &form, &class, &error);

	if (r == DW_DLV_ERROR)
		kl_dwarf_fail(units->dw, error);
	if (r != DW_DLV_OK)
		return true;
	return add(ranges, low, class == DW_FORM_CLASS_CONSTANT ? low + high : high, index);
}

/* A list of .debug_ranges (DWARF 3 and 4). */
static bool add_old_list(struct kl_units *units, struct kl_unit_ranges *ranges, size_t index, uint64_t base,
			 uint64_t offset)
{
	Dwarf_Debug handle = units->dw->handle;
	Dwarf_Error error = NULL;
	Dwarf_Unsigned bytes;
	Dwarf_Signed count, i;
	Dwarf_Ranges *list;
	bool complete = true;
	Dwarf_Off real;
	int r;

	r = dwarf_get_ranges_b(handle, offset, units->all.data[index].die, &real, &list, &count, &bytes, &error);
	if (r == DW_DLV_ERROR)
		kl_dwarf_fail(units->dw, error);
	if (r != DW_DLV_OK)
		return true;
	for (i = 0; i < count && complete; i++) {
		if (list[i].dwr_type == DW_RANGES_ADDRESS_SELECTION)
			base = list[i].dwr_addr2;
		else if (list[i].dwr_type == DW_RANGES_ENTRY)
			complete = add(ranges, base + list[i].dwr_addr1, base + list[i].dwr_addr2, index);
	}
	kl_dwarf_dealloc_ranges(handle, list, count);
	return complete;
}

/* A list of .debug_rnglists (DWARF 5); libdwarf adds the bases. */
static bool add_new_list(struct kl_units *units, struct kl_unit_ranges *ranges, size_t index, Dwarf_Attribute attribute,
			 Dwarf_Half form, uint64_t value)
{
	Dwarf_Unsigned count, offset, i, start, end;
	Dwarf_Rnglists_Head head;
	Dwarf_Error error = NULL;
	bool complete = true;
	unsigned int kind;
	int r;

	r = dwarf_rnglists_get_rle_head(attribute, form, value, &head, &count, &offset, &error);
	if (r == DW_DLV_ERROR)
		kl_dwarf_fail(units->dw, error);
	if (r != DW_DLV_OK)
		return true;
	for (i = 0; i < count && complete; i++) {
		r = kl_dwarf_rnglist_entry(head, i, &kind, &start, &end, &error);
		if (r == DW_DLV_ERROR)
			kl_dwarf_fail(units->dw, error);
		if (r != DW_DLV_OK || kind == DW_RLE_end_of_list)
			break;
		if (kind != DW_RLE_base_address && kind != DW_RLE_base_addressx)
			complete = add(ranges, start, end, index);
	}
	dwarf_dealloc_rnglists_head(head);
	return complete;
}

static bool add_list(struct kl_units *units, struct kl_unit_ranges *ranges, size_t index, uint64_t low)
{
	Dwarf_Die die = units->all.data[index].die;
	Dwarf_Half form, version = 0, offset_size;
	Dwarf_Attribute attribute;
	Dwarf_Error error = NULL;
	Dwarf_Unsigned value;
	bool complete = true;
	int r;

	if (dwarf_attr(die, DW_AT_ranges, &attribute, &error) != DW_DLV_OK)
		return true;
	dwarf_get_version_of_die(die, &version, &offset_size);
	r = dwarf_whatform(attribute, &form, &error);
	if (r == DW_DLV_OK && form == DW_FORM_sec_offset)
		r = dwarf_global_formref(attribute, &value, &error);
	else if (r == DW_DLV_OK)
		r = dwarf_formudata(attribute, &value, &error);
	if (r == DW_DLV_ERROR)
		kl_dwarf_fail(units->dw, error);
	else if (r == DW_DLV_OK && version >= 5)
		complete = add_new_list(units, ranges, index, attribute, form, value);
	else if (r == DW_DLV_OK)
		complete = add_old_list(units, ranges, index, low, value);
	dwarf_dealloc_attribute(attribute);
	return complete;
}

struct kl_error *kl_unit_ranges_from_units(struct kl_units *units, struct kl_unit_ranges *ret)
{
	bool complete = true;
	size_t i;

	*ret = (struct kl_unit_ranges){};
	for (i = 0; i < units->all.count && complete && !units->dw->failure; i++) {
		Dwarf_Die die = units->all.data[i].die;
		Dwarf_Error error = NULL;
		Dwarf_Addr low = 0;
		int r;

		if (!units->all.data[i].name)
			continue;
		r = dwarf_lowpc(die, &low, &error);
		if (r == DW_DLV_ERROR)
			kl_dwarf_fail(units->dw, error);
		if (kl_die_has(units->dw, die, DW_AT_ranges))
			complete = add_list(units, ret, i, low);
		else if (r == DW_DLV_OK)
			complete = add_plain(units, ret, i, low);
	}
	return finish(units, ret, complete);
}

size_t kl_unit_ranges_find(const struct kl_unit_ranges *ranges, uint64_t address)
{
	size_t low = 0, high = ranges->all.count, i;

	while (low < high) { /* ends behind the last range that starts at or below the address */
		size_t middle = low + (high - low) / 2;

		if (ranges->all.data[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	for (i = 0; i < OVERLAP_MAX && i < low; i++)
		if (address < ranges->all.data[low - 1 - i].end)
			return ranges->all.data[low - 1 - i].unit;
	return SIZE_MAX;
}

void kl_unit_ranges_deinit(struct kl_unit_ranges *ranges)
{
	kl_vec_deinit(&ranges->all);
}
