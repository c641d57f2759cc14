/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "debug/skim.h"

#include <string.h>

#include "debug/cursor.h"

/* Codes of abbreviations are dense and small: some hundreds per unit. */
#define CODE_MAX 65536
#define ATTRIBUTES_MAX (1 << 20)
/* Tables of abbreviations kept; GCC gives every unit its own. */
#define TABLES 64

struct attribute {
	uint16_t name, form;
	int64_t constant; /* DW_FORM_implicit_const */
};

struct abbreviation {
	uint16_t tag;
	bool children;
	uint32_t first, count; /* into attributes */
};

struct table {
	bool used;
	uint64_t offset;
	KL_VEC(struct abbreviation) codes; /* by code */
	KL_VEC(struct attribute) attributes;
};

struct kl_skim_abbreviations {
	struct table slots[TABLES];
};

static int64_t take_sleb(struct kl_cursor *c)
{
	uint64_t value = 0;
	unsigned shift = 0;
	uint8_t byte;

	do {
		byte = (uint8_t)kl_cursor_uint(c, 1);
		if (shift < 64)
			value |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while (!c->failed && (byte & 0x80));
	if (shift < 64 && (byte & 0x40))
		value |= ~UINT64_C(0) << shift;
	return (int64_t)value;
}

static void skip(struct kl_cursor *c, uint64_t length)
{
	if (length > (uint64_t)(c->end - c->at))
		c->failed = true;
	else
		c->at += length;
}

/* ---- abbreviations ---- */

static void table_deinit(struct table *t)
{
	kl_vec_deinit(&t->codes);
	kl_vec_deinit(&t->attributes);
	t->used = false;
}

static bool read_attributes(struct kl_cursor *c, struct table *t, struct abbreviation *a)
{
	a->first = (uint32_t)t->attributes.count;
	for (;;) {
		struct attribute attribute = {};
		uint64_t name = kl_cursor_uleb(c), form = kl_cursor_uleb(c);

		if (form == DW_FORM_implicit_const)
			attribute.constant = take_sleb(c);
		if (c->failed || name > UINT16_MAX || form > UINT16_MAX || t->attributes.count > ATTRIBUTES_MAX)
			return false;
		if (!name && !form)
			break;
		attribute.name = (uint16_t)name;
		attribute.form = (uint16_t)form;
		if (!kl_vec_push(&t->attributes, attribute))
			return false;
	}
	a->count = (uint32_t)t->attributes.count - a->first;
	return true;
}

static bool read_table(const struct kl_skim *s, uint64_t offset, struct table *t)
{
	struct kl_cursor c = {s->abbrev + offset, s->abbrev + s->abbrev_size, false};

	t->codes.count = t->attributes.count = 0;
	for (;;) {
		struct abbreviation a = {};
		uint64_t code = kl_cursor_uleb(&c), tag;

		if (!code)
			return !c.failed;
		tag = kl_cursor_uleb(&c);
		a.tag = tag <= UINT16_MAX ? (uint16_t)tag : 0;
		a.children = kl_cursor_uint(&c, 1) != 0;
		if (c.failed || code >= CODE_MAX || !read_attributes(&c, t, &a))
			return false;
		while (t->codes.count <= code)
			if (!kl_vec_add(&t->codes))
				return false;
		t->codes.data[code] = a;
	}
}

static const struct table *table_of(struct kl_skim *s, const struct kl_skim_unit *unit)
{
	struct table *t = &s->tables->slots[kl_hash_u64(unit->abbreviations) % TABLES];

	if (t->used && t->offset == unit->abbreviations)
		return t;
	t->used = unit->abbreviations < s->abbrev_size && read_table(s, unit->abbreviations, t);
	t->offset = unit->abbreviations;
	if (t->used)
		return t;
	s->damaged = true;
	return NULL;
}

/* ---- attributes ---- */

static const char *string_at(const uint8_t *section, size_t size, uint64_t offset)
{
	return offset < size && memchr(section + offset, 0, size - offset) ? (const char *)section + offset : NULL;
}

static const char *indexed_string(const struct kl_skim *s, const struct kl_skim_unit *unit, uint64_t index)
{
	uint64_t at;

	if (__builtin_mul_overflow(index, unit->offset_size, &at) ||
	    __builtin_add_overflow(at, unit->string_offsets, &at) || at > s->string_offsets_size ||
	    s->string_offsets_size - at < unit->offset_size)
		return NULL;
	return string_at(s->strings, s->strings_size, kl_get_uint(s->string_offsets + at, unit->offset_size));
}

bool kl_skim_address(const struct kl_skim *s, const struct kl_skim_unit *unit, uint64_t index, uint64_t *ret)
{
	uint64_t at;

	if (__builtin_mul_overflow(index, 8, &at) || __builtin_add_overflow(at, unit->addresses, &at) ||
	    at > s->addresses_size || s->addresses_size - at < 8)
		return false;
	*ret = kl_get_u64(s->addresses + at);
	return true;
}

static void take_block(struct kl_cursor *c, uint64_t length, struct kl_skim_value *ret)
{
	ret->block = c->at;
	ret->length = length;
	skip(c, length);
}

static void take_string(struct kl_cursor *c, struct kl_skim_value *ret)
{
	const uint8_t *end = memchr(c->at, 0, (size_t)(c->end - c->at));

	ret->string = end ? (const char *)c->at : NULL;
	if (end)
		c->at = end + 1;
	else
		c->failed = true;
}

/* Forms whose value is a number of fixed or variable length, or one of the strings. False for all others. */
static bool take_plain(const struct kl_skim *s, const struct kl_skim_unit *unit, struct kl_cursor *c, unsigned form,
		       struct kl_skim_value *ret)
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
	case DW_FORM_ref_sig8:
		ret->number = kl_cursor_uint(c, 8);
		return true;
	case DW_FORM_addr:
		ret->number = kl_cursor_uint(c, unit->address_size);
		return true;
	case DW_FORM_udata:
		ret->number = kl_cursor_uleb(c);
		return true;
	case DW_FORM_sdata:
		ret->number = (uint64_t)take_sleb(c);
		return true;
	case DW_FORM_flag_present:
		ret->number = 1;
		return true;
	case DW_FORM_sec_offset:
		ret->number = kl_cursor_uint(c, unit->offset_size);
		return true;
	case DW_FORM_strp:
		ret->string = string_at(s->strings, s->strings_size, kl_cursor_uint(c, unit->offset_size));
		return true;
	case DW_FORM_line_strp:
		ret->string = string_at(s->line_strings, s->line_strings_size, kl_cursor_uint(c, unit->offset_size));
		return true;
	case DW_FORM_string:
		take_string(c, ret);
		return true;
	default:
		return false;
	}
}

