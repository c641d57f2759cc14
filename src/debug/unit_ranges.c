/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "debug/unit_ranges.h"

#include <stdlib.h>

#include "debug/cursor.h"
#include "util/search.h"

static bool add_unit_range(struct kl_unit_ranges *ranges, uint64_t start, uint64_t end, size_t unit)
{
	if (start >= end || unit == SIZE_MAX)
		return true;
	return kl_vec_push(&ranges->all, ((struct kl_unit_range){start, end, (uint32_t)unit}));
}

static int compare_unit_ranges(const void *a, const void *b)
{
	const struct kl_unit_range *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->unit < y->unit ? -1 : x->unit > y->unit;
}

struct kl_error *kl_unit_ranges_end(struct kl_units *units, struct kl_unit_ranges *ret, bool complete)
{
	struct kl_error *err = kl_dwarf_failure(units->dw);

	if (!err && !complete)
		err = kl_error_nomem();
	if (err)
		kl_unit_ranges_deinit(ret);
	else if (ret->all.count)
		qsort(ret->all.data, ret->all.count, sizeof(*ret->all.data), compare_unit_ranges);
	return err;
}

/* One table of .debug_aranges at the cursor, which moves past it: header, padding to a multiple of a pair, and pairs of
 * address and length up to a pair of zeros. The format stayed at version 2 up to DWARF 5. */
static bool read_arange_table(struct kl_units *units, struct kl_unit_ranges *ranges, struct kl_cursor *c)
{
	const uint8_t *begin = c->at;
	size_t offset_size = 4, unit;
	uint64_t length = kl_cursor_uint(c, 4), start = 1, size;
	struct kl_cursor table;
	bool complete = true;

	if (length == UINT32_MAX) {
		length = kl_cursor_uint(c, 8);
		offset_size = 8;
	}
	table = *c;
	kl_cursor_skip(c, length);
	table.end = c->failed ? table.at : c->at;
	table.failed |= kl_cursor_uint(&table, 2) != 2;
	unit = kl_units_at(units, kl_cursor_uint(&table, offset_size));
	table.failed |= kl_cursor_uint(&table, 1) != 8; /* of an address */
	table.failed |= kl_cursor_uint(&table, 1) != 0; /* of a segment selector */
	kl_cursor_skip(&table, (uint64_t)(begin - table.at) % 16);
	while (complete && !table.failed && table.at < table.end) {
		start = kl_cursor_uint(&table, 8);
		size = kl_cursor_uint(&table, 8);
		if (!start && !size)
			break;
		complete = add_unit_range(ranges, start, start + size, unit);
	}
	c->failed |= table.failed;
	return complete;
}

struct kl_error *kl_unit_ranges_from_aranges(struct kl_units *units, struct kl_unit_ranges *ret)
{
	struct kl_dwarf_section section = kl_dwarf_load(units->dw, ".debug_aranges");
	struct kl_cursor c = {section.data, section.data + section.size, false};
	bool complete = true;

	*ret = (struct kl_unit_ranges){};
	while (complete && c.at < c.end && !c.failed)
		complete = read_arange_table(units, ret, &c);
	if (c.failed)
		kl_dwarf_damaged(units->dw, ".debug_aranges");
	return kl_unit_ranges_end(units, ret, complete);
}

/* DW_AT_low_pc and DW_AT_high_pc, which is an address or, since DWARF 4, mostly a length. */
static bool add_low_high_range(struct kl_units *units, struct kl_unit_ranges *ranges, size_t index,
			       const struct kl_die *root, uint64_t low)
{
	struct kl_attribute_value v;
	uint64_t high;

	if (!kl_die_attribute(units->dw, root, DW_AT_high_pc, &v))
		return true;
	if (!kl_die_address(units->dw, root->unit, &v, &high))
		high = low + v.number;
	return add_unit_range(ranges, low, high, index);
}

/* A list of .debug_ranges (DWARF 3 and 4): pairs relative to @base; a first half of all ones sets the base. */
static bool add_ranges_list(struct kl_units *units, struct kl_unit_ranges *ranges, size_t index, uint64_t base,
			    uint64_t offset)
{
	struct kl_dwarf_section section = kl_dwarf_load(units->dw, ".debug_ranges");
	struct kl_cursor c = {section.data, section.data + section.size, false};
	bool complete = true;

	kl_cursor_skip(&c, offset);
	while (!c.failed && complete) {
		uint64_t start = kl_cursor_uint(&c, 8), end = kl_cursor_uint(&c, 8);

		if (!start && !end)
			break;
		if (start == UINT64_MAX)
			base = end;
		else
			complete = add_unit_range(ranges, base + start, base + end, index);
	}
	if (c.failed)
		kl_dwarf_damaged(units->dw, ".debug_ranges");
	return complete;
}

