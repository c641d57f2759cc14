/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "debug/die.h"

#include <string.h>

#include "debug/abbreviation.h"
#include "debug/cursor.h"

/* A reference to what this file does not have. */
#define NOWHERE UINT64_MAX

static const char *string_at(struct kl_dwarf_section section, uint64_t offset)
{
	if (offset >= section.size || !memchr(section.data + offset, 0, section.size - offset))
		return NULL;
	return (const char *)section.data + offset;
}

static const char *indexed_string(const struct kl_dwarf *dw, const struct kl_unit_header *unit, uint64_t index)
{
	struct kl_dwarf_section offsets = dw->string_offsets;
	uint64_t at;

	if (__builtin_mul_overflow(index, unit->offset_size, &at) ||
	    __builtin_add_overflow(at, unit->string_offsets, &at) || at > offsets.size ||
	    offsets.size - at < unit->offset_size)
		return NULL;
	return string_at(dw->strings, kl_get_uint(offsets.data + at, unit->offset_size));
}

bool kl_dwarf_indexed_address(const struct kl_dwarf *dw, const struct kl_unit_header *unit, uint64_t index,
			      uint64_t *ret)
{
	struct kl_dwarf_section addresses = dw->addresses;
	uint64_t at;

	if (__builtin_mul_overflow(index, 8, &at) || __builtin_add_overflow(at, unit->addresses, &at) ||
	    at > addresses.size || addresses.size - at < 8)
		return false;
	*ret = kl_get_u64(addresses.data + at);
	return true;
}

static void take_block(struct kl_cursor *c, uint64_t length, struct kl_attribute_value *ret)
{
	ret->block = c->at;
	ret->length = length;
	kl_cursor_skip(c, length);
}

static void take_inline_string(struct kl_cursor *c, struct kl_attribute_value *ret)
{
	const uint8_t *end = memchr(c->at, 0, (size_t)(c->end - c->at));

	ret->string = end ? (const char *)c->at : NULL;
	if (end)
		c->at = end + 1;
	else
		c->failed = true;
}

/* Forms whose value is a number of fixed or variable length, or one of the strings. False for all others. */
static bool take_number_or_string(const struct kl_dwarf *dw, const struct kl_unit_header *unit, struct kl_cursor *c,
				  unsigned form, struct kl_attribute_value *ret)
{
	switch (form) {
	case DW_FORM_data1:
	case DW_FORM_flag:
		ret->number = kl_cursor_uint(c, 1);
		return true;
	case DW_FORM_data2:
		ret->number = kl_cursor_uint(c, 2);
		return true;
	case DW_FORM_data4:
		ret->number = kl_cursor_uint(c, 4);
		return true;
	case DW_FORM_data8:
		ret->number = kl_cursor_uint(c, 8);
		return true;
	case DW_FORM_addr:
		ret->number = kl_cursor_uint(c, unit->address_size);
		return true;
	case DW_FORM_udata:
		ret->number = kl_cursor_uleb(c);
		return true;
	case DW_FORM_sdata:
		ret->number = (uint64_t)kl_cursor_sleb(c);
		return true;
	case DW_FORM_flag_present:
		ret->number = 1;
		return true;
	case DW_FORM_sec_offset:
		ret->number = kl_cursor_uint(c, unit->offset_size);
		return true;
	case DW_FORM_strp:
		ret->string = string_at(dw->strings, kl_cursor_uint(c, unit->offset_size));
		return true;
	case DW_FORM_line_strp:
		ret->string = string_at(dw->line_strings, kl_cursor_uint(c, unit->offset_size));
		return true;
	case DW_FORM_string:
		take_inline_string(c, ret);
		return true;
	default:
		return false;
	}
}

static bool take_reference(const struct kl_unit_header *unit, struct kl_cursor *c, unsigned form,
			   struct kl_attribute_value *ret)
{
	switch (form) {
	case DW_FORM_ref1:
		ret->number = kl_cursor_uint(c, 1);
		break;
	case DW_FORM_ref2:
		ret->number = kl_cursor_uint(c, 2);
		break;
	case DW_FORM_ref4:
		ret->number = kl_cursor_uint(c, 4);
		break;
	case DW_FORM_ref8:
		ret->number = kl_cursor_uint(c, 8);
		break;
	case DW_FORM_ref_udata:
		ret->number = kl_cursor_uleb(c);
		break;
	case DW_FORM_ref_addr: /* of the size of an address in DWARF 2 */
		ret->number = kl_cursor_uint(c, unit->version == 2 ? unit->address_size : unit->offset_size);
		return true;
	case DW_FORM_ref_sig8: /* -fdebug-types-section, which no kernel is built with: a type that cannot be found */
		kl_cursor_skip(c, 8);
		ret->number = NOWHERE;
		return true;
	default:
		return false;
	}
	ret->number += unit->start;
	return true;
}

