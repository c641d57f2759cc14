/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resolve.c: kl_debug_resolve(), from a table of requests to the answers. */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "debug/debug.h"
#include "debug/debug_private.h"
#include "debug/symbols.h"
#include "debug/type.h"

static const uint16_t type_tags[] = {
	DW_TAG_structure_type, DW_TAG_union_type, DW_TAG_enumeration_type, DW_TAG_typedef, DW_TAG_base_type, 0,
};
static const uint16_t tagged_tags[] = {DW_TAG_structure_type, DW_TAG_union_type, 0};
static const uint16_t typedef_tags[] = {DW_TAG_typedef, 0};
static const uint16_t enum_tags[] = {DW_TAG_enumeration_type, DW_TAG_typedef, 0};
static const uint16_t enumerator_tags[] = {DW_TAG_enumerator, 0};
static const uint16_t variable_tags[] = {DW_TAG_variable, 0};

/* One request while it is answered. */
struct wish {
	struct kl_debug *dbg;
	const struct kl_request *request;
	struct kl_slice path; /* the alternative that is tried */
	void *target;
	/* The variable is visible in the unit asked for, but only the unit that defines it says of what type it is. */
	bool defined_elsewhere;
	struct kl_symbol symbol; /* that variable */
};

static bool visit_type(struct kl_dwarf *dw, const struct kl_die *die, void *context)
{
	struct kl_type *target = ((struct wish *)context)->target;
	struct kl_type_shape shape;

	if (!kl_type_shape(dw, die->offset, NULL, &shape) || !shape.has_size)
		return false;
	*target = (struct kl_type){true, shape.size};
	return true;
}

static bool visit_owner(struct kl_dwarf *dw, const struct kl_die *die, void *context)
{
	struct wish *wish = context;

	return kl_type_member(dw, die->offset, wish->path, wish->target);
}

static bool visit_enumerator(struct kl_dwarf *dw, const struct kl_die *die, void *context)
{
	struct kl_enumerator *target = ((struct wish *)context)->target;

	target->present = kl_die_constant(dw, die, DW_AT_const_value, &target->value);
	return target->present;
}

/* An enum, or a typedef of one, whose enumerators are searched for the wish's name. */
static bool visit_enum(struct kl_dwarf *dw, const struct kl_die *die, void *context)
{
	struct wish *wish = context;
	struct kl_type_shape shape;
	struct kl_die child;
	bool more;

	if (!kl_type_shape(dw, die->offset, NULL, &shape) || !shape.has_size)
		return false;
	for (more = kl_die_child(dw, &shape.die, &child); more; more = kl_die_next(dw, &child))
		if (child.name && kl_slice_is(wish->path, child.name))
			return visit_enumerator(dw, &child, wish);
	return false;
}

static void fill_variable(struct kl_dwarf *dw, const struct kl_die *die, uint64_t address, struct kl_variable *ret)
{
	struct kl_type_shape shape;

	*ret = (struct kl_variable){.present = true, .address = address};
	if (!kl_type_shape(dw, die->type, NULL, &shape) || !shape.has_size || shape.element_size > UINT32_MAX)
		return;
	ret->is_pointer = kl_tag_is_pointer(shape.die.tag) && !shape.is_array;
	ret->is_array = shape.is_array;
	ret->element_size = shape.is_array ? (uint32_t)shape.element_size : 0;
	ret->count = shape.is_array ? shape.count : 0;
	ret->size = shape.size;
}

static bool visit_definition(struct kl_dwarf *dw, const struct kl_die *die, void *context)
{
	struct wish *wish = context;

	if (!(die->has & KL_DIE_HAS_ADDRESS) || (wish->defined_elsewhere && die->address != wish->symbol.address))
		return false;
	fill_variable(dw, die, die->address, wish->target);
	return true;
}

/* The symbol that the current alternative names; false when there is none, or none without doubt. */
static bool find_wished_symbol(struct wish *wish, struct kl_symbol *ret)
{
	_cleanup_free_ char *name = strndup(wish->path.text, wish->path.length);
	_cleanup_error_ struct kl_error *err = NULL;

	if (name)
		err = kl_symbols_by_name(wish->dbg, name, ret);
	return name && !err;
}