static bool take_reference(const struct kl_skim_unit *unit, struct kl_cursor *c, unsigned form,
			   struct kl_skim_value *ret)
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
	default:
		return false;
	}
	ret->number += unit->offset;
	return true;
}

static bool take_block_form(struct kl_cursor *c, unsigned form, struct kl_skim_value *ret)
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
static bool take_indexed(const struct kl_skim *s, const struct kl_skim_unit *unit, struct kl_cursor *c, unsigned form,
			 struct kl_skim_value *ret)
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
		ret->string = indexed_string(s, unit, index);
	return true;
}

static bool take(const struct kl_skim *s, const struct kl_skim_unit *unit, struct kl_cursor *c,
		 const struct attribute *a, struct kl_skim_value *ret)
{
	uint64_t form = a->form;

	*ret = (struct kl_skim_value){};
	if (form == DW_FORM_indirect)
		form = kl_cursor_uleb(c);
	ret->form = (uint16_t)form;
	if (form == DW_FORM_implicit_const)
		ret->number = (uint64_t)a->constant;
	else if (form > UINT16_MAX ||
		 (!take_plain(s, unit, c, (unsigned)form, ret) && !take_reference(unit, c, (unsigned)form, ret) &&
		  !take_block_form(c, (unsigned)form, ret) && !take_indexed(s, unit, c, (unsigned)form, ret)))
		return false;
	return !c->failed;
}

