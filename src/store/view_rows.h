/* SPDX-License-Identifier: GPL-2.0-or-later */
/* view_rows.h: what the public views (docs/schema.md) say of one run, for those who take them as they are. */
#ifndef KL_STORE_VIEW_ROWS_H
#define KL_STORE_VIEW_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/store.h"

enum kl_view_value_kind { KL_VIEW_NULL, KL_VIEW_INTEGER, KL_VIEW_REAL, KL_VIEW_TEXT };

struct kl_view_value {
	enum kl_view_value_kind kind;
	int64_t integer;
	double real;
	const char *text; /* of numbers, too; "" for NULL */
	size_t length;    /* of the text, in bytes */
};

/* Who takes them. Everything is valid during the call; an error ends the reading. */
struct kl_view_visitor {
	struct kl_error *(*columns)(void *context, const char *const *names, size_t n); /* once, before the rows */
	struct kl_error *(*row)(void *context, const struct kl_view_value *values, size_t n);
	void *context;
};

/** kl_view_rows() - all rows of view @view that belong to run @run_id, in an order that is always the same: of stacks
 * and frames those of its objects.
 * *@known is false when there is no such view.
 * Errors: KL_ERROR_DATABASE, those of @visitor. */
struct kl_error *kl_view_rows(struct kl_store *store, const char *view, int64_t run_id,
			      const struct kl_view_visitor *visitor, bool *known);

#endif
