/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/why_print.h"

#include "analysis/answer.h"
#include "cli/inquire.h"

const char kl_help_why[] =
	"usage: kleak-dump why [OPTION]... ADDRESS...\n"
	"       kleak-dump why [OPTION]... --findings\n"
	"Says why an object is a finding, or why it is not. Of a finding: every word of the dump that holds its address,\n"
	"or one inside it, and why that word does not count. Of a reachable object: the shortest way that leads to it\n"
	"from a root. ADDRESS is hexadecimal, and may lie inside the object.\n"
	"\n" KL_INQUIRE_HELP "  --findings       all findings of the run\n"
	"  --all            of reachable objects, too, every word\n"
	"  -v               name every word, however many\n"
	"\n"
	"Exit codes: 0; 3 when there is no such object, or the dump cannot be read.\n";

enum {
	OPTION_ALL = KL_OPTION_INQUIRE_END,
	OPTION_FINDINGS,
};

struct request {
	struct kl_inquire inquire;
	bool all, findings;
	KL_VEC(uint32_t) rows;
};

static void request_deinit(struct request *r)
{
	kl_vec_deinit(&r->rows);
	kl_inquire_deinit(&r->inquire);
}

static struct kl_error *parse(struct kl_cli *cli, int argc, char **argv, struct request *r)
{
	static const struct option options[] = {KL_INQUIRE_OPTIONS,
						{"all", no_argument, NULL, OPTION_ALL},
						{"findings", no_argument, NULL, OPTION_FINDINGS},
						KL_COMMON_OPTIONS};
	struct kl_error *err;
	int option;

	while (kl_cli_option(cli, argc, argv, options, &option, &err)) {
		if (option == OPTION_ALL)
			r->all = true;
		else if (option == OPTION_FINDINGS)
			r->findings = true;
		else
			err = kl_inquire_option(&r->inquire, option);
		if (err)
			return err;
	}
	if (!err && !cli->help && (optind < argc) == r->findings)
		err = kl_error_create(KL_ERROR_USAGE, "why needs addresses, or --findings");
	return err;
}

static struct kl_error *add_argument(struct request *r, const char *text)
{
	uint64_t address;
	uint32_t row;
	struct kl_error *err = kl_inquire_address(text, &address);

	if (!err)
		err = kl_inquire_object(&r->inquire, address, &row);
	if (err)
		return err;
	return kl_vec_push(&r->rows, row) ? NULL : kl_error_nomem();
}

static struct kl_error *add_findings(struct request *r)
{
	const struct kl_finding *finding;

	kl_vec_for_each (finding, &r->inquire.repeat.analysis->judgement.findings.list) {
		if (!kl_vec_push(&r->rows, finding->row))
			return kl_error_nomem();
	}
	return NULL;
}

static struct kl_error *answer(struct kl_cli *cli, struct request *r)
{
	struct kl_why_print print = {.out = stdout,
				     .color = cli->color,
				     .json = cli->json,
				     .all = cli->verbosity > 0,
				     .run_id = r->inquire.run.id};
	const struct kl_answer_options options = {.search = true, .all = r->all};
	struct kl_answers answers = {};
	struct kl_error *err = kl_answers_make(&r->inquire.inquiry, r->rows.data, r->rows.count, &options, &answers);
	size_t i;

	kl_cli_progress_clear();
	if (!err)
		kl_why_begin(&print);
	for (i = 0; i < answers.list.count && !err; i++)
		err = kl_why_answer(&print, &answers.list.data[i]);
	if (!err)
		kl_why_end(&print);
	kl_answers_deinit(&answers);
	return err;
}

struct kl_error *kl_cmd_why(struct kl_cli *cli, int argc, char **argv, int *ret)
{
	_cleanup_(request_deinit) struct request r = {};
	struct kl_error *err = parse(cli, argc, argv, &r);
	int i;

	(void)ret;
	if (err || cli->help)
		return err;
	err = kl_inquire_open(cli, &r.inquire);
	if (!err)
		err = kl_inquire_dump(&r.inquire);
	if (!err && r.findings)
		err = add_findings(&r);
	for (i = optind; i < argc && !err; i++)
		err = add_argument(&r, argv[i]);
	return err ? err : answer(cli, &r);
}
