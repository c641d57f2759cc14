/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "debug/pointer_words.h"

#include <string.h>

#include "debug/skim.h"
#include "util/map.h"
#include "util/strbuf.h"

/* Bounds of one struct or variable; what exceeds them has no known words. The largest of a kernel have some thousand
 * members, arrays of structs included, and ten levels. */
#define SIZE_MAX_ (UINT64_C(1) << 24)
#define STEPS_MAX (1 << 18)
#define DEPTH_MAX 32
#define CHAIN_MAX 64

/* ---- the list ---- */

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

/* ---- integers that are pointers ---- */

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

/* ---- laying out one type ---- */

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
	struct kl_skim *skim;
	struct kl_intern *names;
	uint64_t size;
	uint8_t *pointers;
	uint32_t *members;
	KL_VEC(struct place) todo;
	size_t steps;
	struct kl_strbuf path;
	struct kl_error *err;
};

static void mark(struct layout *l, uint64_t offset, uint64_t size, bool pointer, uint32_t path)
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

/* What a type is once typedefs, qualifiers and arrays are looked through. */
struct core {
	const struct kl_skim_unit *unit;
	struct kl_skim_die die; /* tag 0: void */
	uint64_t count;         /* of elements, 1 without arrays */
	bool pointer;           /* the table says so */
};

static bool multiply_dimensions(struct kl_skim *s, const struct kl_skim_unit *unit, const struct kl_skim_die *array,
				uint64_t *count)
{
	struct kl_skim_die die;
	bool more;

	for (more = kl_skim_child(s, unit, array, &die); more; more = kl_skim_next(s, unit, &die)) {
		uint64_t n = 0;

		if (die.tag != DW_TAG_subrange_type)
			continue;
		/* GCC gives the upper bound, -1 for [0] and none for []; Clang the count */
		if (die.has & KL_SKIM_HAS_COUNT)
			n = die.count;
		else if ((die.has & KL_SKIM_HAS_UPPER_BOUND) && die.count != UINT32_MAX && die.count != UINT64_MAX)
			n = die.count + 1;
		if (__builtin_mul_overflow(*count, n, count))
			return false;
	}
	return true;
}

static bool find_core(struct kl_skim *s, uint64_t type, struct core *ret)
{
	int i;

	*ret = (struct core){.count = 1};
	for (i = 0; i < CHAIN_MAX; i++) {
		if (!type)
			return true;
		ret->unit = kl_skim_unit_at(s, type);
		if (!ret->unit || !kl_skim_read(s, ret->unit, type, &ret->die))
			return false;
		ret->pointer |= is_pointer_type(ret->die.name);
		switch (ret->die.tag) {
		case DW_TAG_array_type:
			if (!multiply_dimensions(s, ret->unit, &ret->die, &ret->count))
				return false;
			break;
		case DW_TAG_typedef:
		case DW_TAG_const_type:
		case DW_TAG_volatile_type:
		case DW_TAG_restrict_type:
		case DW_TAG_atomic_type:
			break;
		default:
			return true;
		}
		type = ret->die.type;
		ret->die = (struct kl_skim_die){};
	}
	return false;
}

static bool is_compound(uint16_t tag)
{
	return tag == DW_TAG_structure_type || tag == DW_TAG_union_type || tag == DW_TAG_class_type;
}

static bool is_pointer_tag(uint16_t tag)
{
	return tag == DW_TAG_pointer_type || tag == DW_TAG_reference_type || tag == DW_TAG_rvalue_reference_type ||
	       tag == DW_TAG_ptr_to_member_type;
}

static bool make_path(struct layout *l, uint32_t parent, const char *name, uint32_t *ret)
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

static bool push(struct layout *l, struct place place)
{
	if (++l->steps > STEPS_MAX || place.depth > DEPTH_MAX)
		return false;
	if (kl_vec_push(&l->todo, place))
		return true;
	l->err = kl_error_nomem();
	return false;
}

static bool push_member(struct layout *l, const struct place *owner, const char *owner_name,
			const struct kl_skim_die *member)
{
	struct place place = *owner;

	place.type = member->type;
	place.owner = owner_name;
	place.depth++;
	if (member->name && !make_path(l, owner->path, member->name, &place.path))
		return false;
	if (__builtin_add_overflow(owner->offset, member->place, &place.offset))
		return false;
	/* at worst an old one is put at the begin of its storage unit; it is no pointer there either */
	if (member->has & KL_SKIM_IS_BIT_FIELD) {
		place.offset += member->data_bit_offset / 8;
		place.bytes = (member->data_bit_offset % 8 + member->bit_size + 7) / 8;
	}
	place.pointer |= is_pointer_member(owner_name, member->name);
	return push(l, place);
}