/* A declaration gives the type, .symtab the address and the size of an array whose bound it leaves open. */
static bool visit_declaration(struct kl_dwarf *dw, const struct kl_die *die, void *context)
{
	struct wish *wish = context;
	struct kl_variable *target = wish->target;
	struct kl_symbol symbol;

	if (!(die->has & KL_DIE_IS_DECLARATION) || !find_wished_symbol(wish, &symbol))
		return false;
	fill_variable(dw, die, symbol.address, target);
	if (!target->size)
		target->size = symbol.size;
	if (target->is_array && !target->count && target->element_size)
		target->count = symbol.size / target->element_size;
	return true;
}

/* Tries the current alternative of @wish in one unit. */
static bool try_wish_in_unit(struct wish *wish, size_t unit)
{
	struct kl_units *units = &wish->dbg->units;
	struct kl_slice owner = {0};

	switch (wish->request->kind) {
	case KL_REQUEST_TYPE:
		return kl_unit_find_name(units, unit, wish->path, type_tags, visit_type, wish);
	case KL_REQUEST_VARIABLE:
		return kl_unit_find_name(units, unit, wish->path, variable_tags, visit_definition, wish) ||
		       kl_unit_find_name(units, unit, wish->path, variable_tags, visit_declaration, wish);
	case KL_REQUEST_ENUMERATOR:
		if (!wish->request->owner)
			return kl_unit_find_name(units, unit, wish->path, enumerator_tags, visit_enumerator, wish);
		while (kl_slice_next(wish->request->owner, &owner))
			if (kl_unit_find_name(units, unit, owner, enum_tags, visit_enum, wish))
				return true;
		return false;
	case KL_REQUEST_MEMBER:
		while (wish->request->owner && kl_slice_next(wish->request->owner, &owner))
			if (kl_unit_find_name(units, unit, owner, tagged_tags, visit_owner, wish) ||
			    kl_unit_find_name(units, unit, owner, typedef_tags, visit_owner, wish))
				return true;
		return false;
	case KL_REQUEST_SYMBOL:
		break;
	}
	return false;
}

static struct kl_error *try_unit_for_wish(struct wish *wish, size_t unit, bool *found)
{
	struct kl_error *err = kl_unit_index(&wish->dbg->units, unit);

	wish->path = (struct kl_slice){0};
	while (!err && !*found && kl_slice_next(wish->request->path, &wish->path)) {
		*found = try_wish_in_unit(wish, unit);
		err = kl_dwarf_failure(wish->dbg->dwarf);
	}
	return err;
}

/* Clang leaves out what a unit merely declares. Where there is a global variable of that name, the unit meant that. */
static void expect_definition_elsewhere(struct wish *wish)
{
	wish->path = (struct kl_slice){0};
	while (!wish->defined_elsewhere && kl_slice_next(wish->request->path, &wish->path))
		wish->defined_elsewhere = find_wished_symbol(wish, &wish->symbol) && wish->symbol.is_global;
}

static struct kl_error *try_named_units(struct wish *wish, bool *found)
{
	struct kl_slice name = {0};
	struct kl_error *err = NULL;
	bool any = false;

	while (!err && !*found && kl_slice_next(wish->request->unit, &name)) {
		size_t unit = kl_units_find(&wish->dbg->units, name, 0);

		/* "fork.c" may be the end of several units' names */
		for (; !err && !*found && unit != SIZE_MAX; unit = kl_units_find(&wish->dbg->units, name, unit + 1)) {
			err = try_unit_for_wish(wish, unit, found);
			any = true;
		}
	}
	if (!err && !*found && any && wish->request->kind == KL_REQUEST_VARIABLE)
		expect_definition_elsewhere(wish);
	return err;
}

static void resolve_symbol(struct wish *wish, bool *found)
{
	struct kl_variable *target = wish->target;
	struct kl_symbol symbol;

	wish->path = (struct kl_slice){0};
	while (!*found && kl_slice_next(wish->request->path, &wish->path)) {
		*found = find_wished_symbol(wish, &symbol);
		if (*found)
			*target = (struct kl_variable){.present = true, .address = symbol.address, .size = symbol.size};
	}
}

