/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "debug/pointer_words.h"

#include <string.h>

#include "debug/debug_private.h"
#include "debug/type.h"
#include "util/map.h"
#include "util/strbuf.h"

/* Bounds of one struct or variable; the words of a larger one stay unknown. The largest of a kernel have a few thousand
 * members, arrays of structs included, and ten levels. */
#define SIZE_MAX_ (UINT64_C(1) << 24)
#define STEPS_MAX (1 << 18)
#define DEPTH_MAX 32

struct kl_error *kl_word_list_init(struct kl_pointer_word_list *list)
{
	*list = (struct kl_pointer_word_list){};
	return kl_intern_create(&list->names);
}

static void words_deinit(struct kl_pointer_words *w)
{
	free(w->pointers);
	free(w->members);
}

void kl_word_list_deinit(struct kl_pointer_word_list *list)
{
	struct kl_pointer_words *w;

	kl_vec_for_each (w, &list->list)
		words_deinit(w);
	kl_vec_deinit(&list->list);
	kl_intern_destroy(list->names);
	list->names = NULL;
}

struct kl_pointer_words *kl_word_list_add(struct kl_pointer_word_list *list, uint32_t name, uint64_t size)
{
	size_t count = kl_word_count(size);
	struct kl_pointer_words w = {.name = name, .present = true, .size = size};

	w.pointers = calloc(count + 1, sizeof(*w.pointers));
	w.members = calloc(count + 1, sizeof(*w.members));
	if (w.pointers && w.members && kl_vec_push(&list->list, w))
		return &list->list.data[list->list.count - 1];
	words_deinit(&w);
	return NULL;
}

const struct kl_pointer_words *kl_word_list_find(const struct kl_pointer_word_list *list, const char *name,
						 uint64_t size)
{
	const struct kl_pointer_words *w;

	kl_vec_for_each (w, &list->list) {
		if (!w->is_variable && (!size || (w->present && w->size == size)) &&
		    !strcmp(kl_intern_get(list->names, w->name, NULL), name))
			return w;
	}
	return NULL;
}

static bool is_pointer_type(const char *name)
{
	static const char *const types[] = {
#define KL_POINTER_MEMBER(type, member, why)
#define KL_POINTER_TYPE(type, why) type,
#include "debug/pointer_words_table.h"
#undef KL_POINTER_MEMBER
#undef KL_POINTER_TYPE
	};
	size_t i;

	for (i = 0; name && i < sizeof(types) / sizeof(*types); i++)
		if (!strcmp(types[i], name))
			return true;
	return false;
}

static bool is_pointer_member(const char *owner, const char *name)
{
	static const struct {
		const char *type, *member;
	} members[] = {
#define KL_POINTER_MEMBER(type, member, why) {type, member},
#define KL_POINTER_TYPE(type, why)
#include "debug/pointer_words_table.h"
#undef KL_POINTER_MEMBER
#undef KL_POINTER_TYPE
	};
	size_t i;

	for (i = 0; name && owner && i < sizeof(members) / sizeof(*members); i++)
		if (!strcmp(members[i].member, name) && !strcmp(members[i].type, owner))
			return true;
	return false;
}

/* A type at a place of the struct that is laid out. */
struct place {
	uint64_t type, offset;
	uint64_t bytes;    /* of a bit-field; 0 = the type's */
	uint32_t path;     /* of the member; 0 at the top */
	uint16_t depth;    /* of nesting */
	bool pointer;      /* by the table, whatever the type says */
	const char *owner; /* the named struct around an anonymous one */
};

struct layout {
	struct kl_dwarf *dw;
	struct kl_intern *names;
	uint64_t size;
	uint8_t *pointers;
	uint32_t *members;
	KL_VEC(struct place) todo;
	size_t steps;
	struct kl_strbuf path;
	struct kl_error *err;
};

static void mark_words(struct layout *l, uint64_t offset, uint64_t size, bool pointer, uint32_t path)
{
	uint64_t end, word;

	if (!size || offset >= l->size || __builtin_add_overflow(offset, size, &end))
		return;
	if (end > l->size)
		end = l->size;
	for (word = offset / KL_WORD_SIZE; word * KL_WORD_SIZE < end; word++) {
		l->pointers[word] |= pointer;
		l->members[word] = path; /* places are taken last first: the first member, the first view, stays */
	}
}

static bool make_member_path(struct layout *l, uint32_t parent, const char *name, uint32_t *ret)
{
	kl_strbuf_reset(&l->path);
	if (parent)
		kl_strbuf_printf(&l->path, "%s.", kl_intern_get(l->names, parent, NULL));
	kl_strbuf_puts(&l->path, name);
	if (!l->path.failed)
		l->err = kl_intern_add(l->names, l->path.data, l->path.length, ret);
	else
		l->err = kl_error_nomem();
	return !l->err;
}

