/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "cli/change_runs.h"
#include "cli/cli.h"
#include "report/table.h"
#include "report/run_json.h"
#include "report/human.h"
#include "store/reader.h"
#include "util/sum.h"

const char kl_help_runs[] =
	"usage: kleak-dump runs [--db FILE] [--json] [-v]\n"
	"       kleak-dump runs --label TEXT | --delete | --export FILE RUN...\n"
	"Lists the runs stored in the database, oldest first. A run is one analysis of one dump.\n"
	"`report`, `diff` and the SQL views name a run by its number. RUN is a number, latest, latest~1 (the one\n"
	"before it), or a dump.\n"
	"\n"
	"  -v             say of each run whose machine it was: host, uptime, boot, label, command line\n"
	"  --label TEXT   call the RUNs so; an empty TEXT takes the label away\n"
	"  --delete       remove the RUNs, and what only they met\n"
	"  --export FILE  copy the RUNs into another database, which is made when it does not exist\n"
	"\n"
	"Exit codes: 0; 3 when a run is damaged, which is said in its place.\n";

static const char *const heading[] = {"run",   "dumped", "release", "arch", "policy", "kmemleak",
				      "leaks", "bytes",  "state",   "host", "label",  "dump"};
#define COLUMNS (sizeof(heading) / sizeof(*heading))
#define STATE_COLUMN (COLUMNS - 4)

/* What the findings of a run add up to. */
struct sums {
	int64_t objects, leaked_objects, leaked_bytes;
};

static struct kl_error *add_group(void *context, const struct kl_store_group *group)
{
	struct sums *sums = context;

	sums->objects = kl_sum(sums->objects, group->objects);
	sums->leaked_objects = kl_sum(sums->leaked_objects, group->leaked_objects);
	sums->leaked_bytes = kl_sum(sums->leaked_bytes, group->leaked_bytes);
	return NULL;
}

static void buffer_cell(struct kl_table *t, struct kl_strbuf *sb, bool right)
{
	kl_table_cell(t, kl_strbuf_string(sb), sb->length, right);
	kl_strbuf_reset(sb);
}

static void print_run_row(struct kl_table *t, const struct kl_store_run *run, const struct sums *sums)
{
	_cleanup_strbuf_ struct kl_strbuf sb = {};

	kl_table_number(t, (uint64_t)run->id);
	kl_human_date(&sb, run->crash_time);
	buffer_cell(t, &sb, false);
	kl_table_text(t, run->release);
	kl_table_text(t, run->arch);
	kl_table_text(t, run->policy);
	kl_table_text(t, kl_kmemleak_state_name(run->kmemleak_state));
	kl_table_number(t, (uint64_t)sums->leaked_objects);
	kl_human_bytes(&sb, sums->leaked_bytes);
	buffer_cell(t, &sb, true);
	kl_table_text(t, run->partial ? "partial" : "complete");
	kl_table_text(t, run->host);
	kl_table_text(t, run->label ? run->label : "");
	kl_table_text(t, run->dump);
}

static void print_run_line(FILE *out, const char *name, const char *text)
{
	_cleanup_strbuf_ struct kl_strbuf sb = {};

	kl_human_text(&sb, text);
	if (sb.length)
		fprintf(out, "  %-8s %s\n", name, kl_strbuf_string(&sb));
}

/* Whose machine it was, and who asked. */
static void print_run_block(FILE *out, const struct kl_store_run *run, const struct sums *sums)
{
	_cleanup_strbuf_ struct kl_strbuf sb = {};

	fprintf(out, "run %lld, policy %s%s\n", (long long)run->id, run->policy, run->partial ? ", partial" : "");
	print_run_line(out, "label", run->label);
	print_run_line(out, "host", run->host);
	kl_human_date(&sb, run->crash_time);
	if (run->uptime_ms != KL_UNKNOWN) {
		kl_strbuf_puts(&sb, ", up ");
		kl_human_age(&sb, run->uptime_ms);
	}
	print_run_line(out, "dumped", kl_strbuf_string(&sb));
	print_run_line(out, "boot", run->boot_id);
	print_run_line(out, "kernel", run->banner ? run->banner : run->release);
	print_run_line(out, "dump", run->dump);
	print_run_line(out, "command", run->command);
	print_run_line(out, "from", run->origin);
	kl_strbuf_reset(&sb);
	kl_human_count(&sb, sums->leaked_objects, "leaked object");
	kl_strbuf_puts(&sb, ", ");
	kl_human_bytes(&sb, sums->leaked_bytes);
	print_run_line(out, "leaks", kl_strbuf_string(&sb));
}

static struct kl_error *print_run(struct kl_reader *reader, int64_t id, struct kl_table *t, struct kl_emitter *e,
				  bool blocks)
{
	struct kl_store_run run;
	struct sums sums = {};
	struct kl_error *err;

	err = kl_reader_run(reader, id, &run);
	if (err)
		return err;
	err = kl_reader_groups(reader, id, add_group, &sums);
	if (!err && blocks) {
		print_run_block(e->out, &run, &sums);
	} else if (!err && t) {
		print_run_row(t, &run, &sums);
	} else if (!err) {
		kl_emit_object(e, NULL);
		err = kl_emit_run(e, "run", reader, &run);
		kl_emit_int(e, "findings", sums.objects);
		kl_emit_int(e, "leaked_objects", sums.leaked_objects);
		kl_emit_int(e, "leaked_bytes", sums.leaked_bytes);
		kl_emit_end(e);
	}
	kl_store_run_deinit(&run);
	return err;
}

