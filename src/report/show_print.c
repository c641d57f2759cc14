/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/show_print.h"

#include <inttypes.h>
#include <string.h>

#include "report/emitter.h"
#include "report/frames.h"
#include "report/human.h"
#include "report/word_json.h"
#include "report/word_text.h"

/* ---- JSON ---- */

static void emit_known_number(struct kl_emitter *e, const char *name, int64_t value)
{
	if (value != KL_UNKNOWN)
		kl_emit_int(e, name, value);
}

static void emit_object(struct kl_emitter *e, const struct kl_store_thing *t)
{
	size_t i;

	kl_emit_object(e, "object");
	kl_emit_asked_object(e, &t->object);
	if (t->comm)
		kl_emit_string(e, "comm", t->comm);
	emit_known_number(e, "pid", t->pid);
	if (t->pid != KL_UNKNOWN)
		kl_emit_bool(e, "task_lives", t->task_lives);
	emit_known_number(e, "age_ms", t->age_ms);
	emit_known_number(e, "allocated_at", t->allocated_at);
	if (t->has_head)
		kl_emit_address(e, "head", t->head);
	if (t->has_parent)
		kl_emit_address(e, "parent", t->parent);
	emit_known_number(e, "retained_objects", t->retained_objects);
	emit_known_number(e, "retained_bytes", t->retained_bytes);
	kl_emit_array(e, "frames");
	for (i = 0; i < t->stack.count; i++)
		kl_emit_string(e, NULL, t->stack.data[i].symbol);
	kl_emit_end(e);
	kl_emit_end(e);
}

static void emit_words(struct kl_emitter *e, const struct kl_store_thing *t)
{
	size_t i;

	kl_emit_array(e, "words");
	for (i = 0; i < t->words.count; i++) {
		const struct kl_store_shown_word *word = &t->words.data[i];

		kl_emit_object(e, NULL);
		kl_emit_address(e, "at", t->shown_from + 8 * i);
		if (word->present)
			kl_emit_address(e, "value", word->value);
		else
			kl_emit_null(e, "value");
		if (word->name)
			kl_emit_string(e, "name", word->name);
		kl_emit_end(e);
	}
	kl_emit_end(e);
}

static void print_show_json(const struct kl_show_print *p, const struct kl_store_thing *t)
{
	struct kl_emitter e = {.out = p->out};

	kl_emit_answer_begin(&e, p->run_id);
	kl_emit_address(&e, "address", t->address);
	if (t->has_physical)
		kl_emit_address(&e, "physical", t->physical);
	kl_emit_string(&e, "kind", t->kind);
	kl_emit_string(&e, "why", t->why);
	emit_known_number(&e, "slot_size", t->slot_size);
	kl_emit_holder(&e, "place", &t->place);
	if (t->has_object)
		emit_object(&e, t);
	emit_words(&e, t);
	kl_emit_end(&e);
}

/* ---- text ---- */

static struct kl_error *print_show_line(const struct kl_show_print *p, const char *label, const struct kl_strbuf *sb)
{
	if (sb->failed)
		return kl_error_nomem();
	if (sb->length)
		fprintf(p->out, "%-10s%s\n", label, kl_strbuf_string(sb));
	return NULL;
}

static struct kl_error *print_place(const struct kl_show_print *p, const struct kl_store_thing *t)
{
	_cleanup_strbuf_ struct kl_strbuf sb = {};

	kl_strbuf_printf(&sb, "0x%016" PRIx64, t->address);
	if (t->has_physical)
		kl_strbuf_printf(&sb, ", physical %#" PRIx64, t->physical);
	kl_strbuf_printf(&sb, ": %s", t->why);
	if (t->place.name)
		kl_text_labeled(&sb, ", ", t->place.name);
	if (t->place.has_address && t->place.offset)
		kl_strbuf_printf(&sb, ", %#" PRIx64 " behind 0x%016" PRIx64, (uint64_t)t->place.offset,
				 t->place.address);
	return print_show_line(p, "address", &sb);
}

static struct kl_error *print_object_shown(const struct kl_show_print *p, const struct kl_store_thing *t)
{
	const struct kl_store_object *o = &t->object;
	_cleanup_strbuf_ struct kl_strbuf sb = {};