static bool push_place(struct layout *l, struct place place)
{
	if (++l->steps > STEPS_MAX || place.depth > DEPTH_MAX)
		return false;
	if (kl_vec_push(&l->todo, place))
		return true;
	l->err = kl_error_nomem();
	return false;
}

static bool push_member(struct layout *l, const struct place *owner, const char *owner_name,
			const struct kl_die *member)
{
	struct place place = *owner;

	place.type = member->type;
	place.owner = owner_name;
	place.depth++;
	if (member->name && !make_member_path(l, owner->path, member->name, &place.path))
		return false;
	if ((member->has & KL_DIE_IS_MISPLACED) || __builtin_add_overflow(owner->offset, member->place, &place.offset))
		return false;
	if (member->has & KL_DIE_IS_BIT_FIELD) {
		/* an old one may end up at the start of its storage unit; it is no pointer there either */
		uint64_t bit = member->has & KL_DIE_HAS_DATA_BIT_OFFSET ? member->bit_offset : 0;

		place.offset += bit / 8;
		place.bytes = (bit % 8 + member->bit_size + 7) / 8;
	}
	place.pointer |= is_pointer_member(owner_name, member->name);
	return push_place(l, place);
}

static bool push_members(struct layout *l, const struct place *place, const struct kl_type_shape *shape)
{
	const char *name = shape->die.name ? shape->die.name : place->owner;
	struct kl_die die;
	bool more;

	for (more = kl_die_child(l->dw, &shape->die, &die); more; more = kl_die_next(l->dw, &die)) {
		if (die.tag == DW_TAG_member && !(die.has & KL_DIE_IS_DECLARATION) &&
		    !push_member(l, place, name, &die))
			return false;
	}
	return true;
}

/* Elements of an array of structs become places of their own. */
static bool push_elements(struct layout *l, const struct place *place, const struct kl_type_shape *shape)
{
	uint64_t i;

	for (i = 0; i < shape->count && place->offset + i * shape->die.size < l->size; i++) {
		struct place element = *place;

		element.type = shape->die.offset;
		element.depth++;
		element.offset += i * shape->die.size;
		if (!shape->die.size || !push_place(l, element))
			return false;
	}
	return true;
}

static bool lay_out_place(struct layout *l, struct place place)
{
	struct kl_type_shape shape;

	if (place.bytes) {
		mark_words(l, place.offset, place.bytes, place.pointer, place.path);
		return true;
	}
	if (!kl_type_shape(l->dw, place.type, is_pointer_type, &shape))
		return false;
	place.pointer |= shape.matched;
	if (!kl_tag_is_compound(shape.die.tag) || place.pointer) {
		place.pointer |= kl_tag_is_pointer(shape.die.tag);
		mark_words(l, place.offset, shape.size, place.pointer, place.path);
		return true;
	}
	return shape.count == 1 ? push_members(l, &place, &shape) : push_elements(l, &place, &shape);
}

/* Fills @w, whose size is known, from the type at @type. False when it cannot be laid out. */
static bool lay_out(struct kl_dwarf *dw, struct kl_pointer_word_list *list, uint64_t type,
		    const struct kl_pointer_words *w, struct kl_error **err)
{
	struct layout l = {
		.dw = dw, .names = list->names, .size = w->size, .pointers = w->pointers, .members = w->members};
	bool ok = push_place(&l, (struct place){.type = type});

	while (ok && l.todo.count)
		ok = lay_out_place(&l, l.todo.data[--l.todo.count]);
	kl_vec_deinit(&l.todo);
	kl_strbuf_deinit(&l.path);
	*err = l.err;
	return ok && !l.err;
}

/* A definition found; the same struct in another unit has the same line and size. */
struct definition {
	size_t name; /* index in the query */
	uint64_t size, line, type;
};

struct search {
	struct kl_dwarf *dw;
	const struct kl_pointer_words_query *query;
	struct kl_map wanted; /* hash of name -> index in query */
	KL_VEC(struct definition) found;
	struct kl_pointer_word_list *ret;
	struct kl_error *err;
};

static void words_search_deinit(struct search *s)
{
	kl_map_deinit(&s->wanted);
	kl_vec_deinit(&s->found);
	kl_error_destroy(s->err);
}

static bool index_wanted_names(struct search *s)
{
	size_t i;

	for (i = 0; i < s->query->n_names; i++) {
		const char *name = s->query->names[i];

		if (!kl_map_put(&s->wanted, kl_hash_bytes(KL_HASH_SEED, name, strlen(name)), i))
			return false;
	}
	return true;
}

