/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "debug/unit.h"

#include <stdlib.h>
#include <string.h>

#include "util/map.h"
#include "util/search.h"

/* The bases that the root DIE gives to the indices of its unit; only Clang's DWARF 5 needs them. They come first: the
 * root's own name may be such an index. */
static void read_unit_bases(struct kl_dwarf *dw, struct kl_unit_header *header)
{
	const struct kl_die root = {.unit = header, .offset = header->root};
	struct kl_attribute_value v;

	if (header->version < 5 || !dw->string_offsets.size)
		return;
	if (kl_die_attribute(dw, &root, DW_AT_str_offsets_base, &v))
		header->string_offsets = v.number;
	if (kl_die_attribute(dw, &root, DW_AT_addr_base, &v))
		header->addresses = v.number;
}

static struct kl_error *list_unit(struct kl_units *units, struct kl_unit_header *header)
{
	struct kl_unit *unit = kl_vec_add(&units->all);
	struct kl_die root;

	if (!unit)
		return kl_error_nomem();
	read_unit_bases(units->dw, header);
	if (kl_die_read(units->dw, header, header->root, &root)) {
		unit->tag = root.tag;
		unit->name = root.tag == DW_TAG_compile_unit ? root.name : NULL;
	}
	return kl_dwarf_failure(units->dw);
}

struct kl_error *kl_units_load(struct kl_dwarf *dw, struct kl_units *ret)
{
	struct kl_error *err = kl_dwarf_list_headers(dw);
	size_t i;

	*ret = (struct kl_units){.dw = dw};
	for (i = 0; i < dw->headers.count && !err; i++)
		err = list_unit(ret, &dw->headers.data[i]);
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

	for (i = 0; i < units->all.count; i++)
		kl_unit_forget(units, i);
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
	const struct kl_unit_header *header = kl_dwarf_header_at(units->dw, offset);

	return header ? (size_t)(header - units->dw->headers.data) : SIZE_MAX;
}

bool kl_unit_root(const struct kl_units *units, size_t index, struct kl_die *ret)
{
	const struct kl_unit_header *header = &units->dw->headers.data[index];

	return kl_die_read(units->dw, header, header->root, ret);
}

static bool index_name(struct kl_dwarf *dw, struct kl_unit *unit, struct kl_die *die)
{
	struct kl_name entry = {.tag = die->tag, .offset = die->offset};

	kl_die_complete(dw, die);
	if (!die->name)
		return true;
	entry.hash = kl_hash_bytes(KL_HASH_SEED, die->name, strlen(die->name));
	return kl_vec_push(&unit->names, entry);
}

static bool index_enumerators(struct kl_dwarf *dw, struct kl_unit *unit, const struct kl_die *enumeration)
{
	struct kl_die die;
	bool more;

	for (more = kl_die_child(dw, enumeration, &die); more; more = kl_die_next(dw, &die))
		if (die.tag == DW_TAG_enumerator && !index_name(dw, unit, &die))
			return false;
	return true;
}

static bool index_import(struct kl_units *units, struct kl_unit *unit, const struct kl_die *die)
{
	struct kl_attribute_value v;
	size_t target;

	if (!kl_die_attribute(units->dw, die, DW_AT_import, &v))
		return true;
	target = kl_units_at(units, v.number);
	if (target == SIZE_MAX || units->dw->headers.data[target].root != v.number) {
		kl_dwarf_damaged(units->dw, "an imported unit does not exist");
		return true;
	}
	return kl_vec_push(&unit->imports, (uint32_t)target);
}

static bool index_top_level_die(struct kl_units *units, struct kl_unit *unit, struct kl_die die)
{
	switch (die.tag) {
	case DW_TAG_enumeration_type:
		if (!index_enumerators(units->dw, unit, &die))
			return false;
		/* fall through */
	case DW_TAG_structure_type:
	case DW_TAG_union_type:
		if (die.has & KL_DIE_IS_DECLARATION)
			return true;
		/* fall through */
	case DW_TAG_typedef:
	case DW_TAG_base_type:
	case DW_TAG_variable:
		return index_name(units->dw, unit, &die);
	case DW_TAG_imported_unit:
		return index_import(units, unit, &die);
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

static struct kl_error *index_one_unit(struct kl_units *units, size_t index)
{
	struct kl_unit *unit = &units->all.data[index];
	struct kl_die root, die;
	bool more;

	if (unit->indexed)
		return NULL;
	more = kl_unit_root(units, index, &root) && kl_die_child(units->dw, &root, &die);
	for (; more; more = kl_die_next(units->dw, &die))
		if (!index_top_level_die(units, unit, die))
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
		struct kl_error *err = index_one_unit(units, unit->reachable.data[i]);

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

static bool has_one_of_tags(const uint16_t *tags, uint16_t tag)
{
	for (; *tags; tags++)
		if (*tags == tag)
			return true;
	return false;
}

bool kl_unit_find_name(struct kl_units *units, size_t index, struct kl_slice name, const uint16_t *tags,
		       bool (*visit)(struct kl_dwarf *dw, const struct kl_die *die, void *context), void *context)
{
	const struct kl_unit *unit = &units->all.data[index];
	uint64_t hash = kl_hash_bytes(KL_HASH_SEED, name.text, name.length);
	size_t i, j;

	for (i = 0; i < unit->reachable.count; i++) {
		const struct kl_unit *part = &units->all.data[unit->reachable.data[i]];

		j = kl_search_prefix(part->names.data, part->names.count, entry, entry->hash < hash);
		for (; j < part->names.count && part->names.data[j].hash == hash; j++) {
			struct kl_die die;

			if (!has_one_of_tags(tags, part->names.data[j].tag) ||
			    !kl_die_at(units->dw, part->names.data[j].offset, &die))
				continue;
			kl_die_complete(units->dw, &die);
			if (die.name && kl_slice_is(name, die.name) && visit(units->dw, &die, context))
				return true;
		}
	}
	return false;
}