static bool push_members(struct layout *l, const struct place *place, const struct core *core)
{
	const char *name = core->die.name ? core->die.name : place->owner;
	struct kl_skim_die die;
	bool more;

	for (more = kl_skim_child(l->skim, core->unit, &core->die, &die); more;
	     more = kl_skim_next(l->skim, core->unit, &die)) {
		if (die.tag == DW_TAG_member && !(die.has & KL_SKIM_IS_DECLARATION) &&
		    !push_member(l, place, name, &die))
			return false;
	}
	return true;
}

/* Elements of an array of structs become places of their own. */
static bool push_elements(struct layout *l, const struct place *place, const struct core *core)
{
	uint64_t i;

	for (i = 0; i < core->count && place->offset + i * core->die.size < l->size; i++) {
		struct place element = *place;

		element.type = core->die.offset;
		element.depth++;
		element.offset += i * core->die.size;
		if (!core->die.size || !push(l, element))
			return false;
	}
	return true;
}

static bool lay_out_one(struct layout *l, struct place place)
{
	struct core core;
	uint64_t size;

	if (place.bytes) {
		mark(l, place.offset, place.bytes, place.pointer, place.path);
		return true;
	}
	if (!find_core(l->skim, place.type, &core))
		return false;
	size = core.die.has & KL_SKIM_HAS_SIZE ? core.die.size : is_pointer_tag(core.die.tag) ? 8 : 0;
	place.pointer |= core.pointer;
	if (!is_compound(core.die.tag) || place.pointer) {
		bool pointer = place.pointer || is_pointer_tag(core.die.tag);

		if (__builtin_mul_overflow(size, core.count, &size))
			return false;
		mark(l, place.offset, size, pointer, place.path);
		return true;
	}
	return core.count == 1 ? push_members(l, &place, &core) : push_elements(l, &place, &core);
}

/* Fills @w, whose size is known, from the type at @type. False when it cannot be laid out. */
static bool lay_out(struct kl_skim *s, struct kl_pointer_word_list *list, uint64_t type,
		    const struct kl_pointer_words *w, struct kl_error **err)
{
	struct layout l = {
		.skim = s, .names = list->names, .size = w->size, .pointers = w->pointers, .members = w->members};
	bool ok = push(&l, (struct place){.type = type});

	while (ok && l.todo.count)
		ok = lay_out_one(&l, l.todo.data[--l.todo.count]);
	kl_vec_deinit(&l.todo);
	kl_strbuf_deinit(&l.path);
	*err = l.err;
	return ok && !l.err;
}

/* ---- finding them ---- */

/* A definition found; the same struct in another unit has the same line and size. */
struct definition {
	size_t name; /* index in the query */
	uint64_t size, line, type;
};

struct search {
	struct kl_skim skim;
	const struct kl_pointer_words_query *query;
	struct kl_map wanted; /* hash of name -> index in query */
	KL_VEC(struct definition) found;
	struct kl_pointer_word_list *ret;
	struct kl_error *err;
};

static void search_deinit(struct search *s)
{
	kl_skim_close(&s->skim);
	kl_map_deinit(&s->wanted);
	kl_vec_deinit(&s->found);
	kl_error_destroy(s->err);
}

static bool list_wanted(struct search *s)
{
	size_t i;

	for (i = 0; i < s->query->n_names; i++) {
		const char *name = s->query->names[i];

		if (!kl_map_put(&s->wanted, kl_hash_bytes(KL_HASH_SEED, name, strlen(name)), i))
			return false;
	}
	return true;
}

