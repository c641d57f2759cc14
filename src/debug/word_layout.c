/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "debug/word_layout.h"

#include <string.h>

#include "util/strbuf.h"

#define STEPS_MAX (1 << 18)
#define DEPTH_MAX 32

static bool is_pointer_type(const char *name)
{
	static const char *const types[] = {
#define KL_POINTER_TYPE(type, why) type,
#include "debug/pointer_words_table.h"
	};
	size_t i;

	for (i = 0; name && i < sizeof(types) / sizeof(*types); i++)
		if (!strcmp(types[i], name))
			return true;
	return false;
}

/* What the table says of a member, whatever its type. */
enum said {
	SAID_NOTHING,
	SAID_POINTER,
	SAID_COMPARED,
	SAID_LATE,
};

static enum said said_of_member(const char *owner, const char *name)
{
	static const struct {
		const char *type, *member;
		enum said said;
	} members[] = {
#define KL_POINTER_MEMBER(type, member, why) {type, member, SAID_POINTER},
#define KL_COMPARED_MEMBER(type, member, why) {type, member, SAID_COMPARED},
#define KL_LATE_MEMBER(type, member, why) {type, member, SAID_LATE},
#include "debug/pointer_words_table.h"
	};
	size_t i;

	for (i = 0; name && owner && i < sizeof(members) / sizeof(*members); i++)
		if (!strcmp(members[i].member, name) && !strcmp(members[i].type, owner))
			return members[i].said;
	return SAID_NOTHING;
}

/* A type at a place of the struct that is laid out. */
struct place {
	uint64_t type, offset;
	uint64_t bytes;    /* of a bit-field; 0 = the type's */
	uint32_t path;     /* of the member; 0 at the top */
	uint16_t depth;    /* of nesting */
	bool pointer;      /* by the table, whatever the type says */
	enum said said;    /* of the member itself, not of what it is in */
	const char *owner; /* the named struct around an anonymous one */
};

struct layout {
	const struct kl_word_types *types;
	struct kl_intern *names;
	uint64_t size;
	uint8_t *pointers;
	uint32_t *members;
	KL_VEC(struct place) todo;
	size_t steps;
	struct kl_strbuf path;
	struct kl_error *err;
};

static void mark_words(struct layout *l, const struct place *place, uint64_t size, bool pointer)
{
	uint64_t offset = place->offset, end, word;
	uint8_t mark = place->said == SAID_LATE ? KL_WORD_LATE : KL_WORD_POINTER;

	if (!size || offset >= l->size || __builtin_add_overflow(offset, size, &end))
		return;
	if (end > l->size)
		end = l->size;
	for (word = offset / KL_WORD_SIZE; word * KL_WORD_SIZE < end; word++) {
		l->pointers[word] |= pointer && place->said != SAID_COMPARED ? mark : 0;
		l->members[word] =
			place->path; /* places are taken last first: the first member, the first view, stays */
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

/* A struct whose members become places. */
struct struct_place {
	struct layout *layout;
	struct place place;
	const char *name;
};

static bool push_member(void *visitor, const struct kl_word_member *member)
{
	const struct struct_place *owner = visitor;
	struct place place = owner->place;

	place.type = member->type;
	place.owner = owner->name;
	place.bytes = member->bytes;
	place.depth++;
	if (member->name && !make_member_path(owner->layout, owner->place.path, member->name, &place.path))
		return false;
	if (__builtin_add_overflow(owner->place.offset, member->offset, &place.offset))
		return false;
	place.said = said_of_member(owner->name, member->name);
	place.pointer |= place.said == SAID_POINTER;
	return push_place(owner->layout, place);
}

/* Elements of an array of structs become places of their own. */
static bool push_elements(struct layout *l, const struct place *place, const struct kl_word_shape *shape)
{
	uint64_t i;

	for (i = 0; i < shape->count && place->offset + i * shape->element_size < l->size; i++) {
		struct place element = *place;

		element.type = shape->type;
		element.depth++;
		element.offset += i * shape->element_size;
		if (!shape->element_size || !push_place(l, element))
			return false;
	}
	return true;
}

static bool lay_out_place(struct layout *l, struct place place)
{
	struct kl_word_shape shape;

	if (place.bytes) {
		mark_words(l, &place, place.bytes, place.pointer);
		return true;
	}
	if (!l->types->shape(l->types->context, place.type, is_pointer_type, &shape))
		return false;
	place.pointer |= shape.matched;
	if (!shape.is_compound || place.pointer) {
		place.pointer |= shape.is_pointer;
		mark_words(l, &place, shape.size, place.pointer);
		return true;
	}
	if (shape.count == 1) {
		struct struct_place owner = {l, place, shape.name ? shape.name : place.owner};

		return l->types->members(l->types->context, shape.type, push_member, &owner);
	}
	return push_elements(l, &place, &shape);
}

bool kl_words_lay_out(const struct kl_word_types *types, struct kl_intern *names, uint64_t type,
		      const struct kl_pointer_words *w, struct kl_error **err)
{
	struct layout l = {
		.types = types, .names = names, .size = w->size, .pointers = w->pointers, .members = w->members};
	bool ok = push_place(&l, (struct place){.type = type});

	while (ok && l.todo.count)
		ok = lay_out_place(&l, l.todo.data[--l.todo.count]);
	kl_vec_deinit(&l.todo);
	kl_strbuf_deinit(&l.path);
	*err = l.err;
	return ok && !l.err;
}
