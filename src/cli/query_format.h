/* SPDX-License-Identifier: GPL-2.0-or-later */
/* query_format.h: the rows of an SQL statement for people, spreadsheets and programs. */
#ifndef KL_CLI_QUERY_FORMAT_H
#define KL_CLI_QUERY_FORMAT_H

#include <sqlite3.h>
#include <stdio.h>

#include "report/emitter.h"
#include "report/table.h"
#include "util/error.h"

/* A result being printed. */
struct kl_query_output {
	FILE *out;
	sqlite3_stmt *stmt;
	struct kl_table *table; /* of the format that aligns columns; freed by whoever began */
	struct kl_emitter emitter;
	int64_t rows;  /* printed, of the format that separates them */
	bool terminal; /* somebody looks at CSV: control bytes are escaped */
	bool safe;     /* CSV for a spreadsheet: no text is a formula */
};

/* What a format does with a result: @begin knows the columns, @row is called with each row at hand. Rows are printed as
 * they come, however many there are. */
struct kl_query_format {
	const char *name;
	struct kl_error *(*begin)(struct kl_query_output *o);
	struct kl_error *(*row)(struct kl_query_output *o);
	struct kl_error *(*end)(struct kl_query_output *o);
	/* After an error, instead of @end: whether the output says so itself. NULL where nothing can be said. */
	bool (*fail)(struct kl_query_output *o, const struct kl_error *err);
};

/** kl_query_format_find() - "table", "list", "csv", "tsv", "json", "ndjson", "markdown"; NULL for others. */
const struct kl_query_format *kl_query_format_find(const char *name);

#endif