/* DW_AT_location: one operation that gives a static address. */
static bool static_address(const struct kl_skim *s, const struct kl_skim_unit *unit, const struct kl_skim_value *v,
			   uint64_t *ret)
{
	struct kl_cursor c = {v->block, v->block + v->length, !v->block};

	switch (kl_cursor_uint(&c, 1)) {
	case DW_OP_addr:
		*ret = kl_cursor_uint(&c, 8);
		return !c.failed && c.at == c.end;
	case DW_OP_addrx:
		return kl_skim_address(s, unit, kl_cursor_uleb(&c), ret) && !c.failed && c.at == c.end;
	default:
		return false;
	}
}

/* DW_AT_data_member_location: a constant, or before DWARF 4 the expression DW_OP_plus_uconst N. */
static bool member_place(const struct kl_skim_value *v, uint64_t *ret)
{
	struct kl_cursor c = {v->block, v->block + v->length, false};

	*ret = v->number;
	if (!v->block)
		return true;
	if (kl_cursor_uint(&c, 1) != DW_OP_plus_uconst)
		return false;
	*ret = kl_cursor_uleb(&c);
	return !c.failed;
}

static void note_number(struct kl_skim_die *die, uint8_t flag, uint64_t *field, const struct kl_skim_value *v)
{
	if (v->block)
		return; /* an expression: of a variable-length array */
	die->has |= flag;
	*field = v->number;
}

static bool note(const struct kl_skim *s, const struct kl_skim_unit *unit, unsigned name, const struct kl_skim_value *v,
		 struct kl_skim_die *die)
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
		note_number(die, KL_SKIM_HAS_SIZE, &die->size, v);
		break;
	case DW_AT_count:
		note_number(die, KL_SKIM_HAS_COUNT, &die->count, v);
		break;
	case DW_AT_upper_bound:
		note_number(die, KL_SKIM_HAS_UPPER_BOUND, &die->count, v);
		break;
	case DW_AT_bit_size:
		note_number(die, KL_SKIM_IS_BIT_FIELD, &die->bit_size, v);
		break;
	case DW_AT_data_bit_offset:
		note_number(die, KL_SKIM_HAS_BIT_OFFSET, &die->data_bit_offset, v);
		break;
	case DW_AT_declaration:
		die->has |= v->number ? KL_SKIM_IS_DECLARATION : 0;
		break;
	case DW_AT_location:
		if (static_address(s, unit, v, &die->address))
			die->has |= KL_SKIM_HAS_ADDRESS;
		break;
	case DW_AT_data_member_location:
		return member_place(v, &die->place);
	}
	return true;
}

/* ---- DIEs ---- */

static bool read_die(struct kl_skim *s, const struct kl_skim_unit *unit, struct kl_cursor *c, struct kl_skim_die *ret)
{
	const struct table *t = table_of(s, unit);
	const struct abbreviation *a;
	uint64_t code;
	uint32_t i;

	if (!t)
		return false;
	code = kl_cursor_uleb(c);
	if (!code)
		return !c->failed;
	if (code >= t->codes.count || !t->codes.data[code].tag)
		return false;
	a = &t->codes.data[code];
	ret->tag = a->tag;
	ret->has = a->children ? KL_SKIM_HAS_CHILDREN : 0;
	for (i = 0; i < a->count; i++) {
		const struct attribute *attribute = &t->attributes.data[a->first + i];
		struct kl_skim_value v;

		if (!take(s, unit, c, attribute, &v) || !note(s, unit, attribute->name, &v, ret))
			return false;
	}
	return true;
}

