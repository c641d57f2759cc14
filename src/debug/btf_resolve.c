/* SPDX-License-Identifier: GPL-2.0-or-later */
/* btf_resolve.c: kl_btf_resolve(), from a table of requests to the answers.
 *
 * DWARF is asked unit by unit. BTF has one name for all units, so two drivers' structs of one name stand side by side:
 * 21 of the 15 000 struct names of Debian's 6.12. A reader that mixed the members of both would be lost, so the choice
 * is made once for a struct and all that is asked of it.
 */
#include "debug/btf.h"

#include <stdlib.h>
#include <string.h>

#include "debug/btf_type.h"
#include "util/bytes.h"

struct btf_wishes {
	const struct kl_btf *btf;
	const struct kl_btf_symbols *symbols;
	const struct kl_request *requests;
	size_t n;
	uint64_t percpu_start;
	bool has_percpu_start;
};

/* ---- structs ----------------------------------------------------------------------------------------------------- */

static bool answer_type(const struct kl_btf *btf, uint32_t id, struct kl_type *ret)
{
	struct kl_btf_shape shape;

	if (!kl_btf_shape(btf, id, NULL, &shape) || !shape.has_size)
		return false;
	*ret = (struct kl_type){true, shape.size};
	return true;
}

static bool answer_member(const struct kl_btf *btf, uint32_t id, const char *path, struct kl_member *ret)
{
	struct kl_slice alternative = {0};

	while (kl_slice_next(path, &alternative))
		if (kl_btf_find_member(btf, id, alternative, ret))
			return true;
	return false;
}

static bool is_member_of(const struct kl_request *r, const char *tag)
{
	return r->kind == KL_REQUEST_MEMBER && r->owner && !strcmp(r->owner, tag);
}

/* How many of the members that are asked of the struct @tag type @id has. */
static size_t count_answers(const struct btf_wishes *w, const char *tag, uint32_t id)
{
	struct kl_member member;
	size_t i, count = 0;

	for (i = 0; i < w->n; i++)
		if (is_member_of(&w->requests[i], tag))
			count += answer_member(w->btf, id, w->requests[i].path, &member);
	return count;
}

static bool are_same_members(const struct kl_member *m, const struct kl_member *n)
{
	return m->present == n->present && m->offset == n->offset && m->size == n->size &&
	       m->bit_offset == n->bit_offset && m->bit_size == n->bit_size && m->count == n->count &&
	       m->element_size == n->element_size && m->is_pointer == n->is_pointer && m->is_array == n->is_array;
}

/* Whether types @a and @b give the same answers to all that is asked of the struct @tag. */
static bool answer_alike(const struct btf_wishes *w, const char *tag, uint32_t a, uint32_t b)
{
	struct kl_type x = {}, y = {};
	size_t i;

	if (!answer_type(w->btf, a, &x) || !answer_type(w->btf, b, &y) || x.size != y.size)
		return false;
	for (i = 0; i < w->n; i++) {
		struct kl_member m = {}, n = {};

		if (!is_member_of(&w->requests[i], tag))
			continue;
		answer_member(w->btf, a, w->requests[i].path, &m);
		answer_member(w->btf, b, w->requests[i].path, &n);
		if (!are_same_members(&m, &n))
			return false;
	}
	return true;
}

static bool is_type_with_size(const struct kl_btf *btf, const struct kl_btf_name *name, bool typedefs)
{
	struct kl_btf_type type;
	struct kl_type size;

	return name->item == UINT32_MAX && kl_btf_type(btf, name->id, &type) && type.kind != KL_BTF_VAR &&
	       typedefs == (type.kind == KL_BTF_TYPEDEF) && answer_type(btf, name->id, &size);
}

