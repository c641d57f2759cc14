/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/why_print.h"

#include <inttypes.h>
#include <string.h>

#include "report/frames.h"
#include "report/human.h"
#include "report/word_json.h"
#include "report/word_text.h"

/* Words of one class that are named; the rest is counted. */
#define WORDS_SHOWN 8

/* ---- JSON ---- */

static bool is_alike(const struct kl_store_word *a, const struct kl_store_word *b, bool why)
{
	return !strcmp(a->class_, b->class_) && (!why || !strcmp(a->why, b->why));
}

/* Is words[at] the first one of its class (@why: and its meaning)? How many are there of it? */
static bool begins_class(const struct kl_store_answer *a, size_t at, bool why, size_t *ret)
{
	size_t i;

	*ret = 0;
	for (i = 0; i < a->words.count; i++) {
		if (!is_alike(&a->words.data[i], &a->words.data[at], why))
			continue;
		if (i < at)
			return false;
		++*ret;
	}
	return true;
}

static void emit_classes(struct kl_emitter *e, const struct kl_store_answer *a)
{
	size_t i, count;

	kl_emit_object(e, "classes");
	for (i = 0; i < a->words.count; i++) {
		if (begins_class(a, i, false, &count))
			kl_emit_int(e, a->words.data[i].class_, (int64_t)count);
	}
	kl_emit_end(e);
}

/* Registers and lists that are known otherwise are no words of memory. */
static int64_t count_in_memory(const struct kl_store_answer *a)
{
	const struct kl_store_word *word;
	int64_t n = 0;

	kl_vec_for_each (word, &a->words)
		n += word->in_memory;
	return n;
}

static void emit_answer(struct kl_emitter *e, const struct kl_store_answer *a)
{
	const struct kl_store_word *word;

	kl_emit_object(e, NULL);
	kl_emit_asked_object(e, &a->object);
	kl_emit_array(e, "chain");
	kl_vec_for_each (word, &a->chain)
		kl_emit_word(e, word);
	kl_emit_end(e);
	kl_emit_bool(e, "searched", a->searched);
	if (a->searched) {
		kl_emit_int(e, "words_found", count_in_memory(a));
		emit_classes(e, a);
	}
	kl_emit_array(e, "words");
	kl_vec_for_each (word, &a->words)
		kl_emit_word(e, word);
	kl_emit_end(e);
	kl_emit_end(e);
}

/* ---- text ---- */

static struct kl_error *print_why_line(const struct kl_why_print *p, const struct kl_strbuf *sb)
{
	if (sb->failed)
		return kl_error_nomem();
	fprintf(p->out, "%s\n", kl_strbuf_string(sb));
	return NULL;
}

static struct kl_error *print_object_asked(const struct kl_why_print *p, const struct kl_store_object *o)
{
	_cleanup_strbuf_ struct kl_strbuf sb = {};

	kl_strbuf_printf(&sb, "0x%016" PRIx64 ": ", o->address);
	kl_human_bytes(&sb, (int64_t)o->size);
	if (o->class_ != KLEAK_CLASS_VIRTUAL)
		kl_strbuf_printf(&sb, ", %s", kl_store_class_name(o->class_));
	kl_text_labeled(&sb, ", struct ", o->type);
	kl_text_labeled(&sb, " in ", o->cache);
	kl_text_labeled(&sb, ", allocated by ", o->allocator);
	kl_strbuf_printf(&sb, "\n%s%s%s", p->color ? KL_COLOR_BOLD : "", o->verdict, p->color ? KL_COLOR_NORMAL : "");
	kl_text_labeled(&sb, ": ", o->reason);
	return print_why_line(p, &sb);
}

static struct kl_error *print_chain(const struct kl_why_print *p, const struct kl_store_answer *a)
{
	const struct kl_store_word *word;
	struct kl_error *err = NULL;

	if (a->chain.count)
		fputs("It is reached through\n", p->out);
	kl_vec_for_each (word, &a->chain) {
		if (!err)
			err = kl_print_word(p->out, "  ", word);
	}
	return err;
}

static struct kl_error *print_class(const struct kl_why_print *p, const struct kl_store_answer *a, size_t first,
				    size_t count)
{
	size_t shown = 0, i;

	fprintf(p->out, "  %zu %s: %s\n", count, a->words.data[first].class_, a->words.data[first].why);
	for (i = first; i < a->words.count; i++) {
		struct kl_error *err;

		if (!is_alike(&a->words.data[i], &a->words.data[first], true))
			continue;
		if (shown == WORDS_SHOWN && !p->all) {
			fprintf(p->out, "    and %zu more (-v names them)\n", count - shown);
			return NULL;
		}
		err = kl_print_word(p->out, "    ", &a->words.data[i]);
		if (err)
			return err;
		shown++;
	}
	return NULL;
}

static void print_count(const struct kl_why_print *p, const struct kl_store_answer *a)
{
	const struct kl_store_word *word;
	int64_t found = count_in_memory(a);
	size_t counting = 0;

	kl_vec_for_each (word, &a->words)
		counting += word->counts;
	if (!found && !a->words.count)
		fprintf(p->out, "No word %s holds its address, or one inside it.\n",
			a->searched ? "in the whole dump" : "that the marking looked at");
	else
		fprintf(p->out, "%" PRId64 " %s %s %s its address, or one inside it; %zu of them %s:\n", found,
			found == 1 ? "word" : "words", a->searched ? "of the dump" : "that the marking looked at",
			found == 1 ? "holds" : "hold", counting, counting == 1 ? "counts" : "count");
}

static struct kl_error *print_words_found(const struct kl_why_print *p, const struct kl_store_answer *a)
{
	struct kl_error *err = NULL;
	size_t i, count;

	if (!a->searched && !a->words.count && a->chain.count)
		return NULL;
	print_count(p, a);
	for (i = 0; i < a->words.count && !err; i++) {
		if (begins_class(a, i, true, &count))
			err = print_class(p, a, i, count);
	}
	return err;
}

/* ---- together ---- */

void kl_why_begin(struct kl_why_print *p)
{
	if (!p->json && p->note) {
		_cleanup_strbuf_ struct kl_strbuf sb = {};

		kl_text_labeled(&sb, "", p->note);
		fprintf(p->out, "%s\nFrom the database, which only knows what a scan sees:\n\n", kl_strbuf_string(&sb));
	}
	if (!p->json)
		return;
	p->emitter.out = p->out;
	kl_emit_answer_begin(&p->emitter, p->run_id);
	if (p->note)
		kl_emit_string(&p->emitter, "note", p->note);
	kl_emit_array(&p->emitter, "answers");
}

struct kl_error *kl_why_answer(struct kl_why_print *p, const struct kl_store_answer *answer)
{
	struct kl_error *err;

	if (p->json) {
		emit_answer(&p->emitter, answer);
		return NULL;
	}
	if (p->answers++)
		putc('\n', p->out);
	err = print_object_asked(p, &answer->object);
	if (!err)
		err = print_chain(p, answer);
	return err ? err : print_words_found(p, answer);
}

void kl_why_end(struct kl_why_print *p)
{
	if (!p->json)
		return;
	kl_emit_end(&p->emitter);
	kl_emit_end(&p->emitter);
}
