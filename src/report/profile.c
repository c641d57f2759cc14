/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/profile.h"

#include <stdlib.h>
#include <string.h>

#include "report/emitter.h"
#include "util/escape.h"
#include "util/intern.h"
#include "util/stack_name.h"
#include "util/sum.h"

static void add_function(struct kl_strbuf *sb, const struct kl_store_frame *frame)
{
	struct kl_symbol_text t = kl_symbol_text_parse(frame->symbol);

	if (t.function)
		kl_escape_terminal(sb, t.function, t.function_length);
	else
		kl_strbuf_puts(sb, frame->symbol);
	if (t.module) {
		kl_strbuf_puts(sb, " [");
		kl_escape_terminal(sb, t.module, t.module_length);
		kl_strbuf_putc(sb, ']');
	}
	if (frame->inlined)
		kl_strbuf_puts(sb, "_[i]");
}

/* The character between frames cannot be part of one. */
static void replace_separators(char *text)
{
	for (; (text = strchr(text, ';')); text++)
		*text = ',';
}

struct kl_error *kl_profile_fold(struct kl_strbuf *sb, const struct kl_store_frame *frames, size_t n)
{
	size_t i, start;

	for (i = n; i--;) {
		start = sb->length;
		add_function(sb, &frames[i]);
		if (sb->failed)
			return kl_error_nomem();
		replace_separators(sb->data + start);
		kl_strbuf_puts(sb, i ? ";" : "");
	}
	kl_strbuf_puts(sb, n ? "" : "(no stack)");
	return sb->failed ? kl_error_nomem() : NULL;
}

struct profile_frame {
	uint32_t name, file; /* in `texts`; file 0 = unknown */
	int64_t line;
};

struct profile_sample {
	size_t first, count; /* in `indices` */
	int64_t weights[KL_PROFILE_WEIGHTS];
};

/* Frames come before samples in the document, and are known after the last of them. */
struct kl_profile {
	struct kl_intern *texts, *keys;
	KL_VEC(struct profile_frame) frames; /* index: identifier in `keys`, less 1 */
	KL_VEC(uint32_t) indices;            /* of frames, outermost first, sample after sample */
	KL_VEC(struct profile_sample) samples;
};

struct kl_error *kl_profile_create(struct kl_profile **ret)
{
	_cleanup_(kl_profile_destroyp) struct kl_profile *p = calloc(1, sizeof(*p));
	struct kl_error *err;

	if (!p)
		return kl_error_nomem();
	err = kl_intern_create(&p->texts);
	if (!err)
		err = kl_intern_create(&p->keys);
	if (err)
		return err;
	*ret = p;
	p = NULL;
	return NULL;
}

void kl_profile_destroy(struct kl_profile *p)
{
	if (!p)
		return;
	kl_intern_destroy(p->texts);
	kl_intern_destroy(p->keys);
	kl_vec_deinit(&p->frames);
	kl_vec_deinit(&p->indices);
	kl_vec_deinit(&p->samples);
	free(p);
}

static struct kl_error *add_profile_frame(struct kl_profile *p, const struct kl_store_frame *frame)
{
	_cleanup_strbuf_ struct kl_strbuf name = {};
	struct {
		uint32_t name, file;
		int64_t line;
	} key = {.line = frame->file ? frame->line : 0};
	struct kl_error *err;
	uint32_t id;

	add_function(&name, frame);
	if (name.failed)
		return kl_error_nomem();
	err = kl_intern_add(p->texts, kl_strbuf_string(&name), name.length, &key.name);
	if (!err && frame->file)
		err = kl_intern_add(p->texts, frame->file, strlen(frame->file), &key.file);
	if (!err)
		err = kl_intern_add(p->keys, &key, sizeof(key), &id);
	if (err)
		return err;
	if (id > p->frames.count &&
	    !kl_vec_push(&p->frames, ((struct profile_frame){.name = key.name, .file = key.file, .line = key.line})))
		return kl_error_nomem();
	return kl_vec_push(&p->indices, id - 1) ? NULL : kl_error_nomem();
}

struct kl_error *kl_profile_add(struct kl_profile *p, const struct kl_store_frame *frames, size_t n,
				const int64_t weights[])
{
	static const struct kl_store_frame none = {.symbol = "(no stack)"};
	struct profile_sample sample = {.first = p->indices.count};
	struct kl_error *err = NULL;
	bool any = false;
	size_t i;

	for (i = 0; i < KL_PROFILE_WEIGHTS; i++) {
		sample.weights[i] = weights[i] > 0 ? weights[i] : 0;
		any = any || weights[i] > 0;
	}
	if (!any)
		return NULL;
	for (i = n; i-- && !err;)
		err = add_profile_frame(p, &frames[i]);
	if (!n)
		err = add_profile_frame(p, &none);
	sample.count = p->indices.count - sample.first;
	if (!err && !kl_vec_push(&p->samples, sample))
		err = kl_error_nomem();
	return err;
}

/* A sample without this weight would be drawn as nothing. */
static void emit_profile(struct kl_emitter *e, const struct kl_profile *p, const struct kl_profile_weight *weight,
			 size_t number)
{
	const struct profile_sample *sample;
	int64_t sum = 0;
	size_t i;

	kl_emit_object(e, NULL);
	kl_emit_string(e, "type", "sampled");
	kl_emit_string(e, "name", weight->name);
	kl_emit_string(e, "unit", weight->unit);
	kl_emit_int(e, "startValue", 0);
	kl_emit_array(e, "samples");
	kl_vec_for_each (sample, &p->samples) {
		if (!sample->weights[number])
			continue;
		kl_emit_array(e, NULL);
		for (i = 0; i < sample->count; i++)
			kl_emit_int(e, NULL, p->indices.data[sample->first + i]);
		kl_emit_end(e);
	}
	kl_emit_end(e);
	kl_emit_array(e, "weights");
	kl_vec_for_each (sample, &p->samples) {
		if (!sample->weights[number])
			continue;
		kl_emit_int(e, NULL, sample->weights[number]);
		sum = kl_sum(sum, sample->weights[number]);
	}
	kl_emit_end(e);
	kl_emit_int(e, "endValue", sum);
	kl_emit_end(e);
}

static void emit_profile_frames(struct kl_emitter *e, const struct kl_profile *p)
{
	const struct profile_frame *frame;

	kl_emit_object(e, "shared");
	kl_emit_array(e, "frames");
	kl_vec_for_each (frame, &p->frames) {
		kl_emit_object(e, NULL);
		kl_emit_string(e, "name", kl_intern_get(p->texts, frame->name, NULL));
		if (frame->file) {
			kl_emit_string(e, "file", kl_intern_get(p->texts, frame->file, NULL));
			kl_emit_int(e, "line", frame->line);
		}
		kl_emit_end(e);
	}
	kl_emit_end(e);
	kl_emit_end(e);
}

void kl_profile_print(const struct kl_profile *p, FILE *out, const char *name, const struct kl_profile_weight *weights,
		      size_t count)
{
	struct kl_emitter e = {.out = out};
	size_t i;

	kl_emit_object(&e, NULL);
	kl_emit_string(&e, "$schema", "https://www.speedscope.app/file-format-schema.json");
	kl_emit_string(&e, "exporter", "kleak-dump " KL_VERSION);
	kl_emit_string(&e, "name", name);
	kl_emit_int(&e, "activeProfileIndex", 0);
	emit_profile_frames(&e, p);
	kl_emit_array(&e, "profiles");
	for (i = 0; i < count; i++)
		emit_profile(&e, p, &weights[i], i);
	kl_emit_end(&e);
	kl_emit_end(&e);
}