/* An entry of a DWARF 5 list is one of eight kinds. Returns false at the end of the list. */
static bool read_rnglists_entry(const struct kl_dwarf *dw, const struct kl_unit_header *unit, struct kl_cursor *c,
				uint64_t *base, uint64_t *start, uint64_t *end)
{
	uint64_t kind = kl_cursor_uint(c, 1);

	*start = *end = 0; /* adds nothing */
	switch (kind) {
	case DW_RLE_end_of_list:
		return false;
	case DW_RLE_base_addressx:
		return kl_dwarf_indexed_address(dw, unit, kl_cursor_uleb(c), base);
	case DW_RLE_base_address:
		*base = kl_cursor_uint(c, 8);
		return true;
	case DW_RLE_startx_endx:
		return kl_dwarf_indexed_address(dw, unit, kl_cursor_uleb(c), start) &&
		       kl_dwarf_indexed_address(dw, unit, kl_cursor_uleb(c), end);
	case DW_RLE_startx_length:
		if (!kl_dwarf_indexed_address(dw, unit, kl_cursor_uleb(c), start))
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
static bool seek_rnglist(struct kl_units *units, const struct kl_die *root, const struct kl_attribute_value *ranges,
			 struct kl_cursor *ret)
{
	struct kl_dwarf_section section = kl_dwarf_load(units->dw, ".debug_rnglists");
	uint64_t at, offset = ranges->number;
	struct kl_attribute_value base;

	if (ranges->form == DW_FORM_rnglistx) {
		size_t size = root->unit->offset_size;

		if (!kl_die_attribute(units->dw, root, DW_AT_rnglists_base, &base) ||
		    __builtin_mul_overflow(offset, size, &at) || __builtin_add_overflow(at, base.number, &at) ||
		    at > section.size || section.size - at < size)
			return false;
		offset = base.number + kl_get_uint(section.data + at, size);
	}
	*ret = (struct kl_cursor){section.data, section.data + section.size, false};
	kl_cursor_skip(ret, offset);
	return section.size && !ret->failed;
}

/* A list of .debug_rnglists (DWARF 5). */
static bool add_rnglists_list(struct kl_units *units, struct kl_unit_ranges *ranges, size_t index, uint64_t base,
			      const struct kl_die *root, const struct kl_attribute_value *list)
{
	uint64_t start, end;
	bool complete = true;
	struct kl_cursor c;

	if (!seek_rnglist(units, root, list, &c)) {
		kl_dwarf_damaged(units->dw, "a range list lies outside");
		return true;
	}
	while (complete && read_rnglists_entry(units->dw, root->unit, &c, &base, &start, &end) && !c.failed)
		complete = add_unit_range(ranges, start, end, index);
	if (c.failed)
		kl_dwarf_damaged(units->dw, ".debug_rnglists");
	return complete;
}

static bool find_low_pc(struct kl_units *units, const struct kl_die *die, uint64_t *ret)
{
	struct kl_attribute_value low_pc;

	*ret = 0;
	return kl_die_attribute(units->dw, die, DW_AT_low_pc, &low_pc) &&
	       kl_die_address(units->dw, die->unit, &low_pc, ret);
}

bool kl_unit_ranges_add(struct kl_units *units, const struct kl_die *root, const struct kl_die *die, size_t number,
			struct kl_unit_ranges *ranges)
{
	struct kl_attribute_value list;
	uint64_t low, base;

	if (!kl_die_attribute(units->dw, die, DW_AT_ranges, &list))
		return !find_low_pc(units, die, &low) || add_low_high_range(units, ranges, number, die, low);
	find_low_pc(units, root, &base); /* what lists are relative to, whosever they are */
	return root->unit->version >= 5 ? add_rnglists_list(units, ranges, number, base, root, &list)
					: add_ranges_list(units, ranges, number, base, list.number);
}

static bool add_unit_ranges(struct kl_units *units, struct kl_unit_ranges *ranges, size_t index)
{
	struct kl_die root;

	return !kl_unit_root(units, index, &root) || kl_unit_ranges_add(units, &root, &root, index, ranges);
}

struct kl_error *kl_unit_ranges_from_units(struct kl_units *units, struct kl_unit_ranges *ret)
{
	bool complete = true;
	size_t i;

	*ret = (struct kl_unit_ranges){};
	for (i = 0; i < units->all.count && complete && !units->dw->failure; i++)
		if (units->all.data[i].name)
			complete = add_unit_ranges(units, ret, i);
	return kl_unit_ranges_end(units, ret, complete);
}

size_t kl_unit_ranges_find(const struct kl_unit_ranges *ranges, uint64_t address)
{
	/* not kl_search_range(): a damaged file's ranges may overlap */
	size_t n = kl_search_prefix(ranges->all.data, ranges->all.count, range, range->start <= address);

	return n && address < ranges->all.data[n - 1].end ? ranges->all.data[n - 1].unit : SIZE_MAX;
}

void kl_unit_ranges_deinit(struct kl_unit_ranges *ranges)
{
	kl_vec_deinit(&ranges->all);
}
