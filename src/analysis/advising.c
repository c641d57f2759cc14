/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/advising.h"

#include "analysis/plugin_world.h"
#include "analysis/suspects.h"
#include "util/map.h"

/* ---- roots ---- */

static struct kl_error *append_plugin_roots(struct kl_plugin *p, const struct kl_plugin_answer *answer,
					    struct kl_roots *roots)
{
	const struct kl_plugin_root *root;

	kl_vec_for_each (root, &answer->roots) {
		struct kl_root user = {.start = root->address, .length = root->length, .kind = KL_ROOT_USER};

		if (!kl_vec_push(&roots->list, user))
			return kl_error_nomem();
		p->roots++;
	}
	return NULL;
}

struct kl_error *kl_advising_roots(struct kl_opened *o, const struct kl_snapshot *s, struct kl_roots *roots)
{
	struct kl_plugin_memory memory = {.o = o, .heap = &s->heap};
	struct kl_plugin_world world = kl_plugin_world_of(&memory);
	struct kl_error *err = NULL;
	struct kl_plugin *p;

	if (!o->options->plugins)
		return NULL;
	kl_vec_for_each (p, &o->options->plugins->list) {
		struct kl_plugin_answer answer = {};

		if (!err && kl_plugin_can(p, KLEAK_CAN_ADD_ROOTS)) {
			err = kl_plugin_consult(&memory, p, KLEAK_CAN_ADD_ROOTS, &world, &answer);
			if (!err)
				kl_plugin_note_failure(o->kernel, p, "the list of a plugin's roots");
			if (!err)
				err = append_plugin_roots(p, &answer, roots);
		}
		kl_plugin_answer_deinit(&answer);
	}
	return err;
}

/* ---- opinions ---- */

/* The suspects of one question. */
struct suspect_walk {
	struct kl_plugin_memory memory; /* first: the world's functions take it for their context */
	struct kl_suspects *suspects;
	const uint8_t *wanted;     /* per row: 1 for suspects */
	const uint64_t *explained; /* per row: not 0 where a plugin has spoken already */
	uint32_t next;             /* row to look at */
	struct kl_strbuf frames;   /* of all stacks met so far, each with its '\0' */
	struct kl_map frames_of;   /* stack -> where its frames begin */
};

/* Many suspects share few stacks. Valid until the next call. */
static const char *frames_of_stack(struct suspect_walk *walk, uint32_t stack)
{
	uint64_t begin = walk->frames.length;

	if (!kl_map_get(&walk->frames_of, stack, &begin)) {
		kl_error_destroy(kl_suspects_frames(walk->memory.o->kernel, walk->memory.heap, stack, &walk->frames));
		kl_strbuf_putc(&walk->frames, '\0');
		(void)kl_map_put(&walk->frames_of, stack, begin); /* without memory it is asked for again */
	}
	return walk->frames.failed ? "" : walk->frames.data + begin;
}

static bool describe_next(void *context, struct kleak_suspect *ret, uint32_t *number)
{
	struct suspect_walk *walk = context;
	const struct kl_heap *heap = walk->memory.heap;
	struct kl_suspect_words words;
	uint32_t row = walk->next;

	while (row < heap->rows && (!walk->wanted[row] || walk->explained[row]))
		row++;
	if (row == heap->rows)
		return false;
	walk->next = row + 1;
	*number = row;
	kl_suspects_describe(walk->suspects, row, &words);
	*ret = (struct kleak_suspect){
		.object = kl_plugin_object(heap, row),
		.frames = frames_of_stack(walk, heap->stack[row]),
		.cache = words.cache,
		.type = words.type,
		.site = words.site,
	};
	return true;
}

static struct kl_error *take_opinions(struct kl_plugin *p, const struct kl_plugin_answer *answer, const uint8_t *wanted,
				      size_t rows, struct kl_intern *reasons, uint64_t *ret)
{
	const struct kl_plugin_opinion *opinion;

	kl_vec_for_each (opinion, &answer->opinions) {
		_cleanup_strbuf_ struct kl_strbuf words = {};
		struct kl_error *err;
		uint32_t id;

		if (opinion->number >= rows || !wanted[opinion->number] || ret[opinion->number])
			continue;
		kl_strbuf_printf(&words, "%s (by the plugin %s)", opinion->why, p->name);
		if (words.failed)
			return kl_error_nomem();
		err = kl_intern_add(reasons, words.data, words.length, &id);
		if (err)
			return err;
		ret[opinion->number] = id;
		p->explained++;
	}
	return NULL;
}

struct kl_error *kl_advising_classify(struct kl_opened *o, const struct kl_snapshot *s, const struct kl_facts *facts,
				      const uint8_t *wanted, struct kl_intern *reasons, uint64_t *ret)
{
	struct kl_suspects suspects = {};
	struct kl_error *err = kl_suspects_init(o->kernel, s, facts, &suspects);
	struct kl_plugin *p;

	kl_vec_for_each (p, &o->options->plugins->list) {
		struct suspect_walk walk = {.memory = {.o = o, .heap = &s->heap},
					    .suspects = &suspects,
					    .wanted = wanted,
					    .explained = ret};
		struct kl_plugin_world world = kl_plugin_world_of(&walk.memory);
		struct kl_plugin_answer answer = {};

		world.next_suspect = describe_next;
		if (!err && kl_plugin_can(p, KLEAK_CAN_CLASSIFY)) {
			err = kl_plugin_consult(&walk.memory, p, KLEAK_CAN_CLASSIFY, &world, &answer);
			if (!err)
				kl_plugin_note_failure(o->kernel, p, NULL);
			if (!err)
				err = take_opinions(p, &answer, wanted, s->heap.rows, reasons, ret);
		}
		kl_strbuf_deinit(&walk.frames);
		kl_map_deinit(&walk.frames_of);
		kl_plugin_answer_deinit(&answer);
	}
	kl_suspects_deinit(&suspects);
	return err;
}
