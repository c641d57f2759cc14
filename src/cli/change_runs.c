/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/change_runs.h"

#include "cli/find_run.h"
#include "report/human.h"
#include "store/merge.h"
#include "store/reader.h"
#include "store/remove.h"

static struct kl_error *find_named_runs(struct kl_store *store, char **names, size_t n, int64_t *ret)
{
	_cleanup_(kl_reader_destroyp) struct kl_reader *reader = NULL;
	struct kl_error *err = kl_reader_create(store, &reader);
	size_t i;

	for (i = 0; i < n && !err; i++)
		err = kl_cli_stored_run(reader, names[i], &ret[i]);
	return err;
}

/* To copy, the database is only read, and what may be written is the other one. */
static struct kl_error *open_to_change(struct kl_cli *cli, const struct kl_runs_change *change, struct kl_store **ret)
{
	const char *from = cli->db;
	struct kl_error *err;

	if (!change->export_)
		return kl_cli_open(cli, KL_STORE_WRITE, ret);
	cli->db = change->export_;
	err = kl_cli_confine(cli, KL_STORE_WRITE);
	cli->db = from;
	return err ? err : kl_store_open(from, KL_STORE_READ, &cli->progress, ret);
}

static struct kl_error *export_runs(struct kl_cli *cli, struct kl_store *from, const char *path, const int64_t *runs,
				    size_t n, struct kl_merge_counts *ret)
{
	_cleanup_(kl_store_closep) struct kl_store *to = NULL;
	_cleanup_(kl_merge_destroyp) struct kl_merge *merge = NULL;
	struct kl_error *err = kl_store_open(path, KL_STORE_WRITE, &cli->progress, &to);

	if (!err && kl_store_is_same(to, from))
		err = kl_error_create(KL_ERROR_USAGE, "%s: the runs are there already", path);
	if (!err)
		err = kl_merge_create(to, &merge);
	if (!err)
		err = kl_merge_add(merge, from, runs, n, ret);
	if (!err)
		err = kl_merge_commit(merge);
	return err;
}

static struct kl_error *say_what_was_done(struct kl_cli *cli, const char *verb, int64_t n, const char *where,
					  int64_t known)
{
	_cleanup_strbuf_ struct kl_strbuf sb = {};

	if (cli->verbosity < 0)
		return NULL;
	kl_human_count(&sb, n, "run");
	kl_strbuf_printf(&sb, " %s", verb);
	if (where) {
		kl_strbuf_puts(&sb, " to ");
		kl_human_text(&sb, where);
	}
	if (known)
		kl_strbuf_printf(&sb, ", %lld already there", (long long)known);
	fprintf(kl_cli_stdout(cli), "%s\n", kl_strbuf_string(&sb));
	return sb.failed ? kl_error_nomem() : NULL;
}

struct kl_error *kl_cli_change_runs(struct kl_cli *cli, const struct kl_runs_change *change, char **names, size_t n)
{
	_cleanup_(kl_store_closep) struct kl_store *store = NULL;
	_cleanup_free_ int64_t *runs = calloc(n + 1, sizeof(*runs));
	struct kl_merge_counts counts = {};
	struct kl_error *err;

	if (!runs)
		return kl_error_nomem();
	if (!n)
		return kl_error_create(KL_ERROR_USAGE, "which runs? Name them: a number, latest, or a dump");
	err = open_to_change(cli, change, &store);
	if (!err)
		err = find_named_runs(store, names, n, runs);
	if (err)
		return err;
	if (change->export_) {
		err = export_runs(cli, store, change->export_, runs, n, &counts);
		return err ? err : say_what_was_done(cli, "copied", counts.added, change->export_, counts.known);
	}
	if (change->remove) {
		err = kl_store_remove_runs(store, runs, n);
		return err ? err : say_what_was_done(cli, "deleted", (int64_t)n, NULL, 0);
	}
	err = kl_store_label_runs(store, runs, n, *change->label ? change->label : NULL);
	return err ? err : say_what_was_done(cli, "labeled", (int64_t)n, NULL, 0);
}
