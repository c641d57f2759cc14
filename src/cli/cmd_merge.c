/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "cli/cli.h"
#include "report/human.h"
#include "report/run_json.h"
#include "store/merge.h"

const char kl_help_merge[] =
	"usage: kleak-dump merge [--json] OUT DB...\n"
	"Copies the runs of the databases DB into OUT, which is made when it does not exist. Runs get new numbers;\n"
	"where they come from is in the columns origin and origin_run of the view `runs`. A run that OUT has already\n"
	"is left out, so that the same can be merged again, and OUT may be among the DBs.\n"
	"\n"
	"The DBs are only read. Each one is a transaction of its own: one that cannot be read is named, and changes\n"
	"nothing.\n"
	"\n"
	"Exit codes: 0; 3 when a database could not be merged.\n"
	"\n"
	"  kleak-dump merge all.db machines/*.db && kleak-dump query --db all.db top-sites\n";

struct totals {
	int64_t added, known;
	size_t failed;
};

static void print_merged(struct kl_cli *cli, struct kl_emitter *e, const char *path,
			 const struct kl_merge_counts *counts, const struct kl_error *err)
{
	_cleanup_strbuf_ struct kl_strbuf sb = {};

	if (cli->json) {
		kl_emit_object(e, NULL);
		kl_emit_string(e, "database", path);
		if (err) {
			kl_emit_string(e, "error", kl_error_message(err));
		} else {
			kl_emit_int(e, "added", counts->added);
			kl_emit_int(e, "known", counts->known);
		}
		kl_emit_end(e);
		return;
	}
	/* Messages begin with the path. */
	kl_human_text(&sb, err ? kl_error_message(err) : path);
	if (!err) {
		kl_strbuf_puts(&sb, ": ");
		kl_human_count(&sb, counts->added, "run");
		kl_strbuf_puts(&sb, " added");
		if (counts->known)
			kl_strbuf_printf(&sb, ", %lld already there", (long long)counts->known);
	}
	if (err || cli->verbosity >= 0)
		fprintf(e->out, "%s\n", kl_strbuf_string(&sb));
}

static struct kl_error *merge_one(struct kl_cli *cli, struct kl_merge *merge, struct kl_store *to, const char *path,
				  struct kl_merge_counts *counts)
{
	_cleanup_(kl_store_closep) struct kl_store *from = NULL;
	struct kl_error *err = kl_store_open(path, KL_STORE_READ, &cli->progress, &from);

	if (err)
		return err;
	if (kl_store_is_same(to, from))
		return NULL;
	return kl_merge_add(merge, from, NULL, 0, counts);
}

/* Whether the next database has no better chance. */
static bool is_hopeless(const struct kl_error *err)
{
	return kl_error_code(err) == KL_ERROR_NOMEM || kl_error_code(err) == KL_ERROR_INTERRUPTED;
}

static struct kl_error *merge_all(struct kl_cli *cli, struct kl_store *to, struct kl_emitter *e, char **paths, int n,
				  struct totals *totals)
{
	_cleanup_(kl_merge_destroyp) struct kl_merge *merge = NULL;
	struct kl_error *err = kl_merge_create(to, &merge);
	int i;

	if (err)
		return err;
	for (i = 0; i < n; i++) {
		struct kl_merge_counts counts = {};

		err = kl_progress_tick(&cli->progress, "merging", (uint64_t)i, (uint64_t)n);
		if (!err)
			err = merge_one(cli, merge, to, paths[i], &counts);
		if (err && is_hopeless(err))
			return err;
		kl_cli_progress_clear();
		print_merged(cli, e, paths[i], &counts, err);
		totals->added += counts.added;
		totals->known += counts.known;
		totals->failed += err != NULL;
		kl_error_destroy(err);
	}
	return kl_merge_commit(merge);
}

static struct kl_error *print_totals(struct kl_cli *cli, struct kl_emitter *e, int n, const struct totals *totals)
{
	struct kl_error *err;

	if (cli->json) {
		kl_emit_end(e);
		kl_emit_int(e, "added", totals->added);
		kl_emit_int(e, "known", totals->known);
		kl_emit_end(e);
	} else if (n > 1) {
		fprintf(e->out, "%lld runs added, %lld already there\n", (long long)totals->added,
			(long long)totals->known);
	}
	if (!totals->failed)
		return NULL;
	/* The list is whole, and says more than the error does. */
	err = kl_cli_output_end(cli);
	if (err)
		return err;
	cli->error_printed = true;
	return kl_error_create(KL_ERROR_DATABASE, "%zu of %d databases could not be merged", totals->failed, n);
}

struct kl_error *kl_cmd_merge(struct kl_cli *cli, int argc, char **argv, int *ret)
{
	static const struct option options[] = {KL_COMMON_OPTIONS};
	_cleanup_(kl_store_closep) struct kl_store *to = NULL;
	struct totals totals = {};
	struct kl_emitter e = {};
	struct kl_error *err;
	int option;

	while (kl_cli_option(cli, argc, argv, options, &option, &err))
		;
	if (err || cli->help)
		return err;
	if (argc - optind < 2)
		return kl_error_create(KL_ERROR_USAGE, "merge takes a database to write, and one or more to read");
	*ret = KLEAK_EXIT_OK;
	cli->db = argv[optind];
	err = kl_cli_open(cli, KL_STORE_WRITE, &to);
	if (!err)
		err = kl_cli_output(cli, &e.out);
	if (err)
		return err;
	if (cli->json) {
		kl_emit_object(&e, NULL);
		kl_emit_int(&e, "schema_version", KLEAK_VIEW_VERSION);
		kl_emit_array(&e, "databases");
	}
	err = merge_all(cli, to, &e, argv + optind + 1, argc - optind - 1, &totals);
	return err ? err : print_totals(cli, &e, argc - optind - 1, &totals);
}