bool kl_skim_read(struct kl_skim *s, const struct kl_skim_unit *unit, uint64_t offset, struct kl_skim_die *ret)
{
	struct kl_cursor c;

	*ret = (struct kl_skim_die){.offset = offset};
	if (offset < unit->root || offset >= unit->end)
		return false;
	c = (struct kl_cursor){s->info + offset, s->info + unit->end, false};
	if (!read_die(s, unit, &c, ret)) {
		s->damaged = true;
		return false;
	}
	ret->next = (uint64_t)(c.at - s->info);
	return true;
}

bool kl_skim_attribute(struct kl_skim *s, const struct kl_skim_unit *unit, const struct kl_skim_die *die, unsigned name,
		       struct kl_skim_value *ret)
{
	struct kl_cursor c = {s->info + die->offset, s->info + unit->end, false};
	const struct table *t = table_of(s, unit);
	uint64_t code = kl_cursor_uleb(&c);
	uint32_t i;

	for (i = 0; t && code < t->codes.count && i < t->codes.data[code].count; i++) {
		const struct attribute *a = &t->attributes.data[t->codes.data[code].first + i];

		if (!take(s, unit, &c, a, ret))
			break;
		if (a->name == name)
			return true;
	}
	*ret = (struct kl_skim_value){};
	return false;
}

bool kl_skim_pc(const struct kl_skim *s, const struct kl_skim_unit *unit, const struct kl_skim_value *value,
		uint64_t *ret)
{
	*ret = value->number;
	if (value->form == DW_FORM_addrx || (value->form >= DW_FORM_addrx1 && value->form <= DW_FORM_addrx4))
		return kl_skim_address(s, unit, value->number, ret);
	return value->form == DW_FORM_addr;
}

bool kl_skim_child(struct kl_skim *s, const struct kl_skim_unit *unit, const struct kl_skim_die *die,
		   struct kl_skim_die *ret)
{
	return (die->has & KL_SKIM_HAS_CHILDREN) && kl_skim_read(s, unit, die->next, ret) && ret->tag;
}

/* Clang writes no DW_AT_sibling: children are walked through. Offsets only grow, so the walk ends. */
static bool skip_children(struct kl_skim *s, const struct kl_skim_unit *unit, uint64_t *offset)
{
	struct kl_skim_die die;
	unsigned depth = 1;

	while (depth) {
		if (!kl_skim_read(s, unit, *offset, &die))
			return false;
		if (die.tag && (die.has & KL_SKIM_HAS_CHILDREN) && die.sibling <= die.offset)
			depth++;
		else if (!die.tag)
			depth--;
		*offset = die.tag && die.sibling > die.offset ? die.sibling : die.next;
	}
	return true;
}

bool kl_skim_next(struct kl_skim *s, const struct kl_skim_unit *unit, struct kl_skim_die *die)
{
	uint64_t offset = die->next;

	if (die->sibling > die->offset)
		offset = die->sibling;
	else if ((die->has & KL_SKIM_HAS_CHILDREN) && !skip_children(s, unit, &offset))
		return false;
	return kl_skim_read(s, unit, offset, die) && die->tag;
}

/* ---- units ---- */

/* The header at the cursor; the cursor moves behind it. */
static bool read_header(const struct kl_skim *s, struct kl_cursor *c, struct kl_skim_unit *unit)
{
	uint64_t length = kl_cursor_uint(c, 4);
	uint8_t type = DW_UT_compile;

	unit->offset_size = 4;
	if (length == UINT32_MAX) {
		length = kl_cursor_uint(c, 8);
		unit->offset_size = 8;
	}
	if (c->failed || length > (uint64_t)(c->end - c->at))
		return false;
	unit->end = (uint64_t)(c->at - s->info) + length;
	unit->version = (uint8_t)kl_cursor_uint(c, 2);
	if (unit->version >= 5) {
		type = (uint8_t)kl_cursor_uint(c, 1);
		unit->address_size = (uint8_t)kl_cursor_uint(c, 1);
		unit->abbreviations = kl_cursor_uint(c, unit->offset_size);
	} else {
		unit->abbreviations = kl_cursor_uint(c, unit->offset_size);
		unit->address_size = (uint8_t)kl_cursor_uint(c, 1);
	}
	if (type == DW_UT_type || type == DW_UT_split_type)
		skip(c, 8 + (uint64_t)unit->offset_size);
	else if (type == DW_UT_skeleton || type == DW_UT_split_compile)
		skip(c, 8);
	unit->root = (uint64_t)(c->at - s->info);
	return !c->failed && unit->version >= 2 && unit->version <= 5 && unit->root <= unit->end;
}

