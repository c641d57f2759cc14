/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/plugin_report.h"

#include <errno.h>

#include "plugin/hand_over.h"
#include "store/view_rows.h"
#include "util/escape.h"

struct handing {
	const struct kl_plugin_report *report;
	struct kl_plugin_rows *to;
	KL_VEC(struct kleak_value) values;
	struct kl_strbuf line; /* for a terminal: what is not a whole line yet */
};

/* ---- rows ---- */

static struct kl_error *hand_columns(void *context, const char *const *names, size_t n)
{
	return kl_plugin_columns(((struct handing *)context)->to, names, n);
}

static struct kleak_value as_plugins_see(const struct kl_view_value *v)
{
	static const enum kleak_value_kind kinds[] = {
		[KL_VIEW_NULL] = KLEAK_NULL,
		[KL_VIEW_INTEGER] = KLEAK_INTEGER,
		[KL_VIEW_REAL] = KLEAK_REAL,
		[KL_VIEW_TEXT] = KLEAK_TEXT,
	};

	return (struct kleak_value){.kind = kinds[v->kind],
				    .length = (uint32_t)v->length,
				    .integer = v->integer,
				    .real = v->real,
				    .text = v->text};
}

static struct kl_error *hand_row(void *context, const struct kl_view_value *values, size_t n)
{
	struct handing *h = context;
	size_t i;

	h->values.count = 0;
	if (!kl_vec_reserve(&h->values, n))
		return kl_error_nomem();
	for (i = 0; i < n; i++)
		h->values.data[h->values.count++] = as_plugins_see(&values[i]);
	return kl_plugin_row(h->to, h->values.data, n);
}

static struct kl_error *hand_view(void *context, const char *view, struct kl_plugin_rows *to, bool *known)
{
	struct handing *h = context;
	const struct kl_view_visitor visitor = {.columns = hand_columns, .row = hand_row, .context = h};

	h->to = to;
	return kl_view_rows(h->report->store, view, h->report->run->id, &visitor, known);
}

/* ---- bytes ---- */

static void write_line(struct handing *h)
{
	_cleanup_strbuf_ struct kl_strbuf harmless = {};

	kl_escape_terminal(&harmless, h->line.data, h->line.length);
	fputs(kl_strbuf_string(&harmless), h->report->out);
	kl_strbuf_reset(&h->line);
}

/* Lines and tabs are the plugin's, whatever else a terminal would act on may be the dump's. */
static void write_harmless(struct handing *h, const unsigned char *bytes, size_t length)
{
	size_t i;

	for (i = 0; i < length; i++) {
		if (bytes[i] != '\n' && bytes[i] != '\t') {
			kl_strbuf_putc(&h->line, (char)bytes[i]);
			continue;
		}
		write_line(h);
		putc(bytes[i], h->report->out);
	}
}

static struct kl_error *write_output(void *context, const unsigned char *bytes, size_t length)
{
	struct handing *h = context;
	FILE *out = h->report->out;

	errno = 0;
	if (h->report->terminal)
		write_harmless(h, bytes, length);
	else
		fwrite(bytes, 1, length, out);
	return ferror(out) ? kl_error_from_errno(errno ? errno : EIO, "what a plugin wrote") : NULL;
}

struct kl_error *kl_plugin_report_write(const struct kl_plugin_report *report, const struct kl_plugins *plugins,
					struct kl_plugin *p, uint32_t capability)
{
	struct handing h = {.report = report};
	const struct kl_plugin_run run = {
		.release = report->run->release ? report->run->release : "",
		.machine = report->run->arch ? report->run->arch : "",
		.rows = hand_view,
		.write = write_output,
		.context = &h,
	};
	struct kl_error *err = kl_plugin_hand_over(plugins, p, capability, &run, report->progress);

	if (h.line.length)
		write_line(&h);
	kl_vec_deinit(&h.values);
	kl_strbuf_deinit(&h.line);
	return err;
}
