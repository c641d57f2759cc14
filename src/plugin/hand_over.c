/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/hand_over.h"

#include <string.h>

#include "plugin/child.h"
#include "plugin/guest.h"
#include "plugin/wire.h"

struct kl_plugin_rows {
	struct kl_plugin *plugin;
	const struct kl_plugin_run *run;
	struct kl_talk *talk;
	struct kl_strbuf view;   /* asked for */
	struct kl_strbuf record; /* being sent */
	struct kl_error *err;    /* of run->write */
};

static enum kl_taken take_output(struct kl_plugin_rows *r, const unsigned char *bytes, size_t length,
				 struct kl_strbuf *why)
{
	r->err = r->run->write(r->run->context, bytes, length);
	r->plugin->written += length;
	if (!r->err)
		return KL_TAKEN;
	kl_strbuf_puts(why, "what it wrote could not be written");
	return KL_TAKEN_NONSENSE;
}

static enum kl_taken take_record_of_run(void *context, uint32_t kind, const unsigned char *bytes, size_t length,
					struct kl_strbuf *why)
{
	struct kl_plugin_rows *r = context;

	switch (kind) {
	case KL_RECORD_VIEW:
		kl_strbuf_reset(&r->view);
		kl_strbuf_append(&r->view, bytes, strnlen((const char *)bytes, length));
		return KL_TAKEN_ANSWER;
	case KL_RECORD_OUTPUT:
		return take_output(r, bytes, length, why);
	case KL_RECORD_ERROR:
		kl_strbuf_append(why, bytes, length);
		return KL_TAKEN_NONSENSE;
	default:
		kl_strbuf_puts(why, "it sent what is no record");
		return KL_TAKEN_NONSENSE;
	}
}

static struct kl_error *tell_record(struct kl_plugin_rows *to, uint32_t kind)
{
	if (to->record.failed)
		return kl_error_nomem();
	return kl_child_tell(to->talk, kind, to->record.data, to->record.length);
}

struct kl_error *kl_plugin_columns(struct kl_plugin_rows *to, const char *const *names, size_t n)
{
	size_t i;

	kl_strbuf_reset(&to->record);
	for (i = 0; i < n; i++)
		kl_strbuf_append(&to->record, names[i], strlen(names[i]) + 1);
	return tell_record(to, KL_WIRE_COLUMNS);
}

struct kl_error *kl_plugin_row(struct kl_plugin_rows *to, const struct kleak_value *values, size_t n)
{
	size_t i;

	kl_strbuf_reset(&to->record);
	for (i = 0; i < n; i++)
		kl_wire_put_value(&to->record, &values[i]);
	to->plugin->rows++;
	return tell_record(to, KL_WIRE_ROW);
}

/* Answers questions for rows until there are none. */
static struct kl_error *answer_plugin(struct kl_plugin_rows *r)
{
	struct kl_error *err;
	bool asked, known;

	for (;;) {
		err = kl_child_listen(r->talk, &asked);
		if (err || !asked)
			return err;
		err = r->run->rows(r->run->context, kl_strbuf_string(&r->view), r, &known);
		if (!err)
			err = kl_child_tell(r->talk, known ? KL_WIRE_END : KL_WIRE_NO_VIEW, NULL, 0);
		if (err)
			return err;
	}
}

struct kl_error *kl_plugin_hand_over(const struct kl_plugins *plugins, struct kl_plugin *p, uint32_t capability,
				     const struct kl_plugin_run *run, const struct kl_progress *progress)
{
	const struct kl_plugin_world world = {.release = run->release, .machine = run->machine};
	const struct kl_guest guest = {.plugin = p, .world = &world, .capability = capability};
	struct kl_plugin_rows rows = {.plugin = p, .run = run};
	const struct kl_child child = {
		.run = kl_guest_run,
		.task = &guest,
		.take = take_record_of_run,
		.context = &rows,
		.seconds = plugins->seconds,
		.progress = progress,
	};
	_cleanup_strbuf_ struct kl_strbuf why = {};
	struct kl_error *err = kl_child_start(&child, &rows.talk);

	if (!err)
		err = answer_plugin(&rows);
	kl_child_end(rows.talk, &why);
	kl_strbuf_deinit(&rows.view);
	kl_strbuf_deinit(&rows.record);
	if (rows.err) {
		kl_error_destroy(err);
		return rows.err;
	}
	if (!err && why.length)
		kl_plugin_end(p, KL_PLUGIN_FAILED, kl_strbuf_string(&why));
	return err;
}