/* The bases that the root DIE of a unit gives to its indices; only Clang's DWARF 5 needs them. They are behind the
 * header of the table by default. */
static void read_bases(struct kl_skim *s, struct kl_skim_unit *unit)
{
	const struct kl_skim_die root = {.offset = unit->root};
	struct kl_skim_value v;

	unit->string_offsets = unit->addresses = 8;
	if (unit->version < 5 || !s->string_offsets_size)
		return;
	if (kl_skim_attribute(s, unit, &root, DW_AT_str_offsets_base, &v))
		unit->string_offsets = v.number;
	if (kl_skim_attribute(s, unit, &root, DW_AT_addr_base, &v))
		unit->addresses = v.number;
}

static struct kl_error *list_units(struct kl_skim *s)
{
	struct kl_cursor c = {s->info, s->info + s->info_size, false};

	while (c.at < c.end) {
		struct kl_skim_unit unit = {.offset = (uint64_t)(c.at - s->info)};

		if (!read_header(s, &c, &unit))
			return kl_error_create(KL_ERROR_CORRUPT, "damaged DWARF: the header of the unit at %#lx",
					       (unsigned long)unit.offset);
		read_bases(s, &unit);
		if (!kl_vec_push(&s->units, unit))
			return kl_error_nomem();
		c.at = s->info + unit.end;
	}
	return NULL;
}

static void load(struct kl_debug *dbg, const char *name, const uint8_t **data, size_t *size)
{
	*size = 0;
	if (!kl_dwarf_section(dbg->dwarf, name, data, size))
		*size = 0;
}

struct kl_error *kl_skim_open(struct kl_debug *dbg, struct kl_skim *ret)
{
	struct kl_error *err;

	*ret = (struct kl_skim){};
	err = kl_debug_usable(dbg);
	if (err)
		return err;
	load(dbg, ".debug_info", &ret->info, &ret->info_size);
	load(dbg, ".debug_abbrev", &ret->abbrev, &ret->abbrev_size);
	load(dbg, ".debug_str", &ret->strings, &ret->strings_size);
	load(dbg, ".debug_line_str", &ret->line_strings, &ret->line_strings_size);
	load(dbg, ".debug_str_offsets", &ret->string_offsets, &ret->string_offsets_size);
	load(dbg, ".debug_addr", &ret->addresses, &ret->addresses_size);
	err = kl_dwarf_failure(dbg->dwarf);
	if (err)
		return kl_error_prepend(err, "%s", kl_debug_path(dbg));
	ret->tables = calloc(1, sizeof(*ret->tables));
	err = ret->tables ? list_units(ret) : kl_error_nomem();
	if (err)
		kl_skim_close(ret);
	return kl_error_prepend(err, "%s", kl_debug_path(dbg));
}

void kl_skim_close(struct kl_skim *s)
{
	size_t i;

	for (i = 0; s->tables && i < TABLES; i++)
		table_deinit(&s->tables->slots[i]);
	free(s->tables);
	s->tables = NULL;
	kl_vec_deinit(&s->units);
}

const struct kl_skim_unit *kl_skim_unit_at(const struct kl_skim *s, uint64_t offset)
{
	size_t low = 0, high = s->units.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (offset < s->units.data[middle].offset)
			high = middle;
		else if (offset >= s->units.data[middle].end)
			low = middle + 1;
		else
			return &s->units.data[middle];
	}
	return NULL;
}
