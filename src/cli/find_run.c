/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/find_run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analysis/record.h"

bool kl_cli_is_number(const char *text)
{
	return *text && strspn(text, "0123456789") == strlen(text);
}

/* The run of the dump at @path: one that is stored, or a new one. */
static struct kl_error *run_of_dump(struct kl_cli *cli, struct kl_store *store, struct kl_reader *reader,
				    const char *vmlinux, const char *path, int64_t *ret)
{
	_cleanup_free_ char *absolute = realpath(path, NULL);
	_cleanup_strbuf_ struct kl_strbuf description = {};
	struct kl_settings settings;
	struct kl_analysis_options options = {.settings = &settings,
					      .dumps = &path,
					      .n_dumps = 1,
					      .vmlinux = vmlinux,
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