/* Whether any unit may answer @wish. */
static bool is_for_any_unit(const struct wish *wish)
{
	return (!wish->request->unit && wish->request->kind != KL_REQUEST_SYMBOL) || wish->defined_elsewhere;
}

/* A unit nobody asked for by name is indexed, used for all the wishes that are left, and forgotten. */
static struct kl_error *try_all_units(struct kl_debug *dbg, struct wish *wishes, bool *found, size_t n)
{
	size_t unit, i, left = 1;

	for (unit = 0; unit < dbg->units.all.count && left; unit++) {
		bool keep = dbg->units.all.data[unit].indexed;

		if (!dbg->units.all.data[unit].name)
			continue; /* partial units are seen through those that import them */
		for (i = left = 0; i < n; i++) {
			struct kl_error *err;

			if (found[i] || !is_for_any_unit(&wishes[i]))
				continue;
			err = try_unit_for_wish(&wishes[i], unit, &found[i]);
			if (err)
				return err;
			left += !found[i];
		}
		if (!keep)
			kl_unit_forget(&dbg->units, unit);
	}
	return NULL;
}

static struct kl_error *missing_request(const struct kl_debug *dbg, const struct kl_request *r)
{
	static const char *const kinds[] = {
		[KL_REQUEST_TYPE] = "type",
		[KL_REQUEST_MEMBER] = "member",
		[KL_REQUEST_ENUMERATOR] = "enumerator",
		[KL_REQUEST_VARIABLE] = "variable",
		[KL_REQUEST_SYMBOL] = "symbol",
	};

	return kl_error_create(KL_ERROR_NOT_FOUND, "%s: no %s %s%s%s%s%s", kl_debug_path(dbg), kinds[r->kind],
			       r->owner ? r->owner : "", r->owner ? "." : "", r->path, r->unit ? " in unit " : "",
			       r->unit ? r->unit : "");
}

static struct kl_error *resolve_in_named_units(struct wish *wish, bool *found)
{
	struct kl_error *err;

	if (wish->request->kind == KL_REQUEST_SYMBOL) {
		resolve_symbol(wish, found);
		return NULL;
	}
	err = kl_debug_units(wish->dbg);
	if (err || !wish->request->unit)
		return err;
	return kl_error_prepend(try_named_units(wish, found), "%s", kl_debug_path(wish->dbg));
}

static struct kl_error *resolve_wishes(struct kl_debug *dbg, struct wish *wishes, bool *found, size_t n)
{
	struct kl_error *err = NULL;
	bool any = false;
	size_t i;

	for (i = 0; i < n && !err; i++) {
		err = resolve_in_named_units(&wishes[i], &found[i]);
		any |= !found[i] && is_for_any_unit(&wishes[i]);
	}
	if (!err && any)
		err = kl_error_prepend(try_all_units(dbg, wishes, found, n), "%s", kl_debug_path(dbg));
	for (i = 0; i < n && !err; i++) {
		struct kl_variable *target = wishes[i].target;

		if (found[i] || !wishes[i].defined_elsewhere)
			continue;
		/* defined in assembler, or by the linker script */
		*target =
			(struct kl_variable){true, .address = wishes[i].symbol.address, .size = wishes[i].symbol.size};
		found[i] = true;
	}
	return err;
}

struct kl_error *kl_debug_resolve(struct kl_debug *dbg, const struct kl_request *requests, size_t n, void *result)
{
	_cleanup_free_ struct wish *wishes = calloc(n ? n : 1, sizeof(*wishes));
	_cleanup_free_ bool *found = calloc(n ? n : 1, sizeof(*found));
	struct kl_error *err;
	size_t i;

	if (!wishes || !found)
		return kl_error_nomem();
	for (i = 0; i < n; i++) {
		wishes[i] = (struct wish){.dbg = dbg, .request = &requests[i]};
		wishes[i].target = (char *)result + requests[i].target;
		memset(wishes[i].target, 0, kl_request_target_size(requests[i].kind));
	}
	err = resolve_wishes(dbg, wishes, found, n);
	for (i = 0; i < n && !err; i++)
		if (requests[i].required && !found[i])
			err = missing_request(dbg, &requests[i]);
	return err;
}
