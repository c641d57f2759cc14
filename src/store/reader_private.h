/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reader_private.h: what the files that implement reader.h share. */
#ifndef KL_STORE_READER_PRIVATE_H
#define KL_STORE_READER_PRIVATE_H

#include "store/rows.h"
#include "store/sql.h"
#include "util/strbuf.h"
#include "util/vec.h"

struct kl_reader {
	struct kl_store *store;
	/* Asked for again and again. */
	sqlite3_stmt *stack_statement;
	sqlite3_stmt *better_statement;
	/* The stack read last: its strings, and frames that point into them. */
	struct kl_strbuf text;
	KL_VEC(struct kl_store_frame) frames;
	KL_VEC(size_t) offsets;
};

#endif