/* The type called @name that is meant by all requests for @tag; 0 when there is none, or the choice is open. */
static uint32_t choose_type_named(const struct btf_wishes *w, const char *tag, struct kl_slice name, bool typedefs)
{
	struct kl_btf_cursor cursor = {};
	uint32_t best = 0;
	size_t most = 0;
	bool open = false;

	while (kl_btf_next_name(w->btf, name, &cursor)) {
		uint32_t id = cursor.name->id;
		size_t count;

		if (!is_type_with_size(w->btf, cursor.name, typedefs))
			continue;
		count = count_answers(w, tag, id);
		if (!best || count > most) {
			best = id;
			most = count;
			open = false;
		} else if (count == most && !answer_alike(w, tag, best, id)) {
			open = true;
		}
	}
	return open ? 0 : best;
}

static uint32_t choose_type(const struct btf_wishes *w, const char *tag)
{
	struct kl_slice name = {0};
	uint32_t id = 0;

	while (!id && kl_slice_next(tag, &name)) {
		id = choose_type_named(w, tag, name, false);
		if (!id)
			id = choose_type_named(w, tag, name, true);
	}
	return id;
}

/* ---- enumerators ------------------------------------------------------------------------------------------------- */

static bool is_enum_named(const struct kl_btf_type *type, const char *owner)
{
	struct kl_slice name = {0};

	if (!owner)
		return true;
	while (type->name && kl_slice_next(owner, &name))
		if (kl_slice_is(name, type->name))
			return true;
	return false;
}

/* Enumerators of one name in several enums count only when they have one value. */
static bool answer_enumerator(const struct kl_btf *btf, const struct kl_request *r, struct kl_slice name,
			      struct kl_enumerator *ret)
{
	struct kl_btf_cursor cursor = {};
	struct kl_btf_type type;
	int64_t value;

	*ret = (struct kl_enumerator){};
	while (kl_btf_next_name(btf, name, &cursor)) {
		if (cursor.name->item == UINT32_MAX || !kl_btf_type(btf, cursor.name->id, &type) ||
		    !is_enum_named(&type, r->owner))
			continue;
		kl_btf_enumerator(btf, &type, cursor.name->item, &value);
		if (ret->present && ret->value != value) {
			*ret = (struct kl_enumerator){};
			return false;
		}
		*ret = (struct kl_enumerator){true, value};
	}
	return ret->present;
}

/* ---- variables --------------------------------------------------------------------------------------------------- */

static void fill_variable_answer(const struct kl_btf_shape *shape, uint64_t address, struct kl_variable *ret)
{
	*ret = (struct kl_variable){.present = true, .address = address};
	if (!shape->has_size || shape->element_size > UINT32_MAX)
		return;
	ret->is_pointer = shape->type.kind == KL_BTF_PTR && !shape->is_array;
	ret->is_array = shape->is_array;
	ret->element_size = shape->is_array ? (uint32_t)shape->element_size : 0;
	ret->count = shape->is_array ? shape->count : 0;
	ret->size = shape->size;
}

/* The offset of variable number @id in the per-CPU section. */
static bool find_percpu_offset(const struct kl_btf *btf, uint32_t id, uint32_t *ret)
{
	const char section[] = KL_BTF_PERCPU_SECTION;
	struct kl_btf_cursor cursor = {};
	struct kl_btf_type type;
	uint32_t i;

	while (kl_btf_next_name(btf, (struct kl_slice){section, sizeof(section) - 1}, &cursor)) {
		if (!kl_btf_type(btf, cursor.name->id, &type) || type.kind != KL_BTF_DATASEC)
			continue;
		for (i = 0; i < type.count; i++)
			if (kl_get_u32(type.more + 12 * (size_t)i) == id) {
				*ret = kl_get_u32(type.more + 12 * (size_t)i + 4);
				return true;
			}
	}
	return false;
}

