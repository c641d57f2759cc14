/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reader_private.h: what the files that implement reader.h share. */
#ifndef KL_STORE_READER_PRIVATE_H
#define KL_STORE_READER_PRIVATE_H

#include "store/reader.h"
#include "store/sql.h"

/** kl_reader_each_row() - run @sql, whose first parameter is @run_id, and call @each for every row, with the columns
 * not yet taken. */
struct kl_error *kl_reader_each_row(struct kl_reader *r, const char *sql, int64_t run_id,
				    struct kl_error *(*each)(struct kl_columns *c, void *context), void *context);

#endif
