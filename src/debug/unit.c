/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "debug/unit.h"

#include <stdlib.h>
#include <string.h>

static struct kl_error *add_unit(struct kl_units *units, Dwarf_Die die)
{
	struct kl_unit *unit = kl_vec_add(&units->all);

	if (!unit) {
		kl_die_release(&die);
		return kl_error_nomem();
	}
	unit->die = die;
	unit->offset = kl_die_offset(units->dw, die);
	if (kl_die_tag(units->dw, die) == DW_TAG_compile_unit)
		unit->name = kl_die_name(units->dw, die);
	return NULL;
}

struct kl_error *kl_units_load(struct kl_dwarf *dw, struct kl_units *ret)
{
	Dwarf_Error error = NULL;
	struct kl_error *err = NULL;
	Dwarf_Die die = NULL;
	int r;

	*ret = (struct kl_units){.dw = dw};
	while (!err && (r = kl_dwarf_next_unit(dw->handle, &die, &error)) != DW_DLV_NO_ENTRY) {
		if (r == DW_DLV_ERROR)
			kl_dwarf_fail(dw, error);
		else
			err = add_unit(ret, die);
		if (!err)
			err = kl_dwarf_failure(dw);
	}
	if (err)
		kl_units_deinit(ret);
	return err;
}

void kl_unit_forget(struct kl_units *units, size_t index)
{
	struct kl_unit *unit = &units->all.data[index];

	kl_vec_deinit(&unit->names);
	kl_vec_deinit(&unit->imports);
	kl_vec_deinit(&unit->reachable);
	unit->indexed = unit->closed = false;
}

void kl_units_deinit(struct kl_units *units)
{
	size_t i;

	for (i = 0; i < units->all.count; i++) {
		kl_unit_forget(units, i);
		kl_die_release(&units->all.data[i].die);
	}
	kl_vec_deinit(&units->all);
}

size_t kl_units_find(const struct kl_units *units, struct kl_slice name, size_t from)
{
	size_t i;

	for (i = from; i < units->all.count; i++) {
		const char *unit = units->all.data[i].name, *end;
		size_t length = unit ? strlen(unit) : 0;

		if (length < name.length || !name.length)
			continue;
		end = unit + (length - name.length);
		if (!memcmp(end, name.text, name.length) && (end == unit || end[-1] == '/'))
			return i;
	}
	return SIZE_MAX;
}

size_t kl_units_at(const struct kl_units *units, uint64_t offset)
{
	size_t low = 0, high = units->all.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (units->all.data[middle].offset < offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low < units->all.count && units->all.data[low].offset == offset ? low : SIZE_MAX;
}

/* The name of a DIE; a definition may have left it with the declaration it completes. */
static const char *full_name(struct kl_dwarf *dw, Dwarf_Die die)
{
	const char *name = kl_die_name(dw, die);
	uint64_t declaration;

	if (name || !kl_die_reference(dw, die, DW_AT_specification, &declaration))
		return name;
	die = kl_die_at(dw, declaration);
	return die ? kl_die_name(dw, die) : NULL;
}

/* The hash of the name of the declaration that @die completes, if this unit has it. Names are still in the order of
 * their offsets while the unit is walked. Reading the declaration itself would be slow, see kl_die_at(). */
static bool declared_hash(struct kl_dwarf *dw, const struct kl_unit *unit, Dwarf_Die die, uint64_t *ret)
{
	size_t low = 0, high = unit->names.count;
	uint64_t declaration;

	if (!kl_die_reference(dw, die, DW_AT_specification, &declaration))
		return false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (unit->names.data[middle].offset < declaration)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == unit->names.count || unit->names.data[low].offset != declaration)
		return false;
	*ret = unit->names.data[low].hash;
	return true;
}

static bool add_name(struct kl_dwarf *dw, struct kl_unit *unit, Dwarf_Die die, uint16_t tag)
{
	struct kl_name entry = {.tag = tag, .offset = kl_die_offset(dw, die)};
	const char *name = kl_die_name(dw, die);

	if (!name && !declared_hash(dw, unit, die, &entry.hash))
		name = full_name(dw, die);
	if (!name && !entry.hash)
		return true;
	if (name)
		entry.hash = kl_hash_bytes(KL_HASH_SEED, name, strlen(name));
	return kl_vec_push(&unit->names, entry);
}

static bool add_enumerators(struct kl_dwarf *dw, struct kl_unit *unit, Dwarf_Die enumeration)
{
	_cleanup_die_ Dwarf_Die die = kl_die_child(dw, enumeration);

	for (; die; die = kl_die_next(dw, die))
		if (kl_die_tag(dw, die) == DW_TAG_enumerator && !add_name(dw, unit, die, DW_TAG_enumerator))
			return false;
	return true;
}

