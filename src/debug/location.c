/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "debug/location.h"

/* Emitted by GCC's -gvariable-location-views with DWARF 5; not in libdwarf's older header. */
#define LLE_GNU_VIEW_PAIR 0x09

struct kl_error *kl_locations_open(struct kl_debug *dbg, struct kl_locations *ret)
{
	*ret = (struct kl_locations){};
	if (!kl_dwarf_section(dbg->dwarf, ".debug_loc", &ret->old_lists, &ret->old_lists_size))
		ret->old_lists_size = 0;
	if (!kl_dwarf_section(dbg->dwarf, ".debug_loclists", &ret->lists, &ret->lists_size))
		ret->lists_size = 0;
	return kl_dwarf_failure(dbg->dwarf);
}

/* DW_FORM_loclistx: entry @index of the table of offsets at the unit's DW_AT_loclists_base. */
static bool indexed_list(const struct kl_locations *l, struct kl_skim *s, const struct kl_skim_unit *unit,
			 const struct kl_skim_die *root, uint64_t index, uint64_t *ret)
{
	struct kl_skim_value base;
	uint64_t at;

	if (!kl_skim_attribute(s, unit, root, DW_AT_loclists_base, &base) ||
	    __builtin_mul_overflow(index, unit->offset_size, &at) || __builtin_add_overflow(at, base.number, &at) ||
	    at > l->lists_size || l->lists_size - at < unit->offset_size)
		return false;
	*ret = base.number + kl_get_uint(l->lists + at, unit->offset_size);
	return true;
}

static bool is_list(const struct kl_skim_unit *unit, unsigned form)
{
	return form == DW_FORM_sec_offset || form == DW_FORM_loclistx ||
	       (unit->version < 4 && (form == DW_FORM_data4 || form == DW_FORM_data8));
}

bool kl_location_begin(const struct kl_locations *l, struct kl_skim *s, const struct kl_skim_unit *unit,
		       const struct kl_skim_value *attribute, struct kl_location_walk *ret)
{
	const struct kl_skim_die root = {.offset = unit->root};
	const uint8_t *section = unit->version < 5 ? l->old_lists : l->lists;
	size_t size = unit->version < 5 ? l->old_lists_size : l->lists_size;
	uint64_t offset = attribute->number;
	struct kl_skim_value low;

	*ret = (struct kl_location_walk){.skim = s, .unit = unit};
	if (!is_list(unit, attribute->form) || !size)
		return false;
	if ((attribute->form == DW_FORM_loclistx && !indexed_list(l, s, unit, &root, offset, &offset)) ||
	    offset >= size) {
		s->damaged = true;
		return false;
	}
	if (kl_skim_attribute(s, unit, &root, DW_AT_low_pc, &low))
		kl_skim_pc(s, unit, &low, &ret->base);
	ret->at = (struct kl_cursor){section + offset, section + size, false};
	return true;
}

static void take_expression(struct kl_location_walk *w, uint64_t length, struct kl_location *ret)
{
	if (length > (uint64_t)(w->at.end - w->at.at)) {
		w->at.failed = true;
		return;
	}
	ret->expression = w->at.at;
	ret->length = length;
	w->at.at += length;
}

/* Pairs relative to the base; a first half of all ones sets the base. */
static bool next_old(struct kl_location_walk *w, struct kl_location *ret)
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
		take_expression(w, kl_cursor_uint(&w->at, 2), ret);
		return !w->at.failed;
	}
	return false;
}

/* An address by its index in .debug_addr. */
static uint64_t take_indexed(struct kl_location_walk *w)
{
	uint64_t address = 0;

	if (!kl_skim_address(w->skim, w->unit, kl_cursor_uleb(&w->at), &address))
		w->at.failed = true;
	return address;
}

/* Kinds that set the base or mean nothing here. Returns whether @kind is one. */
static bool take_base(struct kl_location_walk *w, uint64_t kind)
{
	switch (kind) {
	case DW_LLE_base_addressx:
		w->base = take_indexed(w);
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

static void take_range(struct kl_location_walk *w, uint64_t kind, struct kl_location *ret)
{
	switch (kind) {
	case DW_LLE_startx_endx:
		ret->start = take_indexed(w);
		ret->end = take_indexed(w);
		break;
	case DW_LLE_startx_length:
		ret->start = take_indexed(w);
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

static bool next_new(struct kl_location_walk *w, struct kl_location *ret)
{
	while (!w->at.failed) {
		uint64_t kind = kl_cursor_uint(&w->at, 1);

		if (kind == DW_LLE_end_of_list)
			return false;
		if (take_base(w, kind))
			continue;
		*ret = (struct kl_location){};
		take_range(w, kind, ret);
		take_expression(w, kl_cursor_uleb(&w->at), ret);
		return !w->at.failed;
	}
	return false;
}

bool kl_location_next(struct kl_location_walk *w, struct kl_location *ret)
{
	bool found = w->unit->version < 5 ? next_old(w, ret) : next_new(w, ret);

	w->skim->damaged |= w->at.failed;
	return found;
}