	kl_strbuf_printf(&sb, "0x%016" PRIx64 ", ", o->address);
	if (o->class_ != KLEAK_CLASS_VIRTUAL)
		kl_strbuf_printf(&sb, "%s, ", kl_store_class_name(o->class_));
	kl_human_bytes(&sb, (int64_t)o->size);
	if (t->slot_size != KL_UNKNOWN && t->slot_size != (int64_t)o->size) {
		kl_strbuf_puts(&sb, " of a slot of ");
		kl_human_bytes(&sb, t->slot_size);
	}
	kl_text_labeled(&sb, ", struct ", o->type);
	kl_text_labeled(&sb, " in ", o->cache);
	return print_show_line(p, "object", &sb);
}

static struct kl_error *print_verdict(const struct kl_show_print *p, const struct kl_store_thing *t)
{
	_cleanup_strbuf_ struct kl_strbuf sb = {};

	kl_strbuf_puts(&sb, t->object.verdict);
	kl_text_labeled(&sb, ": ", t->object.reason);
	return print_show_line(p, "verdict", &sb);
}

static struct kl_error *print_retained(const struct kl_show_print *p, const struct kl_store_thing *t)
{
	_cleanup_strbuf_ struct kl_strbuf sb = {};

	if (t->retained_objects == KL_UNKNOWN)
		return NULL;
	kl_human_bytes(&sb, t->retained_bytes);
	kl_strbuf_puts(&sb, " in ");
	kl_human_count(&sb, t->retained_objects, "object");
	if (t->has_head && t->head != t->object.address)
		kl_strbuf_printf(&sb, "; hangs on the leak at 0x%016" PRIx64, t->head);
	if (t->has_parent && t->parent != t->head)
		kl_strbuf_printf(&sb, ", below 0x%016" PRIx64, t->parent);
	return print_show_line(p, "retains", &sb);
}

static struct kl_error *print_allocation_of_object(const struct kl_show_print *p, const struct kl_store_thing *t)
{
	_cleanup_strbuf_ struct kl_strbuf sb = {};

	if (t->comm) {
		kl_text_labeled(&sb, "by ", t->comm);
		kl_strbuf_printf(&sb, " (%" PRId64 "), which %s", t->pid, t->task_lives ? "still runs" : "is gone");
	}
	if (t->age_ms != KL_UNKNOWN) {
		kl_strbuf_puts(&sb, sb.length ? ", " : "");
		kl_human_age(&sb, t->age_ms);
		kl_strbuf_puts(&sb, " before the dump");
	}
	if (t->allocated_at != KL_UNKNOWN) {
		kl_strbuf_puts(&sb, ", ");
		kl_human_time(&sb, t->allocated_at);
	}
	return print_show_line(p, "allocated", &sb);
}

static struct kl_error *print_content_words(const struct kl_show_print *p, const struct kl_store_thing *t)
{
	size_t i;

	for (i = 0; i < t->words.count; i++) {
		const struct kl_store_shown_word *word = &t->words.data[i];
		_cleanup_strbuf_ struct kl_strbuf sb = {};

		kl_strbuf_printf(&sb, "  0x%016" PRIx64 "  ", t->shown_from + 8 * i);
		if (word->present)
			kl_strbuf_printf(&sb, "%016" PRIx64, word->value);
		else
			kl_strbuf_puts(&sb, "not in the dump");
		kl_text_labeled(&sb, "  ", word->name);
		if (sb.failed)
			return kl_error_nomem();
		fprintf(p->out, "%s\n", kl_strbuf_string(&sb));
	}
	return NULL;
}

static struct kl_error *print_history(const struct kl_show_print *p, const struct kl_store_thing *t)
{
	struct kl_error *err = print_object_shown(p, t);

	if (!err)
		err = print_verdict(p, t);
	if (!err)
		err = print_retained(p, t);
	if (!err)
		err = print_allocation_of_object(p, t);
	return err ? err : kl_print_frames(p->out, p->color, t->stack.data, t->stack.count);
}

struct kl_error *kl_show_print(const struct kl_show_print *p, const struct kl_store_thing *thing)
{
	struct kl_error *err;

	if (p->json) {
		print_show_json(p, thing);
		return NULL;
	}
	err = print_place(p, thing);
	if (!err && thing->has_object)
		err = print_history(p, thing);
	return err ? err : print_content_words(p, thing);
}
