/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reader_private.h: what the files that implement reader.h share. */
#ifndef KL_STORE_READER_PRIVATE_H
#define KL_STORE_READER_PRIVATE_H

#include "store/rows.h"
#include "store/sql.h"
#include "util/strbuf.h"
#include "util/vec.h"

/* A stack put together from several: frames, and the strings that they point into. */
struct kl_named_stack {
	KL_VEC(struct kl_store_frame) frames;
	KL_VEC(char *) strings;
};

void kl_named_stack_deinit(struct kl_named_stack *named);

struct kl_reader {
	struct kl_store *store;
	/* Asked for again and again. */
	sqlite3_stmt *stack_statement;
	sqlite3_stmt *better_statement;
	sqlite3_stmt *namesakes_statement;
	/* The stack read last: its strings, and frames that point into them. */
	struct kl_strbuf text;
	KL_VEC(struct kl_store_frame) frames;
	KL_VEC(size_t) offsets;
	struct kl_named_stack named;
};

/* What kl_reader_each_finding() reads, and what it takes as its context. */
#define KL_SELECT_FINDINGS                                                                                           \
	"SELECT f.address, f.size, f.class, f.verdict, f.reason, f.head, f.comm, f.pid, f.jiffies, f.age_ms, "       \
	"f.stack_id, f.checksum_state, s.normal_hash, s.address_hash, s.top_frame, c.file || ':' || c.line, "        \
	"f.site_deduced, cache.text, type.text, f.found, f.needed, f.parent, f.retained_objects, f.retained_bytes, " \
	"f.unref_scans, f.content, f.dumps "                                                                         \
	"FROM t_finding f JOIN t_stack s ON s.id = f.stack_id LEFT JOIN t_site c ON c.id = f.site_id "               \
	"LEFT JOIN t_text cache ON cache.id = f.cache LEFT JOIN t_text type ON type.id = f.type "

struct kl_finding_call {
	struct kl_error *(*fn)(void *context, const struct kl_store_finding *finding);
	void *context;
};

struct kl_error *kl_reader_each_finding(struct kl_columns *c, void *context);

#endif
