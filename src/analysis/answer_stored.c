/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/answer_stored.h"

static struct kl_error *add_finding(void *context, const struct kl_store_finding *f)
{
	struct kl_answers *ret = context;
	struct kl_store_answer *answer = kl_vec_add(&ret->list);
	struct kl_store_object *object;
	struct kl_error *err;

	if (!answer)
		return kl_error_nomem();
	object = &answer->object;
	*object = (struct kl_store_object){
		.address = f->address,
		.size = f->size,
		.class_ = f->class_,
		.verdict = kl_store_verdict_name(f->verdict),
		.is_finding = true,
		.reason = f->reason,
		.count = f->found,
		.needed = f->needed,
		.cache = f->cache,
		.type = f->type,
		.allocator = f->top_frame,
	};
	err = kl_answers_keep(ret, &object->reason);
	if (!err)
		err = kl_answers_keep(ret, &object->cache);
	if (!err)
		err = kl_answers_keep(ret, &object->type);
	return err ? err : kl_answers_keep(ret, &object->allocator);
}

/* Unlike those of an inquiry, all strings belong to the reader. */
static struct kl_error *add_reference(void *context, const struct kl_store_word *word)
{
	struct kl_answers *ret = context;
	struct kl_store_word copy = *word;
	const char **const strings[] = {&copy.class_, &copy.why, &copy.traits, &copy.grade, &copy.holder.kind};
	struct kl_error *err = kl_answers_keep_holder(ret, &copy.holder);
	size_t i;

	for (i = 0; i < sizeof(strings) / sizeof(*strings) && !err; i++)
		err = kl_answers_keep(ret, strings[i]);
	if (!err && !kl_vec_push(&ret->list.data[ret->list.count - 1].words, copy))
		err = kl_error_nomem();
	return err;
}

struct kl_error *kl_answers_add_stored(struct kl_reader *reader, int64_t run_id, uint64_t address,
				       struct kl_answers *ret, bool *found)
{
	struct kl_error *err = kl_reader_finding_at(reader, run_id, address, add_finding, ret, found);

	if (err || !*found)
		return err;
	return kl_reader_references(reader, run_id, ret->list.data[ret->list.count - 1].object.address, false,
				    add_reference, ret);
}
