/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report --format folded: "outermost;...;innermost BYTES" for each leaking stack, which is what flame graph tools read.
 * speedscope: the same as a document of that program, with a second profile that counts objects. */
#include <inttypes.h>
#include <string.h>

#include "report/report.h"
#include "util/escape.h"
#include "util/intern.h"
#include "util/stack_name.h"

/* The function of @frame, with its module: a flame graph adds up calls whatever their offset. */
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

static struct kl_error *print_folded(struct kl_report *r, const struct kl_store_group *g,
				     const struct kl_store_frame *frames, size_t n)
{
	_cleanup_strbuf_ struct kl_strbuf line = {};
	int64_t weight = kl_report_weight(r, g, r->weigh_objects);
	size_t i, start;

	if (weight <= 0)
		return NULL;
	for (i = n; i--;) {
		start = line.length;
		add_function(&line, &frames[i]);
		if (line.failed)
			return kl_error_nomem();
		replace_separators(line.data + start);
		kl_strbuf_puts(&line, i ? ";" : "");
	}
	fprintf(r->out, "%s %" PRId64 "\n", n ? kl_strbuf_string(&line) : "(no stack)", weight);
	return line.failed ? kl_error_nomem() : NULL;
}

const struct kl_report_format kl_format_folded = {.group = print_folded, .whole = true};

/* ---- speedscope ---- */

struct profile_frame {
	uint32_t name, file; /* in `texts`; file 0 = unknown */
	int64_t line;
};

struct profile_sample {
	size_t first, count; /* in `indices` */
	int64_t bytes, objects;
};

/* Frames come before samples in the document, and are known after the last of them. */
struct profile {
	struct kl_intern *texts, *keys;
	KL_VEC(struct profile_frame) frames; /* index: identifier in `keys`, less 1 */
	KL_VEC(uint32_t) indices;            /* of frames, outermost first, sample after sample */
	KL_VEC(struct profile_sample) samples;
};

static struct kl_error *begin_profile(struct kl_report *r)
{
	struct profile *p = calloc(1, sizeof(*p));
	struct kl_error *err;

	r->state = p;
	if (!p)
		return kl_error_nomem();
	err = kl_intern_create(&p->texts);
	return err ? err : kl_intern_create(&p->keys);
}

static void deinit_profile(struct kl_report *r)
{
	struct profile *p = r->state;

	if (!p)
		return;
	kl_intern_destroy(p->texts);
	kl_intern_destroy(p->keys);
	kl_vec_deinit(&p->frames);
	kl_vec_deinit(&p->indices);
	kl_vec_deinit(&p->samples);
	free(p);
	r->state = NULL;
}

static struct kl_error *add_profile_frame(struct profile *p, const struct kl_store_frame *frame)
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

static struct kl_error *add_profile_sample(struct kl_report *r, const struct kl_store_group *g,
					   const struct kl_store_frame *frames, size_t n)
{
	static const struct kl_store_frame none = {.symbol = "(no stack)"};
	struct profile *p = r->state;
	struct profile_sample sample = {.first = p->indices.count, .bytes = kl_report_weight(r, g, false)};
	struct kl_error *err = NULL;
	size_t i;

	sample.objects = kl_report_weight(r, g, true);
	if (sample.bytes <= 0 && sample.objects <= 0)
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

static void emit_profile(struct kl_emitter *e, const struct profile *p, const char *name, const char *unit, bool bytes)
{
	const struct profile_sample *sample;
	int64_t sum = 0;
	size_t i;

	kl_emit_object(e, NULL);
	kl_emit_string(e, "type", "sampled");
	kl_emit_string(e, "name", name);
	kl_emit_string(e, "unit", unit);
	kl_emit_int(e, "startValue", 0);
	kl_emit_array(e, "samples");
	kl_vec_for_each (sample, &p->samples) {
		kl_emit_array(e, NULL);
		for (i = 0; i < sample->count; i++)
			kl_emit_int(e, NULL, p->indices.data[sample->first + i]);
		kl_emit_end(e);
	}
	kl_emit_end(e);
	kl_emit_array(e, "weights");
	kl_vec_for_each (sample, &p->samples) {
		kl_emit_int(e, NULL, bytes ? sample->bytes : sample->objects);
		sum += bytes ? sample->bytes : sample->objects;
	}
	kl_emit_end(e);
	kl_emit_int(e, "endValue", sum);
	kl_emit_end(e);
}

static void emit_profile_frames(struct kl_emitter *e, const struct profile *p)
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

static struct kl_error *end_profile(struct kl_report *r)
{
	struct kl_emitter *e = &r->emitter;
	const struct profile *p = r->state;

	e->out = r->out;
	kl_emit_object(e, NULL);
	kl_emit_string(e, "$schema", "https://www.speedscope.app/file-format-schema.json");
	kl_emit_string(e, "exporter", "kleak-dump " KL_VERSION);
	kl_emit_string(e, "name", r->run.dump);
	kl_emit_int(e, "activeProfileIndex", 0);
	emit_profile_frames(e, p);
	kl_emit_array(e, "profiles");
	emit_profile(e, p, "bytes", "bytes", true);
	emit_profile(e, p, "objects", "none", false);
	kl_emit_end(e);
	kl_emit_end(e);
	return NULL;
}

const struct kl_report_format kl_format_speedscope = {
	.begin = begin_profile,
	.group = add_profile_sample,
	.end = end_profile,
	.deinit = deinit_profile,
	.whole = true,
	.json = true,
};
