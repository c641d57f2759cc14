/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/tree.h"

#include <inttypes.h>
#include <string.h>

#include "cli/inquire.h"

const char kl_help_tree[] =
	"usage: kleak-dump tree [--db FILE] [--run N] [--json] ADDRESS | GROUP\n"
	"Shows what hangs on a leaked object: everything that only it leads to, with sizes. Each object stands\n"
	"below the one without which nothing would lead to it, and retains itself and all that stands below. What\n"
	"several leaks reach belongs to the oldest of them. GROUP is a stack_hash, 16 hexadecimal digits: all leaks\n"
	"of that group.\n"
	"\n"
	"  --run N          ask run N (default: the newest)\n"
	"  -v               name every object, however many\n"
	"\n"
	"Exit codes: 0; 3 when there is no such object or group, or it is not leaked.\n";

static struct kl_error *parse_tree_arguments(struct kl_cli *cli, int argc, char **argv, struct kl_inquire *q)
{
	static const struct option options[] = {{"run", required_argument, NULL, KL_OPTION_RUN}, KL_COMMON_OPTIONS};
	struct kl_error *err;
	int option;

	while (kl_cli_option(cli, argc, argv, options, &option, &err)) {
		err = kl_inquire_option(q, option);
		if (err)
			return err;
	}
	if (!err && !cli->help && argc - optind != 1)
		err = kl_error_create(KL_ERROR_USAGE, "tree takes one address or group");
	return err;
}

static struct kl_error *note_verdict(void *context, const struct kl_store_finding *finding)
{
	*(enum kleak_verdict *)context = finding->verdict;
	return NULL;
}

/* Neither a leaked object nor the stack of some. */
static struct kl_error *say_not_leaked(struct kl_inquire *q, const char *text, uint64_t address)
{
	enum kleak_verdict verdict;
	bool finding;
	struct kl_error *err = kl_reader_finding_at(q->reader, q->run.id, address, note_verdict, &verdict, &finding);

	if (err)
		return err;
	if (finding)
		return kl_error_create(KL_ERROR_NOT_FOUND, "%s: not leaked, but %s; `kleak-dump why` says who holds it",
				       text, kl_store_verdict_name(verdict));
	return kl_error_create(KL_ERROR_NOT_FOUND, "%s: no leaked object, and no group of them, in run %" PRId64, text,
			       q->run.id);
}

static struct kl_error *find(struct kl_inquire *q, struct kl_tree *tree, const char *text)
{
	bool found = false;
	uint64_t number = 0;
	struct kl_error *err = kl_inquire_address(text, &number);

	if (!err)
		err = kl_tree_read(q->reader, q->run.id, tree);
	if (!err)
		err = kl_tree_below(tree, number, &found);
	if (!err && !found)
		err = kl_tree_of_group(tree, number, &found);
	return err || found ? err : say_not_leaked(q, text, number);
}

struct kl_error *kl_cmd_tree(struct kl_cli *cli, int argc, char **argv, int *ret)
{
	_cleanup_(kl_inquire_deinit) struct kl_inquire q = {};
	_cleanup_(kl_tree_deinit) struct kl_tree tree = {};
	struct kl_tree_print print = {};
	struct kl_error *err = parse_tree_arguments(cli, argc, argv, &q);

	(void)ret;
	if (err || cli->help)
		return err;
	err = kl_inquire_open(cli, &q);
	if (!err)
		err = find(&q, &tree, argv[optind]);
	if (!err)
		err = kl_cli_output(cli, &print.out);
	print.json = cli->json;
	print.all = cli->verbosity > 0;
	print.run_id = q.run.id;
	return err ? err : kl_tree_print(&print, &tree);
}
