/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/run_json.h"

#include <string.h>

#include "report/frames.h"
#include "util/stack_name.h"

struct values {
	struct kl_emitter *e;
	char kind[16]; /* whose object is open; "" for none */
};

/* Values come sorted by kind: each kind is an object. */
static struct kl_error *emit_value(void *context, const struct kl_store_value *v)
{
	static const struct {
		const char *kind, *name;
	} objects[] = {{"counter", "counters"}, {"duration_ms", "durations_ms"}, {"library", "libraries"}};
	struct values *values = context;
	const char *name = "options";
	size_t i;

	if (strcmp(values->kind, v->kind) != 0) {
		if (*values->kind)
			kl_emit_end(values->e);
		snprintf(values->kind, sizeof(values->kind), "%s", v->kind);
		for (i = 0; i < sizeof(objects) / sizeof(*objects); i++) {
			if (!strcmp(objects[i].kind, v->kind))
				name = objects[i].name;
		}
		kl_emit_object(values->e, name);
	}
	switch (v->type) {
	case KL_VALUE_NULL:
		kl_emit_null(values->e, v->name);
		break;
	case KL_VALUE_INT:
		kl_emit_int(values->e, v->name, v->integer);
		break;
	case KL_VALUE_REAL:
		kl_emit_real(values->e, v->name, v->real);
		break;
	case KL_VALUE_TEXT:
		kl_emit_string(values->e, v->name, v->text);
		break;
	}
	return NULL;
}

struct kl_error *kl_emit_run(struct kl_emitter *e, const char *name, struct kl_reader *reader,
			     const struct kl_store_run *run)
{
	struct values values = {.e = e};
	struct kl_error *err;

	kl_emit_object(e, name);
	kl_emit_int(e, "run_id", run->id);
#define TEXT(field)     \
	if (run->field) \
		kl_emit_string(e, #field, run->field);
#define INT(field)                    \
	if (run->field != KL_UNKNOWN) \
		kl_emit_int(e, #field, run->field);
#define REAL(field)          \
	if (run->field >= 0) \
		kl_emit_real(e, #field, run->field);
#define FLAG(field) kl_emit_bool(e, #field, run->field);
#define CODE(field, ...) kl_emit_int(e, #field, run->field);
#define STATE(field) kl_emit_string(e, #field, kl_kmemleak_state_name(run->field));
	KL_STORE_RUN_FIELDS(TEXT, TEXT, INT, REAL, FLAG, CODE, STATE)
#undef TEXT
#undef INT
#undef REAL
#undef FLAG
#undef CODE
#undef STATE
	err = kl_reader_values(reader, run->id, emit_value, &values);
	if (*values.kind)
		kl_emit_end(e);
	kl_emit_end(e);
	return err;
}

void kl_emit_known_int(struct kl_emitter *e, const char *name, int64_t value)
{
	if (value == KL_UNKNOWN)
		kl_emit_null(e, name);
	else
		kl_emit_int(e, name, value);
}

static void emit_symbols(struct kl_emitter *e, const struct kl_store_frame *frames, size_t n)
{
	size_t i;

	kl_emit_array(e, "frames");
	for (i = 0; i < n; i++) {
		if (!frames[i].inlined)
			kl_emit_string(e, NULL, frames[i].symbol);
	}
	kl_emit_end(e);
}

static void emit_place(struct kl_emitter *e, const struct kl_store_frame *frame)
{
	kl_emit_string(e, "file", frame->file);
	kl_emit_known_int(e, "line", frame->file ? frame->line : KL_UNKNOWN);
}

/* Of the frame at @frames[end], what was inlined in it. */
static void emit_inlined(struct kl_emitter *e, const struct kl_store_frame *frames, size_t begin, size_t end)
{
	if (begin == end)
		return;
	kl_emit_array(e, "inlined");
	for (; begin < end; begin++) {
		kl_emit_object(e, NULL);
		kl_emit_string(e, "function", frames[begin].symbol);
		emit_place(e, &frames[begin]);
		kl_emit_end(e);
	}
	kl_emit_end(e);
}

/* With the source line of every frame that has one, as many elements as "frames" has. */
static void emit_lines(struct kl_emitter *e, const struct kl_store_frame *frames, size_t n)
{
	bool known = false;
	size_t i, begin = 0;

	for (i = 0; i < n; i++)
		known = known || frames[i].file;
	if (!known)
		return;
	kl_emit_array(e, "lines");
	for (i = 0; i < n; i++) {
		if (frames[i].inlined)
			continue;
		kl_emit_object(e, NULL);
		emit_place(e, &frames[i]);
		emit_inlined(e, frames, begin, i);
		kl_emit_end(e);
		begin = i + 1;
	}
	kl_emit_end(e);
}

/* The first frame that is not the allocator's, which is whose line is to be looked at. */
static struct kl_error *emit_blamed(struct kl_emitter *e, const struct kl_store_frame *frames, size_t n)
{
	struct kl_symbol_text t;
	struct kl_error *err;
	size_t top;

	if (!n)
		return NULL;
	err = kl_top_frame(frames, n, &top);
	if (err)
		return err;
	t = kl_symbol_text_parse(frames[kl_outer_frame(frames, n, top)].symbol);
	kl_emit_object(e, "blamed");
	kl_emit_string(e, "function", frames[top].symbol);
	if (t.module)
		kl_emit_bytes(e, "module", t.module, t.module_length);
	emit_place(e, &frames[top]);
	kl_emit_end(e);
	return NULL;
}

struct kl_error *kl_emit_stack(struct kl_emitter *e, const struct kl_store_frame *frames, size_t n)
{
	emit_symbols(e, frames, n);
	emit_lines(e, frames, n);
	return emit_blamed(e, frames, n);
}
