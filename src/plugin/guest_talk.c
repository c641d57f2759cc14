/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/guest_talk.h"

#include <string.h>

#include "plugin/wire.h"

bool kl_guest_next_holder(struct kl_outbox *outbox, struct kl_strbuf *record, struct kleak_holder *ret)
{
	uint32_t kind;

	return kl_outbox_hear(outbox, &kind, record) && kind == KL_WIRE_HOLDER && kl_wire_get_holder(record, ret);
}

/* A view being read. */
struct reading {
	const struct kleak_host *host;
	kl_guest_row_fn *fn;
	void *context;
	struct kl_strbuf heading; /* the names' memory */
	struct kl_wire_names names;
	struct kl_wire_values values;
};

static int give_row(struct reading *r, const struct kl_strbuf *record)
{
	struct kleak_row row = {.size_of_this = sizeof(row)};

	if (!kl_wire_get_values(record, &r->values) || r->values.list.count != r->names.list.count)
		return -1;
	row.count = (uint32_t)r->values.list.count;
	row.columns = r->names.list.data;
	row.values = r->values.list.data;
	return r->fn(r->host, &row, r->context);
}

/* What the plugin does not want to see any more is read all the same: the parent sends it. */
static int read_view(struct reading *r, struct kl_outbox *outbox)
{
	_cleanup_strbuf_ struct kl_strbuf record = {};
	uint32_t kind;
	int status = 0;

	while (kl_outbox_hear(outbox, &kind, &record)) {
		switch (kind) {
		case KL_WIRE_COLUMNS:
			kl_strbuf_append(&r->heading, record.data, record.length);
			if (r->heading.failed || !kl_wire_get_names(&r->heading, &r->names))
				return -1;
			break;
		case KL_WIRE_ROW:
			if (!status)
				status = give_row(r, &record);
			break;
		case KL_WIRE_END:
			return status;
		default:
			return -1;
		}
	}
	return -1;
}

int kl_guest_each_row(struct kl_outbox *outbox, const struct kleak_host *host, const char *view, kl_guest_row_fn *fn,
		      void *context)
{
	struct reading r = {.host = host, .fn = fn, .context = context};
	int status;

	kl_outbox_put(outbox, KL_RECORD_VIEW, view, strlen(view));
	status = read_view(&r, outbox);
	kl_strbuf_deinit(&r.heading);
	kl_vec_deinit(&r.names.list);
	kl_vec_deinit(&r.values.list);
	return status;
}

const struct kleak_value *kl_guest_value(const struct kleak_host *host, const struct kleak_row *row, const char *column)
{
	static const struct kleak_value unknown = {.kind = KLEAK_NULL, .text = ""};
	uint32_t i;

	(void)host;
	for (i = 0; i < row->count; i++) {
		if (!strcmp(row->columns[i], column))
			return &row->values[i];
	}
	return &unknown;
}
