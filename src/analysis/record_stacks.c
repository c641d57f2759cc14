/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/record_stacks.h"

#include <string.h>

#include "kernel/machine/symbolize.h"
#include "util/strbuf.h"

struct kl_error *kl_stack_recorder_init(struct kl_stack_recorder *r, struct kl_analysis *a, struct kl_writer *writer)
{
	*r = (struct kl_stack_recorder){.a = a, .writer = writer};
	r->count = kl_intern_count(a->snapshot.heap.stacks) + a->snapshot.profiling.profiling.tags.list.count;
	r->stored = calloc(r->count + 1, sizeof(*r->stored));
	return r->stored ? NULL : kl_error_nomem();
}

void kl_stack_recorder_deinit(struct kl_stack_recorder *r)
{
	free(r->stored);
}

#define NO_TEXT SIZE_MAX

/* A frame whose texts are offsets, because the buffer that they are in moves as it grows. */
struct draft_frame {
	uint64_t address;
	int64_t line;
	size_t symbol, file, pointer; /* NO_TEXT = none */
	bool inlined;
};

struct draft_stack {
	struct kl_strbuf texts;
	KL_VEC(struct draft_frame) frames;
};

static void draft_stack_deinit(struct draft_stack *draft)
{
	kl_strbuf_deinit(&draft->texts);
	kl_vec_deinit(&draft->frames);
}

static size_t add_draft_text(struct draft_stack *draft, const char *text)
{
	size_t offset = draft->texts.length;

	if (!text)
		return NO_TEXT;
	kl_strbuf_append(&draft->texts, text, strlen(text) + 1);
	return offset;
}

/* A place that has no file is none. */
static void set_place(struct draft_stack *draft, const struct kl_source_place *place, struct draft_frame *frame)
{
	bool known = *place->file && place->line;

	frame->file = add_draft_text(draft, known ? place->file : NULL);
	frame->line = known ? place->line : KL_UNKNOWN;
}

/* The frame of the address itself, behind those of what was inlined there. */
static struct kl_error *add_draft_frames(struct kl_stack_recorder *r, const uint64_t *addresses, size_t i,
					 struct draft_stack *draft)
{
	uint64_t address = addresses[i];
	struct draft_frame frame = {.address = address, .file = NO_TEXT, .line = KL_UNKNOWN, .pointer = NO_TEXT};
	struct kl_source_place places[KL_PLACES_MAX];
	struct kl_kernel *k = r->a->opened.kernel;
	struct kl_error *err;
	size_t n = 0, place;

	if (r->lines)
		kl_source_lines_find(r->lines, address, places, &n);
	for (place = 0; place + 1 < n; place++) {
		struct draft_frame inlined = {.address = address, .pointer = NO_TEXT, .inlined = true};

		inlined.symbol = add_draft_text(draft, places[place].function);
		set_place(draft, &places[place], &inlined);
		if (!kl_vec_push(&draft->frames, inlined))
			return kl_error_nomem();
	}
	if (n)
		set_place(draft, &places[n - 1], &frame);
	frame.symbol = draft->texts.length;
	err = kl_symbolize_frame(k, addresses, i, &draft->texts);
	if (err)
		return err;
	kl_strbuf_append(&draft->texts, "", 1);
	if (r->a->snapshot.text.frame == KL_TEXT_FRAME_POINTER) {
		frame.pointer = draft->texts.length;
		if (r->a->snapshot.text.restricted)
			kl_format_restricted_pointer(k, address, &draft->texts);
		else
			kl_format_pointer(k, address, &draft->texts);
		kl_strbuf_append(&draft->texts, "", 1);
	}
	return kl_vec_push(&draft->frames, frame) ? NULL : kl_error_nomem();
}

/* A call site in place of a stack. */
static struct kl_error *add_call_site_frame(struct kl_stack_recorder *r, uint32_t tag, struct draft_stack *draft)
{
	const struct kl_alloc_tags *tags = &r->a->snapshot.profiling.profiling.tags;
	const struct kl_alloc_tag *t = &tags->list.data[tag];
	struct draft_frame frame = {.address = t->address, .line = t->line, .pointer = NO_TEXT};

	frame.symbol = draft->texts.length;
	kl_strbuf_puts(&draft->texts, kl_alloc_tags_string(tags, t->function));
	if (t->is_module)
		kl_strbuf_printf(&draft->texts, " [%s]", kl_alloc_tags_string(tags, t->module));
	kl_strbuf_append(&draft->texts, "", 1);
	frame.file = add_draft_text(draft, kl_alloc_tags_string(tags, t->file));
	return kl_vec_push(&draft->frames, frame) ? NULL : kl_error_nomem();
}

static const char *draft_text(const struct draft_stack *draft, size_t offset)
{
	return offset == NO_TEXT ? NULL : draft->texts.data + offset;
}

static struct kl_error *store_draft(struct kl_writer *writer, const struct draft_stack *draft, int64_t *ret)
{
	_cleanup_free_ struct kl_store_frame *frames = calloc(draft->frames.count + 1, sizeof(*frames));
	size_t i;

	if (!frames || draft->texts.failed)
		return kl_error_nomem();
	for (i = 0; i < draft->frames.count; i++) {
		const struct draft_frame *f = &draft->frames.data[i];

		frames[i] = (struct kl_store_frame){
			.address = f->address,
			.symbol = draft_text(draft, f->symbol),
			.file = draft_text(draft, f->file),
			.line = f->line,
			.pointer = draft_text(draft, f->pointer),
			.inlined = f->inlined,
		};
	}
	return kl_writer_add_stack(writer, frames, draft->frames.count, ret);
}

uint32_t kl_stack_recorder_find(const struct kl_stack_recorder *r, size_t row)
{
	const struct kl_alloc_tags *tags = &r->a->snapshot.profiling.profiling.tags;
	const struct kl_heap *heap = &r->a->snapshot.heap;
	bool unknown = (heap->flags[row] & KL_OBJECT_NO_STACK) ||
		       (!heap->stack[row] && !(heap->source.knows & KL_KNOWS_SCANS));

	/* A call site without names would tell less than the slab cache does. */
	if (!unknown || !heap->tag[row] || tags->list.data[heap->tag[row] - 1].flags & KL_TAG_STRINGS_LOST)
		return heap->stack[row];
	return (uint32_t)kl_intern_count(heap->stacks) + heap->tag[row] - 1;
}

struct kl_error *kl_stack_recorder_add(struct kl_stack_recorder *r, uint32_t id, int64_t *ret)
{
	_cleanup_(draft_stack_deinit) struct draft_stack draft = {};
	size_t stacks = kl_intern_count(r->a->snapshot.heap.stacks), n, i;
	uint64_t addresses[KL_STACK_MAX];
	struct kl_error *err = NULL;

	if (!r->stored[id]) {
		n = id < stacks ? kl_heap_frames(&r->a->snapshot.heap, id, addresses) : 0;
		for (i = 0; i < n && !err; i++)
			err = add_draft_frames(r, addresses, i, &draft);
		if (id >= stacks)
			err = add_call_site_frame(r, id - (uint32_t)stacks, &draft);
		if (!err)
			err = store_draft(r->writer, &draft, &r->stored[id]);
	}
	*ret = r->stored[id];
	return err;
}
