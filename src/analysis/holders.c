/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/holders.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "util/search.h"

/* Kinds of holders that are named; the rest is counted. */
#define NAMED 4
#define KINDS 64

/* ---- collecting holders ---- */

static int compare_holders(const void *a, const void *b)
{
	const struct kl_holder *x = a, *y = b;

	if (x->to != y->to)
		return x->to < y->to ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

static bool is_weak(const struct kl_mark *mark, size_t objects, size_t node)
{
	return node < objects && mark->weak[node];
}

/* White objects hold nothing. */
static bool holds(const struct kl_mark *mark, size_t objects, size_t node)
{
	return node >= objects || mark->colour[node] == KL_GREY || mark->weak[node];
}

static bool collect_weak_references(struct kl_holders *h, size_t node)
{
	const struct kl_mark *mark = &h->m->marked.mark;
	const struct kl_references *refs = &h->m->references;
	const struct kl_precise_settings *settings = &h->m->settings;
	size_t i;

	for (i = refs->begin[node]; i < refs->end[node]; i++) {
		const struct kl_reference *ref = &refs->list.data[i];
		struct kl_holder holder = {.to = ref->to, .node = (uint32_t)node, .at = ref->at};

		holder.strong = !(ref->traits & kl_precise_weak(settings));
		if (!mark->weak[ref->to] || (ref->traits & kl_precise_ignored(settings)) ||
		    (holder.strong && !is_weak(mark, refs->objects, node) && mark->weak[ref->to] != KL_WEAK_SIBLINGS))
			continue;
		/* A stray word is named by its place, like one in untyped memory that is declared no pointer. */
		holder.strong &= is_weak(mark, refs->objects, node);
		if (!kl_vec_push(&h->list, holder))
			return false;
	}
	return true;
}

/* White, though some of the references that it needs were found. */
static bool has_too_few(const struct kl_mark *mark, size_t row)
{
	return mark->colour[row] == KL_WHITE && !mark->weak[row] && mark->count[row] > 0;
}

static bool collect_found_references(struct kl_holders *h, size_t node)
{
	const struct kl_mark *mark = &h->m->marked.mark;
	const struct kl_references *refs = &h->m->references;
	size_t i;

	for (i = refs->begin[node]; i < refs->end[node]; i++) {
		const struct kl_reference *ref = &refs->list.data[i];
		struct kl_holder holder = {.to = ref->to, .node = (uint32_t)node, .at = ref->at, .counts = true};

		if (!has_too_few(mark, ref->to) || is_weak(mark, refs->objects, node) ||
		    (ref->traits & (h->m->settings.disregard | KL_TRAIT_INTEGER)))
			continue;
		if (!kl_vec_push(&h->list, holder))
			return false;
	}
	return true;
}

static bool has_described(const struct kl_mark *mark, size_t objects)
{
	size_t row;

	for (row = 0; row < objects; row++) {
		if (mark->weak[row] || has_too_few(mark, row))
			return true;
	}
	return false;
}

struct kl_error *kl_holders_collect(const struct kl_marking *m, struct kl_holders *ret)
{
	const struct kl_mark *mark = &m->marked.mark;
	size_t node, objects = m->references.objects;

	*ret = (struct kl_holders){.m = m};
	if (!has_described(mark, objects))
		return NULL;
	for (node = 0; node < m->references.nodes; node++) {
		if (holds(mark, objects, node) &&
		    (!collect_weak_references(ret, node) || !collect_found_references(ret, node))) {
			kl_vec_deinit(&ret->list);
			return kl_error_nomem();
		}
	}
	if (ret->list.count)
		qsort(ret->list.data, ret->list.count, sizeof(*ret->list.data), compare_holders);
	return NULL;
}

/* ---- naming them ---- */

const struct kl_named_data *kl_holders_variable(const struct kl_facts *k, uint64_t address)
{
	size_t n = kl_search_prefix(k->named.data, k->named.count, data, data->start <= address);

	return n && address < k->named.data[n - 1].end ? &k->named.data[n - 1] : NULL;
}

static void name_member(const struct kl_marking *m, const struct kl_holder *h, struct kl_strbuf *sb)
{
	const struct kl_facts *k = &m->facts;
	const struct kl_object_type *type = &k->types.data[k->type_of[h->node]];
	uint64_t offset = h->at - kl_object_start(m->in.heap, m->in.space, h->node);
	uint32_t member = type->members && offset < type->size ? type->members[offset / 8] : 0;

	kl_strbuf_puts(sb, kl_intern_get(k->names, type->name, NULL));
	if (member)
		kl_strbuf_printf(sb, ".%s", kl_intern_get(k->names, member, NULL));
	else
		kl_strbuf_printf(sb, " (padding at %" PRIu64 ")", offset);
}

/* What kind of holder this is; equal ones are counted together. */
static void name_holder(const struct kl_marking *m, const struct kl_holder *h, struct kl_strbuf *sb)
{
	const struct kl_named_data *data;
	bool object = h->node < m->references.objects;

	if (h->strong) {
		kl_strbuf_printf(sb, "the weakly referenced object at %#" PRIx64, m->in.heap->address[h->node]);
		return;
	}
	if (object && m->facts.type_of && m->facts.type_of[h->node]) {
		name_member(m, h, sb);
		return;
	}
	data = kl_holders_variable(&m->facts, h->at);
	if (data)
		kl_strbuf_printf(sb, "variable %s", kl_intern_get(m->facts.names, data->name, NULL));
	else
		kl_strbuf_printf(sb, "%#" PRIx64, h->at);
}

void kl_holders_name_word(const struct kl_marking *m, uint32_t node, uint64_t at, struct kl_strbuf *sb)
{
	struct kl_holder holder = {.node = node, .at = at};

	name_holder(m, &holder, sb);
}

/* Labels of one row and how often each occurs. */
struct kinds {
	struct {
		char *label;
		size_t count;
		uint64_t object; /* that the last one stands in; 0: none, or the label names it */
	} list[KINDS];
	size_t count, others;
};

static void count_kind(struct kinds *kinds, const char *label, uint64_t object)
{
	size_t i;

	for (i = 0; i < kinds->count; i++) {
		if (!strcmp(kinds->list[i].label, label)) {
			kinds->list[i].count++;
			return;
		}
	}
	if (i < KINDS)
		kinds->list[i].label = strdup(label);
	if (i < KINDS && kinds->list[i].label) {
		kinds->list[i].object = object;
		kinds->list[kinds->count++].count = 1;
	} else
		kinds->others++;
}

/* A single one can be named: which of the machine's dentries it is. */
static uint64_t object_to_name(const struct kl_marking *m, const struct kl_holder *h)
{
	bool object = h->node < m->references.objects;

	if (h->strong || !object || !m->facts.type_of || !m->facts.type_of[h->node])
		return 0;
	return m->in.heap->address[h->node];
}

/* The label that occurs most often; SIZE_MAX when all are used up. */
static size_t most_frequent(const struct kinds *kinds)
{
	size_t i, best = SIZE_MAX;

	for (i = 0; i < kinds->count; i++) {
		if (kinds->list[i].count && (best == SIZE_MAX || kinds->list[i].count > kinds->list[best].count))
			best = i;
	}
	return best;
}

static void print_kinds(struct kinds *kinds, struct kl_strbuf *sb)
{
	size_t i, best, more = kinds->others;
	const char *separator = ": ";

	for (i = 0; i < NAMED && (best = most_frequent(kinds)) != SIZE_MAX; i++) {
		kl_strbuf_printf(sb, "%s%s", separator, kinds->list[best].label);
		if (kinds->list[best].count > 1)
			kl_strbuf_printf(sb, " of %zu objects", kinds->list[best].count);
		else if (kinds->list[best].object)
			kl_strbuf_printf(sb, " of %#" PRIx64, kinds->list[best].object);
		kinds->list[best].count = 0;
		separator = ", ";
	}
	for (i = 0; i < kinds->count; i++) {
		more += kinds->list[i].count;
		free(kinds->list[i].label);
	}
	if (more)
		kl_strbuf_printf(sb, " and %zu more", more);
}

void kl_holders_describe(void *context, uint32_t row, struct kl_strbuf *sb)
{
	const struct kl_holders *holders = context;
	_cleanup_strbuf_ struct kl_strbuf label = {};
	struct kinds kinds = {.count = 0};
	size_t i = kl_search_prefix(holders->list.data, holders->list.count, holder, holder->to < row);

	for (; i < holders->list.count && holders->list.data[i].to == row; i++) {
		kl_strbuf_reset(&label);
		name_holder(holders->m, &holders->list.data[i], &label);
		count_kind(&kinds, kl_strbuf_string(&label), object_to_name(holders->m, &holders->list.data[i]));
	}
	print_kinds(&kinds, sb);
}