static bool take_block_form(struct kl_cursor *c, unsigned form, struct kl_attribute_value *ret)
{
	switch (form) {
	case DW_FORM_block1:
		take_block(c, kl_cursor_uint(c, 1), ret);
		return true;
	case DW_FORM_block2:
		take_block(c, kl_cursor_uint(c, 2), ret);
		return true;
	case DW_FORM_block4:
		take_block(c, kl_cursor_uint(c, 4), ret);
		return true;
	case DW_FORM_block:
	case DW_FORM_exprloc:
		take_block(c, kl_cursor_uleb(c), ret);
		return true;
	case DW_FORM_data16:
		take_block(c, 16, ret);
		return true;
	default:
		return false;
	}
}

/* Forms that index a table of the unit. */
static bool take_indexed(const struct kl_dwarf *dw, const struct kl_unit_header *unit, struct kl_cursor *c,
			 unsigned form, struct kl_attribute_value *ret)
{
	uint64_t index;

	switch (form) {
	case DW_FORM_strx:
	case DW_FORM_addrx:
	case DW_FORM_rnglistx:
	case DW_FORM_loclistx:
		index = kl_cursor_uleb(c);
		break;
	case DW_FORM_strx1:
	case DW_FORM_addrx1:
		index = kl_cursor_uint(c, 1);
		break;
	case DW_FORM_strx2:
	case DW_FORM_addrx2:
		index = kl_cursor_uint(c, 2);
		break;
	case DW_FORM_strx3:
	case DW_FORM_addrx3:
		index = kl_cursor_uint(c, 2);
		index |= kl_cursor_uint(c, 1) << 16;
		break;
	case DW_FORM_strx4:
	case DW_FORM_addrx4:
		index = kl_cursor_uint(c, 4);
		break;
	default:
		return false;
	}
	ret->number = index;
	if (form == DW_FORM_strx || (form >= DW_FORM_strx1 && form <= DW_FORM_strx4))
		ret->string = indexed_string(dw, unit, index);
	return true;
}

static bool take_attribute(const struct kl_dwarf *dw, const struct kl_unit_header *unit, struct kl_cursor *c,
			   const struct kl_attribute *a, struct kl_attribute_value *ret)
{
	uint64_t form = a->form;

	*ret = (struct kl_attribute_value){};
	if (form == DW_FORM_indirect)
		form = kl_cursor_uleb(c);
	ret->form = (uint16_t)form;
	if (form == DW_FORM_implicit_const)
		ret->number = (uint64_t)a->constant;
	else if (form > UINT16_MAX ||
		 (!take_number_or_string(dw, unit, c, (unsigned)form, ret) &&
		  !take_reference(unit, c, (unsigned)form, ret) && !take_block_form(c, (unsigned)form, ret) &&
		  !take_indexed(dw, unit, c, (unsigned)form, ret)))
		return false;
	return !c->failed;
}

static bool is_constant_form(unsigned form)
{
	switch (form) {
	case DW_FORM_data1:
	case DW_FORM_data2:
	case DW_FORM_data4:
	case DW_FORM_data8:
	case DW_FORM_udata:
	case DW_FORM_sdata:
	case DW_FORM_implicit_const:
		return true;
	default:
		return false;
	}
}

/* DW_AT_location of a variable in static memory: one operation that gives its address. */
static bool static_address(const struct kl_dwarf *dw, const struct kl_unit_header *unit,
			   const struct kl_attribute_value *v, uint64_t *ret)
{
	struct kl_cursor c = {v->block, v->block + v->length, !v->block};

	switch (kl_cursor_uint(&c, 1)) {
	case DW_OP_addr:
		*ret = kl_cursor_uint(&c, 8);
		return !c.failed && c.at == c.end;
	case DW_OP_addrx: /* Clang's DWARF 5 keeps addresses in .debug_addr */
		return kl_dwarf_indexed_address(dw, unit, kl_cursor_uleb(&c), ret) && !c.failed && c.at == c.end;
	default:
		return false;
	}
}