/* A run that cannot be read does not hide the others. Takes @err. */
static void print_damaged_run(int64_t id, struct kl_error *err, struct kl_table *t, struct kl_emitter *e, bool blocks)
{
	size_t i;

	if (blocks) {
		fprintf(e->out, "run %lld, damaged\n", (long long)id);
		print_run_line(e->out, "error", kl_error_message(err));
	} else if (t) {
		kl_table_number(t, (uint64_t)id);
		for (i = 1; i + 1 < COLUMNS; i++)
			kl_table_text(t, i == STATE_COLUMN ? "damaged" : NULL);
		kl_table_text(t, kl_error_message(err));
	} else {
		kl_emit_object(e, NULL);
		kl_emit_int(e, "run_id", id);
		kl_emit_string(e, "error", kl_error_message(err));
		kl_emit_end(e);
	}
	kl_error_destroy(err);
}

/* The list is whole, and says more than the error does. */
static struct kl_error *report_damaged_runs(struct kl_cli *cli, size_t damaged)
{
	struct kl_error *err = kl_cli_output_end(cli);

	if (err)
		return err;
	cli->error_printed = true;
	return kl_error_create(KL_ERROR_DATABASE, "%s: %zu of its runs cannot be read", cli->db, damaged);
}

static struct kl_error *print_runs(struct kl_cli *cli, struct kl_reader *reader, const int64_t *ids, size_t count)
{
	_cleanup_(kl_table_destroyp) struct kl_table *t = NULL;
	struct kl_emitter e = {};
	struct kl_error *err = kl_cli_output(cli, &e.out);
	bool blocks = cli->verbosity > 0 && !cli->json;
	size_t i, damaged = 0;

	if (err)
		return err;
	if (cli->json) {
		kl_emit_object(&e, NULL);
		kl_emit_int(&e, "schema_version", KLEAK_VIEW_VERSION);
		kl_emit_array(&e, "runs");
	} else if (!blocks) {
		err = kl_table_create(e.out, COLUMNS, &t);
		for (i = 0; i < COLUMNS && !err; i++)
			kl_table_text(t, heading[i]);
	}
	for (i = 0; i < count && !err; i++) {
		err = print_run(reader, ids[i], t, &e, blocks);
		if (err && kl_error_code(err) == KL_ERROR_DATABASE) {
			print_damaged_run(ids[i], err, t, &e, blocks);
			err = NULL;
			damaged++;
		}
	}
	if (cli->json) {
		kl_emit_end(&e);
		kl_emit_end(&e);
	} else if (!err && t) {
		err = kl_table_end(t);
	}
	return err || !damaged ? err : report_damaged_runs(cli, damaged);
}

enum {
	OPTION_LABEL = KL_OPTION_FIRST,
	OPTION_DELETE,
	OPTION_EXPORT,
};

static struct kl_error *parse_runs_options(struct kl_cli *cli, int argc, char **argv, struct kl_runs_change *ret,
					   int *asked)
{
	static const struct option options[] = {{"label", required_argument, NULL, OPTION_LABEL},
						{"delete", no_argument, NULL, OPTION_DELETE},
						{"export", required_argument, NULL, OPTION_EXPORT},
						KL_COMMON_OPTIONS};
	struct kl_error *err;
	int option;

	while (kl_cli_option(cli, argc, argv, options, &option, &err)) {
		if (option == OPTION_LABEL)
			ret->label = optarg;
		else if (option == OPTION_EXPORT)
			ret->export_ = optarg;
		else
			ret->remove = true;
	}
	*asked = (ret->label != NULL) + (ret->export_ != NULL) + ret->remove;
	if (err || cli->help)
		return err;
	if (*asked > 1)
		return kl_error_create(KL_ERROR_USAGE,
				       "--label, --delete and --export are three things: one at a time");
	if (*asked && cli->json)
		return kl_error_create(KL_ERROR_USAGE, "--json is for the list");
	if (!*asked && optind != argc)
		return kl_error_create(KL_ERROR_USAGE, "runs takes no argument without --label, --delete or --export");
	return NULL;
}

struct kl_error *kl_cmd_runs(struct kl_cli *cli, int argc, char **argv, int *ret)
{
	_cleanup_(kl_store_closep) struct kl_store *store = NULL;
	_cleanup_(kl_reader_destroyp) struct kl_reader *reader = NULL;
	_cleanup_free_ int64_t *ids = NULL;
	struct kl_runs_change change = {};
	struct kl_error *err;
	size_t count;
	int asked;

	err = parse_runs_options(cli, argc, argv, &change, &asked);
	if (err || cli->help)
		return err;
	*ret = KLEAK_EXIT_OK;
	if (asked)
		return kl_cli_change_runs(cli, &change, argv + optind, (size_t)(argc - optind));
	err = kl_cli_open(cli, KL_STORE_READ, &store);
	if (!err)
		err = kl_reader_create(store, &reader);
	if (!err)
		err = kl_reader_run_ids(reader, &ids, &count);
	return err ? err : print_runs(cli, reader, ids, count);
}