static const char *percpu_variable_at(const struct kl_btf *btf, const struct kl_btf_type *section, uint32_t i,
				      uint64_t *offset, uint64_t *size)
{
	const uint8_t *entry = section->more + 12 * (size_t)i;
	struct kl_btf_type variable;

	*offset = kl_get_u32(entry + 4);
	*size = kl_get_u32(entry + 8);
	return kl_btf_type(btf, kl_get_u32(entry), &variable) ? variable.name : NULL;
}

bool kl_btf_percpu_bounds(const struct kl_btf *btf,
			  bool (*find)(const void *context, const char *name, uint64_t *address), const void *context,
			  uint64_t *start, uint64_t *end)
{
	const char section[] = KL_BTF_PERCPU_SECTION;
	uint64_t address, offset, size, last = 0;
	struct kl_btf_cursor cursor = {};
	struct kl_btf_type type;
	bool found = false;
	const char *name;
	uint32_t i;

	while (kl_btf_next_name(btf, (struct kl_slice){section, sizeof(section) - 1}, &cursor)) {
		if (!kl_btf_type(btf, cursor.name->id, &type) || type.kind != KL_BTF_DATASEC)
			continue;
		for (i = 0; i < type.count; i++) {
			name = percpu_variable_at(btf, &type, i, &offset, &size);
			last = offset + size > last ? offset + size : last;
			if (!name || !find(context, name, &address))
				continue;
			if (found && address - offset != *start)
				return false;
			*start = address - offset;
			found = true;
		}
	}
	*end = *start + last;
	return found;
}

/* A per-CPU variable, of which BTF knows type and place. Several of one name belong to several units. */
static bool answer_percpu_variable(const struct btf_wishes *w, struct kl_slice name, struct kl_variable *ret)
{
	struct kl_btf_cursor cursor = {};
	struct kl_btf_shape shape;
	uint32_t offset, found = 0;
	struct kl_btf_type type;

	while (kl_btf_next_name(w->btf, name, &cursor)) {
		if (cursor.name->item != UINT32_MAX || !kl_btf_type(w->btf, cursor.name->id, &type) ||
		    type.kind != KL_BTF_VAR)
			continue;
		if (found)
			return false;
		found = type.id;
	}
	if (!found || !w->has_percpu_start || !find_percpu_offset(w->btf, found, &offset) ||
	    !kl_btf_type(w->btf, found, &type) || !kl_btf_shape(w->btf, type.value, NULL, &shape))
		return false;
	fill_variable_answer(&shape, w->percpu_start + offset, ret);
	return true;
}

/* "*", "4" or the name of a type. */
static bool find_element_shape(const struct btf_wishes *w, struct kl_slice name, struct kl_btf_shape *ret)
{
	uint32_t id;

	*ret = (struct kl_btf_shape){.count = 1, .has_size = true};
	if (kl_slice_is(name, "*")) {
		ret->type.kind = KL_BTF_PTR;
		ret->size = ret->element_size = 8;
		return true;
	}
	if (strspn(name.text, "0123456789") >= name.length) {
		ret->size = ret->element_size = strtoul(name.text, NULL, 10);
		return true;
	}
	id = choose_type_named(w, "", name, false);
	if (!id)
		id = choose_type_named(w, "", name, true);
	return id && kl_btf_shape(w->btf, id, NULL, ret);
}

/* One alternative of what a request says that its variable is. Whether it has @room, which is 0 when nobody knows. */
static bool find_named_shape(const struct btf_wishes *w, struct kl_slice text, uint64_t room, struct kl_btf_shape *ret)
{
	const char *plus = memchr(text.text, '+', text.length), *bracket;
	uint64_t before = 0;

	if (plus) {
		before = strtoul(text.text, NULL, 10);
		text.length -= (size_t)(plus + 1 - text.text);
		text.text = plus + 1;
	}
	bracket = memchr(text.text, '[', text.length);
	if (bracket)
		text.length = (size_t)(bracket - text.text);
	if (!find_element_shape(w, text, ret))
		return false;
	ret->size += before;
	if (bracket && ret->element_size) {
		ret->is_array = true;
		if (!room) { /* as long as it may be, unless a certain length tells it from something else */
			ret->count = ret->size = 0;
			return !strtoul(bracket + 1, NULL, 10);
		}
		ret->count = room / ret->element_size;
		ret->size = ret->count * ret->element_size;
		return ret->count && ret->count >= strtoul(bracket + 1, NULL, 10);
	}
	return !room || ret->size <= room;
}

