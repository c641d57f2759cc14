/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/query_input.h"

#include <errno.h>
#include <string.h>

#include "util/cleanup.h"

#define SQL_MAX (1 << 20)
#define INTEGER_DIGITS 15

static const struct {
	const char *name, *summary, *sql;
} named[] = {
#define KL_QUERY(name, summary, sql) {name, summary, sql},
#include "cli/named_queries.def"
#undef KL_QUERY
};

const char *kl_query_named(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(named) / sizeof(*named); i++) {
		if (!strcmp(named[i].name, name))
			return named[i].sql;
	}
	return NULL;
}

void kl_query_list(FILE *out)
{
	size_t i;

	for (i = 0; i < sizeof(named) / sizeof(*named); i++)
		fprintf(out, "%-10s  %s\n", named[i].name, named[i].summary);
}

struct kl_error *kl_query_read(const char *path, struct kl_strbuf *ret)
{
	_cleanup_fclose_ FILE *file = strcmp(path, "-") != 0 ? fopen(path, "re") : NULL;
	FILE *in = strcmp(path, "-") != 0 ? file : stdin;
	char buffer[4096];
	size_t n;

	if (!in)
		return kl_error_from_errno(errno, "%s", path);
	while ((n = fread(buffer, 1, sizeof(buffer), in)) > 0 && ret->length <= SQL_MAX) {
		if (memchr(buffer, 0, n))
			return kl_error_create(KL_ERROR_USAGE, "%s: not a text", path);
		kl_strbuf_append(ret, buffer, n);
	}
	if (ferror(in))
		return kl_error_from_errno(errno, "%s", path);
	if (ret->length > SQL_MAX)
		return kl_error_create(KL_ERROR_USAGE, "%s: longer than a statement can be", path);
	return ret->failed ? kl_error_nomem() : NULL;
}

static bool is_integer(const char *text)
{
	const char *digits = text + (*text == '-');
	size_t n = strspn(digits, "0123456789");

	return n && n <= INTEGER_DIGITS && !digits[n] && (*digits != '0' || n == 1);
}

/* The value for the parameter @name, which begins with its mark; NULL for none. */
static const char *find_value(const struct kl_query_parameters *parameters, const char *name)
{
	size_t length = strlen(name + 1);
	const char **text;

	kl_vec_for_each (text, &parameters->texts) {
		if (!strncmp(*text, name + 1, length) && (*text)[length] == '=')
			return *text + length + 1;
	}
	return NULL;
}

static struct kl_error *check_all_taken(const struct kl_query_parameters *parameters, sqlite3_stmt *stmt)
{
	const char **text;
	int i;

	kl_vec_for_each (text, &parameters->texts) {
		const char *end = strchr(*text, '=');
		bool found = false;

		if (!end || end == *text)
			return kl_error_create(KL_ERROR_USAGE, "--param is NAME=VALUE, not \"%s\"", *text);
		for (i = 1; i <= sqlite3_bind_parameter_count(stmt) && !found; i++) {
			const char *name = sqlite3_bind_parameter_name(stmt, i);

			found = name && strlen(name + 1) == (size_t)(end - *text) &&
				!strncmp(name + 1, *text, (size_t)(end - *text));
		}
		if (!found)
			return kl_error_create(KL_ERROR_USAGE, "--param %s: the SQL has no such parameter", *text);
	}
	return NULL;
}

struct kl_error *kl_query_bind(const struct kl_query_parameters *parameters, sqlite3_stmt *stmt)
{
	struct kl_error *err = check_all_taken(parameters, stmt);
	const char *name, *value;
	int i, status;

	for (i = 1; i <= sqlite3_bind_parameter_count(stmt) && !err; i++) {
		name = sqlite3_bind_parameter_name(stmt, i);
		value = name ? find_value(parameters, name) : NULL;
		if (!value)
			return kl_error_create(KL_ERROR_USAGE,
					       "SQL: the parameter %s has no value (--param NAME=VALUE)",
					       name ? name : "?");
		status = is_integer(value) ? sqlite3_bind_int64(stmt, i, strtoll(value, NULL, 10))
					   : sqlite3_bind_text(stmt, i, value, -1, SQLITE_STATIC);
		if (status != SQLITE_OK)
			err = kl_error_nomem();
	}
	return err;
}
