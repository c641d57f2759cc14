/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/kin.h"

#include <inttypes.h>
#include <stdlib.h>

#include "analysis/holders.h"
#include "kernel/facts/own_caches.h"

/* One living object that is held from one place: a member of a type, or a variable. */
struct hold {
	uint32_t kind, to;
	uint64_t place;
	const struct kl_reference *ref;
	uint32_t node;
};

static bool is_lost_kin(const struct kl_mark *mark, size_t row)
{
	return mark->colour[row] == KL_WHITE && !mark->explained[row] && !mark->weak[row];
}

/* ---- kinds ---- */

/* The number of each row's kind: its cache, or its stack behind all caches. */
static struct kl_error *number_kinds(struct kl_kin *kin)
{
	const struct kl_heap *heap = kin->m->in.heap;
	struct kl_error *err = kl_own_caches_find(kin->k, heap, &kin->kind_of);
	size_t row;

	if (err)
		return err;
	for (row = 0; row < heap->rows; row++)
		kin->caches = kin->kind_of[row] >= kin->caches ? kin->kind_of[row] + 1 : kin->caches;
	for (row = 0; row < heap->rows; row++) {
		if (!kin->kind_of[row] && heap->stack[row] && !(heap->flags[row] & KL_OBJECT_NO_STACK))
			kin->kind_of[row] = kin->caches + heap->stack[row];
	}
	return NULL;
}

/* Leaves the kinds of which some objects are lost, but few. */
static struct kl_error *choose_kinds(struct kl_kin *kin)
{
	const struct kl_heap *heap = kin->m->in.heap;
	const struct kl_mark *mark = &kin->m->marked.mark;
	size_t kinds = kin->caches + kl_intern_count(heap->stacks) + 1, row;
	_cleanup_free_ uint64_t *lost = calloc(kinds, sizeof(*lost));

	while (lost && kin->kinds.count < kinds) {
		if (!kl_vec_push(&kin->kinds, (struct kl_kind){}))
			return kl_error_nomem();
	}
	if (!lost)
		return kl_error_nomem();
	for (row = 0; row < heap->rows; row++) {
		if (kin->kind_of[row] && mark->min_count[row] > 0) {
			kin->kinds.data[kin->kind_of[row]].objects++;
			lost[kin->kind_of[row]] += is_lost_kin(mark, row);
		}
	}
	for (row = 0; row < heap->rows; row++) {
		uint32_t kind = kin->kind_of[row];

		if (!lost[kind] || kin->kinds.data[kind].objects < KL_KIN_MIN ||
		    lost[kind] * KL_KIN_SHARE > kin->kinds.data[kind].objects)
			kin->kind_of[row] = 0;
	}
	return NULL;
}

/* ---- who holds them ---- */

/* A number that is the same for all words of one kind: a member of a type, or a variable; 0 where nothing is known. */
static uint64_t number_of_place(const struct kl_marking *m, uint32_t node, uint64_t at)
{
	const struct kl_named_data *data;

	if (node >= m->references.objects) {
		data = kl_holders_variable(&m->facts, at);
		return data ? data->start : 0;
	}
	if (!m->facts.type_of || !m->facts.type_of[node])
		return 0;
	/* no variable lies there */
	return (uint64_t)m->facts.type_of[node] << 32 | (at - kl_object_start(m->in.heap, m->in.space, node)) / 8;
}

static bool collect_holds(const struct kl_kin *kin, uint32_t node, struct hold **list, size_t *count, size_t *room)
{
	const struct kl_references *refs = &kin->m->references;
	const struct kl_precise_settings *settings = &kin->m->settings;
	uint16_t against = kl_precise_ignored(settings) | kl_precise_weak(settings);
	size_t i;

	for (i = refs->begin[node]; i < refs->end[node]; i++) {
		const struct kl_reference *ref = &refs->list.data[i];
		struct hold hold = {.kind = kin->kind_of[ref->to], .to = ref->to, .ref = ref, .node = node};

		if (!hold.kind || kin->m->marked.mark.colour[ref->to] == KL_WHITE || (ref->traits & against))
			continue;
		hold.place = number_of_place(kin->m, node, ref->at);
		if (!hold.place)
			continue;
		if (*count == *room) {
			size_t more = *room ? 2 * *room : 1024;
			struct hold *grown = realloc(*list, more * sizeof(*grown));

			if (!grown)
				return false;
			*list = grown;
			*room = more;
		}
		(*list)[(*count)++] = hold;
	}
	return true;
}

static int compare_holds(const void *a, const void *b)
{
	const struct hold *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->place != y->place)
		return x->place < y->place ? -1 : 1;
	return x->to < y->to ? -1 : x->to > y->to;
}

/* The place that holds most of each kind. */
static void choose_places(struct kl_kin *kin, const struct hold *list, size_t count)
{
	size_t i, first;

	for (first = 0; first < count; first = i) {
		struct kl_kind *kind = &kin->kinds.data[list[first].kind];
		uint64_t held = 0;

		for (i = first; i < count && list[i].kind == list[first].kind && list[i].place == list[first].place;
		     i++)
			held += i == first || list[i].to != list[i - 1].to;
		if (held > kind->held) {
			kind->held = held;
			kind->ref = list[first].ref;
			kind->node = list[first].node;
		}
	}
}

static bool has_chosen(const struct kl_kin *kin)
{
	size_t row;

	for (row = 0; row < kin->m->in.heap->rows; row++) {
		if (kin->kind_of[row])
			return true;
	}
	return false;
}

struct kl_error *kl_kin_find(struct kl_kernel *k, const struct kl_marking *m, struct kl_kin *ret)
{
	_cleanup_free_ struct hold *list = NULL;
	size_t count = 0, room = 0;
	struct kl_error *err;
	uint32_t node;

	*ret = (struct kl_kin){.m = m, .k = k, .caches = 1};
	err = number_kinds(ret);
	if (!err)
		err = choose_kinds(ret);
	if (err || !has_chosen(ret))
		return err;
	for (node = 0; node < m->references.nodes; node++) {
		/* white objects hold nothing */
		if (node < m->references.objects && m->marked.mark.colour[node] == KL_WHITE)
			continue;
		if (!collect_holds(ret, node, &list, &count, &room))
			return kl_error_nomem();
	}
	if (count)
		qsort(list, count, sizeof(*list), compare_holds);
	choose_places(ret, list, count);
	return NULL;
}

void kl_kin_deinit(struct kl_kin *kin)
{
	free(kin->kind_of);
	kl_vec_deinit(&kin->kinds);
}

/* ---- in words ---- */

void kl_kin_describe(void *context, uint32_t row, struct kl_strbuf *sb)
{
	const struct kl_kin *kin = context;
	const struct kl_kind *kind = kin->kind_of[row] ? &kin->kinds.data[kin->kind_of[row]] : NULL;
	uint64_t others = kind ? kind->objects - kind->held : 0;

	if (!kind || !kind->held || others * KL_KIN_SHARE > kind->objects)
		return;
	kl_strbuf_printf(sb, "; all but %" PRIu64 " of %" PRIu64 " objects ", others, kind->objects);
	if (kin->kind_of[row] < kin->caches)
		kl_strbuf_printf(sb, "of cache %s", kl_own_cache_name(kin->k, kin->kind_of[row]));
	else
		kl_strbuf_puts(sb, "from this stack");
	kl_strbuf_puts(sb, " are held through ");
	kl_holders_name_word(kin->m, kind->node, kind->ref->at, sb);
	kl_strbuf_puts(sb, ", this one is not");
}
