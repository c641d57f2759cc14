/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/plugin_source.h"

#include <inttypes.h>
#include <stdlib.h>

#include "analysis/plugin_world.h"
#include "util/search.h"

static int compare_objects(const void *a, const void *b)
{
	const struct kleak_object *x = a, *y = b;

	if (x->class_ != y->class_)
		return x->class_ < y->class_ ? -1 : 1;
	return x->address < y->address ? -1 : x->address > y->address;
}

/* Sorts them; the first that overlaps the one before it, NULL when none does. */
static const struct kleak_object *find_overlap(struct kl_plugin_answer *answer)
{
	size_t i;

	if (answer->objects.count)
		qsort(answer->objects.data, answer->objects.count, sizeof(*answer->objects.data), compare_objects);
	for (i = 1; i < answer->objects.count; i++) {
		const struct kleak_object *o = &answer->objects.data[i];

		if (o[-1].class_ == o->class_ && o[-1].address + o[-1].size > o->address)
			return o;
	}
	return NULL;
}

/* Whether another source knows the memory, or a part of it. */
static bool is_tracked_otherwise(const struct kl_heap *heap, const struct kleak_object *o)
{
	const struct kl_index *index = &heap->index[o->class_];
	size_t before = kl_search_prefix(index->spans, index->count, s, s->start < o->address + o->size);

	return before && index->spans[before - 1].end > o->address;
}

static struct kl_error *take_plugin_objects(struct kl_heap *heap, struct kl_plugin *p,
					    const struct kl_plugin_answer *answer)
{
	const struct kleak_object *o;

	kl_vec_for_each (o, &answer->objects) {
		struct kl_object object = kl_source_object((enum kleak_class)o->class_, o->address, o->size);
		struct kl_error *err;

		if (is_tracked_otherwise(heap, o)) {
			p->ignored++;
			continue;
		}
		err = kl_heap_add(heap, &object);
		if (err)
			return err;
		p->objects++;
		p->bytes += o->size;
	}
	return kl_heap_build_index(heap, NULL, NULL);
}

static void refuse_overlap(struct kl_plugin *p, const struct kleak_object *o)
{
	_cleanup_strbuf_ struct kl_strbuf why = {};

	kl_strbuf_printf(&why, "its objects at %#" PRIx64 " and %#" PRIx64 " overlap", o[-1].address, o->address);
	kl_plugin_end(p, KL_PLUGIN_FAILED, kl_strbuf_string(&why));
}

struct kl_error *kl_plugin_source_read(struct kl_source_reading *r)
{
	const struct kl_advisor *advisor = r->context;
	struct kl_plugin *p = advisor->plugin;
	struct kl_plugin_answer answer = {};
	struct kl_plugin_memory memory = {.o = advisor->o};
	struct kl_plugin_world world = kl_plugin_world_of(&memory);
	const struct kleak_object *overlap;
	struct kl_error *err = kl_plugin_consult(&memory, p, KLEAK_CAN_ADD_OBJECTS, &world, &answer);

	overlap = err ? NULL : find_overlap(&answer);
	if (overlap)
		refuse_overlap(p, overlap);
	if (!err)
		kl_plugin_note_failure(r->k, p, "the list of a plugin's objects");
	if (!err && p->state == KL_PLUGIN_READY)
		err = kl_heap_build_index(r->heap, NULL, NULL);
	if (!err && p->state == KL_PLUGIN_READY)
		err = take_plugin_objects(r->heap, p, &answer);
	kl_plugin_answer_deinit(&answer);
	return err;
}