/* DW_AT_data_member_location: a constant, or before DWARF 4 the expression DW_OP_plus_uconst N. */
static bool member_place(const struct kl_attribute_value *v, uint64_t *ret)
{
	struct kl_cursor c = {};

	*ret = v->number;
	if (!v->block)
		return is_constant_form(v->form);
	c = (struct kl_cursor){.at = v->block, .end = v->block + v->length};
	if (kl_cursor_uint(&c, 1) != DW_OP_plus_uconst)
		return false;
	*ret = kl_cursor_uleb(&c);
	return !c.failed;
}

/* Other classes are passed over: the bound of an array of variable length is an expression, or a variable's DIE. */
static void set_constant(struct kl_die *die, uint16_t flag, uint64_t *field, const struct kl_attribute_value *v)
{
	if (!is_constant_form(v->form))
		return;
	die->has |= flag;
	*field = v->number;
}

static void set_attribute(const struct kl_dwarf *dw, unsigned name, const struct kl_attribute_value *v,
			  struct kl_die *die)
{
	switch (name) {
	case DW_AT_name:
		die->name = v->string;
		break;
	case DW_AT_sibling:
		die->sibling = v->number;
		break;
	case DW_AT_type:
		die->type = v->number;
		break;
	case DW_AT_decl_line:
		die->line = v->number;
		break;
	case DW_AT_specification:
		die->specification = v->number;
		break;
	case DW_AT_byte_size:
		set_constant(die, KL_DIE_HAS_SIZE, &die->size, v);
		break;
	case DW_AT_count:
		set_constant(die, KL_DIE_HAS_COUNT, &die->count, v);
		break;
	case DW_AT_upper_bound:
		set_constant(die, KL_DIE_HAS_UPPER_BOUND, &die->count, v);
		break;
	case DW_AT_bit_size:
		set_constant(die, KL_DIE_IS_BIT_FIELD, &die->bit_size, v);
		break;
	case DW_AT_data_bit_offset:
		set_constant(die, KL_DIE_HAS_DATA_BIT_OFFSET, &die->bit_offset, v);
		break;
	case DW_AT_bit_offset:
		set_constant(die, KL_DIE_HAS_OLD_BIT_OFFSET, &die->bit_offset, v);
		break;
	case DW_AT_declaration:
		die->has |= v->number ? KL_DIE_IS_DECLARATION : 0;
		break;
	case DW_AT_location:
		if (static_address(dw, die->unit, v, &die->address))
			die->has |= KL_DIE_HAS_ADDRESS;
		break;
	case DW_AT_data_member_location:
		if (!member_place(v, &die->place))
			die->has |= KL_DIE_IS_MISPLACED;
		break;
	}
}

static const struct kl_abbreviation_table *unit_abbreviations(struct kl_dwarf *dw, const struct kl_unit_header *unit)
{
	return kl_abbreviations_at(dw->cache, dw->abbreviations.data, dw->abbreviations.size, unit->abbreviations);
}

/* The DIE at the cursor, which moves past its attributes. */
static bool parse_die(struct kl_dwarf *dw, struct kl_cursor *c, struct kl_die *ret)
{
	const struct kl_abbreviation_table *t = unit_abbreviations(dw, ret->unit);
	const struct kl_abbreviation *a;
	uint64_t code;
	uint32_t i;

	code = kl_cursor_uleb(c);
	if (!t || !code)
		return t && !c->failed;
	if (code >= t->codes.count || !t->codes.data[code].tag)
		return false;
	a = &t->codes.data[code];
	ret->tag = a->tag;
	ret->has = a->children ? KL_DIE_HAS_CHILDREN : 0;
	for (i = 0; i < a->count; i++) {
		const struct kl_attribute *attribute = &t->attributes.data[a->first + i];
		struct kl_attribute_value v;

		if (!take_attribute(dw, ret->unit, c, attribute, &v))
			return false;
		set_attribute(dw, attribute->name, &v, ret);
	}
	/* one that points back would make a walk endless */
	return !ret->sibling || (ret->sibling > ret->offset && ret->sibling <= ret->unit->end);
}

