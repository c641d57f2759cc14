/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "debug/pointer_words.h"

#include <string.h>

#include "debug/debug_private.h"
#include "debug/type.h"
#include "debug/word_layout.h"
#include "util/map.h"

/* ---- what DWARF says of types ------------------------------------------------------------------------------------ */

static bool shape_of_die(void *dw, uint64_t type, bool (*matches)(const char *name), struct kl_word_shape *ret)
{
	struct kl_type_shape shape;

	if (!kl_type_shape(dw, type, matches, &shape))
		return false;
	*ret = (struct kl_word_shape){
		.type = shape.die.offset,
		.name = shape.die.name,
		.is_compound = kl_tag_is_compound(shape.die.tag),
		.is_pointer = kl_tag_is_pointer(shape.die.tag),
		.matched = shape.matched,
		.count = shape.count,
		.element_size = shape.element_size,
		.size = shape.size,
	};
	return true;
}

static bool visit_member_die(const struct kl_die *die, kl_visit_word_member *visit, void *visitor)
{
	struct kl_word_member member = {.name = die->name, .type = die->type, .offset = die->place};

	if (die->has & KL_DIE_IS_MISPLACED)
		return false;
	if (die->has & KL_DIE_IS_BIT_FIELD) {
		/* an old one may end up at the start of its storage unit; it is no pointer there either */
		uint64_t bit = die->has & KL_DIE_HAS_DATA_BIT_OFFSET ? die->bit_offset : 0;

		member.offset += bit / 8;
		member.bytes = (bit % 8 + die->bit_size + 7) / 8;
	}
	return visit(visitor, &member);
}

static bool members_of_die(void *dw, uint64_t type, kl_visit_word_member *visit, void *visitor)
{
	struct kl_die owner, die;
	bool more;

	if (!kl_die_at(dw, type, &owner))
		return false;
	for (more = kl_die_child(dw, &owner, &die); more; more = kl_die_next(dw, &die))
		if (die.tag == DW_TAG_member && !(die.has & KL_DIE_IS_DECLARATION) &&
		    !visit_member_die(&die, visit, visitor))
			return false;
	return true;
}

/* Fills @w, whose size is known, from the type at @type. False when it cannot be laid out. */
static bool lay_out(struct kl_dwarf *dw, struct kl_pointer_word_list *list, uint64_t type,
		    const struct kl_pointer_words *w, struct kl_error **err)
{
	const struct kl_word_types types = {shape_of_die, members_of_die, dw};

	return kl_words_lay_out(&types, list->names, type, w, err);
}

/* ---- the search -------------------------------------------------------------------------------------------------- */

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
	    die->size > KL_LAID_OUT_MAX ||
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
	    shape.size > KL_LAID_OUT_MAX || shape.size > s->query->end - die.address)
		return true;
	s->err = kl_intern_add(s->ret->names, die.name, strlen(die.name), &name);
	w = s->err ? NULL : kl_word_list_add(s->ret, name, shape.size);
	if (!w)
		return false;
	w->is_variable = true;
	w->address = die.address;
	if (lay_out(s->dw, s->ret, die.type, w, &s->err) && kl_words_hold_integers(w))
		return true;
	kl_word_list_drop_last(s->ret);
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

static struct kl_error *search_units_for_words(struct search *s, const struct kl_progress *progress)
{
	size_t done = 0;
	const struct kl_unit_header *unit;
	struct definition *d;
	bool ok = index_wanted_names(s);

	kl_vec_for_each (unit, &s->dw->headers) {
		if (ok)
			s->err = kl_progress_tick(progress, "reading types from debug information", done++,
						  s->dw->headers.count);
		ok = ok && !s->err && search_unit_for_words(s, unit);
	}
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

	return err ? err
		   : kl_error_prepend(search_units_for_words(&s, kl_debug_progress(dbg)), "%s", kl_debug_path(dbg));
}