static bool note_struct(struct search *s, const struct kl_skim_die *die)
{
	struct definition d = {.size = die->size, .line = die->line, .type = die->offset}, *known;
	uint64_t index;

	if (!die->name || (die->has & KL_SKIM_IS_DECLARATION) || !(die->has & KL_SKIM_HAS_SIZE) || !die->size ||
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

/* The size of a variable of type @type, 0 when it has none. */
static uint64_t size_of(struct kl_skim *s, uint64_t type)
{
	struct core core;
	uint64_t size;

	if (!find_core(s, type, &core))
		return 0;
	size = core.die.has & KL_SKIM_HAS_SIZE ? core.die.size : is_pointer_tag(core.die.tag) ? 8 : 0;
	return __builtin_mul_overflow(size, core.count, &size) ? 0 : size;
}

static bool has_integers(const struct kl_pointer_words *w)
{
	return memchr(w->pointers, 0, kl_word_count(w->size)) != NULL;
}

/* A definition may have left name and type with the declaration that it completes. */
static bool complete(struct search *s, const struct kl_skim_unit *unit, struct kl_skim_die *die)
{
	struct kl_skim_die declaration;

	if (!die->specification || (die->name && die->type))
		return true;
	unit = kl_skim_unit_at(&s->skim, die->specification);
	if (!unit || !kl_skim_read(&s->skim, unit, die->specification, &declaration))
		return false;
	if (!die->name)
		die->name = declaration.name;
	if (!die->type)
		die->type = declaration.type;
	return true;
}

static bool note_variable(struct search *s, const struct kl_skim_unit *unit, struct kl_skim_die die)
{
	struct kl_pointer_words *w;
	uint64_t size;
	uint32_t name;

	if (!(die.has & KL_SKIM_HAS_ADDRESS) || die.address < s->query->start || die.address >= s->query->end ||
	    die.address % KL_WORD_SIZE || !complete(s, unit, &die) || !die.name)
		return true;
	size = size_of(&s->skim, die.type);
	if (size < KL_WORD_SIZE || size > SIZE_MAX_ || size > s->query->end - die.address)
		return true;
	s->err = kl_intern_add(s->ret->names, die.name, strlen(die.name), &name);
	w = s->err ? NULL : kl_word_list_add(s->ret, name, size);
	if (!w)
		return false;
	w->is_variable = true;
	w->address = die.address;
	if (lay_out(&s->skim, s->ret, die.type, w, &s->err) && has_integers(w))
		return true;
	words_deinit(w);
	s->ret->list.count--;
	return !s->err;
}

static bool search_unit(struct search *s, const struct kl_skim_unit *unit)
{
	struct kl_skim_die root, die;
	bool more, ok = true;

	if (!kl_skim_read(&s->skim, unit, unit->root, &root) ||
	    (root.tag != DW_TAG_compile_unit && root.tag != DW_TAG_partial_unit))
		return true;
	for (more = kl_skim_child(&s->skim, unit, &root, &die); more && ok; more = kl_skim_next(&s->skim, unit, &die)) {
		if (is_compound(die.tag))
			ok = note_struct(s, &die);
		else if (die.tag == DW_TAG_variable)
			ok = note_variable(s, unit, die);
	}
	return ok;
}

/* The words of one definition, joined with those of another of the same name and size. */
static bool add_definition(struct search *s, const struct definition *d)
{
	const char *text = s->query->names[d->name];
	const struct kl_pointer_words *known = kl_word_list_find(s->ret, text, d->size);
	uint32_t name;

	if (known) {
		struct kl_pointer_words again = *known;

		if (!lay_out(&s->skim, s->ret, d->type, &again, &s->err))
			memset(again.pointers, 1, kl_word_count(again.size));
		return !s->err;
	}
	s->err = kl_intern_add(s->ret->names, text, strlen(text), &name);
	known = s->err ? NULL : kl_word_list_add(s->ret, name, d->size);
	if (!known)
		return false;
	if (!lay_out(&s->skim, s->ret, d->type, known, &s->err))
		s->ret->list.data[s->ret->list.count - 1].present = false;
	return !s->err;
}

static bool note_absent(struct search *s)
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

static struct kl_error *search_all(struct search *s)
{
	const struct kl_skim_unit *unit;
	struct definition *d;
	bool ok = list_wanted(s);

	kl_vec_for_each (unit, &s->skim.units)
		ok = ok && search_unit(s, unit);
	kl_vec_for_each (d, &s->found)
		ok = ok && add_definition(s, d);
	ok = ok && note_absent(s);
	if (!ok)
		return s->err ? kl_take(s->err) : kl_error_nomem();
	return s->skim.damaged ? kl_error_create(KL_ERROR_CORRUPT, "damaged DWARF") : NULL;
}

struct kl_error *kl_pointer_words_find(struct kl_debug *dbg, const struct kl_pointer_words_query *query,
				       struct kl_pointer_word_list *ret)
{
	_cleanup_(search_deinit) struct search s = {.query = query, .ret = ret};
	struct kl_error *err = kl_skim_open(dbg, &s.skim);

	return err ? err : kl_error_prepend(search_all(&s), "%s", kl_debug_path(dbg));
}
