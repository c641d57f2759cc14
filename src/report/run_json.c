/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/run_json.h"

#include <string.h>

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

void kl_emit_frames(struct kl_emitter *e, const char *name, const struct kl_store_frame *frames, size_t n)
{
	size_t i;

	kl_emit_array(e, name);
	for (i = 0; i < n; i++) {
		if (!frames[i].inlined)
			kl_emit_string(e, NULL, frames[i].symbol);
	}
	kl_emit_end(e);
}
