/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "debug/location.h"

/* Emitted by GCC's -gvariable-location-views with DWARF 5; not in libdwarf's older header. */
#define LLE_GNU_VIEW_PAIR 0x09

void kl_locations_open(struct kl_dwarf *dw, struct kl_locations *ret)
{
	*ret = (struct kl_locations){
		.dw = dw,
		.old_lists = kl_dwarf_load(dw, ".debug_loc"),
		.lists = kl_dwarf_load(dw, ".debug_loclists"),
	};
}

/* DW_FORM_loclistx: entry @index of the table of offsets at the unit's DW_AT_loclists_base. */
static bool indexed_location_list(const struct kl_locations *l, const struct kl_die *root, uint64_t index,
				  uint64_t *ret)
{
	size_t size = root->unit->offset_size;
	struct kl_attribute_value base;
	uint64_t at;

	if (!kl_die_attribute(l->dw, root, DW_AT_loclists_base, &base) || __builtin_mul_overflow(index, size, &at) ||
	    __builtin_add_overflow(at, base.number, &at) || at > l->lists.size || l->lists.size - at < size)
		return false;
	*ret = base.number + kl_get_uint(l->lists.data + at, size);
	return true;
}

static bool is_location_list(const struct kl_unit_header *unit, unsigned form)
{
	return form == DW_FORM_sec_offset || form == DW_FORM_loclistx ||
	       (unit->version < 4 && (form == DW_FORM_data4 || form == DW_FORM_data8));
}

bool kl_location_begin(const struct kl_locations *l, const struct kl_unit_header *unit,
		       const struct kl_attribute_value *attribute, struct kl_location_walk *ret)
{
	const struct kl_die root = {.unit = unit, .offset = unit->root};
	struct kl_dwarf_section section = unit->version < 5 ? l->old_lists : l->lists;
	uint64_t offset = attribute->number;
	struct kl_attribute_value low;

	*ret = (struct kl_location_walk){.dw = l->dw, .unit = unit};
	if (!is_location_list(unit, attribute->form) || !section.size)
		return false;
	if ((attribute->form == DW_FORM_loclistx && !indexed_location_list(l, &root, offset, &offset)) ||
	    offset >= section.size) {
		kl_dwarf_damaged(l->dw, "a location list lies outside");
		return false;
	}
	if (kl_die_attribute(l->dw, &root, DW_AT_low_pc, &low))
		kl_die_address(l->dw, unit, &low, &ret->base);
	ret->at = (struct kl_cursor){section.data + offset, section.data + section.size, false};
	return true;
}

static void take_location_expression(struct kl_location_walk *w, uint64_t length, struct kl_location *ret)
{
	ret->expression = w->at.at;
	ret->length = length;
	kl_cursor_skip(&w->at, length);
}

/* Pairs relative to the base; a first half of all ones sets the base. */
static bool next_old_entry(struct kl_location_walk *w, struct kl_location *ret)
{
	while (!w->at.failed) {
		uint64_t start = kl_cursor_uint(&w->at, 8), end = kl_cursor_uint(&w->at, 8);

		if (!start && !end)
			return false;
		if (start == UINT64_MAX) {
			w->base = end;
			continue;
		}
		*ret = (struct kl_location){.start = w->base + start, .end = w->base + end};
		take_location_expression(w, kl_cursor_uint(&w->at, 2), ret);
		return !w->at.failed;
	}
	return false;
}

/* An address by its index in .debug_addr. */
static uint64_t take_indexed_address(struct kl_location_walk *w)
{
	uint64_t address = 0;

	if (!kl_dwarf_indexed_address(w->dw, w->unit, kl_cursor_uleb(&w->at), &address))
		w->at.failed = true;
	return address;
}

/* Kinds that set the base or mean nothing here. Returns whether @kind is one. */
static bool take_location_base(struct kl_location_walk *w, uint64_t kind)
{
	switch (kind) {
	case DW_LLE_base_addressx:
		w->base = take_indexed_address(w);
		return true;
	case DW_LLE_base_address:
		w->base = kl_cursor_uint(&w->at, 8);
		return true;
	case LLE_GNU_VIEW_PAIR:
		kl_cursor_uleb(&w->at);
		kl_cursor_uleb(&w->at);
		return true;
	default:
		return false;
	}
}

static void take_location_range(struct kl_location_walk *w, uint64_t kind, struct kl_location *ret)
{
	switch (kind) {
	case DW_LLE_startx_endx:
		ret->start = take_indexed_address(w);
		ret->end = take_indexed_address(w);
		break;
	case DW_LLE_startx_length:
		ret->start = take_indexed_address(w);
		ret->end = ret->start + kl_cursor_uleb(&w->at);
		break;
	case DW_LLE_offset_pair:
		ret->start = w->base + kl_cursor_uleb(&w->at);
		ret->end = w->base + kl_cursor_uleb(&w->at);
		break;
	case DW_LLE_default_location:
		break; /* where nothing else holds: nowhere in particular */
	case DW_LLE_start_end:
		ret->start = kl_cursor_uint(&w->at, 8);
		ret->end = kl_cursor_uint(&w->at, 8);
		break;
	case DW_LLE_start_length:
		ret->start = kl_cursor_uint(&w->at, 8);
		ret->end = ret->start + kl_cursor_uleb(&w->at);
		break;
	default:
		w->at.failed = true;
	}
}

static bool next_loclists_entry(struct kl_location_walk *w, struct kl_location *ret)
{
	while (!w->at.failed) {
		uint64_t kind = kl_cursor_uint(&w->at, 1);

		if (kind == DW_LLE_end_of_list)
			return false;
		if (take_location_base(w, kind))
			continue;
		*ret = (struct kl_location){};
		take_location_range(w, kind, ret);
		take_location_expression(w, kl_cursor_uleb(&w->at), ret);
		return !w->at.failed;
	}
	return false;
}

bool kl_location_next(struct kl_location_walk *w, struct kl_location *ret)
{
	bool found = w->unit->version < 5 ? next_old_entry(w, ret) : next_loclists_entry(w, ret);

	if (w->at.failed)
		kl_dwarf_damaged(w->dw, "a location list");
	return found;
}