static bool add_import(struct kl_units *units, struct kl_unit *unit, Dwarf_Die die)
{
	uint64_t offset;
	size_t target;

	if (!kl_die_reference(units->dw, die, DW_AT_import, &offset))
		return true;
	target = kl_units_at(units, offset);
	if (target == SIZE_MAX) {
		kl_dwarf_damaged(units->dw, "an imported unit does not exist");
		return true;
	}
	return kl_vec_push(&unit->imports, (uint32_t)target);
}

static bool add_top_level(struct kl_units *units, struct kl_unit *unit, Dwarf_Die die)
{
	uint16_t tag = kl_die_tag(units->dw, die);

	switch (tag) {
	case DW_TAG_enumeration_type:
		if (!add_enumerators(units->dw, unit, die))
			return false;
		/* fall through */
	case DW_TAG_structure_type:
	case DW_TAG_union_type:
		if (kl_die_flag(units->dw, die, DW_AT_declaration))
			return true;
		/* fall through */
	case DW_TAG_typedef:
	case DW_TAG_base_type:
	case DW_TAG_variable:
		return add_name(units->dw, unit, die, tag);
	case DW_TAG_imported_unit:
		return add_import(units, unit, die);
	default:
		return true;
	}
}

static int compare_names(const void *a, const void *b)
{
	const struct kl_name *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static struct kl_error *index_one(struct kl_units *units, size_t index)
{
	struct kl_unit *unit = &units->all.data[index];
	_cleanup_die_ Dwarf_Die die = NULL;

	if (unit->indexed)
		return NULL;
	for (die = kl_die_child(units->dw, unit->die); die; die = kl_die_next(units->dw, die))
		if (!add_top_level(units, unit, die))
			return kl_error_nomem();
	if (unit->names.count)
		qsort(unit->names.data, unit->names.count, sizeof(*unit->names.data), compare_names);
	unit->indexed = true;
	return kl_dwarf_failure(units->dw);
}

struct kl_error *kl_unit_index(struct kl_units *units, size_t index)
{
	struct kl_unit *unit = &units->all.data[index];
	_cleanup_free_ uint8_t *seen = NULL;
	size_t i, j;

	if (unit->closed)
		return NULL;
	unit->reachable.count = 0;
	seen = calloc(units->all.count, 1);
	if (!seen || !kl_vec_push(&unit->reachable, (uint32_t)index))
		return kl_error_nomem();
	seen[index] = 1;
	for (i = 0; i < unit->reachable.count; i++) {
		const struct kl_unit *next = &units->all.data[unit->reachable.data[i]];
		struct kl_error *err = index_one(units, unit->reachable.data[i]);

		if (err)
			return err;
		for (j = 0; j < next->imports.count; j++) {
			uint32_t import = next->imports.data[j];

			if (!seen[import] && !kl_vec_push(&unit->reachable, import))
				return kl_error_nomem();
			seen[import] = 1;
		}
	}
	unit->closed = true;
	return NULL;
}

/* The first entry of @hash, or where it would be. */
static size_t first_name(const struct kl_unit *unit, uint64_t hash)
{
	size_t low = 0, high = unit->names.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (unit->names.data[middle].hash < hash)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool has_tag(const uint16_t *tags, uint16_t tag)
{
	for (; *tags; tags++)
		if (*tags == tag)
			return true;
	return false;
}

bool kl_unit_find_name(struct kl_units *units, size_t index, struct kl_slice name, const uint16_t *tags,
		       bool (*visit)(struct kl_dwarf *dw, Dwarf_Die die, void *context), void *context)
{
	const struct kl_unit *unit = &units->all.data[index];
	uint64_t hash = kl_hash_bytes(KL_HASH_SEED, name.text, name.length);
	size_t i, j;

	for (i = 0; i < unit->reachable.count; i++) {
		const struct kl_unit *part = &units->all.data[unit->reachable.data[i]];

		for (j = first_name(part, hash); j < part->names.count && part->names.data[j].hash == hash; j++) {
			const char *found;
			Dwarf_Die die;

			if (!has_tag(tags, part->names.data[j].tag))
				continue;
			die = kl_die_at(units->dw, part->names.data[j].offset);
			found = die ? full_name(units->dw, die) : NULL;
			if (!found || strlen(found) != name.length || memcmp(found, name.text, name.length))
				continue;
			if (visit(units->dw, die, context))
				return true;
		}
	}
	return false;
}