static bool note_struct_definition(struct search *s, const struct kl_die *die)
{
	struct definition d = {.size = die->size, .line = die->line, .type = die->offset}, *known;
	uint64_t index;

	if (!die->name || (die->has & KL_DIE_IS_DECLARATION) || !(die->has & KL_DIE_HAS_SIZE) || !die->size ||
	    die->size > SIZE_MAX_ ||
	    !kl_map_get(&s->wanted, kl_hash_bytes(KL_HASH_SEED, die->name, strlen(die->name)), &index) ||
	    strcmp(die->name, s->query->names[index]))
		return true;
	d.name = (size_t)index;
	kl_vec_for_each (known, &s->found) {
		if (known->name == d.name && known->size == d.size && known->line == d.line)
			return true;
	}
	return kl_vec_push(&s->found, d);
}

static bool has_integer_words(const struct kl_pointer_words *w)
{
	return memchr(w->pointers, 0, kl_word_count(w->size)) != NULL;
}

static bool add_variable_words(struct search *s, struct kl_die die)
{
	struct kl_pointer_words *w;
	struct kl_type_shape shape;
	uint32_t name;

	if (!(die.has & KL_DIE_HAS_ADDRESS) || die.address < s->query->start || die.address >= s->query->end ||
	    die.address % KL_WORD_SIZE)
		return true;
	kl_die_complete(s->dw, &die);
	if (!die.name || !kl_type_shape(s->dw, die.type, NULL, &shape) || shape.size < KL_WORD_SIZE ||
	    shape.size > SIZE_MAX_ || shape.size > s->query->end - die.address)
		return true;
	s->err = kl_intern_add(s->ret->names, die.name, strlen(die.name), &name);
	w = s->err ? NULL : kl_word_list_add(s->ret, name, shape.size);
	if (!w)
		return false;
	w->is_variable = true;
	w->address = die.address;
	if (lay_out(s->dw, s->ret, die.type, w, &s->err) && has_integer_words(w))
		return true;
	words_deinit(w);
	s->ret->list.count--;
	return !s->err;
}

static bool search_unit_for_words(struct search *s, const struct kl_unit_header *unit)
{
	struct kl_die root, die;
	bool more, ok = true;

	if (!kl_die_read(s->dw, unit, unit->root, &root) ||
	    (root.tag != DW_TAG_compile_unit && root.tag != DW_TAG_partial_unit))
		return true;
	for (more = kl_die_child(s->dw, &root, &die); more && ok; more = kl_die_next(s->dw, &die)) {
		if (kl_tag_is_compound(die.tag))
			ok = note_struct_definition(s, &die);
		else if (die.tag == DW_TAG_variable)
			ok = add_variable_words(s, die);
	}
	return ok;
}

/* The words of one definition, joined with those of another of the same name and size. */
static bool add_definition_words(struct search *s, const struct definition *d)
{
	const char *text = s->query->names[d->name];
	const struct kl_pointer_words *known = kl_word_list_find(s->ret, text, d->size);
	uint32_t name;

	if (known) {
		struct kl_pointer_words again = *known;

		if (!lay_out(s->dw, s->ret, d->type, &again, &s->err))
			memset(again.pointers, 1, kl_word_count(again.size));
		return !s->err;
	}
	s->err = kl_intern_add(s->ret->names, text, strlen(text), &name);
	known = s->err ? NULL : kl_word_list_add(s->ret, name, d->size);
	if (!known)
		return false;
	if (!lay_out(s->dw, s->ret, d->type, known, &s->err))
		s->ret->list.data[s->ret->list.count - 1].present = false;
	return !s->err;
}

static bool add_absent_names(struct search *s)
{
	size_t i;

	for (i = 0; i < s->query->n_names; i++) {
		const char *text = s->query->names[i];
		struct kl_pointer_words *w;
		uint32_t name;

		if (kl_word_list_find(s->ret, text, 0))
			continue;
		s->err = kl_intern_add(s->ret->names, text, strlen(text), &name);
		w = s->err ? NULL : kl_word_list_add(s->ret, name, 0);
		if (!w)
			return false;
		w->present = false;
	}
	return true;
}

static struct kl_error *search_units_for_words(struct search *s)
{
	const struct kl_unit_header *unit;
	struct definition *d;
	bool ok = index_wanted_names(s);

	kl_vec_for_each (unit, &s->dw->headers)
		ok = ok && search_unit_for_words(s, unit);
	kl_vec_for_each (d, &s->found)
		ok = ok && add_definition_words(s, d);
	ok = ok && add_absent_names(s);
	if (!ok)
		kl_dwarf_fail(s->dw, s->err ? kl_take(s->err) : kl_error_nomem());
	return kl_dwarf_failure(s->dw);
}

struct kl_error *kl_pointer_words_find(struct kl_debug *dbg, const struct kl_pointer_words_query *query,
				       struct kl_pointer_word_list *ret)
{
	_cleanup_(words_search_deinit) struct search s = {.dw = dbg->dwarf, .query = query, .ret = ret};
	struct kl_error *err = kl_debug_units(dbg);

	return err ? err : kl_error_prepend(search_units_for_words(&s), "%s", kl_debug_path(dbg));
}