bool kl_die_read(struct kl_dwarf *dw, const struct kl_unit_header *unit, uint64_t offset, struct kl_die *ret)
{
	struct kl_cursor c;

	*ret = (struct kl_die){.unit = unit, .offset = offset};
	if (offset < unit->root || offset >= unit->end)
		return false;
	c = (struct kl_cursor){dw->info.data + offset, dw->info.data + unit->end, false};
	if (!parse_die(dw, &c, ret)) {
		kl_dwarf_damaged(dw, "an entry that cannot be read");
		return false;
	}
	ret->next = (uint64_t)(c.at - dw->info.data);
	return true;
}

bool kl_die_at(struct kl_dwarf *dw, uint64_t offset, struct kl_die *ret)
{
	const struct kl_unit_header *unit = kl_dwarf_header_at(dw, offset);

	if (unit && kl_die_read(dw, unit, offset, ret) && ret->tag)
		return true;
	if (offset != NOWHERE)
		kl_dwarf_damaged(dw, "a reference leads outside");
	return false;
}

bool kl_die_attribute(struct kl_dwarf *dw, const struct kl_die *die, unsigned name, struct kl_attribute_value *ret)
{
	struct kl_cursor c = {dw->info.data + die->offset, dw->info.data + die->unit->end, false};
	const struct kl_abbreviation_table *t = unit_abbreviations(dw, die->unit);
	uint64_t code = kl_cursor_uleb(&c);
	uint32_t i;

	for (i = 0; t && code < t->codes.count && i < t->codes.data[code].count; i++) {
		const struct kl_attribute *a = &t->attributes.data[t->codes.data[code].first + i];

		if (!take_attribute(dw, die->unit, &c, a, ret))
			break;
		if (a->name == name)
			return true;
	}
	*ret = (struct kl_attribute_value){};
	return false;
}

bool kl_die_constant(struct kl_dwarf *dw, const struct kl_die *die, unsigned name, int64_t *ret)
{
	struct kl_attribute_value v;

	if (!kl_die_attribute(dw, die, name, &v) || !is_constant_form(v.form))
		return false;
	*ret = (int64_t)v.number;
	return true;
}

bool kl_die_address(const struct kl_dwarf *dw, const struct kl_unit_header *unit,
		    const struct kl_attribute_value *value, uint64_t *ret)
{
	*ret = value->number;
	if (value->form == DW_FORM_addrx || (value->form >= DW_FORM_addrx1 && value->form <= DW_FORM_addrx4))
		return kl_dwarf_indexed_address(dw, unit, value->number, ret);
	return value->form == DW_FORM_addr;
}

bool kl_die_child(struct kl_dwarf *dw, const struct kl_die *die, struct kl_die *ret)
{
	return (die->has & KL_DIE_HAS_CHILDREN) && kl_die_read(dw, die->unit, die->next, ret) && ret->tag;
}

/* Clang writes no DW_AT_sibling: children are walked through. Offsets only grow, so the walk ends. */
static bool skip_children(struct kl_dwarf *dw, const struct kl_unit_header *unit, uint64_t *offset)
{
	unsigned depth = 1;
	struct kl_die die;

	while (depth) {
		if (!kl_die_read(dw, unit, *offset, &die))
			return false;
		if (!die.tag)
			depth--;
		else if ((die.has & KL_DIE_HAS_CHILDREN) && !die.sibling)
			depth++;
		*offset = die.sibling ? die.sibling : die.next;
	}
	return true;
}

bool kl_die_next(struct kl_dwarf *dw, struct kl_die *die)
{
	const struct kl_unit_header *unit = die->unit;
	uint64_t offset = die->next;

	if (die->sibling)
		offset = die->sibling;
	else if ((die->has & KL_DIE_HAS_CHILDREN) && !skip_children(dw, unit, &offset))
		return false;
	return kl_die_read(dw, unit, offset, die) && die->tag;
}

void kl_die_complete(struct kl_dwarf *dw, struct kl_die *die)
{
	struct kl_die declaration;

	if (!die->specification || (die->name && die->type) || !kl_die_at(dw, die->specification, &declaration))
		return;
	if (!die->name)
		die->name = declaration.name;
	if (!die->type)
		die->type = declaration.type;
}