static bool answer_named_variable(const struct btf_wishes *w, const struct kl_request *r, struct kl_slice name,
				  struct kl_variable *ret)
{
	_cleanup_free_ char *text = strndup(name.text, name.length);
	bool is_variable = r->kind == KL_REQUEST_VARIABLE;
	struct kl_slice type = {0};
	struct kl_btf_shape shape = {};
	uint64_t address, room;

	if (!text || !w->symbols->find(w->symbols->context, text, is_variable, &address, &room))
		return false;
	while (is_variable && r->type && kl_slice_next(r->type, &type))
		if (find_named_shape(w, type, room, &shape)) {
			fill_variable_answer(&shape, address, ret);
			return true;
		}
	if (is_variable && r->type)
		return false;
	*ret = (struct kl_variable){.present = true, .address = address};
	return true;
}

static bool answer_variable(const struct btf_wishes *w, const struct kl_request *r, struct kl_variable *ret)
{
	struct kl_slice name = {0};

	while (kl_slice_next(r->path, &name))
		if ((r->kind == KL_REQUEST_VARIABLE && answer_percpu_variable(w, name, ret)) ||
		    answer_named_variable(w, r, name, ret))
			return true;
	return false;
}

/* ---- requests ---------------------------------------------------------------------------------------------------- */

/* @chosen: the type of each request for a struct or one of its members. */
static bool answer_request(const struct btf_wishes *w, const struct kl_request *r, uint32_t chosen, void *target)
{
	struct kl_slice name = {0};

	if (r->unit && !w->symbols->has_unit(w->symbols->context, r->unit))
		return false;
	switch (r->kind) {
	case KL_REQUEST_TYPE:
		return chosen && answer_type(w->btf, chosen, target);
	case KL_REQUEST_MEMBER:
		return chosen && answer_member(w->btf, chosen, r->path, target);
	case KL_REQUEST_ENUMERATOR:
		while (kl_slice_next(r->path, &name))
			if (answer_enumerator(w->btf, r, name, target))
				return true;
		return false;
	case KL_REQUEST_VARIABLE:
	case KL_REQUEST_SYMBOL:
		break;
	}
	return answer_variable(w, r, target);
}

struct kl_error *kl_btf_resolve(const struct kl_btf *btf, const struct kl_btf_symbols *symbols,
				const struct kl_request *requests, size_t n, void *result)
{
	struct btf_wishes w = {.btf = btf, .symbols = symbols, .requests = requests, .n = n};
	const char *last_tag = NULL;
	uint32_t chosen = 0;
	uint64_t room;
	size_t i;

	w.has_percpu_start = symbols->find(symbols->context, "__per_cpu_start", false, &w.percpu_start, &room);
	for (i = 0; i < n; i++) {
		const struct kl_request *r = &requests[i];
		const char *tag = r->kind == KL_REQUEST_TYPE ? r->path : r->owner;
		void *target = (char *)result + r->target;

		if ((r->kind == KL_REQUEST_TYPE || r->kind == KL_REQUEST_MEMBER) && tag != last_tag) {
			chosen = tag ? choose_type(&w, tag) : 0;
			last_tag = tag;
		}
		memset(target, 0, kl_request_target_size(r->kind));
		if (!answer_request(&w, r, chosen, target) && r->required)
			return kl_error_create(KL_ERROR_NOT_FOUND, "BTF and symbols have no %s%s%s",
					       r->owner ? r->owner : "", r->owner ? "." : "", r->path);
	}
	return NULL;
}
