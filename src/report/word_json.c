/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/word_json.h"

#include <string.h>

void kl_emit_answer_begin(struct kl_emitter *e, int64_t run_id)
{
	kl_emit_object(e, NULL);
	kl_emit_int(e, "schema_version", KLEAK_VIEW_VERSION);
	if (run_id)
		kl_emit_int(e, "run_id", run_id);
}

static void emit_if_known(struct kl_emitter *e, const char *name, const char *value)
{
	if (value)
		kl_emit_string(e, name, value);
}

static void emit_number_if_known(struct kl_emitter *e, const char *name, int64_t value)
{
	if (value != KL_UNKNOWN)
		kl_emit_int(e, name, value);
}

/* "a,b" as ["a", "b"]. */
static void emit_names(struct kl_emitter *e, const char *name, const char *names)
{
	kl_emit_array(e, name);
	while (names && *names) {
		size_t length = strcspn(names, ",");

		kl_emit_bytes(e, NULL, names, length);
		names += length + (names[length] == ',');
	}
	kl_emit_end(e);
}

void kl_emit_holder(struct kl_emitter *e, const char *name, const struct kl_store_holder *holder)
{
	kl_emit_object(e, name);
	kl_emit_string(e, "kind", holder->kind);
	if (holder->has_address)
		kl_emit_address(e, "address", holder->address);
	emit_number_if_known(e, "offset", holder->offset);
	emit_if_known(e, "name", holder->name);
	emit_if_known(e, "cache", holder->cache);
	emit_if_known(e, "type", holder->type);
	emit_if_known(e, "member", holder->member);
	emit_if_known(e, "allocator", holder->allocator);
	kl_emit_end(e);
}

void kl_emit_word(struct kl_emitter *e, const struct kl_store_word *word)
{
	kl_emit_object(e, NULL);
	kl_emit_address(e, "target", word->target);
	emit_number_if_known(e, "into", word->into);
	if (word->in_memory)
		kl_emit_address(e, "at", word->at);
	if (word->physical != KL_UNKNOWN)
		kl_emit_address(e, "physical", (uint64_t)word->physical);
	kl_emit_string(e, "class", word->class_);
	emit_if_known(e, "why", word->why);
	kl_emit_bool(e, "counts", word->counts);
	emit_names(e, "traits", word->traits);
	emit_if_known(e, "grade", word->grade);
	emit_if_known(e, "doubt", word->doubt);
	kl_emit_holder(e, "holder", &word->holder);
	kl_emit_end(e);
}

void kl_emit_asked_object(struct kl_emitter *e, const struct kl_store_object *object)
{
	kl_emit_address(e, "address", object->address);
	kl_emit_int(e, "size", (int64_t)object->size);
	kl_emit_string(e, "class", kl_store_class_name(object->class_));
	kl_emit_string(e, "verdict", object->verdict);
	kl_emit_bool(e, "finding", object->is_finding);
	emit_if_known(e, "reason", object->reason);
	emit_number_if_known(e, "references", object->count);
	emit_number_if_known(e, "references_needed", object->needed);
	emit_if_known(e, "cache", object->cache);
	emit_if_known(e, "type", object->type);
	emit_if_known(e, "allocator", object->allocator);
}
