/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/find_run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analysis/record.h"
#include "cli/advice.h"

bool kl_cli_is_number(const char *text)
{
	return *text && strspn(text, "0123456789") == strlen(text);
}

/* The run of the dump at @path: one that is stored, or a new one. */
static struct kl_error *run_of_dump(struct kl_cli *cli, struct kl_store *store, struct kl_reader *reader,
				    const char *vmlinux, const char *path, int64_t *ret)
{
	_cleanup_free_ char *absolute = realpath(path, NULL);
	_cleanup_(kl_plugins_deinit) struct kl_plugins plugins = {};
	_cleanup_strbuf_ struct kl_strbuf description = {};
	struct kl_settings settings;
	struct kl_analysis_options options = {.settings = &settings,
					      .dumps = &path,
					      .n_dumps = 1,
					      .vmlinux = vmlinux,
					      .plugins = &plugins,
					      .progress = &cli->progress,
					      .give_up = kl_cli_give_up(cli)};
	struct kl_error *err;
	struct stat st;

	kl_settings_init(&settings);
	kl_settings_describe(&settings, &description);
	if (!absolute || stat(absolute, &st) < 0)
		return kl_error_from_errno(errno, "%s", path);
	err = kl_reader_find_run(reader, absolute, st.st_size, (int64_t)st.st_mtim.tv_sec * 1000000000,
				 kl_policy_name(settings.policy), kl_strbuf_string(&description), ret);
	if (err || *ret)
		return err;
	err = kl_cli_plugins(cli, NULL, &plugins);
	if (!err)
		err = kl_record_dump(&options, store, ret, NULL);
	kl_cli_progress_clear();
	return err;
}

struct kl_error *kl_cli_find_run(struct kl_cli *cli, struct kl_store *store, struct kl_reader *reader,
				 const char *vmlinux, const char *side, int64_t *ret)
{
	if (kl_cli_is_number(side))
		return kl_cli_number(side, "A run", ret);
	return run_of_dump(cli, store, reader, vmlinux, side, ret);
}

/* Number @back from the end of all runs. */
static struct kl_error *find_latest(struct kl_reader *reader, int64_t back, int64_t *ret)
{
	_cleanup_free_ int64_t *ids = NULL;
	struct kl_error *err;
	size_t count;

	err = kl_reader_run_ids(reader, &ids, &count);
	if (err)
		return err;
	if ((uint64_t)back >= count)
		return kl_error_create(KL_ERROR_NOT_FOUND, "there is no run latest~%lld: %zu are stored",
				       (long long)back, count);
	*ret = ids[count - 1 - (size_t)back];
	return NULL;
}

static struct kl_error *find_run_of_path(struct kl_reader *reader, const char *path, int64_t *ret)
{
	_cleanup_free_ char *absolute = realpath(path, NULL);
	_cleanup_free_ int64_t *ids = NULL;
	struct kl_error *err;
	size_t count, i;

	err = kl_reader_run_ids(reader, &ids, &count);
	for (i = count; !err && i--;) {
		struct kl_store_run run;
		bool found;

		err = kl_reader_run(reader, ids[i], &run);
		if (err)
			return err;
		found = !strcmp(run.dump, absolute ? absolute : path);
		kl_store_run_deinit(&run);
		if (found) {
			*ret = ids[i];
			return NULL;
		}
	}
	return err ? err
		   : kl_error_create(KL_ERROR_NOT_FOUND, "no run of %s is stored; `kleak-dump analyze` makes one",
				     path);
}

struct kl_error *kl_cli_stored_run(struct kl_reader *reader, const char *text, int64_t *ret)
{
	static const char latest[] = "latest";
	const char *back = text ? text + strlen(latest) : NULL;
	int64_t number;

	*ret = 0;
	if (!text)
		return NULL;
	if (kl_cli_is_number(text))
		return kl_cli_number(text, "RUN", ret);
	if (strncmp(text, latest, strlen(latest)) != 0 || (*back && *back != '~'))
		return find_run_of_path(reader, text, ret);
	if (!*back)
		return find_latest(reader, 0, ret);
	if (!kl_cli_is_number(back + 1))
		return kl_error_create(KL_ERROR_USAGE, "RUN is a number, latest or latest~N, not \"%s\"", text);
	errno = 0;
	number = strtoll(back + 1, NULL, 10);
	return errno ? kl_error_create(KL_ERROR_USAGE, "RUN: no such number: \"%s\"", text)
		     : find_latest(reader, number, ret);
}
