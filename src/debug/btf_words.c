/* SPDX-License-Identifier: GPL-2.0-or-later */
/* btf_words.c: kl_btf_pointer_words(), which words of structs and per-CPU variables may be pointers, by BTF. */
#include "debug/btf.h"

#include <string.h>

#include "debug/btf_type.h"
#include "debug/word_layout.h"
#include "util/bytes.h"

static bool shape_of_btf_type(void *btf, uint64_t type, bool (*matches)(const char *name), struct kl_word_shape *ret)
{
	struct kl_btf_shape shape;

	if (!kl_btf_shape(btf, (uint32_t)type, matches, &shape))
		return false;
	*ret = (struct kl_word_shape){
		.type = shape.type.id,
		.name = shape.type.name,
		.is_compound = kl_btf_is_compound(shape.type.kind),
		.is_pointer = shape.type.kind == KL_BTF_PTR,
		.matched = shape.matched,
		.count = shape.count,
		.element_size = shape.element_size,
		.size = shape.size,
	};
	return true;
}

static bool members_of_btf_type(void *btf, uint64_t id, kl_visit_word_member *visit, void *visitor)
{
	struct kl_btf_type type;
	uint32_t i;

	if (!kl_btf_type(btf, (uint32_t)id, &type) || !kl_btf_is_compound(type.kind))
		return false;
	for (i = 0; i < type.count; i++) {
		struct kl_word_member word = {};
		struct kl_btf_member member;

		kl_btf_member(btf, &type, i, &member);
		word.name = member.name;
		word.type = member.type;
		word.offset = member.bit_offset / 8;
		if (member.bit_size)
			word.bytes = (member.bit_offset % 8 + member.bit_size + 7) / 8;
		if (!visit(visitor, &word))
			return false;
	}
	return true;
}

static bool lay_out_btf_type(const struct kl_btf *btf, struct kl_pointer_word_list *list, uint32_t type,
			     const struct kl_pointer_words *w, struct kl_error **err)
{
	const struct kl_word_types types = {shape_of_btf_type, members_of_btf_type, (void *)btf};

	return kl_words_lay_out(&types, list->names, type, w, err);
}

/* ---- structs ----------------------------------------------------------------------------------------------------- */

/* The words of one struct, joined with those of another of the same name and size. */
static struct kl_error *add_btf_struct(const struct kl_btf *btf, const struct kl_btf_type *type,
				       struct kl_pointer_word_list *ret)
{
	const struct kl_pointer_words *known = kl_word_list_find(ret, type->name, type->value);
	struct kl_error *err = NULL;
	uint32_t name;

	if (known) {
		struct kl_pointer_words again = *known;

		if (!lay_out_btf_type(btf, ret, type->id, &again, &err) && !err)
			memset(again.pointers, 1, kl_word_count(again.size));
		return err;
	}
	err = kl_intern_add(ret->names, type->name, strlen(type->name), &name);
	if (err)
		return err;
	known = kl_word_list_add(ret, name, type->value);
	if (!known)
		return kl_error_nomem();
	if (!lay_out_btf_type(btf, ret, type->id, known, &err))
		ret->list.data[ret->list.count - 1].present = false;
	return err;
}

static struct kl_error *add_structs_named(const struct kl_btf *btf, const char *text, struct kl_pointer_word_list *ret)
{
	struct kl_btf_cursor cursor = {};
	struct kl_pointer_words *absent;
	struct kl_error *err = NULL;
	uint32_t name;

	while (!err && kl_btf_next_name(btf, (struct kl_slice){text, strlen(text)}, &cursor)) {
		struct kl_btf_type type;

		if (cursor.name->item == UINT32_MAX && kl_btf_type(btf, cursor.name->id, &type) &&
		    kl_btf_is_compound(type.kind) && type.value && type.value <= KL_LAID_OUT_MAX)
			err = add_btf_struct(btf, &type, ret);
	}
	if (err || kl_word_list_find(ret, text, 0))
		return err;
	err = kl_intern_add(ret->names, text, strlen(text), &name);
	if (err)
		return err;
	absent = kl_word_list_add(ret, name, 0);
	if (!absent)
		return kl_error_nomem();
	absent->present = false;
	return NULL;
}

/* ---- per-CPU variables ------------------------------------------------------------------------------------------- */

/* Variable number @id at @address, unless it has no integers. */
static struct kl_error *add_btf_variable(const struct kl_btf *btf, uint32_t id, uint64_t address,
					 const struct kl_pointer_words_query *query, struct kl_pointer_word_list *ret)
{
	struct kl_error *err = NULL;
	struct kl_pointer_words *w;
	struct kl_btf_shape shape;
	struct kl_btf_type var;
	uint32_t name;

	if (address < query->start || address >= query->end || address % KL_WORD_SIZE || !kl_btf_type(btf, id, &var) ||
	    var.kind != KL_BTF_VAR || !var.name || !kl_btf_shape(btf, var.value, NULL, &shape) ||
	    shape.size < KL_WORD_SIZE || shape.size > KL_LAID_OUT_MAX || shape.size > query->end - address)
		return NULL;
	err = kl_intern_add(ret->names, var.name, strlen(var.name), &name);
	if (err)
		return err;
	w = kl_word_list_add(ret, name, shape.size);
	if (!w)
		return kl_error_nomem();
	w->is_variable = true;
	w->address = address;
	if (!lay_out_btf_type(btf, ret, var.value, w, &err) || !kl_words_hold_integers(w))
		kl_word_list_drop_last(ret);
	return err;
}

static struct kl_error *add_percpu_variables(const struct kl_btf *btf, const struct kl_btf_symbols *symbols,
					     const struct kl_pointer_words_query *query,
					     struct kl_pointer_word_list *ret)
{
	const char section[] = KL_BTF_PERCPU_SECTION;
	struct kl_btf_cursor cursor = {};
	struct kl_error *err = NULL;
	struct kl_btf_type type;
	uint64_t start, room;
	uint32_t i;

	if (query->end <= query->start || !symbols->find(symbols->context, "__per_cpu_start", false, &start, &room))
		return NULL;
	while (kl_btf_next_name(btf, (struct kl_slice){section, sizeof(section) - 1}, &cursor)) {
		if (!kl_btf_type(btf, cursor.name->id, &type) || type.kind != KL_BTF_DATASEC)
			continue;
		for (i = 0; !err && i < type.count; i++) {
			const uint8_t *variable = type.more + 12 * (size_t)i;

			err = add_btf_variable(btf, kl_get_u32(variable), start + kl_get_u32(variable + 4), query, ret);
		}
	}
	return err;
}

struct kl_error *kl_btf_pointer_words(const struct kl_btf *btf, const struct kl_btf_symbols *symbols,
				      const struct kl_pointer_words_query *query, struct kl_pointer_word_list *ret)
{
	struct kl_error *err = NULL;
	size_t i;

	for (i = 0; !err && i < query->n_names; i++)
		err = add_structs_named(btf, query->names[i], ret);
	return err ? err : add_percpu_variables(btf, symbols, query, ret);
}
