/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A dump analyzed and stored, in a file of its own when nothing else is left. */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "analysis/record.h"

/* A name beside @path that nothing has yet. */
static char *unused_name_beside(const char *path)
{
	struct stat st;
	char *name;
	int i;

	for (i = 1; i < 1000; i++) {
		if (asprintf(&name, "%s.%d", path, i) < 0)
			return NULL;
		if (lstat(name, &st) < 0 && errno == ENOENT)
			return name;
		free(name);
	}
	return NULL;
}

/* Somebody does not let go of the database: what took so long to find out is stored in a file of its own. Takes @busy,
 * and returns what to tell the user. */
static struct kl_error *record_beside(struct kl_analysis *a, const char *path, struct kl_error *busy)
{
	_cleanup_(kl_store_closep) struct kl_store *store = NULL;
	_cleanup_free_ char *name = unused_name_beside(path);
	_cleanup_error_ struct kl_error *reason = busy;
	struct kl_error *err;
	int64_t run;

	if (!name)
		return kl_error_nomem();
	err = kl_store_open(name, KL_STORE_WRITE, a->opened.options->progress, &store);
	if (!err)
		err = kl_record_analysis(a, store, &run);
	if (err)
		return kl_error_prepend(err, "%s; storing the run beside it", kl_error_message(reason));
	return kl_error_create(KL_ERROR_BUSY,
			       "%s; the run was stored in %s instead: `kleak-dump merge %s %s` adds it, `kleak-dump "
			       "report --db %s` shows it until then",
			       kl_error_message(reason), name, path, name, name);
}

struct kl_error *kl_record_dump(const struct kl_analysis_options *options, struct kl_store *store, int64_t *ret_run,
				struct kl_analysis **ret_analysis)
{
	_cleanup_(kl_analysis_destroyp) struct kl_analysis *a = NULL;
	struct kl_error *err = kl_analysis_run(options, &a);

	if (!err)
		err = kl_record_analysis(a, store, ret_run);
	if (err && a && kl_error_code(err) == KL_ERROR_BUSY)
		err = record_beside(a, kl_store_path(store), err);
	if (!err && ret_analysis)
		*ret_analysis = kl_take(a);
	return err;
}
