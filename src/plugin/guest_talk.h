/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest_talk.h: the child's side of talks: holders that it is asked about, rows that it asks for. */
#ifndef KL_PLUGIN_GUEST_TALK_H
#define KL_PLUGIN_GUEST_TALK_H

#include <stdbool.h>

#include "kleak/plugin.h"
#include "plugin/child.h"

/** kl_guest_next_holder() - wait for the next holder to name; false when there are no more.
 * @record: memory for the strings of @ret. */
bool kl_guest_next_holder(struct kl_outbox *outbox, struct kl_strbuf *record, struct kleak_holder *ret);

typedef int kl_guest_row_fn(const struct kleak_host *host, const struct kleak_row *row, void *context);

/** kl_guest_each_row() - kleak_host.each_row: ask for the rows of @view, and give them to @fn. */
int kl_guest_each_row(struct kl_outbox *outbox, const struct kleak_host *host, const char *view, kl_guest_row_fn *fn,
		      void *context);

/** kl_guest_value() - kleak_host.value. */
const struct kleak_value *kl_guest_value(const struct kleak_host *host, const struct kleak_row *row,
					 const char *column);

#endif
