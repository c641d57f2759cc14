/* SPDX-License-Identifier: GPL-2.0-or-later */
/* query_input.h: where the SQL of `query` comes from, and what is put into it. */
#ifndef KL_CLI_QUERY_INPUT_H
#define KL_CLI_QUERY_INPUT_H

#include <sqlite3.h>
#include <stdio.h>

#include "util/error.h"
#include "util/strbuf.h"
#include "util/vec.h"

/* A parameter of the statement: "NAME=VALUE". */
struct kl_query_parameters {
	KL_VEC(const char *) texts;
};

/** kl_query_named() - the SQL of the query called @name (named_queries.def); NULL when there is none. */
const char *kl_query_named(const char *name);

/** kl_query_list() - print the names of all, and what they tell. */
void kl_query_list(FILE *out);

/** kl_query_read() - append what is in the file @path, "-" for standard input. Errors: KL_ERROR_USAGE above 1 MiB. */
struct kl_error *kl_query_read(const char *path, struct kl_strbuf *ret);

/** kl_query_bind() - give the parameters of @stmt (:NAME, @NAME or $NAME) their values: integers of up to 15 digits are
 * integers, everything else is text, as hashes and addresses are. Errors: KL_ERROR_USAGE for parameters without a
 * value, and for values that no parameter takes. */
struct kl_error *kl_query_bind(const struct kl_query_parameters *parameters, sqlite3_stmt *stmt);

#endif
