/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/symbolize_run.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/source_lines.h"
#include "debug/find.h"
#include "store/restack.h"

/* Strings of a stack that is put together anew: those of a place last until the next one is asked for. */
struct new_stack {
	KL_VEC(struct kl_store_frame) frames;
	KL_VEC(char *) strings;
};

static void forget_new_stack(struct new_stack *s)
{
	char **string;

	kl_vec_for_each (string, &s->strings)
		free(*string);
	s->strings.count = 0;
	s->frames.count = 0;
}

static const char *keep_new_text(struct new_stack *s, const char *text)
{
	char *copy = text ? strdup(text) : NULL;

	if (copy && kl_vec_push(&s->strings, copy))
		return copy;
	free(copy);
	return NULL;
}

/* A place that has no file is none. False when out of memory. */
static bool keep_place(struct new_stack *s, const struct kl_source_place *place, struct kl_store_frame *frame)
{
	bool known = *place->file && place->line;

	frame->file = known ? keep_new_text(s, place->file) : NULL;
	frame->line = frame->file ? place->line : KL_UNKNOWN;
	return !known || frame->file;
}

struct symbolizer {
	struct kl_source_lines *lines;
	struct kl_symbolized *counts;
	struct new_stack stack;
};

static void symbolizer_deinit(struct symbolizer *s)
{
	forget_new_stack(&s->stack);
	kl_vec_deinit(&s->stack.strings);
	kl_vec_deinit(&s->stack.frames);
}

/* The frames of one address: @inlined of them, then the function itself. Those that are known stay where nothing is
 * found. */
static struct kl_error *symbolize_address(struct symbolizer *s, const struct kl_store_frame *frames, size_t inlined)
{
	struct kl_source_place places[KL_PLACES_MAX];
	struct kl_store_frame outer = frames[inlined];
	size_t n = 0, i;

	s->counts->frames++;
	s->counts->before += outer.file != NULL;
	if (!kl_source_lines_find_symbol(s->lines, outer.symbol, outer.address, places, &n)) {
		s->counts->lines += outer.file != NULL;
		for (i = 0; i <= inlined; i++) {
			if (!kl_vec_push(&s->stack.frames, frames[i]))
				return kl_error_nomem();
		}
		return NULL;
	}
	for (i = 0; i + 1 < n; i++) {
		struct kl_store_frame frame = {.address = outer.address, .line = KL_UNKNOWN, .inlined = true};

		frame.symbol = keep_new_text(&s->stack, places[i].function ? places[i].function : "?");
		if (!frame.symbol || !keep_place(&s->stack, &places[i], &frame) ||
		    !kl_vec_push(&s->stack.frames, frame))
			return kl_error_nomem();
	}
	if (!keep_place(&s->stack, &places[n - 1], &outer) || !kl_vec_push(&s->stack.frames, outer))
		return kl_error_nomem();
	s->counts->lines += outer.file != NULL;
	return NULL;
}

static struct kl_error *symbolize_stack(struct symbolizer *s, const struct kl_store_frame *frames, size_t n)
{
	struct kl_error *err = NULL;
	size_t i, inlined = 0;

	forget_new_stack(&s->stack);
	for (i = 0; i < n && !err; i++) {
		if (frames[i].inlined && i + 1 < n) {
			inlined++;
			continue;
		}
		err = symbolize_address(s, &frames[i - inlined], inlined);
		inlined = 0;
	}
	return err;
}

static struct kl_error *symbolize_stacks(struct symbolizer *s, struct kl_reader *reader, struct kl_store *store,
					 int64_t run_id, const struct kl_progress *progress)
{
	_cleanup_(kl_writer_destroyp) struct kl_writer *writer = NULL;
	_cleanup_free_ int64_t *ids = NULL;
	struct kl_error *err;
	size_t count, i, n;

	err = kl_restack_begin(store, run_id, &writer);
	if (!err)
		err = kl_restack_list(store, run_id, &ids, &count);
	for (i = 0; !err && i < count; i++) {
		const struct kl_store_frame *frames;

		err = kl_progress_tick(progress, "reading source lines", i, count);
		if (!err)
			err = kl_reader_stack(reader, ids[i], &frames, &n);
		if (!err)
			err = symbolize_stack(s, frames, n);
		if (!err)
			err = kl_restack_replace(writer, ids[i], s->stack.frames.data, s->stack.frames.count);
	}
	if (err)
		return err;
	s->counts->stacks = count;
	return kl_restack_commit(writer);
}

/* The vmlinux that was named, or one that can be found. */
static struct kl_error *open_vmlinux(const struct kl_symbolize_options *options, const struct kl_store_run *run,
				     const struct kl_debug_bounds *bounds, char **ret_path, struct kl_debug **ret)
{
	struct kl_debug_search search = {.vmlinux = options->vmlinux,
					 .build_id = run->build_id,
					 .release = run->release,
					 .dump_path = run->dump,
					 .bounds = bounds};
	struct kl_error *err = kl_debug_find(&search, ret_path);
	const char *own;

	if (err && !options->vmlinux && kl_error_code(err) == KL_ERROR_NOT_FOUND) {
		kl_error_destroy(err);
		return NULL;
	}
	if (!err)
		err = kl_debug_open_within(*ret_path, bounds, ret);
	if (err)
		return err;
	own = kl_debug_build_id(*ret);
	if (run->build_id && own && strcmp(run->build_id, own) != 0)
		return kl_error_create(KL_ERROR_MISMATCH, "%s: build-id %s, but the kernel of the run has %s",
				       *ret_path, own, run->build_id);
	return NULL;
}

struct kl_error *kl_symbolize_run(const struct kl_symbolize_options *options, struct kl_store *store, int64_t run_id,
				  struct kl_symbolized *ret)
{
	struct kl_debug_bounds bounds = {.unpack_limit = options->unpack_limit, .progress = options->progress};
	_cleanup_(kl_source_lines_destroyp) struct kl_source_lines *lines = NULL;
	_cleanup_(kl_reader_destroyp) struct kl_reader *reader = NULL;
	_cleanup_(kl_debug_closep) struct kl_debug *vmlinux = NULL;
	_cleanup_(kl_store_run_deinit) struct kl_store_run run = {};
	_cleanup_(symbolizer_deinit) struct symbolizer s = {.counts = ret};
	struct kl_source_lines_options lines_options;
	struct kl_error *err;

	*ret = (struct kl_symbolized){};
	err = kl_reader_create(store, &reader);
	if (!err)
		err = kl_reader_run(reader, run_id, &run);
	if (!err)
		err = open_vmlinux(options, &run, &bounds, &ret->vmlinux, &vmlinux);
	if (err)
		return err;
	lines_options = (struct kl_source_lines_options){
		.release = run.release,
		.vmlinux = vmlinux,
		.modules = options->modules,
		.n_modules = options->n_modules,
		.bounds = &bounds,
		.strip_prefix = options->strip_prefix,
		.modules_dir = options->modules_dir,
	};
	err = kl_source_lines_create(&lines_options, &lines);
	s.lines = lines;
	return err ? err : symbolize_stacks(&s, reader, store, run.id, options->progress);
}
