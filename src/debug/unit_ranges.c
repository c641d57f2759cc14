/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "debug/unit_ranges.h"

#include <stdlib.h>

#include "debug/cursor.h"

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

/* A list of .debug_ranges (DWARF 3 and 4): pairs relative to @base; a first half of all ones sets the base. */
static bool add_old_list(struct kl_units *units, struct kl_unit_ranges *ranges, size_t index, uint64_t base,
			 uint64_t offset)
{
	struct kl_cursor c = {0};
	const uint8_t *bytes;
	uint64_t start, end;
	bool complete = true;
	size_t size;

	if (!kl_dwarf_section(units->dw, ".debug_ranges", &bytes, &size) || offset > size)
		c.failed = true;
	else
		c = (struct kl_cursor){bytes + offset, bytes + size, false};
	while (!c.failed && complete) {
		start = kl_cursor_uint(&c, 8);
		end = kl_cursor_uint(&c, 8);
		if (!start && !end)
			break;
		if (start == UINT64_MAX)
			base = end;
		else
			complete = add(ranges, base + start, base + end, index);
	}
	if (c.failed)
		kl_dwarf_damaged(units->dw, ".debug_ranges");
	return complete;
}

/* An entry of a DWARF 5 list is one of eight kinds. Returns false at the end of the list. */
static bool read_entry(struct kl_units *units, Dwarf_Die die, struct kl_cursor *c, uint64_t *base, uint64_t *start,
		       uint64_t *end)
{
	uint64_t kind = kl_cursor_uint(c, 1);

	*start = *end = 0; /* adds nothing */
	switch (kind) {
	case DW_RLE_end_of_list:
		return false;
	case DW_RLE_base_addressx:
		return kl_die_indexed_address(units->dw, die, kl_cursor_uleb(c), base);
	case DW_RLE_base_address:
		*base = kl_cursor_uint(c, 8);
		return true;
	case DW_RLE_startx_endx:
		return kl_die_indexed_address(units->dw, die, kl_cursor_uleb(c), start) &&
		       kl_die_indexed_address(units->dw, die, kl_cursor_uleb(c), end);
	case DW_RLE_startx_length:
		if (!kl_die_indexed_address(units->dw, die, kl_cursor_uleb(c), start))
			return false;
		*end = *start + kl_cursor_uleb(c);
		return true;
	case DW_RLE_offset_pair:
		*start = *base + kl_cursor_uleb(c);
		*end = *base + kl_cursor_uleb(c);
		return true;
	case DW_RLE_start_end:
		*start = kl_cursor_uint(c, 8);
		*end = kl_cursor_uint(c, 8);
		return true;
	case DW_RLE_start_length:
		*start = kl_cursor_uint(c, 8);
		*end = *start + kl_cursor_uleb(c);
		return true;
	default:
		c->failed = true;
		return false;
	}
}

/* Where the list begins: DW_FORM_rnglistx is an index into a table of offsets at the unit's DW_AT_rnglists_base. */
static bool seek_list(struct kl_units *units, Dwarf_Die die, uint64_t value, bool is_index, struct kl_cursor *c)
{
	Dwarf_Half version, offset_size = 4;
	const uint8_t *bytes;
	uint64_t base, entry;
	bool ignored;
	size_t size;

	if (!kl_dwarf_section(units->dw, ".debug_rnglists", &bytes, &size))
		return false;
	if (is_index) {
		dwarf_get_version_of_die(die, &version, &offset_size);
		if (!kl_die_section_offset(units->dw, die, DW_AT_rnglists_base, &base, &ignored) || base > size ||
		    __builtin_mul_overflow(value, offset_size, &entry) || entry > size - base ||
		    size - base - entry < offset_size)
			return false;
		value = base + kl_get_uint(bytes + base + entry, offset_size);
	}
	if (value > size)
		return false;
	*c = (struct kl_cursor){bytes + value, bytes + size, false};
	return true;
}

/* A list of .debug_rnglists (DWARF 5). */
static bool add_new_list(struct kl_units *units, struct kl_unit_ranges *ranges, size_t index, uint64_t base,
			 uint64_t value, bool is_index)
{
	Dwarf_Die die = units->all.data[index].die;
	struct kl_cursor c;
	uint64_t start, end;
	bool complete = true;

	if (!seek_list(units, die, value, is_index, &c)) {
		kl_dwarf_damaged(units->dw, "a range list lies outside");
		return true;
	}
	while (complete && read_entry(units, die, &c, &base, &start, &end) && !c.failed)
		complete = add(ranges, start, end, index);
	if (c.failed)
		kl_dwarf_damaged(units->dw, ".debug_rnglists");
	return complete;
}

static bool add_unit(struct kl_units *units, struct kl_unit_ranges *ranges, size_t index)
{
	Dwarf_Die die = units->all.data[index].die;
	Dwarf_Half version = 0, offset_size;
	Dwarf_Error error = NULL;
	Dwarf_Addr low = 0;
	uint64_t value;
	bool is_index;
	int r = dwarf_lowpc(die, &low, &error);

	if (r == DW_DLV_ERROR)
		kl_dwarf_fail(units->dw, error);
	if (kl_die_section_offset(units->dw, die, DW_AT_ranges, &value, &is_index)) {
		dwarf_get_version_of_die(die, &version, &offset_size);
		return version >= 5 ? add_new_list(units, ranges, index, low, value, is_index)
				    : add_old_list(units, ranges, index, low, value);
	}
	return r != DW_DLV_OK || add_plain(units, ranges, index, low);
}

struct kl_error *kl_unit_ranges_from_units(struct kl_units *units, struct kl_unit_ranges *ret)
{
	bool complete = true;
	size_t i;

	*ret = (struct kl_unit_ranges){};
	for (i = 0; i < units->all.count && complete && !units->dw->failure; i++)
		if (units->all.data[i].name)
			complete = add_unit(units, ret, i);
	return finish(units, ret, complete);
}

size_t kl_unit_ranges_find(const struct kl_unit_ranges *ranges, uint64_t address)
{
	size_t low = 0, high = ranges->all.count;

	while (low < high) { /* ends behind the last range that starts at or below the address */
		size_t middle = low + (high - low) / 2;

		if (ranges->all.data[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low && address < ranges->all.data[low - 1].end ? ranges->all.data[low - 1].unit : SIZE_MAX;
}

void kl_unit_ranges_deinit(struct kl_unit_ranges *ranges)
{
	kl_vec_deinit(&ranges->all);
}
